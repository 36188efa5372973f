"""Fetch articles of PubMed and PMC by id, each once, and import them as files are imported.

On the command line all of it runs in one process. As a job, the pages' way, a child process asks NCBI, and the warm
predictor then stores and predicts what has come: neither training nor reading waits for the network.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from core.domain import Corpus, Document, Split
from core.errors import FetchError, FormatError, SettingsError
from core.formats import ImportReport, Severity, check_length, write_corpus
from core.formats.base import IssueLog
from core.formats.jats_xml import find_pmcid, read_jats_article
from core.formats.jsonl import read_jsonl
from core.formats.pubmed_xml import ARTICLES, find_pmid, read_pubmed_article
from core.settings import Settings
from core.workflows.data_in.article_ids import ArticleIds
from core.workflows.data_in.article_store import ArticleStore
from core.workflows.data_in.import_corpus import import_corpus
from core.workflows.data_in.ingest import STORED_SHARE, predict_stored
from core.workflows.data_in.ncbi import Database, NcbiClient
from core.workflows.model_library.generators import open_store
from core.workflows.pipelines import Report
from db.session import Session

if TYPE_CHECKING:
    from core.workflows.prediction.model_cache import ModelCache
    from db.queries.jobs import Job

DOWNLOAD_TASK = "download"
_REQUEST_NAME, _DOCUMENTS_NAME, _REPORT_NAME = "request.json", "documents.jsonl", "report.json"
_FORMAT_NAME = "ncbi-xml"


@dataclass(frozen=True, slots=True)
class _Source:
    """How one database is asked and read: its name, ids a request, ids of an answer, article → document."""

    title: str
    batch_size: int
    list_articles: Callable[[Element], list[tuple[str, Element]]]
    read: Callable[[Element], tuple[Document, list[str]]]


def _list_pubmed(root: Element) -> list[tuple[str, Element]]:
    return [(find_pmid(one), one) for one in root if one.tag in ARTICLES]


def _list_pmc(root: Element) -> list[tuple[str, Element]]:
    return [(find_pmcid(one).removeprefix("PMC"), one) for one in root.iter("article")]


_SOURCES: dict[Database, _Source] = {
    "pubmed": _Source("PubMed", 200, _list_pubmed, read_pubmed_article),
    "pmc": _Source("PMC", 10, _list_pmc, read_jats_article),
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """Articles as documents, what had to be said about them, and the ids that came to nothing."""

    corpus: Corpus
    report: ImportReport
    missing: tuple[str, ...]


def fetch_articles(settings: Settings, ids: ArticleIds, *, report: Report, client: NcbiClient | None = None) -> Fetched:
    """Return articles, those that are not here yet from NCBI.

    What arrives is kept at once, so a fetch that failed or was ended goes on where it stopped.

    Args:
        settings: Where articles are kept, and how NCBI is asked.
        ids: What to fetch.
        report: Takes progress.
        client: Asks NCBI; None for the usual one.

    Raises:
        SettingsError: Articles are missing here and the installation is offline.
        FetchError: NCBI cannot be reached or refuses, or has none of the articles.
    """
    store = ArticleStore(settings.articles_path)
    _download(store, client or NcbiClient(settings), ids, report)
    log = IssueLog()
    documents: list[Document] = []
    missing: list[str] = []
    for database, number in _each(ids):
        source = _SOURCES[database]
        article = store.find(database, number)
        try:
            if article is None:
                raise FormatError("NCBI has no article of this id.")
            document, remarks = source.read(article)
            check_length(document)
        except FormatError as error:
            missing.append(f"{source.title} {number}")
            log.add(Severity.NOTED, f"{source.title} {number}: {error.message}")
            continue
        documents.append(document)
        for remark in remarks:
            log.add(Severity.NOTED, f"{source.title} {number} {remark}.")
    if not documents:
        raise FetchError(f"None of the {len(ids)} ids names an article with text: {', '.join(missing[:10])}.")
    reading = ImportReport(ids.source, _FORMAT_NAME, num_documents=len(documents), issues=log.issues())
    return Fetched(Corpus(tuple(documents)), reading, tuple(missing))


def _each(ids: ArticleIds) -> Iterator[tuple[Database, str]]:
    yield from (("pubmed", number) for number in ids.pubmed)
    yield from (("pmc", number) for number in ids.pmc)


def _download(store: ArticleStore, client: NcbiClient, ids: ArticleIds, report: Report) -> None:
    """Ask for the articles that are not here, a batch after the other, and keep them."""
    absent: dict[Database, list[str]] = {"pubmed": [], "pmc": []}
    for database, number in _each(ids):
        if store.find(database, number) is None:
            absent[database].append(number)
    num_absent = sum(map(len, absent.values()))
    if num_absent and client.settings.offline:
        raise SettingsError(
            f"{num_absent} of {len(ids)} articles were never fetched, and DARE_OFFLINE forbids to ask NCBI for them; "
            "unset it, or fetch them on another machine and copy its folder DARE_HOME/articles."
        )
    num_asked = 0
    for database, numbers in absent.items():
        size = _SOURCES[database].batch_size
        for first in range(0, len(numbers), size):
            batch = numbers[first : first + size]
            report(num_asked / num_absent, f"{len(ids) - num_absent + num_asked} of {len(ids)} articles")
            _download_batch(store, client, database, batch, num_here=len(ids) - num_absent + num_asked)
            num_asked += len(batch)
    report(1.0, f"{len(ids)} of {len(ids)} articles")


def _download_batch(
    store: ArticleStore, client: NcbiClient, database: Database, batch: Sequence[str], *, num_here: int
) -> None:
    try:
        root = client.fetch(database, batch)
    except FetchError as error:
        kept = f" {num_here} articles are here and kept; fetch again for the others." if num_here else ""
        raise FetchError(f"{error}{kept}") from error
    asked = set(batch)
    for number, article in _SOURCES[database].list_articles(root):
        if number in asked:
            store.keep(database, number, article)


def fetch_into_project(
    session: Session,
    settings: Settings,
    project_id: int,
    ids: ArticleIds,
    *,
    split: Split | None = None,
    report: Report,
    client: NcbiClient | None = None,
) -> dict[str, Any]:
    """Fetch articles and import them into a project; the caller commits.

    Returns:
        {"refused", "report", "outcome"} as importing a file does, and "missing": the ids that came to nothing.

    Raises:
        SettingsError: Articles are missing here and the installation is offline.
        FetchError: NCBI cannot be reached or refuses, or has none of the articles.
    """
    from core.nlp.sentences import split_sentences

    fetched = fetch_articles(settings, ids, report=report, client=client)
    outcome = import_corpus(
        session,
        project_id,
        fetched.corpus,
        source_name=ids.source,
        split=split,
        split_sentences=split_sentences,
    )
    return {
        "refused": False,
        "report": fetched.report.to_json(),
        "outcome": outcome.to_json(),
        "missing": list(fetched.missing),
    }


class FetchPipeline:
    """The part of a job that asks NCBI; `run_fetch` does the rest. See `core.workflows.pipelines.Pipeline`."""

    def prepare(self, session: Session, job: "Job", run_path: Path) -> list[list[str]]:
        """Write the ids of the job."""
        del session
        ids = _read_ids(job.params)
        request = {"pubmed": ids.pubmed, "pmc": ids.pmc}
        (run_path / _REQUEST_NAME).write_text(json.dumps(request), encoding="utf-8")
        return [[DOWNLOAD_TASK]]

    def run_task(self, task: str, run_path: Path, out_path: Path, report: Report) -> None:
        """Fetch the articles and write them as a native file with the report."""
        del task
        ids = _read_ids(json.loads((run_path / _REQUEST_NAME).read_text(encoding="utf-8")))
        fetched = fetch_articles(Settings(), ids, report=report)
        (out_path / _DOCUMENTS_NAME).write_bytes(write_corpus(fetched.corpus, format_name="jsonl").data)
        told = {"report": fetched.report.to_json(), "missing": fetched.missing}
        (out_path / _REPORT_NAME).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")

    def keep(self, session: Session, job: "Job", task: str, run_path: Path) -> None:
        """Nothing of a download is for the database."""
        del session, job, task, run_path

    def num_processes(self, task: str, run_path: Path) -> int:
        """One process asks NCBI."""
        del task, run_path
        return 1

    def finish(self, session: Session, job: "Job", run_path: Path) -> dict[str, object]:
        """Refuse: what was downloaded is stored by the predictor.

        Raises:
            FetchError: Always.
        """
        del session, run_path
        raise FetchError(f"Job {job.id} ends in the predictor, not here.")


def run_fetch(session: Session, job: "Job", models: "ModelCache", report: Report) -> dict[str, object]:
    """Import what a job has downloaded, then predict it if asked for; a repeat goes on with what no model has read.

    Args:
        session: An open session.
        job: Its params are {"pubmed", "pmc", "split", "predict"}, the first two lists of ids.
        models: Loaded models.
        report: Takes progress.

    Returns:
        {"refused", "report", "outcome", "prediction"} as `run_ingest` does, and "missing".

    Raises:
        NotFoundError: What was downloaded is gone.
    """
    from core.nlp.sentences import split_sentences

    folder = open_store(Settings()).fetch(f"runs/{job.id}/{DOWNLOAD_TASK}")
    told = json.loads((folder / _REPORT_NAME).read_text(encoding="utf-8"))
    text = (folder / _DOCUMENTS_NAME).read_text(encoding="utf-8")
    corpus = read_jsonl(text, source=_DOCUMENTS_NAME, log=IssueLog(), schema=None)
    outcome = import_corpus(
        session,
        job.project_id,
        corpus,
        source_name=_read_ids(job.params).source,
        split=Split(job.params["split"]) if job.params.get("split") else None,
        split_sentences=split_sentences,
    )
    session.commit()
    report(STORED_SHARE, f"{outcome.num_sentences} sentences stored")
    prediction = predict_stored(session, job, outcome, models, report) if job.params.get("predict") else None
    return {"refused": False, **told, "outcome": outcome.to_json(), "prediction": prediction}


def _read_ids(params: dict[str, Any]) -> ArticleIds:
    return ArticleIds(tuple(params.get("pubmed", ())), tuple(params.get("pmc", ())))
