"""How a classifier is told which two mentions are meant: typed masks, or typed markers around them.

Masks replace the mentions by tokens such as $CHEMICAL$ (DARE sec. 3.2, Table 1).
"""

import re
from dataclasses import dataclass
from typing import Literal

from core.domain import Instance, Schema, Span
from core.errors import AlignmentError, SchemaError

Marking = Literal["masks", "markers"]
MARKINGS: tuple[Marking, ...] = ("masks", "markers")


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A sentence with its two mentions marked; `head` and `tail` span the masks, or markers and mention."""

    text: str
    head: Span
    tail: Span


def _mask(entity_type: str, suffix: str = "") -> str:
    name = re.sub(r"\W+", "_", entity_type).strip("_").upper()
    return f"${name}{suffix}$"


def masks_for_pair(schema: Schema, head_type: str, tail_type: str) -> tuple[str, str]:
    """Return the masks of head and tail.

    The masks must tell head from tail. Types do so unless some label also allows the reverse order
    (two drugs, for example); then head and tail carry _A and _B.

    Raises:
        SchemaError: No label may join these types.
    """
    if not schema.legal_labels(head_type, tail_type):
        raise SchemaError(f"No relation label may join {head_type} → {tail_type}.")
    if schema.legal_labels(tail_type, head_type):
        return _mask(head_type, "_A"), _mask(tail_type, "_B")
    return _mask(head_type), _mask(tail_type)


def mask_tokens(schema: Schema) -> tuple[str, ...]:
    """Return every mask of a schema, sorted: the tokens to add to a vocabulary."""
    pairs = {(head, tail) for label in schema.relation_labels for head, tail in label.legal_types}
    pairs |= {
        (tail, head) for label in schema.relation_labels if label.is_symmetric for head, tail in label.legal_types
    }
    return tuple(sorted({mask for head, tail in pairs for mask in masks_for_pair(schema, head, tail)}))


def mask_word(mask: str) -> str:
    """Return the word that a mask is made of: "$SIDE_EFFECT_A$" → "side"."""
    return re.sub(r"[\W_]+", " ", mask).split()[0].lower()


def mask_instance(instance: Instance, schema: Schema) -> str:
    """Return the sentence with its head and tail replaced by their masks.

    Raises:
        AlignmentError: Head and tail overlap, so that no text can hold both masks.
        SchemaError: No label may join the two types.
    """
    return mark_instance(instance, schema, marking="masks").text


def mark_instance(instance: Instance, schema: Schema, *, marking: Marking) -> MarkedText:
    """Mark the head and the tail of a sentence.

    "markers" keeps the names and writes the types beside them between signs that every vocabulary has:
    "@ * Chemical * aspirin @ relieved # ^ Disease ^ headache #" (Zhou & Chen 2021, arXiv:2102.01373).

    Raises:
        AlignmentError: Head and tail overlap, so that no text can hold both marks.
        SchemaError: No label may join the two types.
    """
    head, tail = instance.head, instance.tail
    if head.span.overlaps(tail.span):
        raise AlignmentError(f"Instance {instance.id}: head {head.span} and tail {tail.span} overlap.")
    head_mark, tail_mark = masks_for_pair(schema, head.entity_type, tail.entity_type)
    if marking == "markers":
        head_mark = f"@ * {head.entity_type} * {head.span.text(instance.text)} @"
        tail_mark = f"# ^ {tail.entity_type} ^ {tail.span.text(instance.text)} #"
    head_shift = len(head_mark) - (head.span.end - head.span.start)
    tail_shift = len(tail_mark) - (tail.span.end - tail.span.start)
    head_start = head.span.start + (tail_shift if tail.span < head.span else 0)
    tail_start = tail.span.start + (head_shift if head.span < tail.span else 0)
    text = instance.text
    for span, mark in sorted([(head.span, head_mark), (tail.span, tail_mark)], reverse=True):
        text = text[: span.start] + mark + text[span.end :]
    return MarkedText(
        text, Span(head_start, head_start + len(head_mark)), Span(tail_start, tail_start + len(tail_mark))
    )


def locate_masks(text: str, head_mask: str, tail_mask: str) -> tuple[Span, Span]:
    """Find where the two masks stand.

    Raises:
        AlignmentError: The text does not hold exactly one of each.
    """
    counts = text.count(head_mask), text.count(tail_mask)
    if counts != (1, 1):
        raise AlignmentError(f"Needs exactly one {head_mask} and one {tail_mask}, found {counts[0]} and {counts[1]}.")
    head_start, tail_start = text.index(head_mask), text.index(tail_mask)
    return Span(head_start, head_start + len(head_mask)), Span(tail_start, tail_start + len(tail_mask))
