"""The DDI corpus's XML: inclusive offsets, discontinuous drugs, pairs."""

import pytest

from core.domain import Relation
from core.formats import ReadResult, Severity, get_tally, read_corpus

SENTENCE = "Aspirin raises the level of codeine."
ENTITIES = (
    '<entity id="s0.e0" charOffset="0-6" type="brand" text="Aspirin"/>'
    '<entity id="s0.e1" charOffset="28-34" type="drug" text="codeine"/>'
)
PAIR = '<pair id="s0.p0" e1="s0.e0" e2="s0.e1" ddi="true" type="mechanism"/>'


def document(*sentences: str) -> bytes:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<document id="d1">', *sentences, "</document>"]
    return "\n".join(lines).encode()


def sentence(text: str, inside: str = "") -> str:
    return f'<sentence id="s" text="{text}">{inside}</sentence>'


def read(data: bytes) -> ReadResult:
    result = read_corpus(data, source="d1.xml")
    assert result.report.format_name == "ddi-xml"
    return result


def first_message(data: bytes) -> str:
    report = read(data).report
    assert report.is_refused
    return report.issues[0].message


def test_the_end_of_an_offset_counts_in() -> None:
    (found,) = read(document(sentence(SENTENCE, ENTITIES + PAIR))).corpus.documents
    assert [(one.span.text(found.text), one.entity_type) for one in found.mentions] == [
        ("Aspirin", "brand"),
        ("codeine", "drug"),
    ]
    assert found.relations == (Relation(*found.mentions, "mechanism"),)


@pytest.mark.parametrize(
    ("text", "offsets", "unit"),
    [
        ("😀 Aspirin and 🤕 codeine.", ("3-9", "18-24"), "UTF-16 units"),
        ("TNF-α, Aspirin: codeine.", ("8-14", "17-23"), "bytes of UTF-8"),
    ],
)
def test_offsets_in_other_units_are_told_from_the_names_and_converted(
    text: str, offsets: tuple[str, str], unit: str
) -> None:
    names = zip(("Aspirin", "codeine"), offsets, strict=True)
    entities = "".join(f'<entity id="{n}" charOffset="{o}" type="drug" text="{n}"/>' for n, o in names)
    gaps = f'<entity id="g" charOffset="{offsets[0]};{offsets[1]}" type="drug" text="Aspirin codeine"/>'
    result = read(document(sentence(SENTENCE, ENTITIES), sentence(text, entities.replace("s0", "s1") + gaps)))
    (found,) = result.corpus.documents
    spans = [one.span.text(found.text) for one in found.mentions[2:]]
    assert spans == ["Aspirin", "codeine", text[text.index("Aspirin") : -1]]
    repaired = [one.message for one in result.report.issues if one.severity is Severity.REPAIRED]
    assert repaired == [f"Offsets of the sentence count {unit}; converted."]


def test_sentences_of_the_file_stay_and_move_the_offsets_of_their_drugs() -> None:
    (found,) = read(document(sentence("A study."), sentence(""), sentence(SENTENCE, ENTITIES))).corpus.documents
    assert found.text == f"A study.\n{SENTENCE}"
    assert [one.span.text(found.text) for one in found.sentences] == ["A study.", SENTENCE]
    assert all(one.state.is_gold for one in found.sentences)
    assert found.mentions[0].span.text(found.text) == "Aspirin"
    assert get_tally(found) == {"sentences without text": 1}


def test_a_pair_that_does_not_interact_is_no_relation() -> None:
    pair = '<pair id="p" e1="s0.e0" e2="s0.e1" ddi="false"/>'
    result = read(document(sentence(SENTENCE, ENTITIES + pair)))
    assert result.corpus.documents[0].relations == ()
    assert result.report.issues == ()


def test_a_true_pair_without_a_type_is_reported_and_counted() -> None:
    pair = '<pair id="p" e1="s0.e0" e2="s0.e1" ddi="true"/>'
    result = read(document(sentence(SENTENCE, ENTITIES + pair)))
    assert result.corpus.documents[0].relations == ()
    assert get_tally(result.corpus.documents[0]) == {"relations without a type": 1}
    (issue,) = result.report.issues
    assert issue.severity is Severity.NOTED
    assert "'p' is \"true\" without a type" in issue.message


