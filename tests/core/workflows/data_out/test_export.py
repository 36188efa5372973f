"""Exporting: filters and what each drops; there and back."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from core.domain import (
    Corpus,
    Document,
    DocumentFact,
    Mention,
    Relation,
    Sentence,
    Source,
    Span,
    Split,
    State,
    SyntheticSentence,
)
from core.formats import read_corpus
from core.workflows.curation.curate import apply_sentence_event
from core.workflows.data_in.import_corpus import import_corpus
from core.workflows.data_out.export import ExportFilter, build_corpus, export_project, export_to_path
from core.workflows.projects import create_project
from db.queries import documents, users
from db.session import Session

TEXT = "Aspirin caused rash. Codeine caused fever."


def mention(surface: str, entity_type: str, state: State) -> Mention:
    start = TEXT.index(surface)
    return Mention(Span(start, start + len(surface)), entity_type, state=state, source=Source.CURATOR)


def keep_whole_text(text: str, *, keep_whole: Sequence[Span] = ()) -> list[Span]:  # noqa: ARG001
    return [Span(0, len(text))]


def fill(session: Session, project_id: int) -> None:
    accepted, pending, rejected = State.ACCEPTED, State.PENDING, State.REJECTED
    aspirin, rash = mention("Aspirin", "Chemical", accepted), mention("rash", "Disease", State.CORRECTED)
    codeine, fever = mention("Codeine", "Chemical", pending), mention("fever", "Disease", rejected)
    partly = Document(
        "partly",
        TEXT,
        (Sentence(Span(0, 20), accepted), Sentence(Span(21, len(TEXT)), pending)),
        (aspirin, rash, codeine, fever),
        (
            Relation(aspirin, rash, "CID", state=accepted, source=Source.CURATOR),
            Relation(codeine, fever, "CID", state=rejected, source=Source.MODEL),
        ),
    )
    untouched = Document("untouched", "Nothing here.", (Sentence(Span(0, 13)),), split=Split.DEV)
    head, tail = Mention(Span(0, 10), "Chemical"), Mention(Span(16, 25), "Disease")
    written = [
        SyntheticSentence(f"$CHEMICAL$ gave $DISEASE$ {n}.", "CID", head, tail, state)
        for n, state in enumerate([accepted, accepted, pending])
    ]
    corpus = Corpus((partly, untouched), tuple(written))
    import_corpus(session, project_id, corpus, source_name="f", split_sentences=keep_whole_text)


@pytest.fixture
def project_id(session: Session) -> int:
    project_id = create_project(session, "p", template="chemical-disease")
    fill(session, project_id)
    return project_id


def test_gold_export_counts_what_it_drops(session: Session, project_id: int) -> None:
    corpus, counts = build_corpus(session, project_id, ExportFilter())
    (document,) = corpus.documents
    assert [m.span.text(TEXT) for m in document.mentions] == ["Aspirin", "rash"]
    assert (counts.documents, counts.mentions, counts.relations, counts.synthetic) == (1, 2, 1, 2)
    assert counts.dropped == {
        "gold only: documents": 1,
        "gold only: mentions": 1,
        "rejected: mentions": 1,
        "rejected: relations": 1,
    }


def test_everything_but_rejected_items_can_be_exported(session: Session, project_id: int) -> None:
    corpus, counts = build_corpus(session, project_id, ExportFilter(gold_only=False))
    assert [len(document.mentions) for document in corpus.documents] == [3, 0]
    assert counts.dropped == {"rejected: mentions": 1, "rejected: relations": 1}


def test_export_by_split_leaves_synthetic_text_to_train(session: Session, project_id: int) -> None:
    corpus, counts = build_corpus(session, project_id, ExportFilter(splits=(Split.DEV,), gold_only=False))
    assert [document.id for document in corpus.documents] == ["untouched"]
    assert corpus.synthetic == ()
    assert counts.dropped == {"splits: documents": 1, "synthetic: sentences": 2}


def test_export_by_label(session: Session, project_id: int) -> None:
    _, counts = build_corpus(session, project_id, ExportFilter(labels=("OTHER",)))
    assert (counts.relations, counts.synthetic) == (0, 0)
    assert counts.dropped["labels: relations"] == 1
    assert counts.dropped["labels: synthetic sentences"] == 2


def test_export_by_reviewer_takes_only_the_sentences_that_the_person_decided_on(
    session: Session, project_id: int
) -> None:
    ada = users.get_or_add_user(session, "ada")
    assert build_corpus(session, project_id, ExportFilter(reviewer_id=ada))[0].documents == ()
    document_id = documents.list_documents(session, project_id)[0].id
    second = documents.list_sentence_ids(session, [document_id])[1]
    apply_sentence_event(
        session, project_id=project_id, user_id=ada, sentence_id=second, version=1, event={"kind": "accept"}
    )
    corpus, counts = build_corpus(session, project_id, ExportFilter(reviewer_id=ada))
    (document,) = corpus.documents
    assert [m.span.text(TEXT) for m in document.mentions] == ["Codeine"]
    assert counts.dropped["reviewer: mentions"] == 2


@pytest.mark.parametrize("template", ["chemical-disease", "blank"])
def test_native_export_comes_back_identical_in_an_empty_project(
    session: Session, project_id: int, template: str
) -> None:
    written, _ = export_project(session, project_id, ExportFilter(gold_only=False), format_name="jsonl")
    copy = create_project(session, "copy", template=template)
    found = read_corpus(written.data, source="copy.jsonl")
    assert not found.report.is_refused
    import_corpus(session, copy, found.corpus, source_name="copy.jsonl", split_sentences=keep_whole_text)
    again, _ = export_project(session, copy, ExportFilter(gold_only=False), format_name="jsonl")
    assert again.data == written.data


def test_pubtator_export_comes_back_with_the_same_annotations(session: Session) -> None:
    project_id = create_project(session, "q", template="chemical-disease")
    aspirin = Mention(Span(0, 7), "Chemical", concept_ids=("D1",))
    rash = Mention(Span(15, 19), "Disease", concept_ids=("D9",))
    document = Document(
        "12", "Aspirin caused rash.", mentions=(aspirin, rash), facts=(DocumentFact("CID", "D1", "D9"),)
    )
    import_corpus(session, project_id, Corpus((document,)), source_name="f", split_sentences=keep_whole_text)
    written, _ = export_project(session, project_id, ExportFilter(), format_name="pubtator")
    copy = create_project(session, "copy", template="chemical-disease")
    found = read_corpus(written.data, source="copy.txt", format_name="pubtator")
    import_corpus(session, copy, found.corpus, source_name="f", split_sentences=keep_whole_text)
    (first,), (second,) = (list(documents.stream_documents(session, each)) for each in (project_id, copy))
    assert (second.mentions, second.relations, second.facts) == (first.mentions, first.relations, first.facts)


@pytest.mark.parametrize("format_name", ["jsonl", "pubtator"])
def test_a_file_is_written_as_the_page_gives_it(
    session: Session, project_id: int, tmp_path: Path, format_name: str
) -> None:
    written, counts = export_project(session, project_id, ExportFilter(), format_name=format_name)
    path = tmp_path / "new" / "out"
    assert export_to_path(session, project_id, ExportFilter(), path, format_name=format_name) == (
        written.report,
        counts,
    )
    assert path.read_bytes() == written.data
    assert list(path.parent.iterdir()) == [path]


def test_an_export_that_breaks_off_leaves_the_older_file(
    session: Session, project_id: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "folder" / "out.jsonl"
    path.parent.mkdir()
    path.write_text("older")

    def break_off(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("core.workflows.data_out.export.write_records", break_off)
    with pytest.raises(RuntimeError):
        export_to_path(session, project_id, ExportFilter(), path, format_name="jsonl")
    assert [one.read_text() for one in path.parent.iterdir()] == ["older"]


def test_the_label_filter_counts_the_synthetic_sentences_that_it_drops(session: Session, project_id: int) -> None:
    written, counts = export_project(session, project_id, ExportFilter(labels=("other",)), format_name="jsonl")
    assert (written.report.num_synthetic, counts.synthetic) == (0, 0)
    assert counts.dropped["labels: synthetic sentences"] == 2
