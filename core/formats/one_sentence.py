"""Builds the document of a format whose unit is a sentence: its sentence is the whole text, so nothing splits it."""

from collections.abc import Iterable, Mapping

from core.domain import Document, Mention, Relation, Sentence, Span, State
from core.errors import FormatError
from core.formats.tally import make_tally


def make_sentence_document(
    document_id: str,
    text: str,
    mentions: Iterable[Mention],
    relations: Iterable[Relation],
    *,
    state: State = State.ACCEPTED,
    counts: Mapping[str, int] | None = None,
    metadata: tuple[tuple[str, str], ...] = (),
) -> Document:
    """Return a document of one sentence; equal mentions and relations are kept once.

    Args:
        document_id: Identifier.
        text: The sentence.
        mentions: In any order.
        relations: Between these mentions.
        state: ACCEPTED where the file states the sentence's annotations, which may be none.
        counts: What the file states and the document cannot hold, for `core.formats.tally`.
        metadata: What the file says beside the text.

    Raises:
        FormatError: The sentence is empty.
    """
    if not text.strip():
        raise FormatError("The sentence is empty. Remove it or give it text.")
    return Document(
        id=document_id,
        text=text,
        sentences=(Sentence(Span(0, len(text)), state),),
        mentions=tuple(dict.fromkeys(mentions)),
        relations=tuple(dict.fromkeys(relations)),
        metadata=(*metadata, *make_tally(counts or {})),
    )
