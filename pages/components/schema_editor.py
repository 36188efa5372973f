"""A project's entity types and relation labels: shown, and added to."""

from functools import partial
from typing import Protocol

import streamlit as st

from core.domain import EntityType, RelationLabel, Schema
from core.errors import SchemaError
from core.workflows import projects as workflow
from core.workflows.templates import PALETTE
from db.queries import projects
from db.queries.projects import ProjectView
from db.session import Session
from pages.components import guideline_editor
from pages.components.session import act, escape


class _Action(Protocol):
    """A change of a project's schema; returns what to tell the user."""

    def __call__(self, session: Session, *, project: ProjectView) -> str: ...


def show(session: Session, project: ProjectView) -> None:
    """Show the schema and the forms that extend it."""
    schema = projects.get_schema(session, project.id)
    with st.expander("Schema and guideline", icon=":material/schema:", expanded=not schema.relation_labels):
        types, labels = st.columns(2, gap="large")
        with types:
            _show_types(project, schema)
        with labels:
            _show_labels(project, schema)
        guideline_editor.show(project)


def _show_types(project: ProjectView, schema: Schema) -> None:
    st.markdown("**Entity types**")
    for entity_type in schema.entity_types:
        st.markdown(f"{escape(entity_type.name)} :gray[{escape(entity_type.guideline)}]")
    with st.form(_key(project, "type-form"), border=False, clear_on_submit=True):
        st.text_input("New entity type", key=_key(project, "type"), placeholder="Drug")
        st.text_input("What belongs to it", key=_key(project, "type-guideline"))
        st.form_submit_button("Add type", on_click=_act, args=(project, _add_type))


def _show_labels(project: ProjectView, schema: Schema) -> None:
    st.markdown("**Relation labels**")
    for label in schema.relation_labels:
        arrow = "↔" if label.is_symmetric else "→"
        pairs = ", ".join(f"{head} {arrow} {tail}" for head, tail in label.legal_types)
        st.markdown(f"{escape(label.name)} ({escape(pairs)}) :gray[{escape(label.guideline)}]")
    if not schema.entity_types:
        st.caption("Add entity types first; a label joins two of them.")
        return
    with st.form(_key(project, "label-form"), border=False, clear_on_submit=True):
        st.text_input("New relation label", key=_key(project, "label"), placeholder="CAUSES")
        head, tail = st.columns(2)
        head.selectbox("Head", schema.type_names, key=_key(project, "head"))
        tail.selectbox("Tail", schema.type_names, key=_key(project, "tail"))
        st.checkbox("It has no direction", key=_key(project, "symmetric"))
        st.text_input("When it holds", key=_key(project, "label-guideline"))
        st.form_submit_button("Add label", on_click=_act, args=(project, _add_label))


def _key(project: ProjectView, name: str) -> str:
    return f"schema-{project.id}-{name}"


def _act(project: ProjectView, action: _Action) -> None:
    act(partial(action, project=project))


def _value(project: ProjectView, name: str) -> str:
    return str(st.session_state[_key(project, name)]).strip()


def _add_type(session: Session, *, project: ProjectView) -> str:
    number = len(projects.get_schema(session, project.id).entity_types)
    added = EntityType(_value(project, "type"), PALETTE[number % len(PALETTE)], _value(project, "type-guideline"))
    workflow.add_entity_type(session, project.id, added)
    return f"Added the entity type {added.name}."


def _add_label(session: Session, *, project: ProjectView) -> str:
    name = _value(project, "label")
    if not name:
        raise SchemaError("A relation label needs a name.")
    schema = projects.get_schema(session, project.id)
    added = RelationLabel(
        name,
        ((_value(project, "head"), _value(project, "tail")),),
        is_symmetric=bool(st.session_state[_key(project, "symmetric")]),
        colour=PALETTE[(len(schema.relation_labels) + 5) % len(PALETTE)],
        guideline=_value(project, "label-guideline"),
    )
    workflow.add_relation_label(session, project.id, added)
    return f"Added the relation label {name}."
