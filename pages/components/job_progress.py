"""Jobs while they run: state, progress, time left, log, cancel and retry; drawn anew every second."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from core.domain import JobKind, JobState
from core.jobs import client, names
from core.settings import Settings
from core.workflows.retraining.retrain_params import NUM_TEACHERS
from db.queries import jobs
from db.queries.jobs import Job, JobProgress
from db.session import Session
from pages.components import job_wait
from pages.components.session import act, escape, get_settings, open_session
from pages.components.wording import JOB_BADGES, JOB_NAMES, badge, duration, moment

LOG_TAIL_BYTES = 6000
MEASURED_SECONDS = 4.0
REFRESH_SECONDS = 1.0
EVALUATE_PART = "evaluate"  # the scoring of a training, short beside the models it scores


def show_live(draw: Callable[[Session], bool], *, is_active: bool, key: str) -> None:
    """Draw something now and, while it is active, every second; the whole page when that changes.

    Args:
        draw: Draws with a session and returns whether anything is active.
        is_active: Whether anything was active when the page was drawn.
        key: Unique on the page.
    """

    def draw_once() -> None:
        still_active = is_active
        with open_session() as session:
            still_active = draw(session)
        if still_active != is_active:
            st.rerun()

    st.fragment(draw_once, run_every=REFRESH_SECONDS if is_active else None, key=key)()


def show_header(job: Job, title: str, *, state: tuple[str, str] | None = None) -> None:
    """Show a job's title, state and age on one line; `state` is a word and a colour that say more."""
    word, colour = state or JOB_BADGES[job.state]
    when = job.finished_at or job.started_at or job.created_at
    st.markdown(f"**{escape(title)}** {badge(word, colour)} :gray[{moment(when)}]")


def show_bar(job: Job, progress: Sequence[JobProgress], *, num_parts: int = 1, waiting: str = "") -> None:
    """Show how far a job is, and how long it will take once that can be told from this run.

    Args:
        job: The job.
        progress: What its parts have told.
        num_parts: How many parts take time.
        waiting: Why nothing has been told yet, if anybody knows.
    """
    if job.state is JobState.QUEUED or not progress:
        text = waiting or ("Queued: waits for the worker" if job.state is JobState.QUEUED else "Starting")
        st.progress(0.0, text=escape(text))
        return
    fraction = overall_fraction(progress, num_parts)
    newest = max(progress, key=lambda part: part.updated_at)
    message = newest.message if newest.fraction < 1 else "starting what comes next"
    remaining = remaining_seconds(job.id, fraction) if fraction < 1 else None
    rest = f" · about {duration(remaining)} left" if remaining is not None else ""
    st.progress(fraction, text=escape(f"{message}{rest}"))


def overall_fraction(progress: Sequence[JobProgress], num_parts: int) -> float:
    """Return the share of a job that is done, each part but the scoring counting the same, in [0, 1]."""
    return min(1.0, sum(part.fraction for part in progress if part.part != EVALUATE_PART) / num_parts)


def remaining_seconds(job_id: str, fraction: float) -> float | None:
    """Return the time left at the pace that this browser tab has seen; None until it has seen enough.

    The pace counts from the first look at the job, so a pause or a retry before it does no harm.
    """
    now = time.monotonic()
    first_time: float
    first_fraction: float
    first_time, first_fraction = st.session_state.setdefault(f"pace-{job_id}", (now, fraction))
    if fraction < first_fraction:  # a part was begun again
        st.session_state[f"pace-{job_id}"] = (now, fraction)
        return None
    if now - first_time < MEASURED_SECONDS or fraction - first_fraction < 0.005:
        return None
    return (1.0 - fraction) * (now - first_time) / (fraction - first_fraction)


def show_buttons(job: Job) -> None:
    """Offer what can be done with a job: cancel it, or run it again from where it stopped."""
    if not job.state.is_over:
        st.button("Cancel", icon=":material/stop_circle:", key=f"cancel-{job.id}", on_click=_cancel, args=(job.id,))
    elif job.state in jobs.RETRIED_STATES:
        st.button(
            "Retry",
            icon=":material/replay:",
            key=f"retry-{job.id}",
            help="Runs the job again; the parts that were finished are kept.",
            on_click=_retry,
            args=(job.id,),
        )


def show_failure(job: Job) -> None:
    """Say why a job failed."""
    if job.state is JobState.FAILED:
        st.error(escape(job.error or "The job failed without a message; see its log."), icon=":material/error:")


def show_log(job: Job, parts: Sequence[str]) -> None:
    """Show the end of the newest log file of a job's parts, on demand."""
    path = find_log(get_settings(), job, parts)
    if path is None:
        return
    with st.expander("Log", icon=":material/terminal:"):
        st.caption(f"The end of {escape(path.name)}, in {escape(str(path.parent))}")
        st.code(read_tail(path) or "(empty)", language=None, wrap_lines=True, height=220)


def find_log(settings: Settings, job: Job, parts: Sequence[str]) -> Path | None:
    """Return the log file that was written last, or None."""
    paths = [names.task_log_path(settings.logs_path, job.id, part) for part in parts]
    return max((path for path in paths if path.is_file()), key=lambda path: path.stat().st_mtime, default=None)


def read_tail(path: Path) -> str:
    """Return the last lines of a text file; a line cut at the front is left out."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - LOG_TAIL_BYTES))
        text = file.read().decode("utf-8", errors="replace")
    return text if size <= LOG_TAIL_BYTES else text.partition("\n")[2]


def show_running(session: Session, project_id: int) -> bool:
    """Show the unfinished jobs of a project, short; returns whether there are any."""
    active = jobs.list_jobs(session, project_id=project_id, states=jobs.ACTIVE_STATES)
    for job in active:
        with st.container(border=True):
            progress = jobs.get_progress(session, job.id)
            waiting = job_wait.find_wait(session, job, progress)
            show_header(job, JOB_NAMES[job.kind], state=job_wait.STATE if waiting else None)
            show_bar(job, progress, num_parts=count_parts(job), waiting=waiting)
    return bool(active)


def count_parts(job: Job) -> int:
    """Return how many parts of a job take time: the models of a training, whose scoring at the end does not.

    Articles are downloaded, then read.
    """
    if job.kind is JobKind.FETCH:
        return 2
    if job.kind is not JobKind.RETRAIN:
        return 1
    params = job.params
    teachers = NUM_TEACHERS if params.get("has_soft_labels") else 0
    return int(params.get("num_members", 1)) + teachers + bool(params.get("has_student"))


def _cancel(job_id: str) -> None:
    act(partial(_do_cancel, job_id=job_id))


def _do_cancel(session: Session, *, job_id: str) -> str:
    client.cancel(get_settings(), session, job_id)
    return "Cancelled; what was finished is kept for a retry."


def _retry(job_id: str) -> None:
    act(partial(_do_retry, job_id=job_id))


def _do_retry(session: Session, *, job_id: str) -> str:
    client.retry(get_settings(), session, job_id)
    return "Queued again."
