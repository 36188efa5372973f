"""Upload: text and files become import jobs, and every outcome is said plainly."""

from typing import Any

import pytest

from core.domain import JobKind, JobState
from core.formats import READERS, read_corpus
from core.settings import Settings
from db.queries import jobs, projects
from db.queries.jobs import Job
from db.session import Session
from pages.components.import_report import describe_outcome, name_import
from pages.components.upload_forms import FORMATS
from pages.components.upload_store import store_upload
from tests.pages.support import OpenPage, asked_jobs, press, texts

OUTCOME: dict[str, Any] = {
    "num_documents": 1,
    "num_sentences": 2,
    "num_mentions": 0,
    "num_relations": 0,
    "num_projected": 0,
    "num_synthetic": 0,
    "skipped": [],
    "added_types": [],
    "added_labels": [],
    "document_ids": [1],
    "known_ids": [],
}


def add_import(session: Session, *, result: dict[str, Any] | None = None, **params: object) -> Job:
    """Store an import job of the demo, done if a result is given."""
    project_id = projects.list_projects(session)[0].id
    job = jobs.add_job(session, "j1", JobKind.INGEST, project_id=project_id, params=dict(params))
    if result is not None:
        jobs.start_job(session, job.id)
        jobs.finish_job(session, job.id, result=result)
    session.commit()
    return job


def test_pasted_text_becomes_a_job_and_the_box_is_empty_again(open_page: OpenPage, session: Session) -> None:
    app = open_page("upload")
    app.text_area(key="paste-text").input("Aspirin caused nausea.")
    app.text_input(key="paste-title").input("case 1")
    press(app, "Read and predict")
    job = jobs.list_jobs(session, kinds=(JobKind.INGEST,))[0]
    assert job.params == {"text": "Aspirin caused nausea.", "external_id": "case 1", "predict": True}
    assert job.user_id is not None
    assert app.text_area(key="paste-text").value == ""
    assert "queued" in texts(app)


def test_an_empty_box_is_one_clear_message_and_no_job(open_page: OpenPage, session: Session) -> None:
    app = open_page("upload")
    press(app, "Read and predict")
    assert "The box is empty" in app.error[0].value
    assert asked_jobs(session) == []


def test_a_file_becomes_a_job_with_what_was_said_about_it(open_page: OpenPage, session: Session) -> None:
    app = open_page("upload")
    app.file_uploader[0].set_value(("../../notes.txt", b"Aspirin caused nausea.", "text/plain")).run()
    app.selectbox(key="file-split").select("dev")
    app.radio(key="file-standing").set_value("Suggestions to review")
    press(app, "Import 1 file")
    params = jobs.list_jobs(session, kinds=(JobKind.INGEST,))[0].params
    assert params["source"].endswith("notes.txt")
    assert (params["split"], params["as_gold"], params["format"]) == ("dev", False, None)
    assert params["path"].startswith(str(Settings().uploads_path))


def test_columns_that_nobody_knows_are_chosen_before_the_import(open_page: OpenPage, session: Session) -> None:
    app = open_page("upload")
    table = b"Quote,Drug,Event,Verdict\nAspirin caused rash.,Aspirin,rash,CID\nCodeine helped.,Codeine,pain,\n"
    app.file_uploader[0].set_value(("found.csv", table, "text/csv")).run()
    roles = {box.label: box for box in app.selectbox if "not in the file" in box.options}
    assert all(box.value == "" for box in roles.values())
    choices = {"Text or sentence": "Quote", "Head": "Drug", "Tail": "Event", "Relation label": "Verdict"}
    for role, name in (choices | {"Type of the head": "=Chemical"}).items():
        roles[role].select(name)
    assert "always Chemical" in roles["Type of the head"].options
    press(app, "Import 1 file")
    params = jobs.list_jobs(session, kinds=(JobKind.INGEST,))[0].params
    chosen = {role: name for role, name in params["columns"].items() if name}
    assert params["format"] == "table"
    assert chosen == {
        "text": "Quote", "head": "Drug", "tail": "Event", "label": "Verdict", "head_type": "=Chemical"
    }  # fmt: skip


