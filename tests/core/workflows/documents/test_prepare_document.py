"""Which imported documents count as reviewed."""

from dataclasses import replace

import pytest

from core.domain import Document, DocumentFact, Mention, Relation, Span, State
from core.workflows.documents.prepare_document import add_sentences
from tests.builders import find_mention, make_schema

TEXT = "Aspirin caused nausea."
HEAD, TAIL = find_mention(TEXT, "Aspirin", "Chemical"), find_mention(TEXT, "nausea", "Disease")


def pending(mention: Mention) -> Mention:
    return replace(mention, state=State.PENDING)


@pytest.mark.parametrize(
    ("document", "state"),
    [
        (Document("d", TEXT), State.PENDING),
        (Document("d", TEXT, mentions=(HEAD,)), State.ACCEPTED),
        (Document("d", TEXT, facts=(DocumentFact("CID", "D001", "D002"),)), State.ACCEPTED),
        (Document("d", TEXT, mentions=(pending(HEAD), pending(TAIL))), State.PENDING),
        (Document("d", TEXT, mentions=(HEAD, pending(TAIL))), State.PENDING),
        (
            Document("d", TEXT, mentions=(HEAD, TAIL), relations=(Relation(HEAD, TAIL, "CID", state=State.PENDING),)),
            State.PENDING,
        ),
        (Document("d", TEXT, mentions=(replace(HEAD, state=State.REJECTED),)), State.ACCEPTED),
    ],
)
def test_a_document_is_reviewed_if_all_that_it_holds_is_decided(document: Document, state: State) -> None:
    (sentence,) = add_sentences(document, [Span(0, len(TEXT))], make_schema()).sentences
    assert sentence.state is state
