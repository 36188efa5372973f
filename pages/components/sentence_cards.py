"""Sentences as cards of the deck, each with the reason why it is in the queue."""

from collections.abc import Sequence

from db.queries import annotations
from db.queries.annotations import SentenceView
from db.queries.label_quota import LabelQuota, get_quotas
from db.queries.queue import QueueFilter, QueueOrder
from db.queries.random_share import find_random_share
from db.session import Session
from pages.components.span_editor import DeckItem, DeckMention, DeckRelation, ItemKind

RANDOM_REASON = "random share"
DRAWN_REASON = "drawn at random"
NEXT_REASON = "next in the text"
UNREAD_REASON = "not read by a model yet"
NO_LABEL_REASON = "no label suggested"


def load_cards(
    session: Session, sentence_ids: Sequence[int], queue: QueueFilter
) -> tuple[list[DeckItem], dict[int, SentenceView]]:
    """Return cards in the order asked for, and their sentences by id; sentences that are gone are left out."""
    views = annotations.get_sentence_views(session, sentence_ids, project_id=queue.project_id)
    by_chance = find_random_share(session, sentence_ids)
    quotas = get_quotas(session, queue.project_id) if queue.order is QueueOrder.LABELS else []
    cards = [
        make_card(view, reason=find_reason(view, queue, is_random=view.id in by_chance, quotas=quotas))
        for view in views
    ]
    return cards, {view.id: view for view in views}


def find_reason(view: SentenceView, queue: QueueFilter, *, is_random: bool, quotas: Sequence[LabelQuota] = ()) -> str:
    """Return in a few words why a curator should look at a sentence.

    Args:
        view: The sentence.
        queue: The queue that it is in.
        is_random: Whether it belongs to the random share, which some orders have.
        quotas: Where each label stands, the poorest first; for the order by labels.
    """
    if is_unread(view):
        return UNREAD_REASON
    if is_random and queue.has_random_share:
        return RANDOM_REASON
    if queue.in_text_order:
        return "" if view.uncertainty is None else f"uncertainty {view.uncertainty:.2f}"
    if queue.order is QueueOrder.RANDOM:
        return DRAWN_REASON
    if queue.order is QueueOrder.LABELS:
        return _find_label_reason(view, quotas)
    name, value = "uncertainty", view.uncertainty
    if queue.order is QueueOrder.DISAGREEMENT:
        name, value = "disagreement", view.disagreement
    return NEXT_REASON if value is None else f"{name} {value:.2f}"


def _find_label_reason(view: SentenceView, quotas: Sequence[LabelQuota]) -> str:
    labels = {relation.label for relation in view.relations}
    for quota in quotas:
        if quota.label in labels:
            return f"label {quota.label}: {quota.gold} of {quota.wanted} wanted"
    return NO_LABEL_REASON


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
