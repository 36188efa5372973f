"""The ADE corpus's .rel lines: realigned by string, merged by sentence."""

import pytest

from core.formats import ReadResult, Severity, get_tally, read_corpus

SENTENCE = "Rash after aspirin, then rash after codeine."


def read(*lines: str, source: str = "DRUG-AE.rel") -> ReadResult:
    result = read_corpus("\n".join(lines).encode(), source=source)
    assert result.report.format_name == "ade-rel"
    return result


def row(effect: str, start: int, drug: str, drug_start: int, *, pubmed_id: str = "7", text: str = SENTENCE) -> str:
    return f"{pubmed_id}|{text}|{effect}|{start}|{start + len(effect)}|{drug}|{drug_start}|{drug_start + len(drug)}"


def test_offsets_of_the_document_are_not_taken_for_those_of_the_sentence() -> None:
    (found,) = read(row("Rash", 500, "aspirin", 511)).corpus.documents
    assert (found.id, found.text) == ("7-1", SENTENCE)
    (relation,) = found.relations
    assert (relation.head.span.start, relation.head.entity_type) == (0, "Adverse-Effect")
    assert (relation.tail.span.start, relation.tail.entity_type) == (11, "Drug")
    assert relation.label == "Adverse-Effect"


def test_lines_of_one_sentence_are_one_document_with_each_mention_once() -> None:
    (found,) = read(row("Rash", 500, "aspirin", 511), row("Rash", 500, "codeine", 536)).corpus.documents
    assert (len(found.mentions), len(found.relations)) == (3, 2)


def test_the_offsets_choose_among_several_places_of_a_string() -> None:
    text = "A rash, a second rash after codeine."
    (found,) = read(row("rash", 517, "codeine", 528, text=text)).corpus.documents
    assert found.relations[0].head.span.start == 17
    (found,) = read(row("rash", 502, "codeine", 528, text=text)).corpus.documents
    assert found.relations[0].head.span.start == 2


def test_a_string_is_not_found_inside_a_word_when_it_stands_alone_too() -> None:
    (found,) = read(row("ash", 10, "tar", 14, text="Rash: ash of tar.")).corpus.documents
    assert found.relations[0].head.span.start == 6


def test_sentences_of_an_abstract_are_numbered() -> None:
    other = "Codeine gave nausea."
    found = read(row("Rash", 500, "aspirin", 511), row("nausea", 13, "Codeine", 0, text=other)).corpus.documents
    assert [one.id for one in found] == ["7-1", "7-2"]


def test_overlapping_mentions_are_reported_and_counted() -> None:
    text = "Codeine intoxication was seen."
    result = read(row("Codeine intoxication", 100, "Codeine", 100, text=text))
    assert get_tally(result.corpus.documents[0]) == {"relations of overlapping mentions": 1}
    assert result.report.issues[0].severity is Severity.NOTED
    assert len(result.corpus.documents[0].relations) == 1


def test_one_relation_of_two_abstracts_with_the_same_sentence_is_kept_once_and_said() -> None:
    result = read(row("Rash", 500, "aspirin", 511), row("Rash", 40, "aspirin", 51, pubmed_id="8"))
    (found,) = result.corpus.documents
    assert len(found.relations) == 1
    assert get_tally(found) == {"relations stated twice": 1}
    assert result.report.issues[0].severity is Severity.REPAIRED


def test_a_file_of_doses_is_told_by_its_name() -> None:
    (found,) = read(row("Rash", 0, "aspirin", 11), source="DRUG-DOSE.rel").corpus.documents
    assert found.relations[0].head.entity_type == "Dose"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (row("fever", 0, "aspirin", 11), "'fever' is not in the sentence"),
        ("7|Rash.|Rash|0|4|Rash|0", "7 columns between pipes, expected 8"),
        (row("Rash", 0, "aspirin", 11).replace("|11|", "|eleven|"), "'eleven' is no offset"),
    ],
)
def test_a_faulty_line_is_refused_with_its_number(line: str, message: str) -> None:
    report = read(row("Rash", 500, "aspirin", 511), line).report
    assert report.is_refused
    assert (report.issues[0].line, message in report.issues[0].message) == (2, True), report.issues