def test_a_table_whose_text_column_nobody_chose_is_not_kept_as_one_text(open_page: OpenPage, session: Session) -> None:
    app = open_page("upload")
    app.file_uploader[0].set_value(("a.csv", b"note,who\nAspirin helps.,AB\n", "text/csv")).run()
    assert "without one the file is refused" in texts(app)
    press(app, "Import 1 file")
    params = jobs.list_jobs(session, kinds=(JobKind.INGEST,))[0].params
    assert (params["format"], params["columns"]["text"]) == ("table", "")


def test_prose_with_commas_is_asked_for_no_columns(open_page: OpenPage, session: Session) -> None:
    app = open_page("upload")
    app.file_uploader[0].set_value(("a.txt", b"Fever, nausea\nand rash, it seems\n", "text/plain")).run()
    assert not [box for box in app.selectbox if "not in the file" in box.options]
    press(app, "Import 1 file")
    params = jobs.list_jobs(session, kinds=(JobKind.INGEST,))[0].params
    assert (params["format"], params["columns"]) == (None, {})


def test_a_file_that_is_to_be_a_table_shows_its_columns_whatever_it_looks_like(open_page: OpenPage) -> None:
    app = open_page("upload")
    app.file_uploader[0].set_value(("a.csv", b"note, who\nAspirin helps., AB\n", "text/csv")).run()
    app.selectbox(key="file-format").select("table").run()
    assert [box.label for box in app.selectbox if "who" in box.options][:1] == ["Text or sentence"]


def test_known_columns_are_filled_in_and_can_be_left_out(open_page: OpenPage, session: Session) -> None:
    app = open_page("upload")
    app.file_uploader[0].set_value(("a.tsv", b"sentence\tlabel\nAspirin helps.\tgood\n", "text/plain")).run()
    roles = {box.label: box for box in app.selectbox if "not in the file" in box.options}
    assert (roles["Text or sentence"].value, roles["Relation label"].value) == ("sentence", "label")
    roles["Relation label"].select("")
    press(app, "Import 1 file")
    columns = jobs.list_jobs(session, kinds=(JobKind.INGEST,))[0].params["columns"]
    assert (columns["text"], columns["label"]) == ("sentence", "")


def test_columns_that_would_be_left_out_are_named_before_the_import(open_page: OpenPage) -> None:
    app = open_page("upload")
    app.file_uploader[0].set_value(("a.csv", b"passage,drug,what\nAspirin helps.,Aspirin,good\n", "text/csv")).run()
    assert "Left out unless you say what they hold: drug, what" in texts(app)


def test_a_label_column_without_head_and_tail_is_named_before_the_import(open_page: OpenPage) -> None:
    app = open_page("upload")
    app.file_uploader[0].set_value(("a.csv", b"text,label\nAspirin helps.,good\n", "text/csv")).run()
    assert "Left out unless you say where head and tail are: label" in texts(app)


def test_a_refused_table_names_the_box_for_its_columns_and_no_command(open_page: OpenPage, session: Session) -> None:
    report = read_corpus(b"note,who\nAspirin helps.,AB\n", source="a.csv").report.to_json()
    add_import(session, result={"refused": True, "report": report, "outcome": None}, source="a.csv")
    shown = texts(open_page("upload"))
    assert "drop the file again and open “Columns of …”" in shown
    assert "--column" not in shown and "--format" not in shown


def test_an_upload_is_kept_under_a_name_of_ours(settings: Settings) -> None:
    first, second = store_upload(settings, b"a"), store_upload(settings, b"b")
    assert first != second and first.parent == settings.uploads_path
    assert (first.read_bytes(), second.read_bytes()) == (b"a", b"b")


