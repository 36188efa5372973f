"""Why a sentence is in the queue, in a few words."""

from dataclasses import replace

import pytest

from core.domain import Source, State
from db.queries.annotations import MentionView, RelationView, SentenceView
from db.queries.label_quota import LabelQuota
from db.queries.queue import QueueFilter, QueueOrder
from pages.components.sentence_cards import find_reason

MENTION = MentionView(1, 0, 3, "Drug", (), 0.8, State.PENDING, Source.MODEL)
READ = SentenceView(
    id=1, document_id=1, external_id="d", version=1, text="One.", start=0, state=State.PENDING, is_flagged=False,
    comment="", context_before="", context_after="", mentions=(), relations=(), uncertainty=0.412, disagreement=None,
    predicted_by="m",
)  # fmt: skip
UNREAD = replace(READ, predicted_by=None, uncertainty=None)


RELATION = RelationView(1, 1, 1, "CID", 0.8, State.PENDING, Source.MODEL)
QUOTAS = (LabelQuota("RARE", 0, 20), LabelQuota("CID", 3, 20))
UNCERTAIN = QueueFilter(1)
DISPUTED, LABELS, DRAWN, TEXT = (
    QueueFilter(1, order=order)
    for order in (QueueOrder.DISAGREEMENT, QueueOrder.LABELS, QueueOrder.RANDOM, QueueOrder.TEXT)
)


@pytest.mark.parametrize(
    ("view", "queue", "is_random", "reason"),
    [
        (READ, UNCERTAIN, False, "uncertainty 0.41"),
        (READ, UNCERTAIN, True, "random share"),
        (READ, TEXT, True, "uncertainty 0.41"),
        (replace(READ, disagreement=0.087), DISPUTED, False, "disagreement 0.09"),
        (READ, DISPUTED, True, "random share"),
        (replace(READ, relations=(RELATION,)), LABELS, False, "label CID: 3 of 20 wanted"),
        (
            replace(READ, relations=(RELATION, replace(RELATION, label="RARE"))),
            LABELS,
            False,
            "label RARE: 0 of 20 wanted",
        ),
        (READ, LABELS, False, "no label suggested"),
        (READ, DRAWN, True, "drawn at random"),
        (UNREAD, UNCERTAIN, True, "not read by a model yet"),
        (replace(UNREAD, mentions=(MENTION,)), UNCERTAIN, False, "next in the text"),
        (replace(UNREAD, mentions=(MENTION,)), TEXT, False, ""),
        (replace(UNREAD, state=State.ACCEPTED), replace(UNCERTAIN, state=None), False, ""),
    ],
)
def test_reason_names_what_put_the_sentence_here(
    view: SentenceView, queue: QueueFilter, is_random: bool, reason: str
) -> None:
    assert find_reason(view, queue, is_random=is_random, quotas=QUOTAS) == reason
