"""Writing PubTator: gold annotations survive, everything else is counted."""

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
from core.errors import FormatError
from core.formats import project_facts, read_corpus, write_corpus

# No deadline and no speed check: both depend on the machine, not on the behaviour.
PROPERTY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SCHEMA = Schema(
    (EntityType("Chemical"), EntityType("Disease")),
    (
        RelationLabel("CID", (("Chemical", "Disease"),)),
        RelationLabel("SAME", (("Chemical", "Chemical"), ("Disease", "Disease")), is_symmetric=True),
    ),
)
ASPIRIN = Mention(Span(0, 7), "Chemical", ("D1",))
HEADACHE = Mention(Span(15, 23), "Disease", ("D2",))
NAUSEA = Mention(Span(28, 34), "Disease", ("D3", "D2"), ("nausea", "headache"))
FACT = DocumentFact("CID", "D1", "D2")
TEXT = "Aspirin caused headache and nausea."
DOCUMENT = Document(
    id="7",
    text=TEXT,
    sentences=(Sentence(Span(0, 35), State.ACCEPTED),),
    mentions=(ASPIRIN, HEADACHE, NAUSEA),
    relations=(
        Relation(ASPIRIN, HEADACHE, "CID", source=Source.PROJECTED),
        Relation(ASPIRIN, NAUSEA, "CID", source=Source.PROJECTED),
    ),
    facts=(FACT,),
)


def write(document: Document) -> str:
    return write_corpus(Corpus((document,), schema=SCHEMA), format_name="pubtator").data.decode()


def losses(corpus: Corpus) -> dict[str, int]:
    return write_corpus(corpus, format_name="pubtator").report.dropped


def test_facts_that_imply_the_gold_relations_are_written_as_concept_lines() -> None:
    assert write(DOCUMENT) == (
        "7|t|Aspirin caused headache and nausea.\n"
        "7|a|\n"
        "7\t0\t7\tAspirin\tChemical\tD1\n"
        "7\t15\t23\theadache\tDisease\tD2\n"
        "7\t28\t34\tnausea\tDisease\tD3|D2\tnausea|headache\n"
        "7\tCID\tD1\tD2\n\n"
    )


def test_a_deleted_relation_makes_its_fact_fact_only_and_the_others_explicit() -> None:
    lines = write(replace(DOCUMENT, relations=DOCUMENT.relations[:1])).splitlines()
    assert lines[5:7] == ["7\tCID\tD1\tD2\tfact-only", "7\tCID\t@0:7\t@15:23"]


def test_a_relation_that_no_fact_implies_is_written_beside_the_fact() -> None:
    extra = Relation(NAUSEA, HEADACHE, "SAME")
    lines = write(replace(DOCUMENT, relations=(*DOCUMENT.relations, extra))).splitlines()
    assert lines[5:7] == ["7\tCID\tD1\tD2", "7\tSAME\t@28:34\t@15:23"]


def test_a_fact_about_a_concept_without_mentions_can_be_read_back() -> None:
    fact = DocumentFact("CID", "D1", "D9")
    data = write(replace(DOCUMENT, facts=(fact,), relations=()))
    assert "7\tCID\tD1\tD9\tfact-only\n" in data
    assert read_corpus(data.encode(), source="f").corpus.documents[0].facts == (fact,)


def test_line_breaks_become_spaces_are_counted_and_make_relations_explicit() -> None:
    document = replace(DOCUMENT, text="Aspirin caused headache\r\nd nausea.".ljust(35, "\t"))
    written = write_corpus(Corpus((document,), schema=SCHEMA), format_name="pubtator")
    assert written.report.changed == {"white space characters": 3}
    assert written.data.decode().splitlines()[5:] == [
        "7\tCID\tD1\tD2\tfact-only",
        "7\tCID\t@0:7\t@15:23",
        "7\tCID\t@0:7\t@28:34",
        "",
    ]