def test_what_was_found_is_told_with_a_link_to_review_it(open_page: OpenPage, session: Session) -> None:
    prediction = {"sentences": 2, "mentions": 4, "relations": 1, "model": "starter"}
    result = {"refused": False, "report": None, "outcome": OUTCOME, "prediction": prediction}
    add_import(session, result=result, text="Aspirin caused nausea.", external_id="")
    app = open_page("upload")
    assert "Found **4 mentions** and **1 relation** in 2 sentences, with starter." in texts(app)
    assert "done" in texts(app)


def test_a_refused_file_says_line_and_reason_and_that_nothing_was_stored(open_page: OpenPage, session: Session) -> None:
    issue = {"line": 3, "severity": "refused", "message": "Span 0:70 ends beyond <b>the text</b>."}
    report = {"source": "bad.txt", "format_name": "pubtator", "issues": [issue]}
    result = {"refused": True, "report": report, "outcome": None, "prediction": None}
    add_import(session, result=result, path="x", source="bad.txt")
    app = open_page("upload")
    assert "nothing of this file was stored" in app.error[0].value
    assert r"line 3: Span 0\:70 ends beyond \<b\>the text\<\/b\>\." in texts(app)
    assert [button.label for button in app.download_button] == ["Report as JSON", "Report as CSV"]


def test_a_failed_import_says_why_and_offers_a_retry(open_page: OpenPage, session: Session) -> None:
    job = add_import(session, text="Aspirin.", external_id="a")
    jobs.start_job(session, job.id)
    jobs.end_job(session, job.id, JobState.FAILED, error="No model folder.")
    session.commit()
    app = open_page("upload")
    assert "Nothing of it was stored." in texts(app)
    press(app, "Retry")
    session.expire_all()
    assert jobs.get_job(session, job.id).state is JobState.QUEUED


def test_a_failure_after_storing_does_not_claim_that_nothing_was_stored(open_page: OpenPage, session: Session) -> None:
    job = add_import(session, text="Aspirin.", external_id="a", predict=True)
    jobs.start_job(session, job.id)
    jobs.upsert_progress(session, job.id, "ingest", fraction=0.4, message="3 sentences stored")
    jobs.end_job(session, job.id, JobState.FAILED, error="No model folder.")
    session.commit()
    assert "The text is stored; it was not predicted." in texts(open_page("upload"))


def test_a_failure_while_a_file_is_written_says_that_nothing_was_stored(open_page: OpenPage, session: Session) -> None:
    job = add_import(session, path="/uploads/1", source="a.jsonl", predict=False)
    jobs.start_job(session, job.id)
    jobs.upsert_progress(session, job.id, "ingest", fraction=0.9, message="storing")
    jobs.end_job(session, job.id, JobState.FAILED, error="The disk is full.")
    session.commit()
    assert "Nothing of it was stored." in texts(open_page("upload"))


def test_the_page_says_how_a_larger_file_gets_in(open_page: OpenPage) -> None:
    assert any("dare import PROJECT FILE.jsonl" in caption.value for caption in open_page("upload").caption)


def test_a_running_import_can_be_cancelled(open_page: OpenPage, session: Session) -> None:
    job = add_import(session, text="Aspirin.", external_id="a")
    press(open_page("upload"), "Cancel")
    session.expire_all()
    assert jobs.get_job(session, job.id).state is JobState.CANCELLED


def test_text_that_the_project_has_is_recognised() -> None:
    known = OUTCOME | {"num_documents": 0, "num_sentences": 0, "skipped": ["a"], "known_ids": [1]}
    assert describe_outcome(known, None) == ["1 text was in the project already; left as it is."]
    many = known | {"num_skipped": 5000}  # of which the first are named
    assert describe_outcome(many, None) == ["5\u2009000 texts were in the project already; left as they are."]


def test_pasted_text_is_named_by_its_title_or_its_first_words() -> None:
    assert name_import({"text": "Aspirin\n helps.", "external_id": ""}) == "Aspirin helps."
    assert name_import({"text": "word " * 40, "external_id": ""}).endswith("…")
    assert name_import({"text": "Aspirin", "external_id": "case 1"}) == "case 1"


