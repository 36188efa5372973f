"""The form that starts a training, with the defaults that a run has without it."""

from dataclasses import asdict
from functools import partial

import streamlit as st

from core.domain import JobKind
from core.errors import ModelError
from core.jobs import client
from core.workflows.retrain_params import ENCODERS, MAX_EPOCHS, MAX_MEMBERS, METHODS, RetrainParams
from db.queries.projects import ProjectView
from db.session import Session
from pages.components import train_estimate
from pages.components.session import act, get_settings

DEFAULTS = RetrainParams()
METHOD_NAMES = {
    "dare": "DARE: gold and accepted synthetic sentences",
    "gold": "Gold only",
    "weighting": "Gold, rare labels weighted",
    "bagging": "Gold, balanced bags",
}
METHOD_NOTES = {
    "dare": "Each member gets the gold data and its own sample of accepted synthetic sentences; members vote.",
    "gold": "Each member gets the gold data with another seed. The baseline to compare with.",
    "weighting": "As gold only, but an error on a rare label costs more.",
    "bagging": "Each member gets a sample in which all labels are as frequent as the rarest.",
}
OWN_ENCODER = "Another, by folder or name"


def show(session: Session, project: ProjectView, user_id: int, *, can_start: bool) -> None:
    """Show the form; the button is off where a training could not start."""
    with st.container(border=True):
        method = st.selectbox("Method", METHODS, format_func=METHOD_NAMES.__getitem__, key="train-method")
        st.caption(METHOD_NOTES[method])
        _show_main_fields()
        with st.expander("Advanced", icon=":material/tune:"):
            _show_advanced_fields()
        st.caption(train_estimate.describe(session, project.id, read_form()))
        st.button(
            "Start training",
            type="primary",
            icon=":material/play_arrow:",
            disabled=not can_start,
            on_click=_start,
            args=(project, user_id),
        )


def _show_main_fields() -> None:
    left, right = st.columns(2)
    left.number_input("Members", 1, MAX_MEMBERS, DEFAULTS.num_members, key="train-members", help=_MEMBERS_HELP)
    right.number_input("Epochs", 1, MAX_EPOCHS, DEFAULTS.num_epochs, key="train-epochs", help=_EPOCHS_HELP)


def _show_advanced_fields() -> None:
    left, right = st.columns(2)
    left.number_input("Learning rate", 1e-6, 1e-2, DEFAULTS.learning_rate, 1e-6, format="%.1e", key="train-rate")
    right.number_input("Synthetic for each gold one", 0.0, 10.0, DEFAULTS.ratio, 0.25, key="train-ratio")
    left.number_input("Batch size", 1, 256, DEFAULTS.batch_size, key="train-batch")
    right.number_input("Seed", 0, 2**31 - 1, DEFAULTS.seed, key="train-seed", help="Member k trains with seed + k − 1.")
    chosen = st.selectbox("Encoder", [*ENCODERS, OWN_ENCODER], key="train-encoder")
    if chosen == OWN_ENCODER:
        st.text_input("Folder, or name on the Hugging Face hub", key="train-own-encoder", placeholder="/models/biobert")
        st.checkbox("Download it if it is not on this machine", key="train-download")


_MEMBERS_HELP = "The paper trains 20 and sees little gain after 5."
_EPOCHS_HELP = "Passes over the data; the epoch with the lowest validation loss is kept."


def read_form() -> RetrainParams:
    """Return what the form asks for.

    Raises:
        ModelError: A value is out of range.
    """
    state = st.session_state
    is_own = state["train-encoder"] == OWN_ENCODER
    values = asdict(DEFAULTS) | {
        "method": state["train-method"],
        "num_members": state["train-members"],
        "num_epochs": state["train-epochs"],
        "learning_rate": state["train-rate"],
        "ratio": state["train-ratio"],
        "batch_size": state["train-batch"],
        "seed": state["train-seed"],
        "encoder": state.get("train-own-encoder", "").strip() if is_own else state["train-encoder"],
        "may_download": bool(state.get("train-download")) if is_own else False,
        "device": get_settings().device,
    }
    return RetrainParams.from_json(values)


def _start(project: ProjectView, user_id: int) -> None:
    act(partial(_do_start, project_id=project.id, user_id=user_id))


def _do_start(session: Session, *, project_id: int, user_id: int) -> str:
    params = asdict(read_form())
    if not params["encoder"]:
        raise ModelError("No encoder is named; give a folder or a name under Advanced, or choose the shipped one.")
    client.enqueue(get_settings(), session, JobKind.RETRAIN, project_id=project_id, params=params, user_id=user_id)
    return "Training is queued."
