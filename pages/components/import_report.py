"""What became of each import: stored, already known or refused, and every remark about the file."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from core.domain import JobKind, JobState
from core.workflows.data_in.ingest import STORED_SHARE
from core.workflows.data_in.issue_table import write_issues
from core.workflows.data_in.table_columns import TABLE
from db.queries import jobs
from db.queries.jobs import Job
from db.session import Session
from pages.components import job_progress, name_mapping
from pages.components.session import escape, page_path
from pages.components.wording import count

KINDS = (JobKind.INGEST, JobKind.FETCH)
NUM_SHOWN = 10
SEVERITIES = {"refused": ":red-badge[refused]", "repaired": ":orange-badge[repaired]", "noted": ":gray-badge[noted]"}
MAX_OPEN = 3
MAX_LISTED = 20


def show_imports(session: Session, project_id: int) -> None:
    """Show the latest imports of a project, live while one runs."""
    found = jobs.list_jobs(session, project_id=project_id, kinds=KINDS, limit=NUM_SHOWN)
    if not found:
        st.caption("What was read, repaired or refused is listed here, file by file.")
        return
    is_active = any(not job.state.is_over for job in found)
    job_progress.show_live(partial(_draw, project_id=project_id), is_active=is_active, key="imports")


def _draw(session: Session, *, project_id: int) -> bool:
    found = jobs.list_jobs(session, project_id=project_id, kinds=KINDS, limit=NUM_SHOWN)
    waiting = _describe_wait(session)
    uploads: set[str] = set()
    for job in found:
        upload = str(job.params.get("path", job.id))
        with st.container(border=True):
            _show_job(session, job, waiting, is_latest=upload not in uploads)
        uploads.add(upload)
    return any(not job.state.is_over for job in found)


def _describe_wait(session: Session) -> str:
    """Return why an import has not begun, if the worker says."""
    if any(worker.state in ("starting", "loading") for worker in jobs.list_workers(session)):
        return "Loading models: the worker has just started"
    return ""


def _show_job(session: Session, job: Job, waiting: str, *, is_latest: bool) -> None:
    """Show an import; names are asked for by the latest one of an upload alone."""
    is_refused = bool(job.result and job.result.get("refused"))
    job_progress.show_header(job, name_import(job.params), state=("refused", "red") if is_refused else None)
    progress = jobs.get_progress(session, job.id)
    if not job.state.is_over:
        job_progress.show_bar(job, progress, num_parts=job_progress.count_parts(job), waiting=waiting)
    if job.state is JobState.DONE and job.result is not None:
        show_result(job.id, job.result)
        if is_latest:
            name_mapping.show(session, job)
    if job.state is JobState.FAILED:
        job_progress.show_failure(job)
        # A download is a part of its own, after which nothing is stored yet; a file that is not predicted has no rest.
        has_rest = job.kind is JobKind.FETCH or bool(job.params.get("predict"))
        is_stored = has_rest and any(part.part == job.kind.value and part.fraction >= STORED_SHARE for part in progress)
        st.caption("The text is stored; it was not predicted." if is_stored else "Nothing of it was stored.")
    job_progress.show_buttons(job)


def name_import(params: Mapping[str, Any]) -> str:
    """Return a file's name, or the title or first words of pasted text."""
    if "text" not in params:
        return str(params.get("source") or "file")
    words = " ".join(str(params["text"]).split())
    return str(params.get("external_id") or (f"{words[:60]}…" if len(words) > 60 else words))


def show_result(job_id: str, result: Mapping[str, Any]) -> None:
    """Show what an import stored, or that it stored nothing and why."""
    report, outcome = result.get("report"), result.get("outcome")
    if result.get("refused"):
        st.error("Refused: nothing of this file was stored.", icon=":material/block:")
    elif outcome is not None:
        is_stored = not result.get("only_checked")
        if not is_stored:
            st.info("Only checked: nothing was stored. An import would do this:", icon=":material/fact_check:")
        for line in describe_outcome(outcome, result.get("prediction"), is_stored=is_stored):
            st.markdown(line)
        if is_stored:
            _show_links(outcome)
    if report is not None:
        _show_issues(report["issues"])
        if result.get("refused") and report["format_name"] == TABLE:
            st.caption("To say what its columns hold, drop the file again and open “Columns of …” below it.")
        _show_downloads(job_id, result)


