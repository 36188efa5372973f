"""Store items in a project: check them against the schema, split them, project facts, keep each text once.

The items are gone through twice, so that they may come from a file of any length: a `Survey` looks at all of them and
does what is slow, then `store_items` writes them, a batch in memory at a time, in one transaction.
"""

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any, TypeAlias

from core.domain import Document, Schema, Span, Split, SyntheticSentence
from core.errors import FormatError
from core.formats import check_length
from core.workflows.data_in.import_schema import SchemaNeeds, SchemaUses, extend_schema, find_needs, refuse_needs
from core.workflows.documents.prepare_document import SentenceSplitter, add_sentences, decide
from core.workflows.templates import BLANK
from db.queries import documents, intake, projects, synthetic
from db.session import Session

BATCH_SIZE = 100
NUM_NAMED = 100  # identifiers that a result lists; it is stored with its job
NUM_SHOWN = 60  # characters of a name that cannot be stored
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, and halves of characters

Item: TypeAlias = Document | SyntheticSentence


@dataclass(slots=True)
class ImportOutcome:
    """What an import stored.

    Args:
        num_projected: Relations made from document facts, counted in `num_relations` too.
        num_skipped: Documents whose text the project has already, or the file had before.
        skipped: Identifiers of the first of these.
        added_types: Entity types that a blank project took over.
        added_labels: Relation labels that a blank project took over.
        document_ids: Row ids of the stored documents.
        known_ids: Row ids of the documents that were there already.
    """

    num_documents: int = 0
    num_sentences: int = 0
    num_mentions: int = 0
    num_relations: int = 0
    num_projected: int = 0
    num_synthetic: int = 0
    num_skipped: int = 0
    skipped: tuple[str, ...] = ()
    added_types: tuple[str, ...] = ()
    added_labels: tuple[str, ...] = ()
    document_ids: tuple[int, ...] = ()
    known_ids: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as JSON, with the first NUM_NAMED ids of each kind."""
        return {
            name: list(value[:NUM_NAMED]) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """Where and how items are stored.

    Args:
        project_id: The project.
        source_name: Name of the file, as the user knows it.
        split: Split of the documents; None keeps what the file says.
        as_gold: Whether annotations count as decided by a person; else they are suggestions to review.
    """

    project_id: int
    source_name: str
    split: Split | None = None
    as_gold: bool = True


class Survey:
    """Looks at every item before the first is stored: what the schema needs, and where sentences end.

    Args:
        session: An open session; nothing is written.
        plan: Where the items will be stored.
        split_sentences: Finds sentences.
    """

    def __init__(self, session: Session, plan: ImportPlan, split_sentences: SentenceSplitter) -> None:
        self._session = session
        self._plan = plan
        self._split_sentences = split_sentences
        self._num_documents = 0
        self._places: dict[int, array[int]] = {}
        self.uses = SchemaUses()

    def add(self, item: Item) -> None:
        """Look at the next item.

        Raises:
            FormatError: A text holds characters that no database can store.
        """
        self.uses.add(item)
        if not isinstance(item, Document):
            return
        text_hash = _check_text(item, self._plan.source_name)
        # To split is slow: it comes before the first write, from which on nobody else can write to SQLite.
        if not item.sentences and not documents.find_stored_hashes(self._session, self._plan.project_id, [text_hash]):
            places = (place for span in self._split(item) for place in (span.start, span.end))
            self._places[self._num_documents] = array("I", places)
        self._num_documents += 1

    def get_sentences(self, number: int, document: Document) -> Sequence[Span]:
        """Return the sentences of a document that has none of its own; documents are counted from 0."""
        places = self._places.get(number)
        if places is None:  # the project had its text when it was surveyed, and has lost it since
            return self._split(document)
        return [Span(places[at], places[at + 1]) for at in range(0, len(places), 2)]

    def _split(self, document: Document) -> Sequence[Span]:
        return self._split_sentences(document.text, keep_whole=[mention.span for mention in document.mentions])


def store_items(
    session: Session, plan: ImportPlan, items: Iterator[Item], survey: Survey, *, declared: Schema | None
) -> ImportOutcome:
    """Store items that were surveyed, all of them or none; the caller commits, or rolls back when this raises.

    Args:
        session: An open session.
        plan: Where and how.
        items: The same that the survey has seen, in the same order.
        survey: What it found.
        declared: The schema that came with the items; it says what new names mean.

    Raises:
        SchemaError: A type or label is unknown or illegal, and the project is not a blank one.
    """
    projects.lock_project(session, plan.project_id)
    present = projects.get_schema(session, plan.project_id)
    needs = find_needs(survey.uses, present, declared=declared)
    if projects.get_project(session, plan.project_id).template != BLANK:
        refuse_needs(needs, present)
    _store_needs(session, plan.project_id, needs)
    store = _Store(session, plan, extend_schema(present, needs), survey)
    while batch := list(islice(items, BATCH_SIZE)):
        store.add([item for item in batch if isinstance(item, Document)])
        store.add_synthetic([item for item in batch if not isinstance(item, Document)])
    return replace(
        store.outcome,
        added_types=tuple(entity_type.name for entity_type in needs.types),
        added_labels=tuple(label.name for label in needs.labels),
        document_ids=tuple(store.ids),
        known_ids=tuple(store.known_ids),
    )


class _Store:
    """Writes batches of items and counts them."""

    def __init__(self, session: Session, plan: ImportPlan, schema: Schema, survey: Survey) -> None:
        self._session = session
        self._plan = plan
        self._schema = schema
        self._survey = survey
        self._num_seen = 0
        self._known_synthetic: set[bytes] | None = None
        self.outcome = ImportOutcome()
        self.ids: dict[int, None] = {}
        self.known_ids: list[int] = []

    def add(self, batch: Sequence[Document]) -> None:
        """Store the documents of a batch whose text is new."""
        new = self._without_known(batch)
        ready = [self._prepare(number, document) for number, document in new]
        ids = intake.store_documents(self._session, self._plan.project_id, ready, source_name=self._plan.source_name)
        self.ids |= dict.fromkeys(ids)
        self.outcome.num_projected += sum(
            len(after.relations) - len(before.relations) for (_, before), after in zip(new, ready, strict=True)
        )
        self.outcome.num_documents += len(ready)
        self.outcome.num_sentences += sum(len(document.sentences) for document in ready)
        self.outcome.num_mentions += sum(len(document.mentions) for document in ready)
        self.outcome.num_relations += sum(len(document.relations) for document in ready)

    def add_synthetic(self, batch: Sequence[SyntheticSentence]) -> None:
        """Store the synthetic sentences of a batch that are new."""
        if not batch:
            return
        if self._known_synthetic is None:
            self._known_synthetic = synthetic.find_known(self._session, self._plan.project_id)
        self.outcome.num_synthetic += synthetic.add_synthetic(
            self._session, self._plan.project_id, batch, known=self._known_synthetic
        )

    def _without_known(self, batch: Sequence[Document]) -> list[tuple[int, Document]]:
        """Return the documents with new text and their numbers in the file, and take note of the others."""
        hashes = [documents.get_text_hash(document.text) for document in batch]
        known = documents.find_stored_hashes(self._session, self._plan.project_id, hashes)
        new: dict[str, tuple[int, Document]] = {}
        for number, (text_hash, document) in enumerate(zip(hashes, batch, strict=True), start=self._num_seen):
            if text_hash not in known and text_hash not in new:
                new[text_hash] = number, document
                continue
            self.outcome.num_skipped += 1
            if self.outcome.num_skipped <= NUM_NAMED:
                self.outcome.skipped += (document.id,)
            if text_hash in known and known[text_hash] not in self.ids:
                self.known_ids.append(known[text_hash])
        self._num_seen += len(batch)
        return list(new.values())

    def _prepare(self, number: int, document: Document) -> Document:
        if not document.sentences:
            document = add_sentences(document, self._survey.get_sentences(number, document), self._schema)
        return decide(document, split=self._plan.split, as_gold=self._plan.as_gold)


def _check_text(document: Document, source_name: str) -> str:
    """Return the hash of a text that can be stored, with names that can be stored too."""
    check_length(document)
    for name in _list_names(document):
        if _UNSTORABLE.search(name):
            shown = ascii(name)[:NUM_SHOWN]
            message = f"A document holds an id or name that cannot be stored ({shown}); save the file as UTF-8."
            raise FormatError(message, source=source_name)
    try:
        text_hash = documents.get_text_hash(document.text)
    except UnicodeEncodeError as error:
        message = f"Document {document.id} holds half a character at offset {error.start}; save the file as UTF-8."
        raise FormatError(message, source=source_name) from error
    if "\x00" in document.text:
        offset = document.text.index("\x00")
        message = f"Document {document.id} holds a NUL character at offset {offset}; save the file as plain text."
        raise FormatError(message, source=source_name)
    return text_hash


def _list_names(document: Document) -> Iterator[str]:
    """Yield all that a document holds beside its text."""
    yield document.id
    for key, value in document.metadata:
        yield from (key, value)
    for mention in document.mentions:
        yield from (mention.entity_type, *mention.concept_ids, *mention.names)
    yield from (relation.label for relation in document.relations)
    for fact in document.facts:
        yield from (fact.label, fact.head_concept, fact.tail_concept)
    yield from (sentence.comment for sentence in document.sentences)


def _store_needs(session: Session, project_id: int, needs: SchemaNeeds) -> None:
    for entity_type in needs.types:
        projects.add_entity_type(session, project_id, entity_type)
    for label in needs.labels:
        projects.add_relation_label(session, project_id, label)
    for name, pairs in needs.pairs.items():
        projects.set_legal_types(session, project_id, name, pairs)
