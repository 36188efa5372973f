"""The newest import above the forms of Upload: under way, what became of it, where to review it."""

from typing import Any

import pytest

from core.domain import JobKind, JobState
from db.queries import jobs
from db.queries.jobs import Job
from db.session import Session
from pages.components.newest_import import find_state, select_newest
from tests.pages.support import OpenPage, asked_jobs, press
from tests.pages.test_upload import OUTCOME


def test_the_newest_import_is_told_above_the_forms_with_its_link(open_page: OpenPage, session: Session) -> None:
    app = open_page("upload")
    app.text_area(key="paste-text").input("Aspirin <b>caused</b> nausea.")
    press(app, "Read and predict")
    assert app.toast[0].value == r"Reading “Aspirin \<b\>caused\<\/b\> nausea\.”"
    assert r"**Aspirin \<b\>caused\<\/b\> nausea\.** :gray-badge[being read]" in app.main.markdown[0].value
    (job,) = asked_jobs(session)
    jobs.start_job(session, job.id)
    jobs.finish_job(session, job.id, result={"refused": False, "report": None, "outcome": OUTCOME, "prediction": None})
    session.commit()
    app = open_page("upload")
    assert app.main.markdown[0].value.endswith(r"nausea\.**: Stored 1 document, 2 sentences, 0 mentions, 0 relations.")
    assert app.get("page_link")[0].proto.label == "Review it"


def test_files_dropped_together_are_counted_by_what_became_of_them(open_page: OpenPage, session: Session) -> None:
    app = open_page("upload")
    app.file_uploader[0].set_value([(f"{name}.txt", b"Aspirin caused nausea.", "text/plain") for name in "abcd"]).run()
    press(app, "Import 4 files")
    assert app.toast[0].value == "Reading 4 files"
    assert app.main.markdown[0].value == "**4 files**: 4 being read"
    results = ({"refused": True}, {"outcome": OUTCOME}, {"outcome": OUTCOME | {"document_ids": [2]}})
    for job, result in zip(asked_jobs(session), results, strict=False):
        jobs.start_job(session, job.id)
        jobs.finish_job(session, job.id, result={"refused": False, "report": None, "prediction": None} | result)
    session.commit()
    app = open_page("upload")
    assert app.main.markdown[0].value == (
        "**4 files**: 1 being read, 2 stored, 1 refused – why is said below, under Imports"
    )
    assert "3 of 4 files read" in [bar.text for bar in app.get("progress")]


def make_import(job_id: str, **params: object) -> Job:
    return Job(id=job_id, kind=JobKind.INGEST, project_id=1, params=dict(params))


def test_a_file_imported_again_with_other_names_counts_by_its_latest_import() -> None:
    again, first, other = (
        make_import("j3", batch="b", path="/1"),
        make_import("j2", batch="b", path="/1"),
        make_import("j1", batch="b", path="/2"),
    )
    assert [job.id for job in select_newest([again, first, other, make_import("j0", batch="a")])] == ["j1", "j3"]
    assert [job.id for job in select_newest([make_import("p", text="x"), again])] == ["p"]
    assert select_newest([]) == []


@pytest.mark.parametrize(
    ("state", "result", "told"),
    [
        (JobState.QUEUED, None, "being read"),
        (JobState.FAILED, None, "failed"),
        (JobState.CANCELLED, None, "cancelled"),
        (JobState.DONE, {"refused": True}, "refused"),
        (JobState.DONE, {"only_checked": True, "outcome": OUTCOME}, "checked"),
        (JobState.DONE, {"outcome": OUTCOME}, "stored"),
        (JobState.DONE, {"outcome": OUTCOME | {"num_documents": 0, "known_ids": [1]}}, "in the project already"),
    ],
)
def test_the_state_of_an_import_is_a_word(state: JobState, result: dict[str, Any] | None, told: str) -> None:
    job = make_import("j")
    job.state, job.result = state, result
    assert find_state(job) == told
