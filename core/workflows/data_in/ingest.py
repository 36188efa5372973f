"""Take in what a user brings: read pasted text or a file, store it, have it predicted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from core.domain import Corpus, Document, Schema, Span, Split
from core.errors import FormatError
from core.formats import READERS, ImportReport
from core.formats.table_types import ENTITY
from core.workflows.data_in.import_corpus import import_corpus
from core.workflows.data_in.import_items import NUM_NAMED, ImportOutcome, ImportPlan, Item, Survey, store_items
from core.workflows.data_in.import_schema import SchemaUses, find_needs
from core.workflows.data_in.import_source import ImportSource, open_source
from core.workflows.data_in.renames import accept_old_names, rename_item
from core.workflows.data_in.table_columns import TABLE
from core.workflows.pipelines import Report, ignore_progress
from core.workflows.templates import BLANK
from db.queries import documents, projects
from db.session import Session

if TYPE_CHECKING:
    from core.workflows.prediction.model_cache import ModelCache
    from db.queries.jobs import Job

READ_FORMATS = tuple(READERS)
STORED_SHARE = 0.3  # of the progress of a job that predicts afterwards
CHECKED_SHARE, WRITTEN_SHARE = 0.5, 0.98  # of the progress of an import; what is left is its commit


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How a file is taken in.

    Args:
        format_name: Key of READERS; None tells the format from the content.
        split: Split of the documents; None keeps what the file says.
        as_gold: Whether annotations count as decided by a person; else they are suggestions to review.
        columns: For tables: name of the column by its role.
        renames: New names of types and labels by those of the file; an empty one leaves out what is called so.
    """

    format_name: str | None = None
    split: Split | None = None
    as_gold: bool = True
    columns: Mapping[str, str] = field(default_factory=dict)
    renames: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Read the params of a job."""
        return cls(
            format_name=params.get("format"),
            split=Split(params["split"]) if params.get("split") else None,
            as_gold=params.get("as_gold", True),
            columns=params.get("columns") or {},
            renames=params.get("renames") or {},
        )


def run_ingest(session: Session, job: "Job", models: "ModelCache", report: Report) -> dict[str, object]:
    """Import a pasted text or an uploaded file, then predict it if asked for.

    The text is committed before it is predicted, so nothing waits for the models, and a job that runs again
    after a crash goes on with the sentences that no model has read.

    Args:
        session: An open session.
        job: Its params are {"text", "external_id"} or {"path", "source", "format", "split", "as_gold", "columns",
            "renames"}, "predict", "only_check" (stores nothing) and "batch" (what files that came together share); all
            but "text" or "path" may be left out.
        models: Loaded models.
        report: Takes progress.

    Returns:
        What `import_path` returns, the report None for pasted text, and {"only_checked": whether nothing was to be
        stored, "prediction": of the models, None if not asked for}.

    Raises:
        FormatError: The file is gone or the text is empty.
        SchemaError: The text does not fit the project's schema.
    """
    params, project_id = dict(job.params), job.project_id
    only_check = bool(params.get("only_check"))
    predicts = bool(params.get("predict")) and not only_check

    def report_intake(fraction: float, message: str = "", **values: float) -> None:
        report(fraction * (STORED_SHARE if predicts else 1.0), message, **values)

    report(0.0, "reading")
    result, outcome = _take_in(session, project_id, params, report_intake)
    rest = {"only_checked": only_check, "prediction": None}
    if only_check:
        session.rollback()
    if only_check or outcome is None:
        return result | rest
    session.commit()
    report_intake(1.0, f"{outcome.num_sentences} sentences stored")
    prediction = predict_stored(session, job, outcome, models, report) if predicts else None
    return result | rest | {"prediction": prediction}


def _take_in(
    session: Session, project_id: int, params: Mapping[str, Any], report: Report
) -> tuple[dict[str, Any], ImportOutcome | None]:
    """Store what a job brings; the caller commits."""
    options = ImportOptions.from_params(params)
    if "text" in params:
        outcome = import_text(
            session, project_id, params["text"], name=params.get("external_id") or "", options=options
        )
        return _describe(None, outcome), outcome
    path = Path(params["path"])
    source = params.get("source") or path.name
    try:
        return import_path(session, project_id, path, source=source, options=options, report=report)
    except OSError as error:
        message = f"The uploaded file cannot be read ({error.strerror}); upload it again."
        raise FormatError(message, source=source) from error


def import_text(
    session: Session, project_id: int, text: str, *, name: str = "", options: ImportOptions | None = None
) -> ImportOutcome:
    """Import one text as a document; the caller commits.

    Args:
        session: An open session.
        project_id: The project.
        text: The text; stored unchanged.
        name: Identifier of the document; told from the text where empty.
        options: Only its split matters here.

    Raises:
        NotFoundError: There is no such project.
        FormatError: The text is empty, or holds characters that no database can store.
    """
    source = "pasted text"
    if not text.strip():
        raise FormatError("The text is empty; paste at least one sentence.", source=source)
    document = Document(name or f"pasted-{documents.get_text_hash(text)[:8]}", text)
    split = options.split if options else None
    corpus = Corpus((document,))
    return import_corpus(session, project_id, corpus, source_name=source, split=split, split_sentences=_split_sentences)


def import_file(
    session: Session,
    project_id: int,
    path: Path,
    *,
    options: ImportOptions | None = None,
    report: Report = ignore_progress,
) -> dict[str, Any]:
    """Import a file, gzipped or not, or the files of a folder; the caller commits, refusals are as in `import_path`."""
    options = options or ImportOptions()
    result, _ = import_path(session, project_id, path, source=path.name, options=options, report=report)
    return result


def import_path(
    session: Session,
    project_id: int,
    path: Path,
    *,
    source: str,
    options: ImportOptions,
    report: Report,
) -> tuple[dict[str, Any], ImportOutcome | None]:
    """Import a file into a project; the caller commits, or rolls back where it only wanted to know.

    A native file is read record by record; one of any other format is read at once and has to be small.

    Args:
        session: An open session.
        project_id: The project.
        path: The file, gzipped or not.
        source: Its name, as the user knows it.
        options: How it is taken in.
        report: Told the share of a native file that was read.

    Returns:
        {"refused": whether the file was refused and nothing stored, "report": of the reader, "outcome": of
        `import_corpus`, None if refused, "unknown": {"types", "labels"} that kept a file out of the project}, and the
        outcome itself.

    Raises:
        SchemaError: A type or label is unknown or illegal and the reader did not see it, or a new name is unknown.
        OSError: There is no such file, or it may not be read.
    """
    schema = _schema_to_keep(session, project_id)
    readable = accept_old_names(schema, options.renames) if schema and options.renames else schema
    plan = ImportPlan(project_id=project_id, source_name=source, split=options.split, as_gold=options.as_gold)
    survey = Survey(session, plan, _split_sentences)
    file = open_source(path, source, format_name=options.format_name, columns=options.columns)

    def take(item: Item) -> None:
        for renamed in _rename([item], options):
            survey.add(renamed)

    found = file.check(readable, take, lambda share: report(CHECKED_SHARE * share, "checking"))
    if found.is_refused:
        return _describe(found, None, _find_unknown(file, found, schema=readable)), None
    items = file.read(lambda share: report(CHECKED_SHARE + (WRITTEN_SHARE - CHECKED_SHARE) * share, "storing"))
    declared = None if options.renames else file.schema
    outcome = store_items(session, plan, _rename(items, options), survey, declared=declared)
    return _describe(found, outcome), outcome


def _rename(items: Iterable[Item], options: ImportOptions) -> Iterator[Item]:
    """Yield items in the project's words; what is left out is not there."""
    for item in items:
        renamed = rename_item(item, options.renames) if options.renames else item
        if renamed is not None:
            yield renamed


