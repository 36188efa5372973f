"""The newest import in one line above the forms: under way, or what became of it and where to review it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.domain import JobState
from db.queries import jobs
from db.queries.jobs import Job
from db.session import Session
from pages.components import job_progress
from pages.components.import_report import KINDS, describe_outcome, name_import
from pages.components.session import escape, page_path
from pages.components.wording import badge, count, group

# Files that were dropped together carry one batch; more of them are imported all the same, but not counted here.
MAX_FILES = 500
_WHY = " – why is said below, under Imports"
_UNTOLD = {"refused", "failed"}
_COLOURS = {"stored": "green", "checked": "blue", "refused": "red", "failed": "red"}


def show(session: Session, project_id: int) -> None:
    """Show the newest import of a project, live while it runs; its details stand in the list below the forms."""
    newest = _find_newest(session, project_id)
    if newest:
        is_active = any(not job.state.is_over for job in newest)
        job_progress.show_live(partial(_draw, project_id=project_id), is_active=is_active, key="newest-import")


def _find_newest(session: Session, project_id: int) -> list[Job]:
    found = jobs.list_jobs(session, project_id=project_id, kinds=KINDS, limit=1)
    if found and found[0].params.get("batch"):
        found = jobs.list_jobs(session, project_id=project_id, kinds=KINDS, limit=MAX_FILES)
    return select_newest(found)


def select_newest(found: Sequence[Job]) -> list[Job]:
    """Return the newest job and those of the same batch, each upload once, in the order they were asked for.

    Args:
        found: Imports, newest first.
    """
    if not found:
        return []
    batch = found[0].params.get("batch")
    together = found[:1] if batch is None else [job for job in found if job.params.get("batch") == batch]
    by_upload: dict[str, Job] = {}
    for job in together:  # a file that was imported again with other names counts by its latest import
        by_upload.setdefault(str(job.params.get("path", job.id)), job)
    return list(by_upload.values())[::-1]


def _draw(session: Session, *, project_id: int) -> bool:
    newest = _find_newest(session, project_id)
    if not newest:  # the project was deleted in another tab
        return False
    active = [job for job in newest if not job.state.is_over]
    with st.container(border=True):
        with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="medium"):
            st.markdown(describe_import(newest), width="stretch")
            if not active:
                _show_link(newest)
        if active and len(newest) == 1:
            progress = jobs.get_progress(session, newest[0].id)
            job_progress.show_bar(newest[0], progress, num_parts=job_progress.count_parts(newest[0]))
        elif active:
            done = len(newest) - len(active)
            st.progress(done / len(newest), text=f"{group(done)} of {count(len(newest), 'file')} read")
    return bool(active)


def describe_import(newest: Sequence[Job]) -> str:
    """Return, as markdown, how far an import is or what became of it, with the number of files of each outcome."""
    if len(newest) > 1:
        numbers = Counter(find_state(job) for job in newest)
        parts = ", ".join(f"{group(number)} {state}" for state, number in numbers.items())
        return f"**{count(len(newest), 'file')}**: {parts}{_WHY if _UNTOLD & numbers.keys() else ''}"
    (job,) = newest
    state, outcome = find_state(job), _read_outcome(job)
    name = f"**{escape(name_import(job.params))}**"
    told = f"{name} {badge(state, _COLOURS.get(state, 'gray'))}"
    if outcome is None:
        return f"{told}{_WHY}" if state in _UNTOLD else told
    is_stored = state != "checked"
    lines = describe_outcome(outcome, (job.result or {}).get("prediction"), is_stored=is_stored)
    return " ".join([f"{name}:" if is_stored and lines else told, *lines])  # the lines say that it is stored


def find_state(job: Job) -> str:
    """Return in a word or two what became of one file or text."""
    if not job.state.is_over:
        return "being read"
    if job.state is not JobState.DONE:
        return job.state.value
    result = job.result or {}
    if result.get("refused"):
        return "refused"
    if result.get("only_checked"):
        return "checked"
    outcome = _read_outcome(job) or {}
    is_new = outcome.get("num_documents") or outcome.get("num_synthetic")
    return "stored" if is_new or not outcome.get("known_ids") else "in the project already"


def _read_outcome(job: Job) -> Mapping[str, Any] | None:
    result = job.result or {}
    return None if result.get("refused") else result.get("outcome")


def _show_link(newest: Sequence[Job]) -> None:
    """Link to the first document that was stored, or that was known."""
    outcomes = [outcome for job in newest if (outcome := _read_outcome(job)) and find_state(job) != "checked"]
    ids = [number for outcome in outcomes for number in (outcome["document_ids"] or outcome["known_ids"])]
    if ids:
        label = "Review it" if len(ids) == 1 else "Review the first document"
        st.page_link(
            page_path("annotate"), label=label, icon=":material/edit_note:", query_params={"document": str(ids[0])}
        )
