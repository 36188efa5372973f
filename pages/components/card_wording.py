"""What a card holds, as lines of words: what two versions of it are compared by."""

from core.domain import State
from db.queries.edits import Annotation
from db.queries.synthetic_edits import SyntheticEdit
from pages.components.wording import label_name

_STATES = {
    State.PENDING: "suggested",
    State.ACCEPTED: "accepted",
    State.CORRECTED: "corrected",
    State.REJECTED: "rejected",
}


def describe_card(card: Annotation | SyntheticEdit, text: str) -> list[str]:
    """Return what a card holds; rejected mentions and relations are left out, as on the card itself.

    Args:
        card: A version of a sentence or of a synthetic sentence.
        text: What a sentence's mentions count their offsets in.
    """
    if isinstance(card, SyntheticEdit):
        reason = f": {card.reason}" if card.reason else ""
        state = "to review" if card.state is State.PENDING else _STATES[card.state]
        words = [f"Label {label_name(card.label)}", f"“{card.text}”"]
        return [f"{state.capitalize()}{reason}", *_describe_notes(card), *words]
    lines = ["To review" if card.state is State.PENDING else "Reviewed", *_describe_notes(card)]
    surfaces = {mention_id: mention.span.text(text) for mention_id, mention in card.mentions.items()}
    for mention_id, mention in sorted(card.mentions.items(), key=lambda item: item[1].span):
        if mention.state is not State.REJECTED:
            lines.append(f"“{surfaces[mention_id]}” is {mention.entity_type}, {_STATES[mention.state]}")
    for link in card.relations.values():
        if link.state is not State.REJECTED:
            ends = f"“{surfaces[link.head_id]}” → “{surfaces[link.tail_id]}”"
            lines.append(f"{ends}: {label_name(link.label)}, {_STATES[link.state]}")
    return lines


def _describe_notes(card: Annotation | SyntheticEdit) -> list[str]:
    return (["Flagged"] if card.is_flagged else []) + ([f"Comment: {card.comment}"] if card.comment else [])
