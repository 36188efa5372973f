"""A refused file whose types or labels the project does not know: say what each means here, and import it again."""

from functools import partial
from typing import Any

import streamlit as st

from core.domain import JobKind, Schema
from core.jobs import client
from core.workflows.data_in.renames import LEFT_OUT
from db.queries import projects
from db.queries.jobs import Job
from db.session import Session
from pages.components.session import act, escape, get_settings

_NOUNS = {"types": "Type", "labels": "Label"}


def show(session: Session, job: Job) -> None:
    """Show a form with a choice for each name, if there is anything to choose."""
    unknown: dict[str, list[str]] = (job.result or {}).get("unknown") or {}
    if not any(unknown.values()):
        return
    schema = projects.get_schema(session, job.project_id)
    with st.form(f"names-{job.id}", border=True):
        st.markdown("**This project calls things otherwise.** What do these names of the file mean here?")
        for kind, names in unknown.items():
            for name in names:
                st.selectbox(
                    f"{_NOUNS[kind]} “{escape(name)}”",
                    [*_known(schema, kind), LEFT_OUT],
                    format_func=lambda known: known or "leave out",
                    index=None,
                    placeholder="Choose",
                    key=_key(job, kind, name),
                )
        st.form_submit_button(
            "Import with these names", icon=":material/swap_horiz:", on_click=_import_again, args=(job, unknown)
        )


def _known(schema: Schema, kind: str) -> tuple[str, ...]:
    return schema.type_names if kind == "types" else schema.label_names


def _key(job: Job, kind: str, name: str) -> str:
    return f"name-{job.id}-{kind}-{name}"


def _import_again(job: Job, unknown: dict[str, list[str]]) -> None:
    chosen = {
        name: st.session_state[_key(job, kind, name)]
        for kind, names in unknown.items()
        for name in names
        if st.session_state[_key(job, kind, name)] is not None
    }
    params = {**job.params, "renames": {**job.params.get("renames", {}), **chosen}}
    act(partial(_enqueue, project_id=job.project_id, user_id=job.user_id, params=params))


def _enqueue(session: Session, *, project_id: int, user_id: int | None, params: dict[str, Any]) -> str:
    client.enqueue(get_settings(), session, JobKind.INGEST, project_id=project_id, params=params, user_id=user_id)
    return ""
