"""Why a sentence is in the queue, in a few words."""

from dataclasses import replace

import pytest

from core.domain import Source, State
from db.queries.annotations import MentionView, SentenceView
from pages.components.sentence_cards import find_reason

MENTION = MentionView(1, 0, 3, "Drug", (), 0.8, State.PENDING, Source.MODEL)
READ = SentenceView(
    id=1, document_id=1, external_id="d", version=1, text="One.", start=0, state=State.PENDING, is_flagged=False,
    comment="", context_before="", context_after="", mentions=(), relations=(), uncertainty=0.412, disagreement=None,
    predicted_by="m",
)  # fmt: skip
UNREAD = replace(READ, predicted_by=None, uncertainty=None)


@pytest.mark.parametrize(
    ("view", "is_random", "in_text_order", "reason"),
    [
        (READ, False, False, "uncertainty 0.41"),
        (READ, True, False, "random share"),
        (READ, True, True, "uncertainty 0.41"),
        (UNREAD, True, False, "not read by a model yet"),
        (replace(UNREAD, mentions=(MENTION,)), False, False, "next in the text"),
        (replace(UNREAD, mentions=(MENTION,)), False, True, ""),
        (replace(UNREAD, state=State.ACCEPTED), False, True, ""),
    ],
)
def test_reason_names_what_put_the_sentence_here(
    view: SentenceView, is_random: bool, in_text_order: bool, reason: str
) -> None:
    assert find_reason(view, is_random=is_random, in_text_order=in_text_order) == reason
