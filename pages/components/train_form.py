"""The form that starts a training: what kind, then what most people set, then everything else."""

from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from core.domain import JobKind
from core.errors import ModelError
from core.jobs import client
from core.workflows.model_library.sources import list_encoder_names, resolve_encoder
from core.workflows.prediction.parsers import explain_missing, has_workers_elsewhere
from core.workflows.retraining.presets import PRESETS
from core.workflows.retraining.retrain_params import ARCHITECTURES, JOINT_METHODS, METHODS, RetrainParams
from db.queries.projects import ProjectView
from db.session import Session
from pages.components import train_estimate, train_options
from pages.components.session import act, escape, get_settings
from pages.components.train_options import GROUPS, MAIN, OWN_ENCODER, is_read, key_of

ARCHITECTURE_NAMES = {
    "cls": "cls: one pair at a time",
    "redn": "redn: all pairs of a sentence at once",
    "syntax_gcn": "syntax_gcn: one pair on its dependency graph",
    "joint": "joint: mentions and relations together",
}
ARCHITECTURE_NOTES = {
    "cls": "The DARE paper's classifier: reads the sentence once for each pair, with its two mentions marked.",
    "redn": "Reads a sentence once for all of its pairs: fast where there are many. A pair may get several labels.",
    "syntax_gcn": "Adds the grammar of the sentence: words that hang together inform each other.",
    "joint": "One model that finds the mentions too. Promote it to replace the shipped one as finder of mentions.",
}
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
    "bagging": "Each member gets all related pairs and a sample of as many unrelated ones.",
}
JOINT_METHOD_NOTES = {
    "gold": "The model learns from the gold sentences alone.",
    "dare": "Accepted synthetic sentences train too, with names in the place of masks. Names that the generator wrote "
    "beside them are not marked as mentions.",
}
NO_PRESET = ""
ENCODER_ELSEWHERE = (
    "There is no folder {} here and no encoder was pulled under that name. Pull it with `dare models pull`, tick its "
    "download under More settings, or choose another encoder."
)


def show(session: Session, project: ProjectView, user_id: int, *, can_start: bool) -> None:
    """Show the form; the button is off where a training could not start."""
    _set_defaults()
    with st.container(border=True):
        _show_kind()
        train_options.show_group(MAIN, **_kind())
        with st.expander("More settings", icon=":material/tune:"):
            train_options.show_encoder()
            for title, widgets in GROUPS.items():
                if any(is_read(widget.name, **_kind()) for widget in widgets):
                    st.markdown(f"**{title}**")
                    train_options.show_group(widgets, **_kind())
        is_possible = _show_outlook(session, project)
        st.button(
            "Start training",
            type="primary",
            icon=":material/play_arrow:",
            disabled=not (can_start and is_possible),
            on_click=_start,
            args=(project, user_id),
        )


def _show_kind() -> None:
    """Show preset, architecture and method with a line on each."""
    st.selectbox(
        "Preset",
        [NO_PRESET, *PRESETS],
        format_func=lambda name: PRESETS[name].title if name else "None: defaults for a small encoder",
        key="train-preset",
        on_change=_take_preset,
        help="A paper's settings. Its encoder is large: give it memory, or choose another one below.",
    )
    architecture = st.selectbox(
        "Architecture",
        ARCHITECTURES,
        format_func=ARCHITECTURE_NAMES.__getitem__,
        key="train-architecture",
        on_change=_take_architecture,
    )
    st.caption(ARCHITECTURE_NOTES[architecture])
    is_joint = architecture == "joint"
    choices = JOINT_METHODS if is_joint else METHODS
    method = st.selectbox("Method", choices, format_func=METHOD_NAMES.__getitem__, key="train-method")
    st.caption((JOINT_METHOD_NOTES if is_joint else METHOD_NOTES)[method])


