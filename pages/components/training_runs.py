"""Trainings: the one under way with its loss curve, and those before."""

from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from core.domain import JobKind, JobState
from db.queries import jobs
from db.queries.jobs import Job, JobProgress
from db.session import Session
from pages.components import charts, job_progress, job_wait
from pages.components.session import escape, page_path
from pages.components.wording import JOB_BADGES, count, duration, rate

JOINT_PART = "joint"
SCORED = "strict"  # what a point of the joint model has after each epoch
NO_SCORES = ("fraction", "epoch", "validation_loss")  # what it has beside its scores
STAGE_NAMES = {
    "": "Waiting",
    "preparing": "Freezing the data",
    "teacher": "Training models that label the synthetic sentences",
    "member": "Training members",
    "joint": "Training the joint model",
    "evaluate": "Scoring the vote",
    "student": "Training the student",
    "finishing": "Storing the model",
}


def is_running(session: Session, project_id: int) -> bool:
    """Return whether a training of the project is queued or running."""
    states = jobs.ACTIVE_STATES
    return bool(jobs.list_jobs(session, project_id=project_id, kinds=(JobKind.RETRAIN,), states=states, limit=1))


def show_latest(session: Session, project_id: int) -> None:
    """Show the newest training, live while it runs."""
    found = _list_trainings(session, project_id, limit=1)
    st.subheader("Latest training")
    if not found:
        st.caption("No training yet. While one runs, its progress is here; you can close the browser.")
        return
    draw = partial(_draw_latest, project_id=project_id)
    job_progress.show_live(draw, is_active=not found[0].state.is_over, key="training")


def _list_trainings(session: Session, project_id: int, *, limit: int) -> list[Job]:
    return jobs.list_jobs(session, project_id=project_id, kinds=(JobKind.RETRAIN,), limit=limit)


def _draw_latest(session: Session, *, project_id: int) -> bool:
    found = _list_trainings(session, project_id, limit=1)
    if not found:  # the project was deleted in another tab
        return False
    job = found[0]
    progress = jobs.get_progress(session, job.id)
    members = {part.part: part for part in progress if part.part != job_progress.EVALUATE_PART}
    waiting = job_wait.find_wait(session, job, progress)
    with st.container(border=True):
        job_progress.show_header(job, name_training(job), state=job_wait.STATE if waiting else None)
        if not job.state.is_over:
            done = [name for name, part in members.items() if name.startswith("member") and part.fraction >= 1]
            if not waiting:
                st.caption(describe_stage(session, job, len(done)))
            job_progress.show_bar(job, progress, num_parts=job_progress.count_parts(job), waiting=waiting)
        job_progress.show_failure(job)
        if job.state is JobState.DONE and job.result is not None:
            _show_result(job)
        _show_curves(members)
        job_progress.show_log(job, [*members, job_progress.EVALUATE_PART])
        job_progress.show_buttons(job)
    return not job.state.is_over


def _show_curves(members: Mapping[str, JobProgress]) -> None:
    """Show the loss of each model; of the joint one its latest scores too."""
    curves = {name.replace("-", " "): part.values for name, part in members.items()}
    joint = curves.get(JOINT_PART)
    if joint is None:
        charts.show_loss_curves(curves)
        return
    # Its epochs are chosen by F1, which comes negated in the place of a validation loss.
    charts.show_loss_curves({JOINT_PART: [point for point in joint if "validation_loss" not in point]})
    scores = next((point for point in reversed(joint) if SCORED in point), None)
    if scores is not None:
        shares = [f"{name} {rate(score)}" for name, score in scores.items() if name not in NO_SCORES]
        st.caption(f"F1 on development data after the latest epoch: {escape(' · '.join(shares))}")


def name_training(job: Job) -> str:
    """Return architecture, method, members and epochs of a training."""
    params = job.params
    architecture, epochs = params.get("architecture", "cls"), count(int(params["num_epochs"]), "epoch")
    if architecture == "joint":
        return f"joint · {epochs}"
    return (
        f"{name_method(params['method'])} · {architecture} · {count(int(params['num_members']), 'member')} × {epochs}"
    )


def name_method(method: str) -> str:
    """Return a training method for people."""
    return "DARE" if method == "dare" else method


def describe_stage(session: Session, job: Job, num_done: int) -> str:
    """Return the stage, the member at work and the device."""
    if job.state is JobState.QUEUED:
        return "Queued: starts when the worker is free."
    stage = STAGE_NAMES.get(job.stage, job.stage)
    total = int(job.params.get("num_members", 1))
    member = f" · member {min(num_done + 1, total)} of {total}" if job.stage == "member" else ""
    devices = sorted(
        {worker.device for worker in jobs.list_workers(session) if worker.state == "busy" and worker.device}
    )
    device = f" · on {', '.join(devices)}" if devices else ""
    return escape(f"{stage}{member}{device}")


def _show_result(job: Job) -> None:
    result = job.result or {}
    for one in (result, result.get("student")):
        if one:
            protocol = f"{escape(str(one.get('protocol', '')))}, {one.get('split')} split"
            st.markdown(f"F1 **{rate(one.get('f1'))}** · {protocol} · {escape(str(one.get('model', '')))}")
    for note in result.get("notes", []):
        st.caption(f":material/info: {escape(str(note))}")
    st.page_link(page_path("models"), label="Compare and promote it", icon=":material/deployed_code:")


def show_history(session: Session, project_id: int) -> None:
    """Show the trainings of a project that are over, as a table."""
    found = [job for job in _list_trainings(session, project_id, limit=100) if job.state.is_over]
    if not found:
        return
    st.subheader("History")
    rows = [_describe_row(job) for job in found]
    config = {"started": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm")}
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=config, alt="Trainings of this project")


def _describe_row(job: Job) -> dict[str, object]:
    result, params = job.result or {}, job.params
    is_timed = job.started_at is not None and job.finished_at is not None
    seconds = (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else 0.0
    return {
        "started": job.started_at or job.created_at,
        "architecture": params.get("architecture", "cls"),
        "method": name_method(params.get("method", "")),
        "preset": params.get("preset") or "–",
        "members": params.get("num_members"),
        "epochs": params.get("num_epochs"),
        "seed": params.get("seed"),
        "state": JOB_BADGES[job.state][0],
        "took": duration(seconds) if is_timed else "–",
        "split": result.get("split", "–"),
        "F1": rate(result.get("f1")),
        "model": result.get("model", "–"),
    }
