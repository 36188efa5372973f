"""The one way into the formats: detection, plain text, reports, limits."""

import json

import pytest

from core.domain import Corpus
from core.errors import FormatError
from core.formats import READERS, SUFFIXES, WRITERS, Severity, detect_format, read_corpus, write_corpus
from core.formats.base import IssueLog


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"Aspirin caused headache.", "text"),
        (b'\n{"format":', "jsonl"),
        (b"\n\n7|t|Title\n7|a|Abstract", "pubtator"),
        (b"[1] Aspirin caused headache.", "text"),
        (b"p < 0.05 | t | x", "text"),
        (b'<?xml version="1.0"?>\n<document id="d">\n<sentence id="s" text="Aspirin."/></document>', "ddi-xml"),
        (b'[{"entities": [], "tokens": ["a"], "relations": []}]', "spert-json"),
        (b'[\n {"text": "a", "triple_list": []}]', "triples-json"),
        (b'1\t"The <e1>rain</e1> brought a <e2>flood</e2>."\nOther\n', "semeval"),
        (b"7|Rash after aspirin.|Rash|0|4|aspirin|11|18\n", "ade-rel"),
        (b"7|Rash after aspirin.|Rash|0|4|aspirin|11\n", "text"),
        (b"1\tThe rain brought a flood.", "text"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE collection SYSTEM "BioC.dtd">\n<collection>', "bioc-xml"),
        (b'{"source": "", "documents": []}', "bioc-json"),
        (b'{"text": "a", "spans": [], "relations": []}\n{', "prodigy"),
        (b'{"id": 1, "text": "a", "entities": [], "relations": []}', "doccano"),
        (b'[{"text": "a", "denotations": []}]', "pubannotation"),
        (b'{"text": "a"}\n{"text": "b"}', "text-jsonl"),
        (b'[{"pmid": 7, "text": "a", "split": "dev"}]', "text-jsonl"),
        (b'[{"id": 1, "data": {"text": "a"}, "annotations": []}]', "label-studio"),
        (b"Aspirin B-Chemical\nhelps O\n", "conll"),
        (b"#FORMAT=WebAnno TSV 3.3\n", "webanno"),
        (b"text,label\nAspirin,1\n", "table"),
        (b"PMID;Abstract\n7;Aspirin\n", "table"),
        (b"Text, and a label, are words.", "text"),
        (b"Take these: x^2", "text"),
        (b"x^2 is a square", "text"),
        (b"PK\x03\x04", "zip"),
        (b"PAR1....PAR1", "parquet"),
        (b"\x78\x9c\xb4\x00", "docbin"),
    ],
)
def test_a_format_is_told_from_the_first_line(data: bytes, expected: str) -> None:
    assert detect_format(data) == expected


@pytest.mark.parametrize(
    ("data", "line", "kind"),
    [
        (b'<?xml version="1.0"?><library/>', 1, "XML or HTML"),
        (b'<document id="d"><infon key="a">b</infon></document>', 1, "XML or HTML"),
        (b'\n[{"words": "a"}]', 2, "a JSON array"),
        (b'[["a", "b"]]', 1, "a JSON array"),
    ],
)
def test_formats_without_a_reader_are_not_taken_for_plain_text(data: bytes, line: int, kind: str) -> None:
    report = read_corpus(data, source="file.xml").report
    message = f"The file is {kind} of a kind that is not read. Convert it to PubTator, JSONL or plain text."
    assert [(issue.line, issue.severity, issue.message) for issue in report.issues] == [(line, "refused", message)]


def test_an_array_whose_first_item_is_broken_is_refused_with_its_line() -> None:
    report = read_corpus(b'[\n{"tokens": ["a",, "b"]}]', source="a.json").report
    assert [(issue.line, issue.severity) for issue in report.issues] == [(2, "refused")]
    assert report.issues[0].message.startswith("The file looks like JSON but breaks behind")


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b'{"a": 1', 1, "The file looks like JSON but ends too early. Save or export it again, whole"),
        (b'[{"x": 1},\n{"x": 2}\n', 3, "The file looks like JSON but ends too early."),
        (b'{"documents": [\n', 2, "The file looks like JSON but ends too early."),
        (b'{"a": 1\n "b": 2}', 2, "breaks behind '{\"a\": 1': a comma or a closing bracket is missing."),
        (b'[\n{"x": 1 "y": 2}]', 2, "a comma or a closing bracket is missing."),
        (b'{"text":\n"Aspirin}', 2, "the text that begins there has no closing quote."),
        (b"{a: 1}", 1, "breaks behind '{': a key in double quotes is missing."),
        (b"not json at all", 1, "The name ends in .json, but the file is no JSON: it begins with 'not json at all'."),
    ],
)
def test_a_broken_json_file_says_where_it_breaks_and_what_to_do(data: bytes, line: int, message: str) -> None:
    (issue,) = read_corpus(data, source="a.json").report.issues
    assert (issue.line, issue.severity, message in issue.message) == (line, "refused", True), issue.message
    assert "header" not in issue.message and "export it again" in issue.message