def _show_outlook(session: Session, project: ProjectView) -> bool:
    """Show time and memory, or why the settings do not work; returns whether they do."""
    try:
        params = _read_complete_form()
    except ModelError as error:
        st.error(escape(str(error)), icon=":material/block:")
        return False
    if not is_encoder_here(params):
        st.warning(ENCODER_ELSEWHERE.format(escape(params.encoder)), icon=":material/warning:")
    st.caption(train_estimate.describe(session, project.id, params))
    st.caption(train_estimate.describe_memory(session, params))
    problem = explain_missing(params.parser) if params.architecture == "syntax_gcn" else ""
    if not problem:
        return True
    if has_workers_elsewhere(get_settings()):
        st.warning(f"{escape(problem)} A worker on another machine may have one.", icon=":material/warning:")
        return True
    st.error(escape(problem), icon=":material/block:")
    return False


def _set_defaults() -> None:
    """Give every widget a value before it is drawn; one that was not drawn in the last run has lost its own."""
    state = st.session_state
    preset, architecture = state.get("train-preset", NO_PRESET), state.get("train-architecture", "cls")
    params = _params_of(preset, architecture)
    state.setdefault("train-preset", NO_PRESET)
    for name in train_options.NAMES:
        state.setdefault(key_of(name), getattr(params, name))
    if key_of("encoder") not in state:
        train_options.fill_encoder(params.encoder)
    state.setdefault("train-own-encoder", "")


def _params_of(preset: str, architecture: str) -> RetrainParams:
    if preset:
        return RetrainParams.from_preset(preset, {})
    return RetrainParams.from_json({"architecture": architecture})


def _take_preset() -> None:
    """Show the values of the chosen preset; without one, the defaults of the architecture."""
    state = st.session_state
    train_options.fill(_params_of(state["train-preset"], state["train-architecture"]))


def _take_architecture() -> None:
    """Show the defaults of the chosen architecture; encoder and seed stay, a preset of another one goes."""
    state = st.session_state
    state["train-preset"] = NO_PRESET
    kept = {name: state[key_of(name)] for name in ("encoder", "seed") if key_of(name) in state}
    own = state.get("train-own-encoder", "")
    train_options.fill(_params_of(NO_PRESET, state["train-architecture"]))
    for name, value in kept.items():
        state[key_of(name)] = value
    state["train-own-encoder"] = own


def _kind() -> dict[str, str]:
    """Return what decides which settings are read."""
    state = st.session_state
    return {name: str(state[key_of(name)]) for name in ("architecture", "method", "loss")}


def read_form() -> RetrainParams:
    """Return what the form asks for.

    Raises:
        ModelError: A value is out of range, or does not go with another.
    """
    state = st.session_state
    kind = _kind()
    is_own = state[key_of("encoder")] == OWN_ENCODER
    values: dict[str, Any] = train_options.read_values(**kind) | {
        "encoder": state["train-own-encoder"].strip() if is_own else state[key_of("encoder")],
        "may_download": bool(state.get("train-download")) if is_own else False,
        "device": get_settings().device,
    }
    return RetrainParams.from_json(values)


def _read_complete_form() -> RetrainParams:
    params = read_form()
    if not params.encoder:
        raise ModelError("No encoder is named; give a folder or a name under More settings, or choose the shipped one.")
    return params


def is_encoder_here(params: RetrainParams) -> bool:
    """Return whether the encoder is on this machine or may be fetched; the hub's own cache is not looked into."""
    if params.may_download or params.encoder in list_encoder_names(get_settings()):
        return True
    return Path(resolve_encoder(get_settings(), params.encoder)).is_dir()


def _start(project: ProjectView, user_id: int) -> None:
    act(partial(_do_start, project_id=project.id, user_id=user_id))


def _do_start(session: Session, *, project_id: int, user_id: int) -> str:
    _set_defaults()
    params = _read_complete_form()
    settings = get_settings()
    client.enqueue(settings, session, JobKind.RETRAIN, project_id=project_id, params=params.to_json(), user_id=user_id)
    return "Training is queued."
