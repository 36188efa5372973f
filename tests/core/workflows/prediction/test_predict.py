"""Reading the open sentences of a project."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from core.domain import Corpus, Document, JobKind, Mention, Relation, SentencePrediction, Source, Span, State
from core.ensemble.extraction import Extractor
from core.workflows.curation.curate import apply_sentence_event
from core.workflows.data_in.import_corpus import import_corpus
from core.workflows.pipelines import ignore_progress
from core.workflows.prediction import predict
from core.workflows.projects import create_project
from db.queries import annotations, documents, jobs, projects, users
from db.session import Session

DEFINED = "Acetylsalicylic acid (ASA) was given. Then ASA caused nausea."
OTHER = "Later ASA was stopped."


class Finder:
    """Finds what a small model would: the long name where it is defined, and nausea."""

    def predict(self, texts: Sequence[str], **_: object) -> list[SentencePrediction]:
        names = {"Acetylsalicylic acid": "Chemical", "nausea": "Disease"}
        found = []
        for text in texts:
            places = {name: text.find(name) for name in names}
            mentions = tuple(
                Mention(
                    Span(start, start + len(name)), names[name], score=0.9, state=State.PENDING, source=Source.MODEL
                )
                for name, start in places.items()
                if start >= 0
            )
            found.append(SentencePrediction(mentions, ()))
        return found

    def relate(
        self, _texts: Sequence[str], mentions: Sequence[Sequence[Mention]], **_: object
    ) -> list[tuple[Relation, ...]]:
        pairs = [sorted(several, key=lambda one: one.entity_type) for several in mentions]
        return [(Relation(head, tail, "CID", 0.8, State.PENDING, Source.MODEL),) for head, tail in pairs]


def split(text: str, **_: object) -> list[Span]:
    middle = text.find(". ") + 1
    return [Span(0, middle), Span(middle + 1, len(text))] if middle else [Span(0, len(text))]


@pytest.fixture
def project_id(session: Session, monkeypatch: pytest.MonkeyPatch) -> int:
    project_id = create_project(session, "p", template="chemical-disease")
    corpus = Corpus((Document("1", DEFINED), Document("2", OTHER)))
    import_corpus(session, project_id, corpus, source_name="f.txt", split_sentences=split)
    extractor = Extractor(projects.get_schema(session, project_id), cast(Any, Finder()), None)
    monkeypatch.setattr(predict, "make_extractor", lambda *_: (extractor, "finder"))
    return project_id


@pytest.mark.parametrize("chunk", [1, 2, 64])
def test_an_abbreviation_is_one_in_its_document_and_in_no_other(
    session: Session, project_id: int, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(predict, "_CHUNK", chunk)
    ids = documents.list_pending_sentence_ids(session, project_id)
    told = predict.predict_project(session, project_id, cast(Any, None))
    assert (told.model, told.sentences) == ("finder", 3)
    first, second, other = annotations.get_sentence_views(session, ids)
    names = [{view.text[one.start : one.end] for one in view.mentions} for view in (first, second, other)]
    if chunk > 1:  # a document that is longer than a chunk is parted
        assert names == [{"Acetylsalicylic acid", "ASA"}, {"ASA", "nausea"}, set()]
        assert [relation.label for relation in second.relations] == ["CID"]
    else:
        assert names == [{"Acetylsalicylic acid", "ASA"}, {"nausea"}, set()]


def test_what_a_person_marked_or_left_in_one_sentence_holds_in_the_rest_of_its_document(
    session: Session, project_id: int
) -> None:
    text = "Naproxen caused nausea. Then nausea went, Naproxen stayed."
    import_corpus(session, project_id, Corpus((Document("3", text),)), source_name="g.txt", split_sentences=split)
    predict.predict_project(session, project_id, cast(Any, None))
    *_, first, second = documents.list_pending_sentence_ids(session, project_id)
    user_id = users.get_or_add_user(session, "ada")

    def do(kind: str, **fields: object) -> None:
        version = annotations.get_sentence_view(session, first).version
        apply_sentence_event(
            session, project_id=project_id, user_id=user_id, sentence_id=first, version=version,
            event={"kind": kind, **fields},
        )  # fmt: skip

    (nausea,) = annotations.get_sentence_view(session, first).mentions
    do("add_mention", start=0, end=len("Naproxen"), entity_type="Chemical")
    do("delete_mention", mention_id=nausea.id)
    do("accept")
    predict.predict_project(session, project_id, cast(Any, None))
    view = annotations.get_sentence_view(session, second)
    assert [(view.text[one.start : one.end], one.score) for one in view.mentions] == [("Naproxen", 1.0)]


def test_the_job_of_a_document_reads_its_open_sentences_and_no_other(session: Session, project_id: int) -> None:
    first, second, other = documents.list_pending_sentence_ids(session, project_id)
    view = annotations.get_sentence_views(session, [first])[0]
    curate = {"project_id": project_id, "user_id": users.get_or_add_user(session), "version": view.version}
    apply_sentence_event(session, sentence_id=first, event={"kind": "accept"}, **curate)
    params = {"document_id": view.document_id}
    job = jobs.add_job(session, "job", JobKind.PREDICT, project_id=project_id, params=params)
    told = predict.run_predict(session, job, cast(Any, None), ignore_progress)
    assert told["sentences"] == 1
    views = annotations.get_sentence_views(session, [first, second, other])
    assert [one.predicted_by for one in views] == [None, "finder", None]


def test_sentences_know_their_documents(session: Session, project_id: int) -> None:
    ids = documents.list_pending_sentence_ids(session, project_id)
    views = annotations.get_sentence_views(session, ids)
    found = documents.find_documents_of_sentences(session, [*ids, 999])
    assert found == {view.id: view.document_id for view in views}
