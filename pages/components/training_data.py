"""What a training would learn from, and a warning where it is too little."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.domain import Split, State
from db.queries import projects, readiness, synthetic
from db.queries.projects import ProjectView
from db.queries.readiness import SplitData
from db.session import Session
from pages.components.wording import SPLIT_NAMES, count

FEW_RELATIONS = 20
HELD_OUT = "a fifth of the training documents is held out to choose epochs and threshold"


def show(session: Session, project: ProjectView) -> bool:
    """Show the data of a training; returns whether there is enough to start one."""
    data = readiness.get_training_data(session, project.id)
    labels = projects.get_schema(session, project.id).label_names
    accepted = {
        label: states.get(State.ACCEPTED, 0) + states.get(State.CORRECTED, 0)
        for label, states in synthetic.count_synthetic(session, project.id).items()
    }
    st.subheader("What it learns from")
    st.dataframe(_tabulate(data, labels, accepted), hide_index=True, alt="Approved relations by label and split")
    train = data[Split.TRAIN]
    st.caption(f"{count(train.sentences, 'reviewed sentence')} in {count(train.documents, 'training document')}.")
    for note in find_notes(data):
        st.caption(f":material/info: {note}")
    problems, warnings = find_problems(data), find_warnings(data, labels, accepted)
    for problem in problems:
        st.error(problem, icon=":material/block:")
    for warning in warnings:
        st.warning(warning, icon=":material/warning:")
    return not problems


def _tabulate(data: Mapping[Split, SplitData], labels: tuple[str, ...], accepted: Mapping[str, int]) -> pd.DataFrame:
    columns: dict[str, list[object]] = {"label": list(labels)}
    for split in Split:
        columns[SPLIT_NAMES[split]] = [data[split].relations.get(label, 0) for label in labels]
    columns["synthetic"] = [accepted.get(label, 0) for label in labels]
    return pd.DataFrame(columns)


def find_notes(data: Mapping[Split, SplitData]) -> list[str]:
    """Return what has to be known about the splits."""
    notes = []
    if not data[Split.DEV].documents:
        notes.append(f"No development documents: {HELD_OUT}.")
    if not data[Split.TEST].documents:
        notes.append("No test documents: the scores are those of the data that chose epochs and threshold.")
    return notes


def find_problems(data: Mapping[Split, SplitData]) -> list[str]:
    """Return why a training cannot start."""
    train, dev = data[Split.TRAIN], data[Split.DEV]
    if not sum(train.relations.values()):
        return ["No training document has an approved relation. Review sentences on the Annotate page first."]
    if dev.documents and not sum(dev.relations.values()):
        return ["The development documents have no approved relation. Review some of their sentences first."]
    if not dev.documents and train.documents < 2:
        return [
            "One document alone cannot be split: review sentences of a second one, or upload development documents."
        ]
    return []


def find_warnings(data: Mapping[Split, SplitData], labels: tuple[str, ...], accepted: Mapping[str, int]) -> list[str]:
    """Return what makes a training likely to disappoint."""
    train = data[Split.TRAIN].relations
    few = [label for label in labels if train.get(label, 0) < FEW_RELATIONS]
    warnings = []
    if few and sum(train.values()):
        lines = ", ".join(f"{label} has {train.get(label, 0)}" for label in few)
        warnings.append(f"Few examples: {lines}. Below about {FEW_RELATIONS} a label is hardly learnt.")
    if not sum(accepted.values()):
        warnings.append("No synthetic sentence is accepted, so the method DARE has nothing to add to the gold data.")
    return warnings
