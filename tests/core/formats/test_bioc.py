"""BioC: passages, sentences, relations by refid and by concepts; nothing outside the file is ever read."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain import Corpus, Document, DocumentFact, Mention, Relation, Span, State
from core.formats import ReadResult, Severity, get_tally, read_corpus, write_corpus
from core.formats.bioc_infons import CONCEPT_KEYS, LABEL_KEYS
from core.formats.bioc_model import parse_json, parse_xml
from core.formats.bioc_writer import UNWRITABLE
from tests.core.formats.strategies import TEXTS
from tests.core.formats.torture import BREAKS, make_document

XML = """<?xml version='1.0' encoding='UTF-8'?><!DOCTYPE collection SYSTEM 'BioC.dtd'>
<collection><source>s</source><date>d</date><key>k</key><document><id>7</id>{body}</document></collection>"""
PASSAGE = """<passage><infon key="type">title</infon><offset>0</offset><text>Aspirin.</text>
<annotation id="a"><infon key="type">Chemical</infon><infon key="identifier">D1</infon>
<location offset="0" length="7"/><text>Aspirin</text></annotation></passage>
<passage><infon key="type">abstract</infon><offset>9</offset><text>It gave 🤕 rash.</text>
<annotation id="b"><infon key="type">Disease</infon><infon key="MESH">D2</infon>
<location offset="{start}" length="4"/><text>rash</text></annotation></passage>"""
ASPIRIN, RASH = Mention(Span(0, 7), "Chemical"), Mention(Span(19, 23), "Disease")


def read(body: str) -> ReadResult:
    return read_corpus(XML.format(body=body).encode(), source="a.xml")


def read_document(body: str) -> Document:
    result = read(body)
    assert not result.report.is_refused, result.report.issues
    return result.corpus.documents[0]


def test_passages_are_put_where_their_offsets_say() -> None:
    document = read_document(PASSAGE.format(start=19))
    assert (document.id, document.text) == ("7", "Aspirin. It gave 🤕 rash.")
    assert document.mentions == (ASPIRIN, RASH)
    assert [mention.concept_ids for mention in document.mentions] == [("D1",), ("D2",)]


@pytest.mark.parametrize(("start", "unit"), [(20, "UTF-16 units"), (22, "bytes of UTF-8")])
def test_offsets_of_another_unit_are_converted_and_reported(start: int, unit: str) -> None:
    body = PASSAGE.format(start=start)
    # One more mention keeps the places apart: the nearest one alone could be moved by hand.
    again = f'<infon key="type">X</infon><location offset="{start + 4}" length="1"/><text>.</text></annotation>'
    again = f'<annotation id="c">{again}'
    result = read(body.replace("<text>rash</text></annotation>", f"<text>rash</text></annotation>{again}"))
    assert result.corpus.documents[0].mentions[1] == RASH
    assert [one.message for one in result.report.issues] == [f"Offsets of '7' count {unit}; converted."]


def test_a_relation_joins_annotations_across_passages_in_the_direction_of_its_roles() -> None:
    nodes = '<node refid="b" role="tail"/><node refid="a" role="head"/>'
    relation = f'<relation id="R0"><infon key="type">CID</infon>{nodes}</relation>'
    document = read_document(PASSAGE.format(start=19) + relation)
    assert document.relations == (Relation(ASPIRIN, RASH, "CID"),)


@pytest.mark.parametrize(
    "infons",
    [
        '<infon key="relation">CID</infon><infon key="Chemical">D1</infon><infon key="Disease">D2</infon>',
        '<infon key="entity1">D1</infon><infon key="entity2">D2</infon><infon key="type">CID</infon>',
    ],
)
def test_a_relation_of_concepts_is_a_fact_of_the_document(infons: str) -> None:
    document = read_document(f'{PASSAGE.format(start=19)}<relation id="R0">{infons}</relation>')
    assert (document.relations, document.facts) == ((), (DocumentFact("CID", "D1", "D2"),))


def test_what_has_no_place_is_counted_by_name() -> None:
    body = f"""{PASSAGE.format(start=19)}
    <relation id="R"><infon key="type">X</infon><node refid="a" role=""/></relation>
    <relation id="S"><infon key="type">X</infon><node refid="a" role=""/><node refid="z" role=""/></relation>"""
    messages = [one.message for one in read(body).report.issues]
    assert messages == [
        "Left out: 1 relations of other than two arguments.",
        "Left out: 1 relations with a missing argument.",
    ]


def test_sentences_of_a_passage_are_kept_with_their_annotations() -> None:
    body = """<passage><offset>0</offset><sentence><offset>0</offset><text>One.</text></sentence>
    <sentence><offset>5</offset><text>Two rash.</text><annotation id="a"><infon key="type">Disease</infon>
    <location offset="9" length="4"/><text>rash</text></annotation></sentence></passage>"""
    document = read_document(body)
    assert document.text == "One. Two rash."
    assert [one.span.text(document.text) for one in document.sentences] == ["One.", "Two rash."]
    assert document.mentions == (Mention(Span(9, 13), "Disease"),)


def test_a_discontinuous_annotation_covers_its_parts_and_keeps_its_text_as_name() -> None:
    body = """<passage><offset>0</offset><text>skin and liver rash</text><annotation id="a"><infon key="type">D</infon>
    <location offset="0" length="4"/><location offset="15" length="4"/><text>skin rash</text></annotation></passage>"""
    result = read(body)
    (mention,) = result.corpus.documents[0].mentions
    assert (mention.span, mention.names) == (Span(0, 19), ("skin rash",))
    assert [one.severity for one in result.report.issues] == [Severity.NOTED]


def annotate(*parts: tuple[int, int], text: str) -> str:
    places = "".join(f'<location offset="{start}" length="{length}"/>' for start, length in parts)
    return f'<annotation id="{parts[0][0]}"><infon key="type">D</infon>{places}<text>{text}</text></annotation>'


def passage(text: str, *annotations: str) -> str:
    return f"<passage><offset>0</offset><text>{text}</text>{''.join(annotations)}</passage>"


def test_misplaced_parts_of_an_annotation_are_moved_together_and_written_where_they_stand() -> None:
    body = passage("She had skin and liver rash.", annotate((3, 4), (18, 4), text="skin rash"))
    result = read(body)
    (document,) = result.corpus.documents
    (mention,) = document.mentions
    assert (mention.span.text(document.text), mention.names) == ("skin and liver rash", ("skin rash",))
    assert [(one.severity, one.message) for one in result.report.issues] == [
        (Severity.REPAIRED, "'skin rash' moved from 3:7;18:22 to 8:12;23:27."),
        (Severity.NOTED, "'skin rash' has gaps; its mention covers 'skin and liver rash'."),
    ]
    (annotation,) = write_collection(document)[0].documents[0].passages[0].annotations
    assert [(one.offset, one.length) for one in annotation.locations] == [(8, 4), (23, 4)]
    assert annotation.text == "skin rash"


def test_a_single_misplaced_part_of_an_annotation_is_moved_alone() -> None:
    result = read(passage("She had skin and liver rash.", annotate((8, 4), (22, 4), text="skin rash")))
    assert result.report.issues[0].message == "'skin rash' moved from 8:12;22:26 to 8:12;23:27."
    assert ("fragments", "D@8:27\t8 12;23 27") in result.corpus.documents[0].metadata


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        (((8, 4), (17, 4)), "Parts 8:12;17:21 hold 'skin live', not 'skin bone'; these stand nowhere within 20"),
        (((8, 4), (90, 4)), "Parts 8:12;90:94 of 'skin bone' end beyond the text of 28 characters; these stand"),
        (((8, 4), (23, 5)), "Parts 8:12;23:28 hold 'skin rash.', not 'skin bone'"),
    ],
)
def test_parts_that_read_something_else_are_refused_like_a_mention_without_gaps(
    parts: tuple[tuple[int, int], ...], fault: str
) -> None:
    report = read(passage("She had skin and liver rash.", annotate(*parts, text="skin bone"))).report
    (issue,) = report.issues
    assert issue.severity is Severity.REFUSED
    assert issue.message.startswith(f"Document '7': {fault}")


def test_parts_that_could_stand_in_several_places_are_refused() -> None:
    report = read(passage("a b a b a b", annotate((1, 1), (3, 1), text="a b"))).report
    assert "these stand 3 times within 20 characters" in report.issues[0].message


def test_a_mention_stated_with_and_without_gaps_is_written_without() -> None:
    whole, gaps = annotate((0, 19), text="skin and liver rash"), annotate((0, 4), (15, 4), text="skin rash")
    for order in ((whole, gaps), (gaps, whole)):
        document = read_document(passage("skin and liver rash", *order))
        (annotation,) = write_collection(document)[0].documents[0].passages[0].annotations
        assert (annotation.text, len(annotation.locations)) == ("skin and liver rash", 1)
        assert "discontinuous mentions" not in get_tally(document)


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY b SYSTEM "file:///etc/passwd">',
        '<!ENTITY % b SYSTEM "http://127.0.0.1:9/x.dtd"> %b;',
    ],
)
def test_entities_are_refused_before_the_library_parses_them(declaration: str) -> None:
    data = f'<?xml version="1.0"?><!DOCTYPE collection [{declaration}]><collection><source>&b;</source></collection>'
    report = read_corpus(data.encode(), source="a.xml", format_name="bioc-xml").report
    assert [one.message for one in report.issues] == [
        "The XML declares entities, which can hide other files or endless text. Remove them."
    ]


def test_a_named_dtd_is_not_fetched(tmp_path: Path) -> None:
    dtd = tmp_path / "BioC.dtd"
    dtd.write_text('<!ENTITY secret "taken from the file">')
    data = XML.format(body=PASSAGE.format(start=19)).replace("BioC.dtd", dtd.as_uri()).replace("It gave", "&secret;")
    report = read_corpus(data.encode(), source="a.xml").report
    assert report.is_refused and "taken from" not in str(report)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("<collection><document></collection>", "Not valid XML"),
        ("<collection><document><passage><offset>x</offset></passage></document></collection>", "Not BioC"),
        ('{"documents": [{"passages": [{"text": "a", "offset": "x"}]}]}', "Not BioC"),
        ('{"documents": [3]}', "Not BioC"),
        ('{"documents": []}', "The collection has no document with text."),
    ],
)
def test_broken_collections_are_refused_by_name(data: str, message: str) -> None:
    report = read_corpus(data.encode(), source="a").report
    assert report.is_refused
    assert report.issues[0].message.startswith(message)


def test_json_may_leave_out_empty_lists() -> None:
    data = {"documents": [{"id": "7", "passages": [{"offset": 0, "text": "Aspirin."}]}]}
    assert read_corpus(json.dumps(data).encode(), source="a").corpus.documents == (Document("7", "Aspirin."),)


def test_characters_that_xml_cannot_hold_become_spaces_and_are_counted() -> None:
    document = make_document("d", *BREAKS["separators"])
    written = write_corpus(Corpus((document,)), format_name="bioc-xml")
    assert written.report.changed == {"control characters": 2}
    (found,) = read_corpus(written.data, source="a").corpus.documents
    assert found.text == document.text.replace("\x0b", " ").replace("\x0c", " ")
    assert (found.mentions, found.sentences[0].state) == (document.mentions, State.ACCEPTED)


INFONS = """<infon key="journal">A Journal</infon><infon key="licence">x &lt; y</infon>
<passage><infon key="section_type">INTRO</infon><infon key="type">paragraph</infon><offset>0</offset>
<text>Aspirin 😀 gave rash.</text>
<annotation id="a"><infon key="type">Chemical</infon><infon key="MESH">D1</infon><infon key="score">0.5</infon>
<location offset="0" length="7"/><text>Aspirin</text></annotation>
<annotation id="b"><infon key="type">Disease</infon><location offset="15" length="4"/><text>rash</text></annotation>
</passage><passage><infon key="section_type">METHODS</infon><offset>22</offset><text>We saw it.</text></passage>
<relation id="R"><infon key="relation">CID</infon><infon key="novel">No</infon>
<node refid="b" role="effect"/><node refid="a" role="cause"/></relation>
<relation id="F"><infon key="relation">CID</infon><infon key="Chemical">D1</infon><infon key="Disease">D2</infon>
<infon key="score">0.1</infon></relation>"""


def write_collection(*documents: Document, format_name: str = "bioc-json") -> Any:  # noqa: ANN401
    written = write_corpus(Corpus(documents), format_name=format_name)
    parse = parse_json if format_name == "bioc-json" else parse_xml
    return parse(written.data.decode()), written.report


@pytest.mark.parametrize("format_name", ["bioc-json", "bioc-xml"])
def test_infons_of_every_kind_come_in_and_are_written_again(format_name: str) -> None:
    document = read_document(INFONS)
    collection, report = write_collection(document, format_name=format_name)
    (found,) = collection.documents
    assert (report.dropped, report.changed) == ({}, {})
    assert {key: value for key, value in found.infons.items() if key != "dare"} == {
        "journal": "A Journal",
        "licence": "x < y",
    }
    assert [(one.offset, one.text, one.infons) for one in found.passages] == [
        (0, "Aspirin 😀 gave rash.", {"section_type": "INTRO", "type": "paragraph"}),
        (22, "We saw it.", {"section_type": "METHODS"}),
    ]
    assert [one.infons for one in found.passages[0].annotations] == [
        {"type": "Chemical", "MESH": "D1", "score": "0.5"},
        {"type": "Disease"},
    ]
    relation, fact = found.relations
    assert relation.infons == {"relation": "CID", "novel": "No"}
    assert [(one.refid, one.role) for one in relation.nodes] == [("1", "effect"), ("0", "cause")]
    assert fact.infons == {"relation": "CID", "Chemical": "D1", "Disease": "D2", "score": "0.1"}
    data = write_corpus(Corpus((document,)), format_name=format_name).data
    assert repr(read_corpus(data, source="a").corpus.documents) == repr((document,))


@pytest.mark.parametrize("format_name", ["bioc-json", "bioc-xml"])
def test_infons_of_collection_and_sentences_are_kept_and_come_back(format_name: str) -> None:
    body = """<passage><offset>0</offset>
    <sentence><infon key="parse">(S)</infon><offset>0</offset><text>One.</text></sentence>
    <sentence><infon key="parse">(NP)</infon><offset>5</offset><text>Two 😀 rash.</text></sentence></passage>"""
    xml = XML.replace("<document>", '<infon key="licence">x</infon><document>').format(body=body).encode()
    result = read_corpus(xml, source="a.xml")
    (document,) = result.corpus.documents
    assert result.report.issues == ()
    assert [key for key, _ in document.metadata] == ["bioc collection", "bioc sentence 0", "bioc sentence 5"]
    other = Document("other", "Of another source.")
    written = write_corpus(Corpus((document, other)), format_name=format_name)
    assert (written.report.dropped, written.report.changed) == ({}, {})
    collection, _ = write_collection(document, other, format_name=format_name)
    assert collection.infons == {"licence": "x"}
    assert repr(read_corpus(written.data, source="a").corpus.documents) == repr((document, other))


def test_infons_of_a_sentence_that_is_not_in_its_passage_are_counted() -> None:
    body = """<passage><offset>0</offset><text>Rash.</text>
    <sentence><infon key="parse">(S)</infon><offset>0</offset><text>Other.</text></sentence></passage>"""
    (issue,) = read(body).report.issues
    assert issue.message == "Left out: 1 infons of passages and sentences without text or with another one."


@pytest.mark.parametrize("entry", [("\x1b", "0"), ("key", "\x1b"), (" ", "0"), ("key ", "0"), ("key", "a\u2028")])
def test_an_entry_that_xml_would_alter_is_no_infon_and_comes_back(entry: tuple[str, str]) -> None:
    document = Document("1", "Rash.", metadata=(entry, ("plain", "é x")))
    collection, report = write_collection(document, format_name="bioc-xml")
    assert {key for key in collection.documents[0].infons if key != "dare"} == {"plain"}
    assert report.changed == {}
    data = write_corpus(Corpus((document,)), format_name="bioc-xml").data
    assert read_corpus(data, source="a").corpus.documents[0].metadata == document.metadata


def test_kept_infons_give_way_to_what_was_corrected_and_are_counted_where_their_element_is_gone() -> None:
    document = read_document(INFONS)
    aspirin, rash = document.mentions
    corrected = replace(document, mentions=(replace(aspirin, concept_ids=("D9",)), rash), relations=(), facts=())
    collection, report = write_collection(corrected)
    assert collection.documents[0].passages[0].annotations[0].infons == {
        "type": "Chemical",
        "identifier": "D9",
        "score": "0.5",
    }
    assert report.dropped == {"BioC infons of annotations, relations and passages that are gone": 2}


def test_the_parts_of_a_discontinuous_annotation_are_written_again() -> None:
    body = """<passage><offset>0</offset><text>😀 skin and liver rash</text><annotation id="a"><infon key="type">D
