"""Documents whose text shifts offsets wherever a reader or writer counts anything but characters."""

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
)

SCHEMA = Schema((EntityType("Chemical"), EntityType("Disease")), (RelationLabel("CID", (("Chemical", "Disease"),)),))
# (text, chemical, disease): the surfaces stand once each.
SENTENCES = {
    "emoji": ("😀😀 Aspirin caused 🤕 headache.", "Aspirin", "headache"),
    "zwj": ("👨‍👩‍👧 gave ibuprofen👩🏽‍⚕️ against fever.", "ibuprofen", "fever"),
    "combining": ("e\u0301 a\u0308: codei\u0301ne and nause\u0327a.", "codei\u0301ne", "nause\u0327a"),
    "nfc": ("Caféine, naïve \u00e9: rash.", "Caféine", "rash"),
    "nfd": ("Cafe\u0301ine, nai\u0308ve: rash.", "Cafe\u0301ine", "rash"),
    "rtl": ("אספירין \u200fגרם לכאב\u200e ראש", "אספירין", "לכאב"),
    "script": ("<script>alert('aspirin')</script> & &amp; \"rash\"", "aspirin", "rash"),
    "formula": ("=1+1;@SUM(aspirin) -rash\\n", "aspirin", "rash"),
    "spaces": ("  aspirin\u00a0\u2009 and   rash\u3000!", "aspirin", "rash"),
    "marks": ("\u202easpirin\u202c rash \ufffd \ue000 \U0001d538", "aspirin", "rash"),
    "quotes": ('"aspirin", \'rash\', ""x|y;z"', "aspirin", "rash"),
    "backslash": ("a\\tb\\u0041 aspirin \\ rash \\\\", "aspirin", "rash"),
}
BREAKS = {
    "tabs": ("a\tb\taspirin\t\trash\t", "aspirin", "rash"),
    "lines": ("One.\r\n\r\nTwo aspirin\r\nthree rash\n", "aspirin", "rash"),
    "separators": ("x\u2028y\u2029z\x85 aspirin\x0b\x0c rash", "aspirin", "rash"),
}


def make_mention(text: str, surface: str, entity_type: str, **fields: object) -> Mention:
    """Return the mention of a surface that stands once in a text."""
    assert text.count(surface) == 1
    start = text.index(surface)
    return Mention(Span(start, start + len(surface)), entity_type, **fields)  # type: ignore[arg-type]


def make_document(name: str, text: str, chemical: str, disease: str) -> Document:
    """Return a document of one sentence with one relation."""
    head, tail = make_mention(text, chemical, "Chemical"), make_mention(text, disease, "Disease")
    sentence = Sentence(Span(0, len(text)), State.ACCEPTED)
    return Document(name, text, (sentence,), (head, tail), (Relation(head, tail, "CID"),))


def make_torture(*, has_breaks: bool = True) -> Corpus:
    """Return all of them."""
    chosen = SENTENCES | (BREAKS if has_breaks else {})
    return Corpus(tuple(make_document(name, *values) for name, values in chosen.items()), schema=SCHEMA)


def make_rich() -> Document:
    """Return a document with one of everything: two sentences, a relation across them, facts, states, scores."""
    text = "😀 Aspirin caused rash. It went with\nparacetamol – and skin and liver toxicity."
    aspirin = make_mention(text, "Aspirin", "Chemical", concept_ids=("D001241",), source=Source.CURATOR)
    rash = make_mention(text, "rash", "Disease", concept_ids=("D003875", "D005076"), state=State.CORRECTED)
    paracetamol = make_mention(text, "paracetamol", "Chemical", score=0.25, source=Source.MODEL, state=State.PENDING)
    toxicity = make_mention(
        text, "skin and liver toxicity", "Disease", names=("skin toxicity", "liver toxicity"), concept_ids=("-", "D1|x")
    )
    inner = make_mention(text, "liver", "Disease")
    end = text.index("It")
    return Document(
        id="doc/ü 1",
        text=text,
        sentences=(
            Sentence(Span(0, end - 1), State.ACCEPTED, comment="good 😀"),
            Sentence(Span(end, len(text)), State.PENDING, is_flagged=True),
        ),
        mentions=(aspirin, rash, paracetamol, toxicity, inner),
        relations=(
            Relation(aspirin, rash, "CID", source=Source.PROJECTED),
            Relation(paracetamol, toxicity, "CID", score=0.5, state=State.PENDING, source=Source.MODEL),
            Relation(aspirin, toxicity, "CID"),
        ),
        facts=(DocumentFact("CID", "D001241", "D003875"),),
        split=Split.DEV,
        metadata=(("source", "a\tb"), ("journal", "Ω"), ("empty", "")),
    )