def test_a_discontinuous_drug_becomes_its_covering_span_and_keeps_its_name_and_pairs() -> None:
    entities = (
        '<entity id="e0" charOffset="0-4;15-21" type="group" text="alpha blocker"/>'
        '<entity id="e1" charOffset="10-21" type="group" text="beta blocker"/>'
        '<pair id="p" e1="e0" e2="e1" ddi="true" type="int"/>'
    )
    result = read(document(sentence("alpha and beta blocker mix.", entities)))
    (found,) = result.corpus.documents
    wide, narrow = found.mentions
    assert (wide.span.text(found.text), wide.names) == ("alpha and beta blocker", ("alpha blocker",))
    assert narrow.span.text(found.text) == "beta blocker"
    assert len(found.relations) == 1
    assert get_tally(found) == {"discontinuous mentions": 1, "relations of overlapping mentions": 1}
    assert [issue.severity for issue in result.report.issues] == [Severity.NOTED, Severity.NOTED]


def test_a_discontinuous_drug_one_character_off_is_moved_and_said() -> None:
    entity = '<entity id="e0" charOffset="3-7;18-24" type="group" text="alpha blocker"/>'
    result = read(document(sentence("Any alpha and beta blocker mix.", entity)))
    (found,) = result.corpus.documents
    assert found.mentions[0].span.text(found.text) == "alpha and beta blocker"
    assert [issue.severity for issue in result.report.issues] == [Severity.REPAIRED, Severity.NOTED]


def test_parts_that_spell_something_else_are_refused() -> None:
    entity = '<entity id="e0" charOffset="0-2;18-24" type="group" text="alpha blocker"/>'
    assert "The parts hold" in first_message(document(sentence("Any alpha and beta blocker mix.", entity)))


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ('<entity id="e" charOffset="0-6" type="drug" text="codeine"/>', "Span 0:7 holds 'Aspirin', not 'codeine'"),
        ('<entity id="e" charOffset="0-900" type="drug" text="x"/>', "ends beyond the text of 36 characters"),
        ('<entity id="e" charOffset="0:6" type="drug" text="Aspirin"/>', "'0:6' is no charOffset"),
        ('<entity charOffset="0-6" type="drug" text="Aspirin"/>', '<entity> has no attribute "id"'),
        (ENTITIES + ENTITIES, "Entity 's0.e0' stands twice"),
        (ENTITIES + '<pair id="p" e1="s0.e0" e2="s9.e9" ddi="false"/>', "No entity 's9.e9' stands in this sentence"),
        (ENTITIES + '<pair id="p" e1="s0.e0" e2="s0.e1" ddi="perhaps"/>', "ddi is 'perhaps'"),
        (ENTITIES + '<pair id="p" e1="s0.e0" e2="s0.e0" ddi="true" type="int"/>', "joins a mention with itself"),
        ("<note/>", "<note> is not known here"),
    ],
)
def test_a_faulty_element_is_refused_with_its_line(inside: str, message: str) -> None:
    report = read(document(sentence(SENTENCE, inside))).report
    assert report.is_refused
    assert message in report.issues[0].message
    assert report.issues[0].line == 3


def test_broken_xml_is_refused_with_its_line() -> None:
    report = read(document(sentence(SENTENCE, ENTITIES)).replace(b"</document>", b"")).report
    assert report.is_refused
    assert report.issues[0].message.startswith("Not valid XML: no element found")
    assert report.issues[0].line == 4


def test_a_file_that_declares_entities_is_refused() -> None:
    data = document(sentence("&x;")).replace(b"<document", b'<!DOCTYPE document [<!ENTITY x "y">]>\n<document', 1)
    report = read_corpus(data, source="d1.xml", format_name="ddi-xml").report
    assert report.is_refused
    assert "declares a document type or entities" in report.issues[0].message


def test_another_root_and_a_document_without_text_are_refused() -> None:
    other = read_corpus(b"<collection/>", source="a.xml", format_name="ddi-xml").report
    assert "begins with <collection>, expected <document>" in other.issues[0].message
    assert "no sentence with text" in first_message(document(sentence(" ")))