def test_every_format_that_can_be_read_is_offered() -> None:
    assert set(FORMATS) == {"", *READERS}


def test_ids_become_a_job_that_fetches_them(open_page: OpenPage, session: Session) -> None:
    app = open_page("upload")
    app.text_area(key="fetch-ids").input("12, PMC34 12")
    press(app, "Fetch and import")
    (job,) = jobs.list_jobs(session, kinds=(JobKind.FETCH,))
    assert (job.params["pubmed"], job.params["pmc"]) == (["12"], ["34"])
    assert "2 ids of PubMed and PMC" in texts(app)
    assert app.text_area(key="fetch-ids").value == ""


def test_a_word_that_is_no_id_is_one_clear_message_and_no_job(open_page: OpenPage, session: Session) -> None:
    app = open_page("upload")
    app.text_area(key="fetch-ids").input("12 nonsense")
    press(app, "Fetch and import")
    assert "is no id of an article" in app.error[0].value
    assert asked_jobs(session) == []


def test_an_offline_installation_says_so(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARE_OFFLINE", "1")
    assert "This installation is offline" in texts(open_page("upload"))


def test_a_download_that_failed_half_way_does_not_claim_that_anything_is_stored(
    open_page: OpenPage, session: Session
) -> None:
    project_id = projects.list_projects(session)[0].id
    jobs.add_job(session, "f1", JobKind.FETCH, project_id=project_id, params={"source": "2 ids of PubMed"})
    jobs.start_job(session, "f1")
    jobs.upsert_progress(session, "f1", "download", fraction=0.9, message="1 of 2 articles")
    jobs.end_job(session, "f1", JobState.FAILED, error="NCBI refused.")
    session.commit()
    assert "Nothing of it was stored." in texts(open_page("upload"))


def test_unknown_names_of_a_refused_file_are_chosen_and_it_is_imported_again(
    open_page: OpenPage, session: Session
) -> None:
    result = {
        "refused": True,
        "report": {"source": "f.txt", "format_name": "pubtator", "issues": []},
        "outcome": None,
        "unknown": {"types": ["Drug"], "labels": ["X"]},
    }
    add_import(session, result=result, path="/f", source="f.txt", predict=True)
    app = open_page("upload")
    choices = {box.label: box for box in app.selectbox if "“" in box.label}
    assert choices["Type “Drug”"].options == ["Chemical", "Disease", "leave out"]
    choices["Type “Drug”"].select("Chemical")
    choices["Label “X”"].select("leave out")
    press(app, "Import with these names")
    again = next(job for job in jobs.list_jobs(session, kinds=(JobKind.INGEST,)) if job.id != "j1")
    assert again.params == {
        "path": "/f", "source": "f.txt", "predict": True, "renames": {"Drug": "Chemical", "X": ""}
    }  # fmt: skip


def test_a_file_that_was_imported_again_asks_for_names_no_more(open_page: OpenPage, session: Session) -> None:
    report = {"source": "f.txt", "format_name": "pubtator", "issues": []}
    unknown = {"types": ["Drug"], "labels": []}
    result = {"refused": True, "report": report, "outcome": None, "unknown": unknown}
    job = add_import(session, result=result, path="/f", source="f.txt")
    assert any("Drug" in box.label for box in open_page("upload").selectbox)
    jobs.add_job(session, "j2", JobKind.INGEST, project_id=job.project_id, params={"path": "/f", "source": "f.txt"})
    session.commit()
    assert not any("Drug" in box.label for box in open_page("upload").selectbox)


def test_a_check_says_that_nothing_was_stored(open_page: OpenPage, session: Session) -> None:
    result = {"refused": False, "only_checked": True, "report": None, "outcome": OUTCOME, "prediction": None}
    add_import(session, result=result, path="/f", source="f.txt")
    app = open_page("upload")
    assert "nothing was stored" in app.info[0].value
    assert "Stored 1 document, 2 sentences" not in texts(app)
