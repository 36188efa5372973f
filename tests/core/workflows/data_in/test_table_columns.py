"""What is told of a table's columns before the import, and what a choice of columns makes of it."""

import pytest

from core.formats import read_corpus
from core.workflows.data_in.issue_table import write_issues
from core.workflows.data_in.table_columns import HEAD_BYTES, find_table_columns

UNKNOWN = b"Quote;Drug;Event\r\nAspirin caused rash.;Aspirin;rash\r\n"


def test_columns_with_usual_names_are_known_by_role() -> None:
    found = find_table_columns(b"PMID\tSentence\tLabel\n1\tAspirin helps.\tx\n")
    assert found is not None
    assert (found.names, dict(found.known)) == (
        ("PMID", "Sentence", "Label"),
        {"text": "Sentence", "label": "Label", "id": "PMID"},
    )


def test_a_table_whose_columns_nobody_knows_is_still_seen_as_one() -> None:
    found = find_table_columns(UNKNOWN)
    assert found is not None and (found.names, found.known) == (("Quote", "Drug", "Event"), {})


@pytest.mark.parametrize(
    "data",
    [
        b"Aspirin, as we know, helps.\nNothing else was seen.\n",
        b"One line, with a comma.",
        b"1|t|A title.\n1|a|An abstract.\n",
        b'{"format": "dare-curator"}\n',
        b"PK\x03\x04 and more",
        b"\x00\x01",
        b"",
    ],
)
def test_what_is_no_table_offers_no_columns(data: bytes) -> None:
    assert find_table_columns(data) is None


def test_a_long_table_is_told_from_its_beginning() -> None:
    rows = "a,b\n" + "é,é\n" * HEAD_BYTES
    found = find_table_columns(rows.encode()[:HEAD_BYTES])
    assert found is not None and found.names == ("a", "b")


@pytest.mark.parametrize("codec", ["cp1252", "utf-16"])
def test_a_long_table_in_another_encoding_is_told_from_its_beginning(codec: str) -> None:
    rows = "note,who\n" + "é,é\n" * (HEAD_BYTES // 4)
    found = find_table_columns(rows.encode(codec)[:HEAD_BYTES])
    assert found is not None and found.names == ("note", "who")


def test_a_role_that_is_left_out_is_not_told_from_a_name() -> None:
    data = b"sentence,head,tail,label\nAspirin caused rash.,Aspirin,rash,X\n"
    with_pair = read_corpus(data, source="t.csv", format_name="table")
    without = read_corpus(data, source="t.csv", format_name="table", columns={"head": "", "tail": "", "label": ""})
    assert [len(one.corpus.documents[0].mentions) for one in (with_pair, without)] == [2, 0]


def test_a_value_for_every_row_stands_for_a_column() -> None:
    data = b"sentence,head,tail,label\nAspirin caused rash.,Aspirin,rash,X\n"
    columns = {"head_type": "=Chemical", "tail_type": "=Disease"}
    (document,) = read_corpus(data, source="t.csv", format_name="table", columns=columns).corpus.documents
    assert [one.entity_type for one in document.mentions] == ["Chemical", "Disease"]


def test_remarks_are_rows_that_no_spreadsheet_runs() -> None:
    issue = {"line": 3, "severity": "refused", "message": "=1+1, and more"}
    report = {"source": "a.csv", "format_name": "table", "issues": [issue, {**issue, "line": None}]}
    assert write_issues(report).decode("utf-8-sig").splitlines() == [
        "file,format,line,severity,message",
        'a.csv,table,3,refused,"\'=1+1, and more"',
        'a.csv,table,,refused,"\'=1+1, and more"',
    ]