</infon><location offset="17" length="4"/><location offset="2" length="4"/><text>skin rash</text></annotation>
</passage>""".replace("D\n", "D")
    collection, _ = write_collection(read_document(body))
    (annotation,) = collection.documents[0].passages[0].annotations
    assert [(one.offset, one.length) for one in annotation.locations] == [(2, 4), (17, 4)]
    assert annotation.text == "skin rash"


def test_infons_without_a_place_are_counted_by_name() -> None:
    twice = PASSAGE.format(start=19).replace(
        "<annotation",
        '<annotation id="c"><infon key="type">Chemical</infon>'
        '<infon key="n">1</infon><location offset="0" length="7"/><text>Aspirin</text></annotation><annotation',
        1,
    )
    body = twice.replace('<infon key="identifier">D1</infon>', '<infon key="n">2</infon>')
    messages = [one.message for one in read(body).report.issues]
    assert messages[-1] == "Left out: 1 annotations and relations stated twice with other infons."


NAMES = TEXTS.map(lambda text: text[:8])
FREE = st.dictionaries(
    NAMES.filter(lambda key: key not in ("dare", "type", *CONCEPT_KEYS, *LABEL_KEYS)), NAMES, max_size=3
)


@pytest.mark.parametrize("format_name", ["bioc-json", "bioc-xml"])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(infons=st.lists(FREE, min_size=6, max_size=6), roles=st.tuples(NAMES, NAMES))
def test_whatever_infons_a_file_has_come_out_as_they_came_in(
    format_name: str, infons: list[dict[str, str]], roles: tuple[str, str]
) -> None:
    if format_name == "bioc-xml" and any(UNWRITABLE.search(str(one)) or "\\x" in repr(one) for one in (infons, roles)):
        return
    annotations = [
        {"id": "a", "text": "A", "infons": {"type": "T", **infons[0]}, "locations": [{"offset": 0, "length": 1}]},
        {"id": "b", "text": "C", "infons": {"type": "T", **infons[1]}, "locations": [{"offset": 4, "length": 1}]},
    ]
    nodes = [{"refid": one, "role": role} for one, role in zip("ab", roles, strict=True)]
    found = {
        "id": "7",
        "passages": [
            {"offset": 0, "text": "A b", "infons": infons[2], "annotations": annotations},
            {"offset": 4, "text": "C d", "infons": infons[3]},
        ],
        "relations": [{"id": "r", "infons": {"type": "L", **infons[4]}, "nodes": nodes}],
    }
    file = {"infons": infons[5], "documents": [found]}
    (document,) = read_corpus(json.dumps(file).encode(), source="f").corpus.documents
    collection, report = write_collection(document, format_name=format_name)
    assert (report.dropped, report.changed) == ({}, {})
    assert collection.infons == infons[5]
    (written,) = collection.documents
    parts = [one for passage in written.passages for one in passage.annotations]
    elements = (*parts, *written.passages, *written.relations)
    assert [one.infons for one in elements[:4]] == [
        {"type": "T", **infons[0]}, {"type": "T", **infons[1]}, infons[2], infons[3],
    ]  # fmt: skip
    assert elements[4].infons == {"type": "L", **infons[4]}
    data = write_corpus(Corpus((document,)), format_name=format_name).data
    assert repr(read_corpus(data, source="f").corpus.documents) == repr((document,))


def test_infons_that_xml_cannot_hold_are_cleaned_and_counted() -> None:
    document = read_document(INFONS)
    kept = tuple((key, value.replace('"0.5"', '"a\\u000bb"')) for key, value in document.metadata)
    collection, report = write_collection(replace(document, metadata=kept), format_name="bioc-xml")
    assert collection.documents[0].passages[0].annotations[0].infons["score"] == "a b"
    assert report.changed == {"control characters": 1}


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        *((encoding, None) for encoding in ("UTF-8", "ISO-8859-1", "UTF-16")),
        *((encoding, encoding) for encoding in ("UTF-8", "ISO-8859-1", "UTF-16")),
        ("UTF-8", "ISO-8859-1"),
        ("ISO-8859-1", "UTF-8"),
    ],
)
def test_a_text_is_the_same_whatever_its_declaration_says_of_bytes(encoding: str, declared: str | None) -> None:
    body = (
        "<collection><source/><date/><key/><document><id>1</id><passage><offset>0</offset>"
        "<text>Ménière is here.</text><annotation id='a'><infon key='type'>Disease</infon>"
        "<location offset='0' length='7'/><text>Ménière</text></annotation></passage></document></collection>"
    )
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    result = read_corpus((head + body).encode(encoding), source="f.xml")
    (document,) = result.corpus.documents
    assert document.text == "Ménière is here."
    (mention,) = document.mentions
    assert mention.span.text(document.text) == "Ménière"
    assert not [issue for issue in result.report.issues if "moved" in issue.message]
