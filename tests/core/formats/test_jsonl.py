"""The native format: lossless both ways, strict about every key."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain import (
    Corpus,
    Document,
    DocumentFact,
    EntityType,
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
from core.formats import read_corpus, write_corpus

# No deadline and no speed check: both depend on the machine, not on the behaviour.
PROPERTY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
HEADER = '{"format":"dare-curator","version":1}\n'
TYPES = ("Chemical", "Disease")
LABELS = ("CID", "TREATS")
CHARACTERS = st.one_of(
    st.sampled_from(list('ab .\n\r\t"\\\u2028\u0085\ufeff') + ["😀", "e\u0301", "ש", "ل", "\u202e", "👨‍👩‍👧"]),
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
)
TEXTS = st.lists(CHARACTERS, max_size=40).map("".join)
SCORES = st.none() | st.floats(0, 1)


@st.composite
def mentions(draw: st.DrawFn, text: str) -> Mention:
    start = draw(st.integers(0, len(text) - 1))
    return Mention(
        span=Span(start, draw(st.integers(start + 1, len(text)))),
        entity_type=draw(st.sampled_from(TYPES)),
        concept_ids=tuple(draw(st.lists(TEXTS, max_size=2))),
        names=tuple(draw(st.lists(TEXTS, max_size=2))),
        score=draw(SCORES),
        state=draw(st.sampled_from(State)),
        source=draw(st.sampled_from(Source)),
    )


@st.composite
def documents(draw: st.DrawFn, *, document_id: str) -> Document:
    text = draw(TEXTS)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=4)) | {0, len(text)})
    found = tuple(draw(st.lists(mentions(text), max_size=4, unique=True))) if text else ()
    pairs = [(head, tail) for head in found for tail in found if head != tail]
    relations = [
        Relation(
            *pair,
            label=draw(st.sampled_from(LABELS)),
            score=draw(SCORES),
            state=draw(st.sampled_from(State)),
            source=draw(st.sampled_from(Source)),
        )
        for pair in (draw(st.lists(st.sampled_from(pairs), max_size=3)) if pairs else [])
    ]
    return Document(
        id=document_id,
        text=text,
        sentences=tuple(
            Sentence(Span(start, end), draw(st.sampled_from(State)), draw(st.booleans()), draw(TEXTS))
            for start, end in zip(cuts, cuts[1:], strict=False)
        ),
        mentions=found,
        relations=tuple(relations),
        facts=tuple(draw(st.lists(st.builds(DocumentFact, st.sampled_from(LABELS), TEXTS, TEXTS), max_size=2))),
        split=draw(st.sampled_from(Split)),
        metadata=tuple(draw(st.lists(st.tuples(TEXTS, TEXTS), max_size=2))),
    )


@st.composite
def synthetic_sentences(draw: st.DrawFn) -> SyntheticSentence:
    text = draw(TEXTS.filter(bool))
    return SyntheticSentence(
        text=text,
        label=draw(st.sampled_from(LABELS)),
        head=draw(mentions(text)),
        tail=draw(mentions(text)),
        state=draw(st.sampled_from(State)),
        reason=draw(TEXTS),
        provenance=tuple(draw(st.lists(st.tuples(TEXTS, TEXTS), max_size=2))),
        head_name=draw(TEXTS),
        tail_name=draw(TEXTS),
        agreement=draw(st.none() | st.floats(0, 1)),
        disagreement=draw(st.none() | st.floats(0, 1)),
        novelty=draw(st.none() | st.floats(0, 1)),
        nearest_gold=draw(TEXTS),
        is_flagged=draw(st.booleans()),
        comment=draw(TEXTS),
    )


SCHEMA = Schema(
    (EntityType("Chemical", "#000000", "Any <b>drug</b>."), EntityType("Disease")),
    tuple(
        RelationLabel(label, (("Chemical", "Disease"), ("Chemical", "Chemical"), ("Disease", "Disease")), True)
        for label in LABELS
    ),
)


@PROPERTY
@given(
    st.builds(
        Corpus,
        documents=st.tuples(documents(document_id="1"), documents(document_id="2 ש")),
        synthetic=st.lists(synthetic_sentences(), max_size=2).map(tuple),
        schema=st.sampled_from([None, SCHEMA]),
    )
)
def test_everything_the_domain_knows_survives_a_round_trip(corpus: Corpus) -> None:
    written = write_corpus(corpus, format_name="jsonl")
    result = read_corpus(written.data, source="file.jsonl")
    assert result.report.issues == ()
    # asdict also compares scores, states and sources, which take no part in equality.
    assert asdict(result.corpus) == asdict(corpus)
    assert (written.report.dropped, written.report.changed) == ({}, {})


def test_a_rejected_mention_and_its_accepted_twin_keep_their_own_relations() -> None:
    head = Mention(Span(0, 1), "Chemical")
    rejected = Mention(Span(2, 3), "Disease", score=0.4, state=State.REJECTED, source=Source.MODEL)
    accepted = Mention(Span(2, 3), "Disease", source=Source.CURATOR)
    relation = Relation(head, accepted, "CID")
    corpus = Corpus((Document("1", "a b", mentions=(head, rejected, accepted), relations=(relation,)),))
    lines = write_corpus(corpus, format_name="jsonl").data.decode().splitlines()
    assert json.loads(lines[1])["relations"][0]["tail"] == "T3"


def test_an_empty_project_can_be_written_and_read() -> None:
    corpus = Corpus(schema=SCHEMA)
    assert read_corpus(write_corpus(corpus, format_name="jsonl").data, source="f").corpus == corpus


def test_hand_written_records_need_only_what_matters() -> None:
    record = '{"kind":"document","id":"1","text":"Aspirin","mentions":[{"id":"a","start":0,"end":7,"entity_type":"C"}]}'
    (document,) = read_corpus((HEADER + "\n" + record).encode(), source="f").corpus.documents
    assert document == Document("1", "Aspirin", mentions=(Mention(Span(0, 7), "C"),))


def test_synthetic_sentence_without_flag_and_comment_is_written_as_before_there_were_any() -> None:
    head, tail = Mention(Span(0, 3), "C"), Mention(Span(4, 7), "D")
    plain = SyntheticSentence("$A$ $B$", "CID", head, tail)
    data = write_corpus(Corpus((), (plain, replace(plain, is_flagged=True))), format_name="jsonl").data
    _, first, second = map(json.loads, data.splitlines())
    assert not {"is_flagged", "comment"} & first.keys()
    assert second["is_flagged"] is True


def test_a_stated_surface_repairs_a_near_offset() -> None:
    mention = '{"id":"a","start":2,"end":9,"text":"Aspirin","entity_type":"C"}'
    result = read_corpus(
        f'{HEADER}{{"kind":"document","id":"1","text":"Aspirin.","mentions":[{mention}]}}'.encode(), source="f"
    )
    assert result.corpus.documents[0].mentions[0].span == Span(0, 7)
    assert [(issue.line, issue.message) for issue in result.report.issues] == [(2, "'Aspirin' moved from 2:9 to 0:7.")]


def document_line(**keys: object) -> str:
    mention_1 = {"id": "T1", "start": 0, "end": 1, "entity_type": "Chemical"}
    mention_2 = {"id": "T2", "start": 2, "end": 3, "entity_type": "Disease"}
    record = {"kind": "document", "id": "1", "text": "a b", "mentions": [mention_1, mention_2], **keys}
    return json.dumps(record)


BROKEN = {
    "no header": (
        document_line(),
        1,
        'The key "kind" is not known. '
        'The first line must be the header, at least {"format":"dare-curator","version":1}.',
    ),
    "other format": (
        '{"format":"other","version":1}',
        1,
        "The key \"format\" is wrong: Input should be 'dare-curator'. "
        'The first line must be the header, at least {"format":"dare-curator","version":1}.',
    ),
    "newer version": (
        '{"format":"dare-curator","version":2}',
        1,
        "Version 2 of the format is not read, only 1. Update DARE Curator.",
    ),
    "bad schema": (
        '{"format":"dare-curator","version":1,"schema":{"entity_types":[{"name":""}],"relation_labels":[]}}',
        1,
        "Names must be present and unique, got ['']. Correct the schema in the header.",
    ),
    "no JSON": (
        f"{HEADER}{{",
        2,
        "Not valid JSON: EOF while parsing an object at line 1 column 1. Correct or remove the record.",
    ),
    "unknown kind": (
        f'{HEADER}{{"kind":"letter"}}',
        2,
        "The record is wrong: Input tag 'letter' found using 'kind' does not match any of the expected tags: "
        "'document', 'synthetic'. Correct or remove the record.",
    ),
    "missing key": (
        f'{HEADER}{{"kind":"document","id":"1"}}',
        2,
        'The key "text" is missing. Correct or remove the record.',
    ),
    "unknown key": (
        HEADER + document_line(texts="a"),
        2,
        'The key "texts" is not known. Correct or remove the record.',
    ),
    "wrong type": (
        HEADER + document_line(split=3),
        2,
        "The key \"split\" is wrong: Input should be 'train', 'dev' or 'test'. Correct or remove the record.",
    ),
    "NUL": (HEADER + document_line(id="a\0b"), 2, "The record holds a NUL character (\\u0000). Remove it."),
    "duplicate document": (
        HEADER + document_line() + "\n" + document_line(),
        3,
        "Document '1' stands already in line 2. Remove one of the two or give it another id.",
    ),
    "duplicate mention id": (
        HEADER + document_line(mentions=[{"id": "T1", "start": 0, "end": 1, "entity_type": "C"}] * 2),
        2,
        "Mention id 'T1' is given twice. Give every mention its own id.",
    ),
    "missing mention": (
        HEADER + document_line(relations=[{"label": "CID", "head": "T1", "tail": "T9"}]),
        2,
        "Relation CID joins the missing mention 'T9'. Add the mention or correct the id.",
    ),
    "mention with itself": (
        HEADER + document_line(relations=[{"label": "CID", "head": "T1", "tail": "T1"}]),
        2,
        "Relation CID joins a mention with itself at Span(start=0, end=1). Correct or remove the line.",
    ),
    "span out of range": (
        HEADER + document_line(mentions=[{"id": "T1", "start": 2, "end": 9, "entity_type": "C"}]),
        2,
        "Span 2:9 ends beyond the text of 3 characters. "
        "Correct the offsets; they count characters from 0, end exclusive.",
    ),
    "reversed span": (
        HEADER + document_line(mentions=[{"id": "T1", "start": 2, "end": 1, "entity_type": "C"}]),
        2,
        "Span 2:1 must satisfy 0 <= start < end. Correct the offsets; they count characters from 0, end exclusive.",
    ),
    "overlapping sentences": (
        HEADER + document_line(sentences=[{"start": 0, "end": 2}, {"start": 1, "end": 3}]),
        2,
        "Sentences 0:2 and 1:3 overlap or are out of order. Sort and separate them.",
    ),
    "sentence out of range": (
        HEADER + document_line(sentences=[{"start": 0, "end": 9}]),
        2,
        "Span 0:9 ends beyond its text of 3 characters. Correct or remove the line.",
    ),
    "mask beside its text": (
        HEADER
        + json.dumps(
            {
                "kind": "synthetic",
                "text": "$A$ hit $B$",
                "label": "CID",
                "head": {"id": "head", "start": 1, "end": 4, "text": "$A$", "entity_type": "C"},
                "tail": {"id": "tail", "start": 8, "end": 11, "text": "$B$", "entity_type": "D"},
            }
        ),
        2,
        "'$A$' moved from 1:4 to 0:3. Masks are not repaired; correct the offsets.",
    ),
}


@pytest.mark.parametrize(("text", "line", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_with_line_and_remedy(text: str, line: int, message: str) -> None:
    result = read_corpus(text.encode(), source="file.jsonl", format_name="jsonl")
    assert [(issue.line, issue.severity, issue.message) for issue in result.report.issues] == [
        (line, "refused", message)
    ]
    assert result.corpus == Corpus()


def test_names_outside_the_given_schema_are_refused() -> None:
    data = HEADER + document_line(relations=[{"label": "CID", "head": "T2", "tail": "T1"}])
    schema = Schema(SCHEMA.entity_types, (RelationLabel("CID", (("Chemical", "Disease"),)),))
    report = read_corpus(data.encode(), source="f", schema=schema).report
    assert [(issue.line, issue.message) for issue in report.issues] == [
        (
            2,
            "Label CID may not join Disease → Chemical. "
            "Correct the line, or allow this label in the project's schema and import again.",
        )
    ]