@pytest.mark.parametrize(
    ("metadata", "sentence_end", "title", "abstract"),
    [
        ((("title_end", "2"),), 5, "A.", "B. C."),
        ((("title_end", "5"),), 2, "A. B.", "C."),
        ((), 2, "A.", "B. C."),
        ((("title_end", "99"),), 2, "A. B. C.", ""),
        ((("title_end", "1"),), 2, "A. B. C.", ""),
        ((("title_end", "-4"),), 2, "A. B. C.", ""),
    ],
)
def test_the_title_ends_where_the_source_said_or_after_the_first_sentence(
    metadata: tuple[tuple[str, str], ...], sentence_end: int, title: str, abstract: str
) -> None:
    document = Document("7", "A. B. C.", sentences=(Sentence(Span(0, sentence_end)),), metadata=metadata)
    assert write(document) == f"7|t|{title}\n7|a|{abstract}\n\n"


def test_a_document_without_sentences_or_boundary_is_all_title() -> None:
    assert write(Document("7", "A. B.")) == "7|t|A. B.\n7|a|\n\n"


def test_document_ids_are_made_writable_and_unique() -> None:
    corpus = Corpus(tuple(Document(id, "A.") for id in ("a|b", "a_b", "{x", "")))
    written = write_corpus(corpus, format_name="pubtator")
    result = read_corpus(written.data, source="f")
    assert [document.id for document in result.corpus.documents] == ["a_b", "a_b-2", "_x", "document"]
    assert written.report.changed == {"document ids": 4}


def test_what_cannot_be_held_is_counted_by_kind() -> None:
    rejected = Mention(Span(24, 27), "Disease", state=State.REJECTED)
    odd = replace(HEADACHE, concept_ids=("D|2",), names=("0.5",), score=0.5, state=State.CORRECTED)
    document = replace(
        DOCUMENT,
        sentences=(Sentence(Span(0, 35), State.PENDING, True, "unsure"),),
        mentions=(ASPIRIN, odd, replace(ASPIRIN, source=Source.CURATOR), rejected),
        relations=(
            Relation(ASPIRIN, odd, "CID", score=0.9, source=Source.MODEL),
            Relation(odd, ASPIRIN, "CID", state=State.REJECTED),
            Relation(ASPIRIN, rejected, "CID"),
        ),
        facts=(FACT, FACT, DocumentFact("CID", "a\tb", "D2"), DocumentFact("CID", "@1:2", "D2")),
        split=Split.DEV,
        metadata=(("journal", "x"),),
    )
    synthetic = SyntheticSentence("$A$ $B$", "CID", Mention(Span(0, 3), "A"), Mention(Span(4, 7), "B"))
    assert losses(Corpus((document,), (synthetic,), SCHEMA)) == {
        "concept ids": 1,
        "duplicate mentions": 1,
        "facts": 3,
        "metadata entries": 1,
        "names": 1,
        "rejected mentions": 1,
        "rejected relations": 1,
        "relations of rejected mentions": 1,
        "review states": 1,
        "schema": 1,
        "scores": 2,
        "sentence comments": 1,
        "sentence flags": 1,
        "sources": 1,
        "splits": 1,
        "synthetic sentences": 1,
    }


@pytest.mark.parametrize(
    ("entity_type", "label", "message"),
    [
        (
            "Che\tmical",
            "CID",
            "Entity type 'Che\\tmical' is empty or holds a tab, a line break or surrounding spaces, "
            "which PubTator cannot hold. Rename it or use JSONL.",
        ),
        ("Chemical", "12", "Label '12' is a number, which PubTator reads as an offset. Rename it or use JSONL."),
    ],
)
def test_names_that_would_break_the_file_are_refused(entity_type: str, label: str, message: str) -> None:
    head = replace(ASPIRIN, entity_type=entity_type)
    document = replace(DOCUMENT, mentions=(head, HEADACHE), relations=(Relation(head, HEADACHE, label),), facts=())
    with pytest.raises(FormatError) as caught:
        write(document)
    assert caught.value.message == message


