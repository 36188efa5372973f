"""Importing: schema, repeated texts, gold or suggestions, facts, jobs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from core.domain import (
    Corpus,
    Document,
    DocumentFact,
    EntityType,
    JobKind,
    Mention,
    Relation,
    RelationLabel,
    Schema,
    Sentence,
    Source,
    Span,
    Split,
    State,
    SyntheticSentence,
)
from core.errors import FormatError, NotFoundError, SchemaError
from core.workflows.data_in.import_corpus import import_corpus
from core.workflows.data_in.import_items import ImportOutcome
from core.workflows.data_in.ingest import ImportOptions, import_file, run_ingest
from core.workflows.prediction.predict import Predicted
from core.workflows.projects import create_project
from db.queries import documents, jobs, projects, synthetic
from db.session import Session

TEXT = "Aspirin caused rash. Aspirin and codeine."


def split_at_stops(text: str, *, keep_whole: Sequence[Span] = ()) -> list[Span]:
    """A splitter that needs no model: sentences end at ". "; mentions here never hold one."""
    assert all(". " not in span.text(text) for span in keep_whole)
    spans, start = [], 0
    for end in [index + 1 for index in range(len(text)) if text.startswith(". ", index)]:
        spans.append(Span(start, end))
        start = end + 1
    return [*spans, Span(start, len(text))]


def make_document(document_id: str = "d1", text: str = TEXT) -> Document:
    return Document(
        document_id,
        text,
        mentions=(
            Mention(Span(0, 7), "Chemical", concept_ids=("D1",)),
            Mention(Span(15, 19), "Disease", concept_ids=("D7", "D9")),
            Mention(Span(21, 28), "Chemical", concept_ids=("D1",)),
        ),
        facts=(DocumentFact("CID", "D1", "D9"),),
    )


@pytest.fixture
def project_id(session: Session) -> int:
    return create_project(session, "p", template="chemical-disease")


def take(session: Session, project_id: int, *found: Document, **options: Any) -> ImportOutcome:  # noqa: ANN401
    corpus = Corpus(found)
    return import_corpus(session, project_id, corpus, source_name="f.txt", split_sentences=split_at_stops, **options)


def stored(session: Session, project_id: int) -> list[Document]:
    return list(documents.stream_documents(session, project_id))


def test_annotated_documents_are_gold_and_facts_become_relations_within_a_sentence(
    session: Session, project_id: int
) -> None:
    outcome = take(session, project_id, make_document(), split=Split.DEV)
    assert (outcome.num_documents, outcome.num_sentences, outcome.num_mentions) == (1, 2, 3)
    assert (outcome.num_relations, outcome.num_projected) == (1, 1)
    (document,) = stored(session, project_id)
    assert document.split is Split.DEV
    assert [sentence.state for sentence in document.sentences] == [State.ACCEPTED, State.ACCEPTED]
    (relation,) = document.relations
    assert (relation.head.span, relation.tail.span) == (Span(0, 7), Span(15, 19))
    assert (relation.source, relation.state) == (Source.PROJECTED, State.ACCEPTED)
    assert document.facts == make_document().facts


def test_annotations_can_come_as_suggestions(session: Session, project_id: int) -> None:
    take(session, project_id, make_document(), as_gold=False)
    (document,) = stored(session, project_id)
    items = [*document.sentences, *document.mentions, *document.relations]
    assert {item.state for item in items} == {State.PENDING}


def test_text_without_annotations_waits_for_review(session: Session, project_id: int) -> None:
    take(session, project_id, Document("d", "One. Two."))
    (document,) = stored(session, project_id)
    assert [sentence.state for sentence in document.sentences] == [State.PENDING, State.PENDING]


def test_document_with_sentences_is_stored_as_it_stands(session: Session, project_id: int) -> None:
    document = Document(
        "d", TEXT, (Sentence(Span(0, 20), State.PENDING, True, "c"),), make_document().mentions, (),
        make_document().facts,
    )  # fmt: skip
    take(session, project_id, document)
    assert repr(stored(session, project_id)) == repr([document])


def test_text_that_the_project_has_is_skipped_and_named(session: Session, project_id: int) -> None:
    first = take(session, project_id, make_document())
    again = take(session, project_id, make_document("other"), make_document("new", TEXT + " More."), make_document("x"))
    assert (again.num_documents, again.skipped) == (1, ("other", "x"))
    assert set(again.known_ids) == set(first.document_ids)
    assert len(stored(session, project_id)) == 2


def test_unknown_type_and_label_are_refused_with_a_remedy_and_store_nothing(session: Session, project_id: int) -> None:
    gene = Mention(Span(0, 7), "Gene")
    disease = Mention(Span(15, 19), "Disease")
    bad = Document("bad", TEXT, mentions=(gene, disease), relations=(Relation(gene, disease, "GDA"),))
    with pytest.raises(SchemaError, match=r"types Gene \(known: Chemical, Disease\); .*labels GDA.*blank template"):
        take(session, project_id, make_document("good", "Aspirin caused rash. Yes indeed, it did so."), bad)
    session.commit()
    assert stored(session, project_id) == []


def test_label_that_is_illegal_for_its_types_is_refused(session: Session, project_id: int) -> None:
    aspirin, rash = make_document().mentions[:2]
    with pytest.raises(SchemaError, match="CID joins Disease → Chemical, which it may not"):
        take(
            session,
            project_id,
            Document("d", TEXT, mentions=(aspirin, rash), relations=(Relation(rash, aspirin, "CID"),)),
        )


def test_blank_project_takes_over_what_the_text_needs_and_says_so(session: Session) -> None:
    blank = create_project(session, "b", template="blank")
    outcome = take(session, blank, make_document())
    assert (outcome.added_types, outcome.added_labels) == (("Chemical", "Disease"), ("CID",))
    assert outcome.num_projected == 1
    schema = projects.get_schema(session, blank)
    assert [label.legal_types for label in schema.relation_labels] == [(("Chemical", "Disease"),)]
    assert len({entity_type.colour for entity_type in schema.entity_types}) == 2
    gene = Mention(Span(0, 7), "Gene")
    rash = Mention(Span(15, 19), "Disease")
    more = Document("e", TEXT + " More.", mentions=(gene, rash), relations=(Relation(gene, rash, "CID"),))
    assert take(session, blank, more).added_types == ("Gene",)
    label = projects.get_schema(session, blank).find_label("CID")
    assert label is not None and label.legal_types == (("Chemical", "Disease"), ("Gene", "Disease"))


def test_blank_project_takes_over_a_schema_as_the_file_declares_it(session: Session) -> None:
    blank = create_project(session, "b", template="blank")
    schema = Schema(
        (EntityType("A", "#123456", "guide"),), (RelationLabel("R", (("A", "A"),), True, "#654321", "how"),)
    )
    import_corpus(session, blank, Corpus(schema=schema), source_name="f", split_sentences=split_at_stops)
    assert projects.get_schema(session, blank) == schema


def test_synthetic_sentences_are_stored_beside_the_documents(session: Session, project_id: int) -> None:
    head, tail = Mention(Span(0, 10), "Chemical"), Mention(Span(16, 25), "Disease")
    sentence = SyntheticSentence("$CHEMICAL$ gave $DISEASE$.", "CID", head, tail, State.ACCEPTED)
    corpus = Corpus(synthetic=(sentence,))
    outcome = import_corpus(session, project_id, corpus, source_name="f", split_sentences=split_at_stops)
    assert outcome.num_synthetic == 1
    assert list(synthetic.stream_synthetic(session, project_id)) == [sentence]


@pytest.mark.parametrize(("text", "message"), [("a\x00b", "NUL character at offset 1"), ("ab\ud800", "offset 2")])
def test_text_that_no_database_can_hold_is_refused(session: Session, project_id: int, text: str, message: str) -> None:
    with pytest.raises(FormatError, match=f"f.txt: Document d holds .*{message}"):
        take(session, project_id, Document("d", text))


def test_project_must_exist(session: Session) -> None:
    with pytest.raises(NotFoundError, match="Project 77"):
        take(session, 77, make_document())


class Reported:
    def __init__(self) -> None:
        self.fractions: list[float] = []

    def __call__(self, fraction: float, message: str = "", **values: float) -> None:  # noqa: ARG002
        self.fractions.append(fraction)


def run(session: Session, project_id: int, job_id: str = "j1", **params: object) -> dict[str, Any]:
    job = jobs.add_job(session, job_id, JobKind.INGEST, project_id=project_id, params=params)
    return run_ingest(session, job, cast(Any, None), Reported())


def test_pasted_text_is_stored_under_a_name_from_its_content(session: Session, project_id: int) -> None:
    result = run(session, project_id, text="Aspirin caused rash (e.g. Fig. 2). Codeine did not.")
    assert (result["refused"], result["report"], result["outcome"]["num_sentences"]) == (False, None, 2)
    (document,) = stored(session, project_id)
    assert document.id.startswith("pasted-")
    again = run(session, project_id, "j2", text=document.text, external_id="mine")
    assert again["outcome"]["skipped"] == ["mine"]
    with pytest.raises(FormatError, match="empty"):
        run(session, project_id, "j3", text=" \n")


def test_uploaded_file_is_read_and_stored(session: Session, project_id: int, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text(
        "1|t|Aspirin caused rash.\n1|a|It was mild.\n1\t0\t7\tAspirin\tChemical\tD1\n"
        "1\t15\t19\trash\tDisease\tD9\n1\tCID\tD1\tD9\n\n",
        encoding="utf-8",
    )
    result = run(session, project_id, path=str(path), source="cdr.txt", format="pubtator", split="test")
    assert result["report"]["num_documents"] == 1
    assert result["outcome"]["num_projected"] == 1
    (document,) = stored(session, project_id)
    assert document.split is Split.TEST


def test_refused_file_stores_nothing_and_its_report_says_why(session: Session, project_id: int, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("1|t|Aspirin.\n1|a|\n1\t0\t7\tCodeine\tChemical\tD1\n\n", encoding="utf-8")
    result = run(session, project_id, path=str(path), source="bad.txt", format="pubtator")
    assert (result["refused"], result["outcome"]) == (True, None)
    assert [issue["line"] for issue in result["report"]["issues"] if issue["severity"] == "refused"] == [3]
    assert stored(session, project_id) == []
    with pytest.raises(FormatError, match=r"gone.txt: .*upload it again"):
        run(session, project_id, "j2", path=str(tmp_path / "gone.txt"))


def test_job_that_runs_again_predicts_what_no_model_has_read(
    session: Session, project_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[list[int]] = []

    def predict(_session: Session, _project: int, ids: list[int], _models: object, report: Reported) -> Predicted:
        read.append(ids)
        report(1.0)
        if len(read) == 1:
            raise RuntimeError("killed")
        return Predicted("tiny", len(ids))

    monkeypatch.setattr("core.workflows.prediction.predict.predict_sentences", predict)
    with pytest.raises(RuntimeError):
        run(session, project_id, text="One. Two.", predict=True)
    session.rollback()
    job = jobs.get_job(session, "j1")
    result = run_ingest(session, job, cast(Any, None), Reported())
    assert result["prediction"] == {"model": "tiny", "sentences": 2, "mentions": 0, "relations": 0}
    assert read[0] == read[1]


def test_a_check_says_what_an_import_would_do_and_stores_nothing(
    session: Session, project_id: int, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("Aspirin caused rash.", encoding="utf-8")
    session.commit()
    result = run(session, project_id, path=str(tmp_path / "a.txt"), source="a.txt", only_check=True, predict=True)
    assert (result["only_checked"], result["refused"], result["outcome"]["num_documents"]) == (True, False, 1)
    assert stored(session, project_id) == []


PUBTATOR = "1|t|Aspirin and rash.\n1|a|\n1\t0\t7\tAspirin\tDrug\tD1\n1\t12\t16\trash\tADE\tD2\n1\tADR\tD1\tD2\n"


def test_a_file_with_unknown_names_is_refused_and_names_them_then_taken_with_their_meaning(
    session: Session, project_id: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.pubtator"
    path.write_text(PUBTATOR, encoding="utf-8")
    refused = import_file(session, project_id, path)
    assert refused["refused"]
    assert refused["unknown"] == {"types": ["Drug", "ADE"], "labels": ["ADR"]}
    options = ImportOptions(renames={"Drug": "Chemical", "ADE": "Disease", "ADR": "CID"})
    taken = import_file(session, project_id, path, options=options)
    assert not taken["refused"], taken["report"]
    (document,) = stored(session, project_id)
    assert [mention.entity_type for mention in document.mentions] == ["Chemical", "Disease"]
    assert [relation.label for relation in document.relations] == ["CID"]
    assert [fact.label for fact in document.facts] == ["CID"]


def test_a_folder_comes_in_as_one_file_whole_or_not_at_all(session: Session, project_id: int, tmp_path: Path) -> None:
    folder = tmp_path / "brat"
    folder.mkdir()
    (folder / "a.txt").write_text("Aspirin caused nausea.", encoding="utf-8")
    (folder / "a.ann").write_text("T1\tChemical 0 7\tAspirin\n", encoding="utf-8")
    taken = import_file(session, project_id, folder)
    assert (taken["report"]["source"], taken["report"]["format_name"]) == ("brat", "brat")
    assert [one.id for one in stored(session, project_id)] == ["a"]
    (folder / "b.txt").write_text("More.", encoding="utf-8")
    (folder / "b.ann").write_text("T1\tChemical 0 4\tLess\n", encoding="utf-8")
    assert import_file(session, project_id, folder)["refused"]
    assert len(stored(session, project_id)) == 1


def test_what_is_left_out_does_not_reach_the_project(session: Session, project_id: int, tmp_path: Path) -> None:
    path = tmp_path / "a.pubtator"
    path.write_text(PUBTATOR, encoding="utf-8")
    options = ImportOptions(renames={"Drug": "Chemical", "ADE": "", "ADR": ""})
    assert not import_file(session, project_id, path, options=options)["refused"]
    (document,) = stored(session, project_id)
    assert ([mention.entity_type for mention in document.mentions], document.relations, document.facts) == (
        ["Chemical"], (), ()
    )  # fmt: skip


NATIVE_SCHEMA = (
    '{"format":"dare-curator","version":1,"schema":{"entity_types":[{"name":"Chemical"},{"name":"Disease"}],'
    '"relation_labels":[{"name":"CID","legal_types":[["Chemical","Disease"]]}]}}\n'
)


def native_line(number: int, **keys: object) -> str:
    mentions = [
        {"id": "a", "start": 0, "end": 7, "text": "Aspirin", "entity_type": "Chemical", "concept_ids": ["D1"]},
        {"id": "b", "start": 15, "end": 19, "text": "rash", "entity_type": "Disease", "concept_ids": ["D2"]},
    ]
    facts = [{"label": "CID", "head_concept": "D1", "tail_concept": "D2"}]
    record = {"kind": "document", "id": f"n{number}", "text": f"Aspirin caused rash {number}.", "mentions": mentions}
    return json.dumps({**record, "facts": facts, **keys}) + "\n"


def write_native(path: Path, num_documents: int, *more: str) -> Path:
    path.write_text(NATIVE_SCHEMA + "".join(map(native_line, range(num_documents))) + "".join(more), encoding="utf-8")
    return path


def test_a_native_file_is_stored_in_batches_once_with_facts_split_and_standing(
    session: Session, project_id: int, tmp_path: Path
) -> None:
    again = native_line(7, id="twin")
    path = write_native(tmp_path / "n.jsonl", 120, again)
    options = ImportOptions(split=Split.DEV, as_gold=False)
    outcome = import_file(session, project_id, path, options=options)["outcome"]
    assert (outcome["num_documents"], outcome["num_projected"], outcome["num_relations"]) == (120, 120, 120)
    assert (outcome["num_skipped"], outcome["skipped"], outcome["known_ids"]) == (1, ["twin"], [])
    found = stored(session, project_id)
    assert [document.id for document in found] == [f"n{number}" for number in range(120)]
    assert {document.split for document in found} == {Split.DEV}
    assert {sentence.state for document in found for sentence in document.sentences} == {State.PENDING}
    repeated = import_file(session, project_id, path)["outcome"]
    assert (repeated["num_documents"], repeated["num_skipped"]) == (0, 121)
    assert len(repeated["skipped"]) == len(repeated["known_ids"]) == 100  # the result stays small


def test_a_native_file_with_a_faulty_last_line_stores_nothing(
    session: Session, project_id: int, tmp_path: Path
) -> None:
    path = write_native(tmp_path / "n.jsonl", 120, "{}\n")
    result = run(session, project_id, path=str(path), source="n.jsonl")
    assert (result["refused"], result["report"]["num_documents"], result["outcome"]) == (True, 0, None)
    assert [issue["line"] for issue in result["report"]["issues"]] == [122]
    assert stored(session, project_id) == []


def test_a_native_file_in_other_words_names_them_and_can_be_mapped(
    session: Session, project_id: int, tmp_path: Path
) -> None:
    path = tmp_path / "n.jsonl"
    write_native(path, 3)
    path.write_text(path.read_text().replace("Chemical", "Drug"), encoding="utf-8")
    assert import_file(session, project_id, path)["unknown"] == {"types": ["Drug"], "labels": []}
    assert stored(session, project_id) == []
    taken = import_file(session, project_id, path, options=ImportOptions(renames={"Drug": "Chemical"}))
    assert taken["outcome"]["num_projected"] == 3
    assert stored(session, project_id)[0].mentions[0].entity_type == "Chemical"


def test_a_blank_project_takes_the_schema_of_a_native_file(session: Session, tmp_path: Path) -> None:
    blank = create_project(session, "b", template="blank")
    outcome = import_file(session, blank, write_native(tmp_path / "n.jsonl", 2))["outcome"]
    assert (outcome["added_types"], outcome["added_labels"]) == (["Chemical", "Disease"], ["CID"])
    assert outcome["num_projected"] == 2


def test_synthetic_records_among_documents_are_stored_once(session: Session, project_id: int, tmp_path: Path) -> None:
    masks = {
        name: {"id": name, "start": start, "end": start + 3, "text": text, "entity_type": entity_type}
        for name, start, text, entity_type in (("head", 0, "$A$", "Chemical"), ("tail", 9, "$B$", "Disease"))
    }
    record = json.dumps({"kind": "synthetic", "text": "$A$ gave $B$.", "label": "CID", **masks}) + "\n"
    path = write_native(tmp_path / "n.jsonl", 99, record, record, native_line(900), record)
    for expected in (1, 0):
        assert import_file(session, project_id, path)["outcome"]["num_synthetic"] == expected


def test_progress_of_an_import_rises_to_its_end(session: Session, project_id: int, tmp_path: Path) -> None:
    path = write_native(tmp_path / "n.jsonl", 300)
    told = Reported()
    import_file(session, project_id, path, report=told)
    assert told.fractions == sorted(told.fractions)
    assert told.fractions[0] < 0.5 < told.fractions[-1] <= 1
