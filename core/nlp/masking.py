"""Masks: mentions of an instance replaced by typed tokens such as $CHEMICAL$ (DARE sec. 3.2, Table 1)."""

import re

from core.domain import Instance, Schema, Span
from core.errors import AlignmentError, SchemaError


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


def mask_instance(instance: Instance, schema: Schema) -> str:
    """Return the sentence with its head and tail replaced by their masks.

    Raises:
        AlignmentError: Head and tail overlap, so that no text can hold both masks.
        SchemaError: No label may join the two types.
    """
    head, tail = instance.head, instance.tail
    if head.span.overlaps(tail.span):
        raise AlignmentError(f"Instance {instance.id}: head {head.span} and tail {tail.span} overlap.")
    head_mask, tail_mask = masks_for_pair(schema, head.entity_type, tail.entity_type)
    text = instance.text
    for span, mask in sorted([(head.span, head_mask), (tail.span, tail_mask)], reverse=True):
        text = text[: span.start] + mask + text[span.end :]
    return text


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