def test_a_broken_header_of_the_native_format_is_still_told_as_one() -> None:
    (issue,) = read_corpus(b'{"format": "dare-curator", "version": 1', source="a.jsonl").report.issues
    assert "The first line must be the header" in issue.message


@pytest.mark.parametrize("name", ["a.csv", "a.TSV.gz"])
def test_what_is_called_a_table_and_is_none_is_refused_unless_plain_text_is_chosen(name: str) -> None:
    data = b"Aspirin helps.\nCodeine, we think, harms.\n"
    (issue,) = read_corpus(data, source=name).report.issues
    assert issue.message.endswith("or choose table or plain text as its format.")
    assert len(read_corpus(data, source=name, format_name="text").corpus.documents) == 1


def test_a_plain_text_file_is_one_document_with_its_line_ends() -> None:
    result = read_corpus("Aspirin.\r\n\r\n😀 Headache.\n".encode(), source="note.txt")
    (document,) = result.corpus.documents
    assert (document.id, document.text) == ("note.txt", "Aspirin.\r\n\r\n😀 Headache.\n")
    assert (result.report.format_name, result.report.num_documents, result.report.issues) == ("text", 1, ())


def test_the_chosen_format_wins_over_the_detected_one() -> None:
    assert read_corpus(b"7|t|Title", source="f", format_name="text").corpus.documents[0].text == "7|t|Title"


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    report = read_corpus(b"x", source="f", format_name="docx").report
    assert report.issues[0].message == "Cannot read format 'docx'. Choose one of: " + ", ".join(READERS) + "."
    with pytest.raises(FormatError, match="Cannot write format 'text'. Choose one of: jsonl, pubtator, "):
        write_corpus(Corpus(), format_name="text")


def test_every_written_format_is_read() -> None:
    assert set(WRITERS) - {"masked-tsv", "masked-csv"} <= set(READERS), "the masked ones are read as tables"
    assert set(SUFFIXES) == set(WRITERS)


def test_a_refused_file_gives_no_document_and_an_error_with_file_and_line() -> None:
    result = read_corpus(b"1|t|Good\n\n2|t|Bad\nxyz\n", source="a.txt")
    assert result.corpus == Corpus()
    assert result.report.num_documents == 0
    with pytest.raises(FormatError, match="^a.txt, line 4: 'xyz' is no PubTator line."):
        result.report.raise_if_refused()


def test_reports_are_plain_json() -> None:
    report = read_corpus(b"xyz\x00", source="a.txt").report
    assert json.loads(json.dumps(report.to_json()))["issues"][0]["severity"] == "refused"
    assert json.loads(json.dumps(write_corpus(Corpus(), format_name="jsonl").report.to_json()))["dropped"] == {}


def test_an_issue_log_lists_in_line_order_and_counts_what_is_beyond_its_limit() -> None:
    log = IssueLog(limit=2)
    for line in (9, 3, 5, 7):
        log.add(Severity.REPAIRED, "moved", line=line)
    log.add_once(Severity.NOTED, "said", line=1)
    log.add_once(Severity.NOTED, "said", line=2)
    assert [(issue.line, issue.message) for issue in log.issues()] == [
        (1, "said"),
        (3, "moved"),
        (9, "moved"),
        (None, "2 more lines were repaired; the first are listed."),
    ]
    assert not log.is_refused


def test_an_issue_log_stays_small_whatever_a_file_holds() -> None:
    log = IssueLog(limit=2)
    for number in range(5):
        log.add_once(Severity.REFUSED, f"name {number} is unknown", line=number)
    log.add(Severity.NOTED, "x" * 10_000)
    assert [issue.message[:40] for issue in log.issues()] == [
        "name 0 is unknown",
        "name 1 is unknown",
        "x" * 40,
        "3 more lines were refused; the first are",
    ]
    assert max(len(issue.message) for issue in log.issues()) == 4001


def test_a_file_beyond_the_limit_is_refused_with_both_sizes() -> None:
    result = read_corpus(b"word " * (11 * 2**20), source="huge.txt", format_name="text")
    assert result.corpus.documents == ()
    assert result.report.issues[0].message == (
        "The file has 55 MB; the limit of all formats but the native one, which is read line by line, is 50 MB. "
        "Split it into several files."
    )


def test_fifty_megabytes_of_text_are_no_document() -> None:
    result = read_corpus(b"A word. " * (6 * 2**20), source="book.txt", format_name="text")
    assert result.corpus.documents == ()
    assert "has 50,331,648 characters; the limit is 1,000,000" in result.report.issues[0].message
