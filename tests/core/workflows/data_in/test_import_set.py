"""A published corpus becomes a project: schema, splits, repeated texts."""

import pytest

from core.corpora import CorpusSet
from core.domain import Corpus, Document, Mention, Relation, Sentence, Span, Split, State
from core.errors import SchemaError
from core.workflows.data_in.import_set import import_corpus_set
from core.workflows.projects import create_project
from db.queries import documents, projects
from db.session import Session
from tests.builders import make_schema

TEXT = "Aspirin caused rash."


def make_set(*texts_by_split: tuple[Split, str]) -> CorpusSet:
    mentions = (Mention(Span(0, 7), "Chemical"), Mention(Span(15, 19), "Disease"))
    splits = {
        split: Corpus(
            (
                Document(
                    f"{split}-1",
                    text,
                    sentences=(Sentence(Span(0, len(text)), State.ACCEPTED),),
                    mentions=mentions,
                    relations=(Relation(*mentions, "CID"),),
                    split=split,
                ),
            )
        )
        for split, text in texts_by_split
    }
    return CorpusSet("tiny", make_schema(), splits, ("Written by hand.",))


def test_a_missing_project_is_made_from_the_schema_and_keeps_the_splits(session: Session) -> None:
    corpus_set = make_set((Split.TRAIN, TEXT), (Split.DEV, "Aspirin caused rash again."))
    outcome = import_corpus_set(session, "p", corpus_set)
    assert (outcome.num_documents, outcome.num_sentences, outcome.num_relations) == (2, 2, 2)
    project = projects.find_project(session, "p")
    assert project is not None
    assert "Written by hand." in project.description
    schema = projects.get_schema(session, project.id)
    assert (schema.type_names, schema.label_names) == (("Chemical", "Disease"), ("CID",))
    assert [one.split for one in documents.list_documents(session, project.id)] == [Split.TRAIN, Split.DEV]


def test_a_text_of_two_splits_is_stored_once_and_said(session: Session) -> None:
    outcome = import_corpus_set(session, "p", make_set((Split.TRAIN, TEXT), (Split.DEV, TEXT)))
    assert (outcome.num_documents, outcome.skipped) == (1, ("dev-1",))


def test_a_project_with_another_schema_refuses_the_corpus(session: Session) -> None:
    create_project(session, "p", template="drug-drug")
    with pytest.raises(SchemaError, match="unknown entity types Chemical, Disease"):
        import_corpus_set(session, "p", make_set((Split.TRAIN, TEXT)))