def _split_sentences(text: str, *, keep_whole: Sequence[Span] = ()) -> Sequence[Span]:
    """Load spaCy only where a text has no sentences yet."""
    from core.nlp.sentences import split_sentences

    return split_sentences(text, keep_whole=keep_whole)


def _describe(
    report: ImportReport | None, outcome: ImportOutcome | None, unknown: dict[str, list[str]] | None = None
) -> dict[str, Any]:
    return {
        "refused": outcome is None,
        "report": report.to_json() if report else None,
        "outcome": outcome.to_json() if outcome else None,
        "unknown": unknown or {},
    }


def _find_unknown(file: ImportSource, found: ImportReport, *, schema: Schema | None) -> dict[str, list[str]]:
    """Return the types and labels of a refused file that the project does not know, if it can be read without it."""
    if schema is None:
        return {}
    uses = SchemaUses()
    if file.check(None, uses.add, ignore_progress).is_refused:
        return {}
    needs = find_needs(uses, schema, declared=file.schema)
    # Read without a schema, a table that gives no types has this one: there is no such name in it to be explained.
    types = [one.name for one in needs.types if (found.format_name, one.name) != (TABLE, ENTITY)]
    return {
        "types": types[:NUM_NAMED],
        "labels": [one.name for one in needs.labels[:NUM_NAMED]],
    }


def predict_stored(
    session: Session, job: "Job", outcome: ImportOutcome, models: "ModelCache", report: Report
) -> dict[str, Any]:
    """Predict the sentences of an import that no model has read and no person has reviewed."""
    from core.workflows.prediction.predict import predict_sentences

    def report_rest(fraction: float, message: str = "", **values: float) -> None:
        report(STORED_SHARE + (1 - STORED_SHARE) * fraction, message, **values)

    ids = documents.list_sentence_ids(session, [*outcome.document_ids, *outcome.known_ids], only_unread=True)
    return predict_sentences(session, job.project_id, ids, models, report_rest).to_json()


def _schema_to_keep(session: Session, project_id: int) -> Schema | None:
    """Return the schema that a file must fit; None for a blank project, which takes over what the file needs."""
    is_blank = projects.get_project(session, project_id).template == BLANK
    return None if is_blank else projects.get_schema(session, project_id)
