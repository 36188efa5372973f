"""Documents of any text, for property tests: every character but NUL and halves of characters may stand anywhere."""

from hypothesis import strategies as st

from core.domain import Document, DocumentFact, Mention, Relation, Sentence, Source, Span, Split, State

TYPES = ("Chemical", "Disease", "Gene-or_Protein")
LABELS = ("CID", "Part-of")
# Signs that formats use themselves stand beside the whole of Unicode, so that they are met often.
CHARACTERS = st.one_of(
    st.sampled_from("aZ09 .,;:|\t\n\r\"'\\<>&=+-@#$%{}[]()/_*~\u00a0\u200d\u0301\u2028\x85\x0b\x7f\ufeff😀é"),
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
)
TEXTS = st.text(CHARACTERS, min_size=1, max_size=60).filter(lambda text: bool(text.strip()))
NAMES = st.text(CHARACTERS, min_size=1, max_size=8).filter(lambda text: bool(text.strip()))
CONCEPTS = st.lists(st.sampled_from(["D1", "MESH:D2", "-", "-1", "c|SUB|A|1|G", "a,b", "x y", "1;2"]), unique=True)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Draw a document with mentions, relations, facts and sentences."""
    text = draw(TEXTS)
    places = st.integers(0, len(text))
    spans = st.tuples(places, places).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: Span(*pair))
    judged = {
        "score": st.none() | st.floats(0, 1),
        "state": st.sampled_from([State.ACCEPTED, State.PENDING, State.CORRECTED]),
        "source": st.sampled_from(Source),
    }
    mention = st.builds(
        Mention,
        spans,
        st.sampled_from(TYPES),
        concept_ids=CONCEPTS.map(tuple),
        names=st.lists(NAMES, max_size=2).map(tuple),
        **judged,
    )
    mentions = draw(st.lists(mention, max_size=5, unique=True))
    pairs = [(head, tail) for head in mentions for tail in mentions if head != tail]
    relation = st.builds(
        lambda pair, label, **fields: Relation(*pair, label, **fields),
        st.sampled_from(pairs or [None]),
        st.sampled_from(LABELS),
        **judged,
    )
    relations = draw(st.lists(relation, max_size=3, unique=True)) if pairs else []
    fact = st.builds(DocumentFact, st.sampled_from(LABELS), NAMES, NAMES)
    cut = draw(places.filter(lambda place: 0 < place < len(text))) if len(text) > 1 else len(text)
    bounds = [(0, cut), (cut, len(text))] if cut < len(text) else [(0, len(text))]
    sentences = [
        Sentence(Span(start, end), draw(st.sampled_from(State)), draw(st.booleans()), draw(st.just("") | NAMES))
        for start, end in bounds
    ]
    return Document(
        id=draw(NAMES),
        text=text,
        sentences=tuple(sentences),
        mentions=tuple(mentions),
        relations=tuple(relations),
        facts=tuple(draw(st.lists(fact, max_size=2, unique=True))),
        split=draw(st.sampled_from(Split)),
        metadata=tuple(draw(st.lists(st.tuples(NAMES, NAMES | st.just("")), max_size=2, unique=True))),
    )
