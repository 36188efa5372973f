"""Near copies planted on purpose, and the definition of a near copy written plainly, to check searches against."""

from collections.abc import Callable
from random import Random

from core.generation.near_copies import MAX_JACCARD, MAX_RUN_SHARE, RUN_WORDS, split_content_words


def is_near_copy(first: str, second: str) -> bool:
    """Compare two sentences by the definition alone."""
    words, others = split_content_words(first), split_content_words(second)
    if words == others:
        return True
    shared, union = len(set(words) & set(others)), len(set(words) | set(others))
    if shared > MAX_JACCARD * union:
        return True
    runs = {tuple(others[start : start + RUN_WORDS]) for start in range(len(others) - RUN_WORDS + 1)}
    covered = {
        position
        for start in range(len(words) - RUN_WORDS + 1)
        if tuple(words[start : start + RUN_WORDS]) in runs
        for position in range(start, start + RUN_WORDS)
    }
    return len(covered) > MAX_RUN_SHARE * min(len(words), len(others))


def swap_word(text: str, rng: Random) -> str:
    """Put another word in the place of one."""
    words = text.split()
    words[rng.randrange(len(words))] = "otherwise"
    return " ".join(words)


def delete_word(text: str, rng: Random) -> str:
    """Leave one word out."""
    words = text.split()
    del words[rng.randrange(len(words))]
    return " ".join(words)


def change_start(text: str, rng: Random) -> str:
    """Put other words in the place of the first few."""
    words = text.split()
    return " ".join(["Contrary", "to", "expectation", *words[rng.randint(1, 4) :]])


def change_end(text: str, rng: Random) -> str:
    """Put other words in the place of the last few."""
    words = text.split()
    return " ".join([*words[: -rng.randint(1, 4)], "contrary", "to", "expectation."])


def change_spelling(text: str, _: Random) -> str:
    """Change case, spacing and punctuation, none of which count."""
    return text.upper().replace(" ", "  ").replace(".", " !")


def shuffle_words(text: str, rng: Random) -> str:
    """Put the words in another order."""
    words = text.split()
    rng.shuffle(words)
    return " ".join(words)


CHANGES: tuple[Callable[[str, Random], str], ...] = (
    swap_word,
    delete_word,
    change_start,
    change_end,
    change_spelling,
    shuffle_words,
)
