"""The sidebar below the menu: which project, whether a worker is there, what is running."""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from db.queries import jobs, projects
from db.queries.jobs import WorkerStatus
from db.session import Session
from pages.components.session import choose_project, find_current_project, open_session
from pages.components.wording import JOB_NAMES, count

REFRESH_SECONDS = 3.0
_SELECTOR_KEY = "project_selector"


def show_sidebar(session: Session) -> None:
    """Show project selector, worker and running jobs."""
    with st.sidebar:
        _show_project(session)
        is_moving = bool(jobs.list_jobs(session, states=jobs.ACTIVE_STATES, limit=1)) or _is_starting(session)
        st.fragment(_show_activity, run_every=REFRESH_SECONDS if is_moving else None, key="activity")()


def _show_project(session: Session) -> None:
    found = projects.list_projects(session)
    if not found:
        st.caption("No project yet")
        return
    current = find_current_project(session)
    if current is None:
        return
    choose_project(current.id)
    names = {project.id: project.name for project in found}
    st.session_state[_SELECTOR_KEY] = current.id
    st.selectbox(
        "Project", list(names), format_func=lambda key: names.get(key, ""), key=_SELECTOR_KEY, on_change=_choose
    )


def _choose() -> None:
    choose_project(st.session_state[_SELECTOR_KEY])


def _show_activity() -> None:
    with open_session() as session:
        icon, line, remedy = describe_workers(jobs.list_workers(session), now=datetime.now(UTC))
        st.markdown(f"{icon} {line}")
        if remedy:
            st.caption(remedy)
        active = jobs.list_jobs(session, states=jobs.ACTIVE_STATES)
        if active:
            kinds = ", ".join(sorted({JOB_NAMES[job.kind].lower() for job in active}))
            st.caption(f":material/pending: {count(len(active), 'job')} under way: {kinds}")


def _is_starting(session: Session) -> bool:
    return any(worker.state in ("starting", "loading") for worker in jobs.list_workers(session))


def describe_workers(workers: Sequence[WorkerStatus], *, now: datetime) -> tuple[str, str, str]:
    """Return icon, line and remedy for the worker that can do most at the moment."""
    alive = [worker for worker in workers if jobs.is_alive(worker, now=now)]
    if not alive:
        remedy = "Jobs wait until one runs. Start the app with `dare`, or a worker alone with `dare worker`."
        return ":orange[:material/warning:]", "Worker not running", remedy
    order = ("ready", "busy", "loading", "starting")
    worker = min(alive, key=lambda one: order.index(one.state) if one.state in order else len(order))
    device = f" · {worker.device}" if worker.device else ""
    lines = {
        "ready": (":green[:material/check_circle:]", f"Worker ready{device}", ""),
        "busy": (":blue[:material/autorenew:]", f"Worker busy{device}", ""),
        "loading": (":gray[:material/hourglass_top:]", "Worker is loading models", "Pasted text is read in a moment."),
        "starting": (":gray[:material/hourglass_top:]", "Worker is starting", ""),
    }
    return lines.get(worker.state, (":gray[:material/help:]", "Worker in an unknown state", ""))
