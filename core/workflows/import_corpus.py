"""Store a corpus in a project: check it against the schema, split it, project its facts, keep each text once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol, TypeVar

from core.domain import Corpus, Document, Mention, Relation, Schema, Sentence, Span, Split, State
from core.errors import FormatError
from core.formats import check_length, project_facts
from core.workflows.import_schema import SchemaNeeds, extend_schema, find_needs, refuse_needs
from core.workflows.templates import BLANK
from db.queries import documents, intake, projects, synthetic
from db.session import Session

Item = TypeVar("Item", Mention, Relation)


class SentenceSplitter(Protocol):
    """Finds sentences; `core.nlp.sentences.split_sentences` is one."""

    def __call__(self, text: str, *, keep_whole: Sequence[Span] = ()) -> Sequence[Span]:
        """Return the sentences of a text, in order and disjoint, none ending inside a span of `keep_whole`."""


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import stored.

    Args:
        num_projected: Relations made from document facts, counted in `num_relations` too.
        skipped: Identifiers of documents whose text the project has already.
        added_types: Entity types that a blank project took over.
        added_labels: Relation labels that a blank project took over.
        document_ids: Row ids of the stored documents.
        known_ids: Row ids of the documents that `skipped` repeat.
    """

    num_documents: int = 0
    num_sentences: int = 0
    num_mentions: int = 0
    num_relations: int = 0
    num_projected: int = 0
    num_synthetic: int = 0
    skipped: tuple[str, ...] = ()
    added_types: tuple[str, ...] = ()
    added_labels: tuple[str, ...] = ()
    document_ids: tuple[int, ...] = ()
    known_ids: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def import_corpus(
    session: Session,
    project_id: int,
    corpus: Corpus,
    *,
    source_name: str,
    split: Split | None = None,
    as_gold: bool = True,
    split_sentences: SentenceSplitter,
) -> ImportOutcome:
    """Store a corpus in a project, all of it or nothing; the caller commits, or rolls back when this raises.

    A document without sentences is split. If it holds annotations its sentences count as reviewed; without any
    they wait for review. Its facts are projected onto its sentences. A document with sentences, from our own
    format, is stored as it stands.

    Args:
        session: An open session.
        project_id: The project.
        corpus: What a file held.
        source_name: Name of the file, as the user knows it.
        split: Split of the documents; None keeps what the file says.
        as_gold: Whether annotations count as decided by a person; else they are suggestions to review.
        split_sentences: Finds sentences.

    Raises:
        NotFoundError: There is no such project.
        SchemaError: A type or label is unknown or illegal, and the project is not a blank one.
        FormatError: A text holds characters that no database can store.
    """
    project, present = projects.get_project(session, project_id), projects.get_schema(session, project_id)
    needs = find_needs(corpus, present)
    if project.template != BLANK:
        refuse_needs(needs, present)
    schema = extend_schema(present, needs)
    new, skipped, known_ids = _without_known(session, project_id, corpus.documents, source_name)
    # All slow work comes before the first write: from then on nobody else can write to SQLite.
    ready = [_decide(prepare_document(one, schema, split_sentences), split=split, as_gold=as_gold) for one in new]
    _store_needs(session, project_id, needs)
    ids = intake.store_documents(session, project_id, ready, source_name=source_name)
    outcome = ImportOutcome(
        num_projected=sum(len(b.relations) - len(a.relations) for a, b in zip(new, ready, strict=True)),
        num_synthetic=synthetic.add_synthetic(session, project_id, corpus.synthetic),
        skipped=tuple(skipped),
        added_types=tuple(entity_type.name for entity_type in needs.types),
        added_labels=tuple(label.name for label in needs.labels),
        document_ids=tuple(ids),
        known_ids=tuple(known_ids),
    )
    return _count(outcome, ready)


def _count(outcome: ImportOutcome, stored: Sequence[Document]) -> ImportOutcome:
    """Add up what was stored."""
    return replace(
        outcome,
        num_documents=len(stored),
        num_sentences=sum(len(document.sentences) for document in stored),
        num_mentions=sum(len(document.mentions) for document in stored),
        num_relations=sum(len(document.relations) for document in stored),
    )


def _without_known(
    session: Session, project_id: int, found: Sequence[Document], source_name: str
) -> tuple[list[Document], list[str], list[int]]:
    """Return the documents with new text, the identifiers of the others, and the row ids these repeat."""
    hashes = [_check_text(document, source_name) for document in found]
    known = documents.find_stored_texts(session, project_id, [document.text for document in found])
    new: dict[str, Document] = {}
    skipped, known_ids = [], []
    for text_hash, document in zip(hashes, found, strict=True):
        if text_hash in known:
            known_ids.append(known[text_hash])
        if text_hash in known or text_hash in new:
            skipped.append(document.id)
        else:
            new[text_hash] = document
    return list(new.values()), skipped, known_ids


def _check_text(document: Document, source_name: str) -> str:
    """Return the hash of a text that can be stored."""
    check_length(document)
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


def _store_needs(session: Session, project_id: int, needs: SchemaNeeds) -> None:
    for entity_type in needs.types:
        projects.add_entity_type(session, project_id, entity_type)
    for label in needs.labels:
        projects.add_relation_label(session, project_id, label)
    for name, pairs in needs.pairs.items():
        projects.set_legal_types(session, project_id, name, pairs)


def prepare_document(document: Document, schema: Schema, split_sentences: SentenceSplitter) -> Document:
    """Give a document sentences and project its facts; it is reviewed if it holds any annotation."""
    if document.sentences:
        return document
    state = State.ACCEPTED if document.mentions or document.facts else State.PENDING
    spans = split_sentences(document.text, keep_whole=[mention.span for mention in document.mentions])
    ready = replace(document, sentences=tuple(Sentence(span, state) for span in spans))
    return replace(ready, relations=(*ready.relations, *project_facts(ready, schema)))


def _decide(document: Document, *, split: Split | None, as_gold: bool) -> Document:
    """Set the split, and turn decided annotations into suggestions where they are not gold."""
    chosen = replace(document, split=split or document.split)
    if as_gold:
        return chosen
    return replace(
        chosen,
        sentences=tuple(replace(sentence, state=State.PENDING) for sentence in document.sentences),
        mentions=tuple(_as_suggestion(mention) for mention in document.mentions),
        relations=tuple(_as_suggestion(relation) for relation in document.relations),
    )


def _as_suggestion(item: Item) -> Item:
    return replace(item, state=State.PENDING) if item.state.is_gold else item
