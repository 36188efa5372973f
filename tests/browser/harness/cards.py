"""Cards for browser tests and the rules that change them, in place of a database."""

from dataclasses import dataclass, field, replace

from core.domain import EntityType, RelationLabel, Schema, Source, State
from core.errors import ConflictError, SchemaError
from pages.components.span_editor import DeckEvent, DeckItem, DeckMention, DeckRelation, EventKind, ItemKind
from tests.browser.harness.hard_cards import arabic_card, crowded_card, long_document, margin_card, odd_card

CHEMICAL_DISEASE = Schema(
    entity_types=(
        EntityType("Chemical", "#0072B2", "Drugs, ions and other substances; not the class of a drug alone."),
        EntityType("Disease", "#D55E00", "Disorders, symptoms and adverse effects."),
        EntityType("Gene", "#009E73", "Genes and what they code for."),
    ),
    relation_labels=(
        RelationLabel(
            "CID", (("Chemical", "Disease"),), colour="#8E3B8A", guideline="The chemical causes the disease."
        ),
        RelationLabel("treats", (("Chemical", "Disease"),), colour="#33691E"),
        RelationLabel("inhibits", (("Chemical", "Gene"),), colour="#AA3377"),
        RelationLabel("interacts", (("Gene", "Gene"),), is_symmetric=True, colour="#B07C00"),
    ),
)

RASH = "In 😀 two patients, naïve to 5-fluorouracil, lithium caused tremor and a severe skin rash while BRCA1 fell."
LONG = (
    "Forty patients who had taken amiodarone for at least six months were followed, and in eleven of them a raised "
    "thyrotropin was found; neither propranolol nor a lower dose of amiodarone prevented hypothyroidism, although "
    "prednisolone relieved both the tremor and the weight loss that thyrotoxicosis had brought on in three patients "
    "with a TSHR variant and a family history of goitre."
)
HOSTILE = "<img src=x onerror=\"document.title='owned'\"> & <b>cisplatin</b> caused <script>alert(1)</script> nausea."
MASKED = "$CHEMICAL$ was withdrawn after $DISEASE$ occurred in two of the nine patients."


def mention(id: int, text: str, words: str, entity_type: str, **values: object) -> DeckMention:
    """Return the mention at the first place where the words stand."""
    start = text.index(words)
    return replace(DeckMention(id, start, start + len(words), entity_type), **values)  # type: ignore[arg-type]


def suggested(score: float) -> dict[str, object]:
    """Return the values of a suggestion by a model."""
    return {"state": State.PENDING, "score": score, "source": Source.MODEL}


def sentence(id: int, text: str, **values: object) -> DeckItem:
    """Return a pending sentence."""
    return replace(DeckItem(ItemKind.SENTENCE, id, 1, text), **values)  # type: ignore[arg-type]


def rash_card(id: int = 1) -> DeckItem:
    """Return a short sentence with two suggestions, one gold mention and an emoji before them."""
    return sentence(
        id,
        RASH,
        mentions=(
            mention(11, RASH, "5-fluorouracil", "Chemical"),
            mention(12, RASH, "lithium", "Chemical", **suggested(0.94)),
            mention(13, RASH, "tremor", "Disease", **suggested(0.71)),
        ),
        relations=(DeckRelation(21, 12, 13, "CID", State.PENDING, 0.63, Source.MODEL),),
        reason="uncertainty 0.41",
        context_before="A short report follows.",
        context_after="Both recovered within a week.",
    )


def long_card(id: int = 1) -> DeckItem:
    """Return a sentence of several lines with arcs within and between them."""
    words = [
        ("amiodarone", "Chemical"),
        ("thyrotropin", "Gene"),
        ("propranolol", "Chemical"),
        ("hypothyroidism", "Disease"),
        ("prednisolone", "Chemical"),
        ("tremor", "Disease"),
        ("weight loss", "Disease"),
        ("thyrotoxicosis", "Disease"),
        ("TSHR", "Gene"),
        ("goitre", "Disease"),
        ("TSHR variant", "Gene"),
    ]
    mentions = tuple(
        mention(at, LONG, text, entity_type, **(suggested(0.5 + at / 25) if at % 3 == 0 else {}))
        for at, (text, entity_type) in enumerate(words, start=1)
    )
    relations = (
        DeckRelation(31, 1, 4, "CID", State.PENDING, 0.82, Source.MODEL),
        DeckRelation(32, 3, 4, "treats"),
        DeckRelation(33, 5, 6, "treats"),
        DeckRelation(34, 5, 7, "treats"),
        DeckRelation(35, 1, 8, "CID", State.PENDING, 0.55, Source.MODEL),
        DeckRelation(36, 2, 9, "interacts"),
        DeckRelation(37, 5, 10, "CID"),
        DeckRelation(38, 1, 2, "inhibits"),
    )
    return sentence(id, LONG, mentions=mentions, relations=relations, reason="disagreement 0.32")


def synthetic_card(id: int = 1) -> DeckItem:
    """Return a masked sentence as a generator writes it."""
    return DeckItem(
        ItemKind.SYNTHETIC,
        id,
        1,
        MASKED,
        mentions=(mention(1, MASKED, "$CHEMICAL$", "Chemical"), mention(2, MASKED, "$DISEASE$", "Disease")),
        relations=(DeckRelation(1, 1, 2, "CID"),),
        label="CID",
        note="Generator gpt2-small, seed 7, temperature 0.9",
        nearest="Lithium was stopped after tremor occurred in three of the patients.",
    )


