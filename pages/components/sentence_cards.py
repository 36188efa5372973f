"""Sentences as cards of the deck, each with the reason why it is in the queue."""

from collections.abc import Sequence

from db.queries import annotations
from db.queries.annotations import SentenceView
from db.queries.random_share import find_random_share
from db.session import Session
from pages.components.span_editor import DeckItem, DeckMention, DeckRelation, ItemKind

RANDOM_REASON = "random share"
NEXT_REASON = "next in the text"
UNREAD_REASON = "not read by a model yet"


def load_cards(
    session: Session, sentence_ids: Sequence[int], *, project_id: int, in_text_order: bool
) -> tuple[list[DeckItem], dict[int, SentenceView]]:
    """Return cards in the order asked for, and their sentences by id; sentences that are gone are left out."""
    views = annotations.get_sentence_views(session, sentence_ids, project_id=project_id)
    by_chance = find_random_share(session, sentence_ids)
    cards = [
        make_card(view, reason=find_reason(view, is_random=view.id in by_chance, in_text_order=in_text_order))
        for view in views
    ]
    return cards, {view.id: view for view in views}


def find_reason(view: SentenceView, *, is_random: bool, in_text_order: bool) -> str:
    """Return in a few words why a curator should look at a sentence."""
    if is_unread(view):
        return UNREAD_REASON
    if is_random and not in_text_order:
        return RANDOM_REASON
    if view.uncertainty is None:
        return "" if in_text_order else NEXT_REASON
    return f"uncertainty {view.uncertainty:.2f}"


def is_unread(view: SentenceView) -> bool:
    """Return whether neither a model nor a person has said anything about a sentence."""
    return not (view.predicted_by or view.mentions or view.state.is_gold)


def make_card(view: SentenceView, *, reason: str) -> DeckItem:
    """Return a sentence as a card."""
    mentions = tuple(
        DeckMention(one.id, one.start, one.end, one.entity_type, one.state, one.score, one.source)
        for one in view.mentions
    )
    relations = tuple(
        DeckRelation(one.id, one.head_id, one.tail_id, one.label, one.state, one.score, one.source)
        for one in view.relations
    )
    return DeckItem(
        ItemKind.SENTENCE,
        view.id,
        view.version,
        view.text,
        mentions,
        relations,
        state=view.state,
        is_flagged=view.is_flagged,
        reason=reason,
        context_before=view.context_before,
        context_after=view.context_after,
    )