def _show_downloads(job_id: str, result: Mapping[str, Any]) -> None:
    report: Mapping[str, Any] = result["report"]
    whole = {**report, **{name: result.get(name) for name in ("refused", "only_checked", "outcome")}}
    stem = Path(str(report.get("source", "import"))).stem
    files = (
        ("JSON", json.dumps(whole, ensure_ascii=False, indent=2).encode(), "application/json"),
        ("CSV", write_issues(report), "text/csv"),
    )
    with st.container(horizontal=True):
        for kind, data, mime in files:
            st.download_button(
                f"Report as {kind}",
                data=data,
                file_name=f"{stem}-import.{kind.lower()}",
                mime=mime,
                icon=":material/download:",
                type="tertiary",
                key=f"report-{kind}-{job_id}",
                on_click="ignore",
            )


def describe_outcome(
    outcome: Mapping[str, Any], prediction: Mapping[str, Any] | None, *, is_stored: bool = True
) -> list[str]:
    """Return lines on what an import stored, what it knew already, and what the models found."""
    lines = []
    if outcome["num_documents"] or outcome["num_synthetic"]:
        parts = [
            count(outcome["num_documents"], "document"),
            count(outcome["num_sentences"], "sentence"),
            count(outcome["num_mentions"], "mention"),
            count(outcome["num_relations"], "relation"),
        ]
        if outcome["num_synthetic"]:
            parts.append(count(outcome["num_synthetic"], "synthetic sentence"))
        lines.append(f"{'Stored' if is_stored else 'Would store'} {', '.join(parts)}.")
    if outcome["num_projected"]:
        lines.append(
            f"{count(outcome['num_projected'], 'of these relations was', 'of these relations were')} projected from "
            "document-level facts onto mentions in one sentence."
        )
    if num_skipped := outcome.get("num_skipped", len(outcome["skipped"])):  # imports of earlier versions list all
        lines.append(
            f"{count(num_skipped, 'text was', 'texts were')} in the project already; left as "
            f"{'it is' if num_skipped == 1 else 'they are'}."
        )
    added = [*outcome["added_types"], *outcome["added_labels"]]
    if added:
        lines.append(f"Taken over into the schema: {escape(', '.join(added))}.")
    if prediction is not None and prediction["sentences"]:
        mentions, relations = count(prediction["mentions"], "mention"), count(prediction["relations"], "relation")
        where = f"in {count(prediction['sentences'], 'sentence')}, with {escape(str(prediction['model']))}"
        lines.append(f"Found **{mentions}** and **{relations}** {where}.")
    return lines


def _show_links(outcome: Mapping[str, Any]) -> None:
    """Link to where the first stored, or first known, document is reviewed."""
    ids: Sequence[int] = outcome["document_ids"] or outcome["known_ids"]
    if ids:
        label = "Review it" if len(ids) == 1 else "Review the first document"
        st.page_link(
            page_path("annotate"), label=label, icon=":material/edit_note:", query_params={"document": str(ids[0])}
        )


def _show_issues(issues: Sequence[Mapping[str, Any]]) -> None:
    if not issues:
        st.caption("The file had nothing to repair and nothing to refuse.")
        return
    refused = sum(issue["severity"] == "refused" for issue in issues)
    if len(issues) <= MAX_OPEN:
        _list_issues(issues)
        return
    with st.expander(f"{count(len(issues), 'remark')} on this file", expanded=refused > 0):
        _list_issues(issues[:MAX_LISTED])
        if len(issues) > MAX_LISTED:
            st.caption(f"{len(issues) - MAX_LISTED} more are in the report.")


def _list_issues(issues: Sequence[Mapping[str, Any]]) -> None:
    for issue in issues:
        place = f"line {issue['line']}: " if issue["line"] is not None else ""
        st.markdown(f"{SEVERITIES[issue['severity']]} {place}{escape(issue['message'])}")