CHARACTERS = st.one_of(
    st.sampled_from(list("ab .|\n\r\t\u2028\u0085\u00a0") + ["😀", "e\u0301", "ש", "ل", "\u202e"]),
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
)
CONCEPTS = st.sampled_from(["D1", "D2", "MESH:D3", "c|SUB|A|1|G"])


@st.composite
def gold_mentions(draw: st.DrawFn, text: str) -> Mention:
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, min(len(text), start + 6)))
    concept_ids = tuple(draw(st.lists(CONCEPTS, max_size=2, unique=True)))
    names = ("a b", "ש") if len(concept_ids) == 2 and draw(st.booleans()) else ()
    return Mention(Span(start, end), draw(st.sampled_from(SCHEMA.type_names)), concept_ids, names)


@st.composite
def gold_documents(draw: st.DrawFn) -> Document:
    """Draw a document as ingest leaves it: sentences, facts partly projected, relations partly curated."""
    text = "".join(draw(st.lists(CHARACTERS, min_size=1, max_size=40)))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=2)) | {0, len(text)})
    metadata = (("title_end", str(draw(st.integers(-1, 41)))),) if draw(st.booleans()) else ()
    facts = st.builds(DocumentFact, st.sampled_from(SCHEMA.label_names), CONCEPTS, CONCEPTS)
    bare = Document(
        id="7",
        text=text,
        sentences=tuple(Sentence(Span(*cut), State.ACCEPTED) for cut in zip(cuts, cuts[1:], strict=False)),
        mentions=tuple(draw(st.lists(gold_mentions(text), max_size=6, unique=True))),
        facts=tuple(draw(st.lists(facts, max_size=3, unique=True))),
        metadata=metadata,
    )
    implied = list(project_facts(bare, SCHEMA))
    possible = [
        Relation(head, tail, label.name)
        for head, tail in SCHEMA.candidates(bare.mentions)
        for label in SCHEMA.legal_labels(head.entity_type, tail.entity_type)
    ]
    deleted = draw(st.sets(st.sampled_from(implied), max_size=2)) if implied else set()
    added = draw(st.lists(st.sampled_from(possible), max_size=3)) if possible else []
    kept = dict.fromkeys([relation for relation in implied if relation not in deleted] + added)
    return replace(bare, relations=tuple(kept))


@PROPERTY
@given(gold_documents())
def test_gold_mentions_concepts_relations_and_facts_survive_a_round_trip(document: Document) -> None:
    written = write_corpus(Corpus((document,), schema=SCHEMA), format_name="pubtator")
    assert written.report.dropped.keys() <= {"schema", "sources"}
    result = read_corpus(written.data, source="f", schema=SCHEMA)
    if result.report.is_refused:  # only for facts whose types no label may join
        assert all("may not join" in issue.message for issue in result.report.issues)
        result = read_corpus(written.data, source="f")
    (read,) = result.corpus.documents
    assert result.report.issues == ()
    assert len(read.text) == len(document.text)
    assert all(old == new or (old.isspace() and new == " ") for old, new in zip(document.text, read.text, strict=True))
    ingested = replace(read, sentences=document.sentences)
    relations = (*read.relations, *project_facts(ingested, SCHEMA))
    assert set(relations) == set(document.relations)
    assert len(relations) == len(document.relations) == written.report.num_relations
    assert [asdict(mention) for mention in read.mentions] == [asdict(mention) for mention in document.mentions]
    assert read.facts == document.facts


@PROPERTY
@given(gold_documents())
def test_a_file_that_was_read_is_written_back_the_same(document: Document) -> None:
    data = write_corpus(Corpus((document,), schema=SCHEMA), format_name="pubtator").data
    first = read_corpus(data, source="f").corpus
    assert write_corpus(first, format_name="pubtator").data == data
