"""Take in text: check it against the schema, split it, project its facts, store it, have it predicted."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from core.domain import Corpus, Document, Mention, Relation, Schema, Sentence, Span, Split, State
from core.errors import FormatError
from core.formats import READERS, check_length, project_facts, read_corpus
from core.workflows.import_schema import SchemaNeeds, extend_schema, find_needs, refuse_needs
from core.workflows.pipelines import Report
from core.workflows.templates import BLANK
from db.queries import documents, intake, projects, synthetic
from db.session import Session

if TYPE_CHECKING:
    from core.workflows.predict import ModelCache
    from db.queries.jobs import Job

Item = TypeVar("Item", Mention, Relation)

READ_FORMATS = tuple(READERS)
STORED_SHARE = 0.3  # of the progress of a job that predicts afterwards


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


def run_ingest(session: Session, job: "Job", models: "ModelCache", report: Report) -> dict[str, object]:
    """Import a pasted text or an uploaded file, then predict it if asked for.

    The text is committed before it is predicted, so nothing waits for the models, and a job that runs again
    after a crash goes on with the sentences that no model has read.

    Args:
        session: An open session.
        job: Its params are {"text", "external_id"} or {"path", "source", "format", "split", "as_gold"}, and
            "predict"; all but "text" or "path" may be left out.
        models: Loaded models.
        report: Takes progress.

    Returns:
        {"refused": whether the file was refused and nothing stored, "report": of the reader, None for pasted text,
        "outcome": of `import_corpus`, None if refused, "prediction": of the models, None if not asked for}.

    Raises:
        FormatError: The file is gone or the text is empty.
        SchemaError: The text does not fit the project's schema.
    """
    from core.nlp.sentences import split_sentences

    params = job.params
    report(0.0, "reading")
    corpus, reading, is_refused = _read(params, _schema_to_keep(session, job.project_id))
    if is_refused:
        return {"refused": True, "report": reading, "outcome": None, "prediction": None}
    outcome = import_corpus(
        session,
        job.project_id,
        corpus,
        source_name=params.get("source") or "pasted text",
        split=Split(params["split"]) if params.get("split") else None,
        as_gold=params.get("as_gold", True),
        split_sentences=split_sentences,
    )
    session.commit()
    report(STORED_SHARE, f"{outcome.num_sentences} sentences stored")
    prediction = predict_stored(session, job, outcome, models, report) if params.get("predict") else None
    return {"refused": False, "report": reading, "outcome": outcome.to_json(), "prediction": prediction}


def _count(outcome: ImportOutcome, stored: Sequence[Document]) -> ImportOutcome:
    """Add up what was stored."""
    return replace(
        outcome,
        num_documents=len(stored),
        num_sentences=sum(len(document.sentences) for document in stored),
        num_mentions=sum(len(document.mentions) for document in stored),
        num_relations=sum(len(document.relations) for document in stored),
    )


def import_file(
    session: Session,
    project_id: int,
    path: Path,
    *,
    format_name: str | None = None,
    split: Split | None = None,
    as_gold: bool = True,
    columns: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Import one file, gzipped or not, into a project; the caller commits; `columns` is for tables.

    Returns:
        {"refused", "report", "outcome"} as `run_ingest` does, without a prediction.

    Raises:
        SchemaError: A type or label is unknown or illegal, and the project is not a blank one.
    """
    from core.nlp.sentences import split_sentences

    schema = _schema_to_keep(session, project_id)
    result = read_corpus(
        path.read_bytes(), source=path.name, format_name=format_name, schema=schema, columns=columns or {}
    )
    if result.report.is_refused:
        return {"refused": True, "report": result.report.to_json(), "outcome": None}
    outcome = import_corpus(
        session,
        project_id,
        result.corpus,
        source_name=path.name,
        split=split,
        as_gold=as_gold,
        split_sentences=split_sentences,
    )
    return {"refused": False, "report": result.report.to_json(), "outcome": outcome.to_json()}


def predict_stored(
    session: Session, job: "Job", outcome: ImportOutcome, models: "ModelCache", report: Report
) -> dict[str, Any]:
    """Predict the sentences of an import that no model has read and no person has reviewed."""
    from core.workflows.predict import predict_sentences

    def report_rest(fraction: float, message: str = "", **values: float) -> None:
        report(STORED_SHARE + (1 - STORED_SHARE) * fraction, message, **values)

    ids = documents.list_sentence_ids(session, [*outcome.document_ids, *outcome.known_ids], only_unread=True)
    return dict(predict_sentences(session, job.project_id, ids, models, report_rest))


def _schema_to_keep(session: Session, project_id: int) -> Schema | None:
    """Return the schema that a file must fit; None for a blank project, which takes over what the file needs."""
    is_blank = projects.get_project(session, project_id).template == BLANK
    return None if is_blank else projects.get_schema(session, project_id)


def _read(params: dict[str, Any], schema: Schema | None) -> tuple[Corpus, dict[str, Any] | None, bool]:
    """Return what a job brings, the reader's report, and whether anything in it was refused."""
    if "text" in params:
        text = params["text"]
        if not text.strip():
            raise FormatError("The text is empty; paste at least one sentence.", source="pasted text")
        external_id = params.get("external_id") or f"pasted-{documents.get_text_hash(text)[:8]}"
        return Corpus((Document(external_id, text),)), None, False
    path = Path(params["path"])
    source = params.get("source") or path.name
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"The uploaded file cannot be read ({error.strerror}); upload it again."
        raise FormatError(message, source=source) from error
    result = read_corpus(data, source=source, format_name=params.get("format"), schema=schema)
    return result.corpus, result.report.to_json(), result.report.is_refused


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
