"""Ids and names that no database can store are refused by name, as texts are."""

import pytest

from core.domain import Corpus, Document, Mention, Span
from core.errors import FormatError
from core.workflows.data_in.import_corpus import import_corpus
from core.workflows.projects import create_project
from db.queries import documents
from db.session import Session

TEXT = "Aspirin caused nausea."


@pytest.mark.parametrize("broken", ["half \ud800", "nul \x00"])
def test_what_cannot_be_stored_beside_a_text_is_refused(session: Session, broken: str) -> None:
    project_id = create_project(session, "p", template="chemical-disease")
    mention = Mention(Span(0, 7), "Chemical", (broken,))
    for document in (
        Document(broken, TEXT),
        Document("d", TEXT, mentions=(mention,)),
        Document("d", TEXT, metadata=((broken, ""),)),
    ):
        with pytest.raises(FormatError, match="cannot be stored \\('(half|nul)"):
            import_corpus(
                session, project_id, Corpus((document,)), source_name="f", split_sentences=lambda *_, **__: []
            )
    assert not documents.count_documents(session, project_id)
