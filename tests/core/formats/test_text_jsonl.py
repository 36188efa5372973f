"""JSON objects that hold a text alone are documents, named like the rows of a table; no annotation is lost in them."""

import json

import pytest

from core.domain import Document, Split
from core.formats import ReadResult, read_corpus


def read(*items: dict[str, object], format_name: str | None = None) -> ReadResult:
    data = "\n".join(json.dumps(item) for item in items).encode()
    return read_corpus(data, source="t.jsonl", format_name=format_name)


def test_texts_alone_are_documents_numbered_by_their_place() -> None:
    result = read({"text": "Aspirin helps."}, {"text": "Codeine harms."})
    assert (result.report.format_name, result.report.issues) == ("text-jsonl", ())
    assert result.corpus.documents == (
        Document("t.jsonl-1", "Aspirin helps."),
        Document("t.jsonl-2", "Codeine harms."),
    )


@pytest.mark.parametrize("key", ["id", "pmid", "document"])
def test_a_document_is_named_by_its_id_and_the_second_of_the_same_id_is_numbered(key: str) -> None:
    result = read({key: 7, "text": "One."}, {key: "7", "text": "Two.", "split": "dev"})
    assert result.corpus.documents == (Document("7", "One."), Document("7-2", "Two.", split=Split.DEV))


def test_an_object_without_text_is_left_out_and_said() -> None:
    result = read({"text": "One."}, {"text": " "})
    assert len(result.corpus.documents) == 1
    assert [(issue.line, issue.message) for issue in result.report.issues] == [
        (2, "Objects without text are left out; this is the first one.")
    ]


def test_an_object_that_says_more_is_not_taken_for_a_text_alone_unless_that_is_chosen() -> None:
    more = {"text": "Aspirin helps.", "drugs": ["Aspirin"]}
    (issue,) = read(more).report.issues
    assert (issue.severity, "their keys are 'text, drugs'" in issue.message) == ("refused", True)
    chosen = read(more, format_name="text-jsonl")
    assert [issue.message for issue in chosen.report.issues] == [
        "Keys left out, since nothing says what they hold: drugs."
    ]


@pytest.mark.parametrize(
    ("item", "fault"),
    [({"text": 7}, 'The key "text" is wrong'), ({"text": "One.", "split": "later"}, "'later' is no split")],
)
def test_a_faulty_object_is_refused_with_its_line(item: dict[str, object], fault: str) -> None:
    (issue,) = read({"text": "One."}, item).report.issues
    assert (issue.severity, issue.line, fault in issue.message) == ("refused", 2, True), issue.message
