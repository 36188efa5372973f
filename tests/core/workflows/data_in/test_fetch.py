"""Fetching articles by id, against a server on this machine that replays NCBI's protocol."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from core.domain import JobKind, JobState
from core.errors import FetchError, SettingsError
from core.settings import Settings
from core.workflows.data_in import ncbi as ncbi_module
from core.workflows.data_in.article_ids import MAX_ARTICLES, ArticleIds, parse_ids
from core.workflows.data_in.fetch import FetchPipeline, fetch_articles, fetch_into_project, run_fetch
from core.workflows.data_in.ncbi import MAX_TRIES, NcbiClient, read_retry_after, wait_turn
from core.workflows.model_library.generators import open_store
from core.workflows.prediction.model_cache import ModelCache
from core.workflows.projects import create_project
from db.queries import documents, jobs
from db.session import Session
from tests.builders import ignore_progress
from tests.fake_ncbi import FakeNcbi, Fault, pmc_xml, pubmed_xml, serve


@pytest.fixture
def ncbi() -> Iterator[FakeNcbi]:
    with serve() as ncbi:
        yield ncbi


@pytest.fixture
def settings(ncbi: FakeNcbi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("DARE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DARE_NCBI_URL", ncbi.url)
    return Settings()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client(settings: Settings, pauses: list[float]) -> NcbiClient:
    """A client whose waiting takes no time; the clock stands still, so every turn has to be waited for."""
    return NcbiClient(settings, sleep=pauses.append, clock=lambda: 1_000.0)


def test_ids_are_sorted_into_their_databases_each_once() -> None:
    ids = parse_ids("12, PMC34\npmid:56; 12 PMC34", pmc_text="78 pmc90")
    assert ids == ArticleIds(("12", "56"), ("34", "78", "90"))


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "No id is given"), ("12 x34", "'x34' is no id"), ("../../etc", "is no id"), ("0", "is no id")],
)
def test_what_is_no_id_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(FetchError, match=message):
        parse_ids(text)


def test_too_many_ids_are_refused_with_the_limit() -> None:
    with pytest.raises(FetchError, match="the limit is 10,000"):
        parse_ids(" ".join(str(number) for number in range(1, MAX_ARTICLES + 2)))


def test_articles_become_documents_and_a_second_fetch_asks_nobody(
    ncbi: FakeNcbi, settings: Settings, client: NcbiClient, session: Session
) -> None:
    ncbi.pubmed["12"], ncbi.pmc["34"] = pubmed_xml("12"), pmc_xml("34")
    project_id = create_project(session, "p", template="chemical-disease")
    ids = parse_ids("12 PMC34")
    first = fetch_into_project(session, settings, project_id, ids, report=ignore_progress, client=client)
    assert (first["outcome"]["num_documents"], first["missing"]) == (2, [])
    abstract, article = documents.stream_documents(session, project_id)
    assert abstract.text == "Aspirin.\nIt helps."
    assert article.text == "Aspirin in vivo\nIt is old.\nResults\nIt helped."
    assert dict(article.metadata)["licence"] == "https://creativecommons.org/licenses/by/4.0/"
    num_asked = len(ncbi.asked)
    again = fetch_into_project(session, settings, project_id, ids, report=ignore_progress, client=client)
    assert (again["outcome"]["num_documents"], again["outcome"]["skipped"]) == (0, ["12", "PMC34"])
    assert len(ncbi.asked) == num_asked


def test_a_request_says_who_asks_and_keeps_the_key_out_of_the_address(ncbi: FakeNcbi, settings: Settings) -> None:
    ncbi.pubmed["12"] = pubmed_xml("12")
    known = settings.model_copy(update={"ncbi_api_key": "secret", "ncbi_email": "a@b.org"})
    NcbiClient(known, sleep=lambda _seconds: None).fetch("pubmed", ["12"])
    assert ncbi.asked == [
        {
            "db": "pubmed", "id": "12", "retmode": "xml", "tool": "dare-curator",
            "email": "a@b.org", "api_key": "secret", "path": "/eutils/efetch.fcgi",
        }
    ]  # fmt: skip
    assert "secret" not in repr(known)


def test_many_ids_are_asked_for_in_batches(ncbi: FakeNcbi, settings: Settings, client: NcbiClient) -> None:
    ncbi.pubmed = {str(number): pubmed_xml(str(number)) for number in range(1, 251)}
    told: list[str] = []
    fetched = fetch_articles(
        settings,
        ArticleIds(tuple(ncbi.pubmed)),
        report=lambda _fraction, message="", **_values: told.append(message),
        client=client,
    )
    assert [document.id for document in fetched.corpus.documents] == list(ncbi.pubmed)
    assert [len(form["id"].split(",")) for form in ncbi.asked] == [200, 50]
    assert told == ["0 of 250 articles", "200 of 250 articles", "250 of 250 articles"]


def test_an_id_that_ncbi_does_not_have_is_named_and_the_others_come(
    ncbi: FakeNcbi, settings: Settings, client: NcbiClient
) -> None:
    ncbi.pubmed["12"] = pubmed_xml("12")
    fetched = fetch_articles(settings, parse_ids("99 12"), report=ignore_progress, client=client)
    assert [document.id for document in fetched.corpus.documents] == ["12"]
    assert fetched.missing == ("PubMed 99",)
    assert [issue.message for issue in fetched.report.issues] == ["PubMed 99: NCBI has no article of this id."]


@pytest.mark.parametrize("fault", [Fault(400, b"ID list is empty! Possibly it has no correct IDs."), None])
def test_ids_that_all_do_not_exist_are_one_clear_error(
    ncbi: FakeNcbi, settings: Settings, client: NcbiClient, fault: Fault | None
) -> None:
    ncbi.faults = [fault] if fault else []
    with pytest.raises(FetchError, match="None of the 2 ids names an article with text: PubMed 98, PubMed 99"):
        fetch_articles(settings, parse_ids("98 99"), report=ignore_progress, client=client)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, b'{"error":"API rate limit exceeded"}'),
        Fault(500),
        Fault(503),
        Fault(200, b"<PubmedArticleSet><PubmedArticle>"),
        Fault(200, b"<html>no xml"),
    ],
)
def test_a_passing_fault_is_tried_again_after_growing_pauses(
    ncbi: FakeNcbi, client: NcbiClient, pauses: list[float], fault: Fault
) -> None:
    ncbi.pubmed["12"] = pubmed_xml("12")
    ncbi.faults = [fault, fault]
    assert len(client.fetch("pubmed", ["12"])) == 1
    assert [pause for pause in pauses if pause >= 1] == [1.0, 2.0]


def test_silence_is_no_answer_and_tried_again(ncbi: FakeNcbi, settings: Settings) -> None:
    ncbi.pubmed["12"], ncbi.faults = pubmed_xml("12"), [Fault(is_silent=True)]
    impatient = settings.model_copy(update={"ncbi_timeout_seconds": 0.2})
    assert len(NcbiClient(impatient, sleep=lambda _seconds: None).fetch("pubmed", ["12"])) == 1
    assert len(ncbi.asked) == 2


def test_nobody_at_the_address_is_one_clear_error(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"ncbi_url": "http://127.0.0.1:9"})
    with pytest.raises(FetchError, match=f"after {MAX_TRIES} tries: http://127.0.0.1:9 cannot be reached"):
        NcbiClient(nowhere, sleep=lambda _seconds: None).fetch("pubmed", ["12"])


def test_a_wait_that_ncbi_asks_for_is_honoured(ncbi: FakeNcbi, client: NcbiClient, pauses: list[float]) -> None:
    ncbi.pubmed["12"], ncbi.faults = pubmed_xml("12"), [Fault(429, headers={"Retry-After": "7"})]
    client.fetch("pubmed", ["12"])
    assert 7.0 in pauses and 1.0 not in pauses


def test_a_wait_of_an_hour_is_told_and_not_waited_for(ncbi: FakeNcbi, client: NcbiClient, pauses: list[float]) -> None:
    ncbi.faults = [Fault(429, headers={"Retry-After": "3600"})]
    with pytest.raises(FetchError, match="asks to wait 3600 s"):
        client.fetch("pubmed", ["12"])
    assert not [pause for pause in pauses if pause >= 1]


def test_a_wait_may_be_a_number_or_a_date() -> None:
    date = format_datetime(datetime.fromtimestamp(1_030, UTC))
    assert [read_retry_after(value, now=1_000.0) for value in ("5", date, "", "soon")] == [5.0, 30.0, None, None]


def test_a_refusal_is_final_and_says_why(ncbi: FakeNcbi, client: NcbiClient) -> None:
    ncbi.faults = [Fault(400, b'{"error":"API key invalid"}')]
    with pytest.raises(FetchError, match="refused with 400.*API key invalid.*DARE_NCBI_API_KEY"):
        client.fetch("pubmed", ["12"])
    assert len(ncbi.asked) == 1


def test_a_redirect_is_not_followed(ncbi: FakeNcbi, client: NcbiClient) -> None:
    ncbi.faults = [Fault(302, headers={"Location": "http://127.0.0.1:9/"})]
    with pytest.raises(FetchError, match="refused with 302"):
        client.fetch("pubmed", ["12"])


def test_entities_are_refused_and_never_expanded(ncbi: FakeNcbi, client: NcbiClient) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><PubmedArticleSet>&b;</PubmedArticleSet>'
    ncbi.faults = [Fault(200, bomb.encode())]
    with pytest.raises(FetchError, match="declares entities"):
        client.fetch("pubmed", ["12"])


def test_a_flood_is_cut_off(ncbi: FakeNcbi, client: NcbiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ncbi_module, "MAX_ANSWER_BYTES", 1000)
    ncbi.faults = [Fault(200, b" " * 2000)]
    with pytest.raises(FetchError, match="sent more than"):
        client.fetch("pubmed", ["12"])


def test_a_fetch_that_fails_keeps_what_came_and_goes_on_there(
    ncbi: FakeNcbi, settings: Settings, client: NcbiClient
) -> None:
    ncbi.pmc = {str(number): pmc_xml(str(number)) for number in range(1, 13)}
    ids = ArticleIds(pmc=tuple(ncbi.pmc))
    fetch_articles(settings, ArticleIds(pmc=("1",)), report=ignore_progress, client=client)
    ncbi.faults = [Fault(500)] * MAX_TRIES
    with pytest.raises(FetchError, match="1 articles are here and kept"):
        fetch_articles(settings, ids, report=ignore_progress, client=client)
    ncbi.asked.clear()
    assert len(fetch_articles(settings, ids, report=ignore_progress, client=client).corpus.documents) == 12
    assert [len(form["id"].split(",")) for form in ncbi.asked] == [10, 1]


def test_offline_nobody_is_asked_and_what_is_here_still_comes(
    ncbi: FakeNcbi, settings: Settings, client: NcbiClient
) -> None:
    ncbi.pubmed["12"] = pubmed_xml("12")
    fetch_articles(settings, parse_ids("12"), report=ignore_progress, client=client)
    ncbi.asked.clear()
    offline = settings.model_copy(update={"offline": True})
    assert fetch_articles(offline, parse_ids("12"), report=ignore_progress).corpus.documents
    with pytest.raises(SettingsError, match="1 of 2 articles were never fetched, and DARE_OFFLINE forbids"):
        fetch_articles(offline, parse_ids("12 13"), report=ignore_progress)
    assert ncbi.asked == []


def test_an_article_whose_file_was_damaged_is_fetched_again(
    ncbi: FakeNcbi, settings: Settings, client: NcbiClient
) -> None:
    ncbi.pubmed["12"] = pubmed_xml("12")
    fetch_articles(settings, parse_ids("12"), report=ignore_progress, client=client)
    (settings.articles_path / "pubmed" / "12.xml").write_bytes(b"<Pubmed")
    fetched = fetch_articles(settings, parse_ids("12"), report=ignore_progress, client=client)
    assert [document.id for document in fetched.corpus.documents] == ["12"]


@pytest.mark.parametrize(("key", "interval"), [("", 1 / 3), ("k", 1 / 10)])
def test_requests_of_an_installation_keep_their_distance(settings: Settings, key: str, interval: float) -> None:
    known, pauses = settings.model_copy(update={"ncbi_api_key": key}), list[float]()
    for now in (1_000.0, 1_000.0, 1_050.0):
        wait_turn(known, sleep=pauses.append, clock=lambda now=now: now)  # type: ignore[misc]
    assert pauses == pytest.approx([interval])


def test_a_job_downloads_first_and_stores_afterwards(ncbi: FakeNcbi, settings: Settings, session: Session) -> None:
    ncbi.pubmed["12"] = pubmed_xml("12")
    project_id = create_project(session, "p", template="chemical-disease")
    params = {"pubmed": ["12", "13"], "pmc": [], "split": "dev", "predict": False}
    job = jobs.add_job(session, "j1", JobKind.FETCH, project_id=project_id, params=params)
    run_path = open_store(settings).path("runs/j1")
    (run_path / "download").mkdir(parents=True)
    pipeline = FetchPipeline()
    assert pipeline.prepare(session, job, run_path) == [["download"]]
    pipeline.run_task("download", run_path, run_path / "download", ignore_progress)
    assert list(documents.stream_documents(session, project_id)) == []
    result = run_fetch(session, job, ModelCache(settings), ignore_progress)
    assert result["missing"] == ["PubMed 13"]
    (document,) = documents.stream_documents(session, project_id)
    assert (document.id, document.split) == ("12", "dev")
    assert jobs.get_job(session, "j1").state is JobState.QUEUED
