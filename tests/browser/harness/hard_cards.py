"""Cards that are hard to draw or to point at: odd characters, both directions of writing, many arcs, a long text."""

from core.domain import Source, State
from pages.components.span_editor import DeckItem, DeckMention, DeckRelation, ItemKind

# Decomposed accents, an emoji of five code points, a zero-width space, a soft hyphen, letters beyond 16 bits.
ODD = "In 👨‍👩‍👧 two, nai\u0308ve to\u200b hypo\u00adthyroid 𝛽-blockers, e\u0301le\u0301vation of ALT 🇩🇪 rose."
ARABIC = "وجد أن ليثيوم سبب رجفة لدى المرضى."

NAMES = (
    ("amiodarone", "Chemical"), ("thyrotropin", "Gene"), ("propranolol", "Chemical"), ("tremor", "Disease"),
    ("prednisolone", "Chemical"), ("goitre", "Disease"), ("TSHR", "Gene"), ("weight loss", "Disease"),
)  # fmt: skip
NUM_MENTIONS = 24


def odd_card() -> DeckItem:
    """Return a sentence of characters of several code points, one mention of them without any width."""
    zero = ODD.index("\u200b")
    alt = ODD.index("ALT")
    mentions = (
        DeckMention(1, zero, zero + 1, "Gene"),
        DeckMention(2, alt, alt + 3, "Gene"),
        DeckMention(3, ODD.index("👨"), ODD.index("👨") + 5, "Disease"),
    )
    return DeckItem(ItemKind.SENTENCE, 1, 1, ODD, mentions, (DeckRelation(1, 1, 2, "interacts"),))


def arabic_card() -> DeckItem:
    """Return a sentence written from right to left."""
    start = ARABIC.index("ليثيوم")
    return DeckItem(ItemKind.SENTENCE, 1, 1, ARABIC, (DeckMention(1, start, start + 6, "Chemical"),))


def crowded_card() -> DeckItem:
    """Return a sentence of many lines, with nested mentions and an arc between all neighbours that may be joined."""
    words, mentions, position = [], [], 0
    for number in range(NUM_MENTIONS):
        name, entity_type = NAMES[number % len(NAMES)]
        phrase = f"{name} of {number} mg"
        mentions.append(DeckMention(number + 1, position, position + len(name), entity_type))
        if number % 6 == 0:
            mentions.append(DeckMention(100 + number, position, position + len(phrase), entity_type))
        words.append(phrase)
        position += len(phrase) + 1
    relations = [
        DeckRelation(number, head.id, tail.id, label, State.PENDING, 0.5 + number / 100, Source.MODEL)
        for number, (head, tail, label) in enumerate(_pairs(mentions[: NUM_MENTIONS + 2]), start=1)
    ]
    return DeckItem(ItemKind.SENTENCE, 1, 1, " ".join(words), tuple(mentions), tuple(relations))


def margin_card() -> DeckItem:
    """Return a sentence of several lines with ten arcs that run from its first lines to its last ones, on one side."""
    filler = " after two weeks of treatment with the usual dose in patients who had not been treated before,"
    chemicals, diseases = [f"drug{number}" for number in range(10)], [f"sign{number}" for number in range(10)]
    text = f"{', '.join(chemicals)} were given{filler * 2} and {', '.join(diseases)} were what followed{filler}."
    mentions = [
        DeckMention(number, text.index(name), text.index(name) + len(name), "Chemical" if number < 10 else "Disease")
        for number, name in enumerate(chemicals + diseases)
    ]
    relations = tuple(
        DeckRelation(number, number // 2, 10 + number // 2, "CID" if number % 2 else "treats") for number in range(10)
    )
    return DeckItem(ItemKind.SENTENCE, 1, 1, text, tuple(mentions), relations)


def _pairs(mentions: list[DeckMention]) -> list[tuple[DeckMention, DeckMention, str]]:
    labels = {("Chemical", "Disease"): "CID", ("Chemical", "Gene"): "inhibits", ("Gene", "Gene"): "interacts"}
    return [
        (head, tail, labels[head.entity_type, tail.entity_type])
        for at, head in enumerate(mentions)
        for tail in mentions[max(0, at - 4) : at + 9]
        if head.id < 100 and tail.id < 100 and head is not tail and (head.entity_type, tail.entity_type) in labels
    ]


def long_document() -> DeckItem:
    """Return a text of over 50,000 characters as one card, with mentions at both ends and one relation between them."""
    text = " ".join(f"Case {number}: cisplatin caused nausea on day {number % 30} 😀." for number in range(1_200))
    last = text.rindex("cisplatin")
    nausea = text.index("nausea")
    mentions = (
        DeckMention(1, nausea, nausea + 6, "Disease"),
        DeckMention(2, last, last + 9, "Chemical"),
    )
    return DeckItem(ItemKind.SENTENCE, 1, 1, text, mentions, (DeckRelation(1, 2, 1, "CID"),))
