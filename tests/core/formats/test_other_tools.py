"""Prodigy, Label Studio, doccano, PubAnnotation, CoNLL, WebAnno, Parquet: the turns of each, on tiny files."""

import io
import json
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from core.domain import Corpus, Document, Mention, Relation, Span, State
from core.formats import ReadResult, read_corpus, write_corpus
from tests.core.formats.torture import SCHEMA, make_document, make_rich

TEXT = "😀 Aspirin caused rash."
ASPIRIN, RASH = Mention(Span(2, 9), "Chemical"), Mention(Span(17, 21), "Disease")


def read(value: object, *, format_name: str | None = None) -> ReadResult:
    data = value.encode() if isinstance(value, str) else json.dumps(value).encode()
    return read_corpus(data, source="f", format_name=format_name)


def read_document(value: object) -> Document:
    result = read(value)
    assert not result.report.is_refused, result.report.issues
    return result.corpus.documents[0]


def make_task(**fields: object) -> dict[str, Any]:
    spans = [{"start": 2, "end": 9, "label": "Chemical"}, {"start": 17, "end": 21, "label": "Disease"}]
    relation = {"head": 1, "child": 3, "label": "CID", "head_span": spans[0], "child_span": spans[1]}
    return {"text": TEXT, "spans": spans, "relations": [relation], **fields}


@pytest.mark.parametrize(
    ("answer", "state"), [("accept", State.ACCEPTED), ("reject", State.REJECTED), ("ignore", State.PENDING)]
)
def test_the_answer_of_a_prodigy_task_is_its_state(answer: str, state: State) -> None:
    document = read_document(make_task(answer=answer))
    assert document.relations == (Relation(ASPIRIN, RASH, "CID"),)
    assert {one.state for one in (*document.mentions, *document.relations)} == {state}


def test_a_prodigy_relation_without_spans_is_found_by_its_tokens() -> None:
    tokens = [{"start": 0, "end": 1}, {"start": 2, "end": 9}, {"start": 10, "end": 16}, {"start": 17, "end": 21}]
    task = make_task(tokens=tokens, relations=[{"head": 3, "child": 1, "label": "BY"}])
    assert read_document(task).relations == (Relation(RASH, ASPIRIN, "BY"),)
    words = make_task(tokens=tokens, relations=[{"head": 0, "child": 1, "label": "BY"}])
    report = read(words).report
    assert report.issues[0].message == "The file states relations between tokens that are no spans; they are left out."


def test_a_prodigy_file_names_tokens_that_line_up_with_its_spans() -> None:
    corpus = Corpus((make_document("d", "(anti-aspirin)rash", "aspirin", "rash"),))
    task = json.loads(write_corpus(corpus, format_name="prodigy").data)
    tokens = [token["text"] for token in task["tokens"]]
    assert [tokens[span["token_start"] : span["token_end"] + 1] for span in task["spans"]] == [["aspirin"], ["rash"]]


def make_region(region_id: str, start: int, end: int, text: str, label: str) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text, "labels": [label]}
    return {"id": region_id, "type": "labels", "value": value}


def test_label_studio_offsets_of_old_versions_are_converted() -> None:
    regions = [make_region("a", 3, 10, "Aspirin", "Chemical"), make_region("b", 18, 22, "rash", "Disease")]
    relation = {"type": "relation", "from_id": "b", "to_id": "a", "direction": "left", "labels": ["CID"]}
    task = {"data": {"text": TEXT}, "annotations": [{"result": [*regions, relation]}]}
    result = read([task])
    assert result.corpus.documents[0].relations == (Relation(ASPIRIN, RASH, "CID"),)
    assert [one.message for one in result.report.issues] == ["Offsets of 'f-1' count UTF-16 units; converted."]


def test_label_studio_predictions_wait_for_review() -> None:
    region = make_region("a", 2, 9, "Aspirin", "Chemical")
    (document,) = read([{"data": {"text": TEXT}, "predictions": [{"result": [region]}]}]).corpus.documents
    assert document.mentions[0].state is State.PENDING


def test_doccano_relations_and_categories_are_read() -> None:
    entities = [
        {"id": 4, "start_offset": 2, "end_offset": 9, "label": "Chemical"},
        {"id": 9, "start_offset": 17, "end_offset": 21, "label": "Disease"},
    ]
    example = {"id": 3, "text": TEXT, "entities": entities, "relations": [{"from_id": 4, "to_id": 9, "type": "CID"}]}
    document = read_document({**example, "cats": ["good"]})
    assert (document.id, document.relations) == ("f-3", (Relation(ASPIRIN, RASH, "CID"),))
    assert document.metadata == (("category", "good"),)