def plain_cards(count: int) -> list[DeckItem]:
    """Return short sentences that differ only by their number, ids from 101."""
    texts = [f"In case {number} cisplatin caused nausea." for number in range(1, count + 1)]
    return [
        sentence(
            100 + number,
            text,
            mentions=(
                mention(number * 10, text, "cisplatin", "Chemical", **suggested(0.9)),
                mention(number * 10 + 1, text, "nausea", "Disease", **suggested(0.8)),
            ),
        )
        for number, text in enumerate(texts, start=1)
    ]


def make_decks() -> dict[str, list[DeckItem]]:
    """Return the decks that a test may ask for by name."""
    return {
        "rash": [rash_card()],
        "long": [long_card(), rash_card(2)],
        "synthetic": [synthetic_card(1), synthetic_card(2), synthetic_card(3)],
        "plain": plain_cards(30),
        "hostile": [sentence(1, HOSTILE, mentions=(mention(1, HOSTILE, "cisplatin", "Chemical"),))],
        "arabic": [arabic_card()],
        "odd": [odd_card()],
        "crowded": [crowded_card()],
        "document": [long_document()],
        "margin": [margin_card()],
    }


@dataclass
class Store:
    """A queue of cards with versions, decisions and undo."""

    items: list[DeckItem]
    position: int = 0
    decisions: list[tuple[str, int]] = field(default_factory=list)
    before: list[DeckItem] = field(default_factory=list)
    num_ids: int = 1000

    def apply(self, event: DeckEvent) -> int | None:
        """Apply one event as a curation workflow does, and return the card's new version."""
        if event.kind.is_navigation or event.kind is EventKind.UNDO_LAST:
            return None
        place, item = next((at, item) for at, item in enumerate(self.items) if item.id == event.item_id)
        if event.version != item.version:
            raise ConflictError("Somebody else changed this sentence first; nothing was overwritten. Reload it.")
        if event.kind is EventKind.UNDO:
            changed = next(old for old in reversed(self.before) if old.id == item.id)
            self.before.remove(changed)
            self.decisions.append(("undo", item.id))
        else:
            changed = self._change(item, event)
            self.before.append(item)
            self.decisions.append((event.kind, item.id))
        self.items[place] = replace(changed, version=item.version + 1)
        return item.version + 1

    def _change(self, item: DeckItem, event: DeckEvent) -> DeckItem:
        match event.kind:
            case EventKind.ACCEPT | EventKind.REJECT:
                return _decide(item, event, State.ACCEPTED if event.kind is EventKind.ACCEPT else State.REJECTED)
            case EventKind.ADD_MENTION:
                self.num_ids += 1
                if item.text[event.start : event.end] == "severe":
                    raise SchemaError('"severe" is an adjective; mark the disease instead.')
                new = DeckMention(self.num_ids, event.start or 0, event.end or 0, event.entity_type or "")
                return replace(item, mentions=(*item.mentions, new))
            case EventKind.ADD_RELATION:
                self.num_ids += 1
                relation = DeckRelation(self.num_ids, event.head_id or 0, event.tail_id or 0, event.label or "")
                return replace(item, relations=(*item.relations, relation))
            case EventKind.DELETE_RELATION:
                return replace(item, relations=tuple(r for r in item.relations if r.id != event.relation_id))
            case EventKind.DELETE_MENTION:
                gone = event.mention_id
                kept = tuple(r for r in item.relations if gone not in (r.head_id, r.tail_id))
                return replace(item, mentions=tuple(m for m in item.mentions if m.id != gone), relations=kept)
            case EventKind.FLAG:
                return replace(item, is_flagged=not item.is_flagged)
            case EventKind.RELABEL:
                return replace(item, label=event.label or "")
            case EventKind.EDIT:
                return _edited(item, event.text or "")
            case _:
                return _corrected(item, event)


def _decide(item: DeckItem, event: DeckEvent, state: State) -> DeckItem:
    if event.mention_id is not None:
        mentions = tuple(replace(m, state=state) if m.id == event.mention_id else m for m in item.mentions)
        return replace(item, mentions=mentions)
    if event.relation_id is not None:
        relations = tuple(replace(r, state=state) if r.id == event.relation_id else r for r in item.relations)
        return replace(item, relations=relations)
    if item.kind is ItemKind.SYNTHETIC:
        return replace(item, state=state, reason=event.reason or "")
    mentions = tuple(replace(m, state=state) if m.state is State.PENDING else m for m in item.mentions)
    relations = tuple(replace(r, state=state) if r.state is State.PENDING else r for r in item.relations)
    return replace(item, mentions=mentions, relations=relations, state=State.ACCEPTED)


def _corrected(item: DeckItem, event: DeckEvent) -> DeckItem:
    corrected: dict[str, object] = {"state": State.CORRECTED}
    match event.kind:
        case EventKind.SET_TYPE:
            corrected["entity_type"] = event.entity_type
        case EventKind.RESIZE_MENTION:
            corrected |= {"start": event.start, "end": event.end}
        case EventKind.SET_LABEL:
            corrected["label"] = event.label
    if event.mention_id is not None:
        mentions = (replace(m, **corrected) if m.id == event.mention_id else m for m in item.mentions)  # type: ignore[arg-type]
        return replace(item, mentions=tuple(mentions))
    relations = []
    for relation in item.relations:
        if relation.id == event.relation_id:
            if event.kind is EventKind.REVERSE_RELATION:
                corrected |= {"head_id": relation.tail_id, "tail_id": relation.head_id}
            relation = replace(relation, **corrected)  # type: ignore[arg-type]
        relations.append(relation)
    return replace(item, relations=tuple(relations))


def _edited(item: DeckItem, text: str) -> DeckItem:
    head, tail = item.mentions
    masks = mention(1, text, "$CHEMICAL$", "Chemical"), mention(2, text, "$DISEASE$", "Disease")
    return replace(item, text=text, mentions=(replace(head, start=masks[0].start, end=masks[0].end), masks[1]))
