"""A stored synthetic sentence in its readable form, with names in the place of its masks."""

from core.domain import Span
from core.generation.realise import RealisedSentence, realise
from db.queries.synthetic import SyntheticView


def realise_view(view: SyntheticView) -> RealisedSentence:
    """Return the sentence with its names; a mask without a name stays."""
    head, tail = Span(view.head_start, view.head_end), Span(view.tail_start, view.tail_end)
    return realise(view.text, head=head, tail=tail, head_name=view.head_name, tail_name=view.tail_name)