def test_pubannotation_attributes_are_kept_and_blocks_counted() -> None:
    annotation = {
        "text": TEXT,
        "denotations": [{"id": "T1", "span": {"begin": 2, "end": 9}, "obj": "Chemical"}],
        "attributes": [{"id": "A1", "subj": "T1", "pred": "certain", "obj": True}],
        "relations": [{"pred": "in", "subj": "T1", "obj": "B1"}],
        "blocks": [{"id": "B1"}],
    }
    result = read(annotation)
    assert result.corpus.documents[0].metadata[0] == ("attribute A1", '["T1", "certain", true]')
    assert [one.message for one in result.report.issues] == [
        "Left out: 1 relations of blocks or untyped denotations, or without a label.",
        "Left out: 1 blocks.",
    ]


def test_conll_reads_iob_bioes_and_whatever_stands_between() -> None:
    text = (
        "-DOCSTART- -X- O O\n\nLow NN B-NP B-Gene\nCOX NN I-NP I-Gene\n. . O O\n\nFever\tS-Disease\nRash\tB-Disease\n"
    )
    first, second = read(text).corpus.documents
    assert (first.text, first.mentions) == ("Low COX .", (Mention(Span(0, 7), "Gene"),))
    assert second.mentions == (Mention(Span(0, 5), "Disease"), Mention(Span(6, 10), "Disease"))


def test_conll_keeps_the_first_and_longest_of_overlapping_mentions_and_counts_the_others() -> None:
    report = write_corpus(Corpus((make_rich(),)), format_name="conll").report
    assert report.dropped["overlapping mentions"] == 1
    assert (report.dropped["relations"], report.dropped["facts"], report.num_mentions) == (3, 1, 4)


def test_relations_across_sentences_are_counted_where_a_format_knows_only_sentences() -> None:
    for format_name in ("spert-json", "masked-tsv"):
        report = write_corpus(Corpus((make_rich(),), schema=SCHEMA), format_name=format_name).report
        assert report.dropped["relations across sentences"] == 1


def test_a_foreign_parquet_file_needs_a_column_of_texts() -> None:
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"text": ["One.", "Two."], "n": [1, 2]}), buffer)
    result = read_corpus(buffer.getvalue(), source="f")
    assert result.corpus.documents == (Document("f-1", "One."), Document("f-2", "Two."))
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"n": [1]}), buffer)
    report = read_corpus(buffer.getvalue(), source="f").report
    assert report.issues[0].message == 'There is no column "text"; the columns are n.'


def test_a_parquet_file_carries_the_schema() -> None:
    data = write_corpus(Corpus((Document("d", "One."),), schema=SCHEMA), format_name="parquet").data
    assert read_corpus(data, source="f").corpus.schema == SCHEMA


def test_a_damaged_parquet_file_is_refused() -> None:
    report = read_corpus(b"PAR1 damaged PAR1", source="f", format_name="parquet").report
    assert report.issues[0].message.startswith("Not a readable Parquet file")


def test_latin_1_is_read_with_a_warning_and_broken_utf_8_refused() -> None:
    result = read_corpus("Caféine\nnaïve".encode("latin-1"), source="f")
    assert result.corpus.documents[0].text == "Caféine\nnaïve"
    assert (result.report.issues[0].line, result.report.issues[0].message) == (
        1,
        "The file is not UTF-8; it was read as Latin-1. Check its letters with accents, or save it as UTF-8.",
    )
    windows = read_corpus("“Caféine”".encode("cp1252"), source="f")
    assert windows.corpus.documents[0].text == "“Caféine”"
    assert read_corpus("Caféine ".encode() + b"\xff.", source="f").report.is_refused


def test_an_unknown_kind_of_json_object_is_refused_with_its_keys() -> None:
    report = read({"image": "cat.png", "bbox": []}).report
    assert report.issues[0].message.startswith("The file holds JSON objects of a kind that is not read; their keys are")


def test_the_parts_of_a_discontinuous_denotation_are_written_again() -> None:
    spans = [{"begin": 2, "end": 9}, {"begin": 17, "end": 21}]
    document = read_document({"text": TEXT, "denotations": [{"id": "T1", "span": spans, "obj": "Chemical"}]})
    assert document.mentions == (Mention(Span(2, 21), "Chemical"),)
    (written,) = json.loads(write_corpus(Corpus((document,)), format_name="pubannotation").data)
    assert written["denotations"][0]["span"] == spans
    assert read_document([written]) == document


@pytest.mark.parametrize("format_name", ["brat", "bioc-xml", "bioc-json"])
def test_parts_without_a_stated_surface_are_written_with_what_they_read(format_name: str) -> None:
    spans = [{"begin": 2, "end": 9}, {"begin": 17, "end": 21}]
    document = read_document({"text": TEXT, "denotations": [{"id": "T1", "span": spans, "obj": "Chemical"}]})
    data = write_corpus(Corpus((document,)), format_name=format_name).data
    (again,) = read_corpus(data, source="a").corpus.documents
    assert again.mentions == document.mentions
    assert again.mentions[0].names == (f"{TEXT[2:9]} {TEXT[17:21]}",)
