"""Reads sentences as JSON tokens, entities and relations with exclusive ends: the form of SpERT and its successors."""

from core.domain import Corpus, Document, Mention, Relation, Schema, Span
from core.errors import FormatError
from core.formats.base import IssueLog, Severity
from core.formats.checks import SchemaCheck, shorten
from core.formats.json_items import ItemRecord, JsonItem, iterate_items, parse_item
from core.formats.one_sentence import make_sentence_document


class EntityItem(ItemRecord):
    """An entity in SpERT's own form; ends are exclusive, in tokens."""

    type: str
    start: int
    end: int


class RelationItem(ItemRecord):
    """A relation in SpERT's own form; head and tail are positions in the list of entities."""

    type: str
    head: int
    tail: int


class SentenceItem(ItemRecord):
    """A sentence; entities and relations in either form that is in use.

    Args:
        tokens: Words.
        entities: [start, end, type] or SpERT's objects.
        relations: [head start, head end, tail start, tail end, label] or SpERT's objects.
    """

    tokens: tuple[str, ...]
    entities: tuple[tuple[int, int, str] | EntityItem, ...]
    relations: tuple[tuple[int, int, int, int, str] | RelationItem, ...]


def read_spert_json(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:  # noqa: ARG001 (Reader)
    """Read one document a sentence: its tokens joined by single spaces, its id the position in the file."""
    check = SchemaCheck(schema, log)
    documents: list[Document] = []
    for item in iterate_items(text):
        with log.refusing(item.line):
            documents.append(_SentenceReader(item, log, check).read())
    return Corpus(documents=tuple(documents))


class _SentenceReader:
    """Builds the document of one item."""

    def __init__(self, item: JsonItem, log: IssueLog, check: SchemaCheck) -> None:
        self.number = item.number
        self.line = item.line
        self.record = parse_item(item, SentenceItem)
        self.log = log
        self.check = check
        self.starts: list[int] = []
        place = 0
        for token in self.record.tokens:
            self.starts.append(place)
            place += len(token) + 1

    def read(self) -> Document:
        mentions = [self._make_mention(entity) for entity in self.record.entities]
        relations = [self._make_relation(relation, mentions) for relation in self.record.relations]
        self._note_doubles(len(mentions) - len(set(mentions)), "mention")
        self._note_doubles(len(relations) - len(set(relations)), "relation")
        return make_sentence_document(str(self.number), " ".join(self.record.tokens), mentions, relations)

    def _make_mention(self, entity: tuple[int, int, str] | EntityItem) -> Mention:
        start, end, name = (entity.start, entity.end, entity.type) if isinstance(entity, EntityItem) else entity
        self.check.check_type(name, line=self.line)
        return Mention(self._locate(start, end), name)

    def _locate(self, start: int, end: int) -> Span:
        """Return the characters of the tokens from `start` to before `end`."""
        num_tokens = len(self.starts)
        if not 0 <= start < end <= num_tokens:
            raise FormatError(
                f"Item {self.number}: tokens {start}:{end} are not in a sentence of {num_tokens} tokens. "
                "Correct the ends; they count tokens from 0, end exclusive."
            )
        return Span(self.starts[start], self.starts[end - 1] + len(self.record.tokens[end - 1]))

    def _make_relation(
        self, relation: tuple[int, int, int, int, str] | RelationItem, mentions: list[Mention]
    ) -> Relation:
        if isinstance(relation, RelationItem):
            head, tail = (self._get_mention(position, mentions) for position in (relation.head, relation.tail))
            made = Relation(head, tail, relation.type)
        else:
            head_start, head_end, tail_start, tail_end, label = relation
            head = self._find_mention(head_start, head_end, mentions)
            tail = self._find_mention(tail_start, tail_end, mentions)
            made = Relation(head, tail, label)
        self.check.check_relation(made, line=self.line)
        return made

    def _get_mention(self, position: int, mentions: list[Mention]) -> Mention:
        if not 0 <= position < len(mentions):
            raise FormatError(
                f"Item {self.number}: a relation names entity {position} of {len(mentions)}. Correct or remove it."
            )
        return mentions[position]

    def _find_mention(self, start: int, end: int, mentions: list[Mention]) -> Mention:
        span = self._locate(start, end)
        found = {mention for mention in mentions if mention.span == span}
        if len(found) != 1:
            types = shorten("/".join(sorted(mention.entity_type for mention in found)))
            fault = f"entities of several types ({types}) stand" if found else "no entity stands"
            raise FormatError(
                f"Item {self.number}: {fault} at tokens {start}:{end} that a relation names. Correct the item."
            )
        return found.pop()

    def _note_doubles(self, number: int, kind: str) -> None:
        if number:
            message = f"Item {self.number}: {number} {kind} stated twice; kept once."
            self.log.add(Severity.REPAIRED, message, line=self.line)
