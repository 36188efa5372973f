"""What an undo did, in words."""

from core.workflows.curation.undo import Undone
from pages.components.wording import count


def describe_undone(undone: Undone) -> str:
    """Return how many sentences are as before, and how many were left because they were changed since."""
    if len(undone.restored) + len(undone.left) == 1:
        return "Taken back."
    was = "it was" if len(undone.restored) == 1 else "they were"
    told = f"{count(len(undone.restored), 'sentence')} back to what {was}"
    if not undone.left:
        return f"{told}."
    were = "was changed since and was" if len(undone.left) == 1 else "were changed since and were"
    return f"{told}; {count(len(undone.left), 'sentence')} {were} left."
