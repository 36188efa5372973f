"""Start a generation, and watch it while it runs."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from core.domain import JobKind, JobState, Split
from core.errors import ModelError
from core.jobs import client
from core.workflows.model_library.sources import list_bases
from core.workflows.synthesis.acceptance import LabelStanding
from core.workflows.synthesis.synthesise_params import MIN_GOLD, SCRATCH, SCRATCH_NOTICE, GenerateParams
from db.queries import jobs, readiness
from db.queries.jobs import Job
from db.session import Session
from pages.components import hub_models, job_progress, job_wait
from pages.components.session import act, escape, get_settings
from pages.components.wording import count, duration, group, label_name

DEFAULTS = GenerateParams()
MAX_COUNT = 1000
OWN = ""  # a name that no generator has
_PART_NAMES = {"base": "Language model", "shared": "Generator of all labels", "judge": "Judge"}
_ORIGINS = {"trained": "trained here on text of the field", "shipped": "shipped", "pulled": "pulled from the hub"}
_BASE_NAMES = {SCRATCH: "Small GPT-2, trained from scratch", OWN: "A pretrained language model"}


def show(session: Session, project_id: int, user_id: int, standings: list[LabelStanding]) -> None:
    """Show the form; a generation needs at least a label with enough gold relations."""
    gold = readiness.get_training_data(session, project_id)[Split.TRAIN].relations
    enough = [name for name, number in gold.items() if number >= MIN_GOLD]
    is_busy = find_active(session, project_id) is not None
    with st.container(border=True):
        st.multiselect(
            "Labels",
            [standing.label for standing in standings],
            format_func=partial(_name_label, gold=gold),
            placeholder="Every label with enough gold sentences",
            key="generate-labels",
        )
        has_quota = st.toggle(
            "Fill up to the wanted numbers",
            key="generate-fill",
            help="Writes for each label what the table above still misses: wanted, less accepted and pending ones.",
        )
        st.number_input(
            "Sentences for each label", 1, MAX_COUNT, DEFAULTS.count, key="generate-count", disabled=has_quota
        )
        here = list_bases(get_settings())
        base = st.radio(
            "Generator",
            [*here, SCRATCH, OWN],
            format_func=lambda name: _BASE_NAMES.get(name) or f"{name}, {_ORIGINS[here.get(name, 'trained')]}",
            key="generate-base",
        )
        if base == OWN:
            hub_models.show_name("generator", key="generate-own", placeholder="/models/gpt2")
            st.checkbox("Download it if it is not on this machine", key="generate-download")
        elif base == SCRATCH:
            st.caption(SCRATCH_NOTICE)
        _show_judges()
        with st.expander("Advanced", icon=":material/tune:"):
            _show_advanced()
        if not enough:
            st.caption(
                f":material/info: No label has {MIN_GOLD} gold relations in the training split yet; review some first."
            )
        st.caption(describe_last(session, project_id))
        st.button(
            "Generate",
            type="primary",
            icon=":material/auto_awesome:",
            disabled=not enough or is_busy,
            on_click=_start,
            args=(project_id, user_id, count_missing(standings)),
        )


def describe_last(session: Session, project_id: int) -> str:
    """Return what the newest finished generation of a project took, or that none tells it."""
    states = (JobState.DONE,)
    done = jobs.list_jobs(session, project_id=project_id, kinds=[JobKind.GENERATE], states=states, limit=1)
    result = done[0].result or {} if done else {}
    if not result.get("seconds"):
        return "How long it takes is shown once it runs; no finished generation of this project tells it yet."
    labels = result["labels"].values()
    return (
        f"The last one took {duration(result['seconds'])}: {count(sum(one['kept'] for one in labels), 'sentence')} of "
        f"{count(len(labels), 'label')} were kept. What has not changed since, judges too, is not trained again."
    )


def count_missing(standings: list[LabelStanding]) -> dict[str, int]:
    """Return for each label how many sentences it wants beyond those that are accepted or wait for review."""
    return {one.label: min(MAX_COUNT, max(0, one.wanted - one.accepted - one.pending)) for one in standings}


def _name_label(label: str, *, gold: dict[str, int]) -> str:
    number = f" · {count(gold[label], 'gold relation')}" if label in gold else ""
    return f"{label_name(label)}{number}"


def _show_judges() -> None:
    has_judges = st.toggle(
        "Let judges score the sentences",
        value=True,
        key="generate-judges",
        help=f"{DEFAULTS.num_judges} classifiers are trained on gold alone, each without the gold that it judges by. "
        "Their agreement with the label orders the review. Unchanged gold is not trained on again.",
    )
    st.slider(
        "Least agreement",
        0.0,
        0.95,
        DEFAULTS.min_agreement,
        0.05,
        key="generate-min-agreement",
        disabled=not has_judges,
        help="Sentences to whose label the judges give less are not kept; 0 keeps all.",
    )


def _show_advanced() -> None:
    left, right = st.columns(2)
    left.number_input("Temperature", 0.1, 2.0, DEFAULTS.temperature, 0.1, key="generate-temperature")
    right.number_input("Top k", 1, 200, DEFAULTS.top_k, key="generate-top-k", help="Draw among the k likeliest pieces.")
    left.number_input("Epochs", 1, 50, DEFAULTS.num_epochs, key="generate-epochs", help="Passes over a label's gold.")
    right.number_input("Seed", 0, 2**31 - 1, DEFAULTS.seed, key="generate-seed")
    st.checkbox(
        "One generator for all labels",
        key="generate-shared",
        help="Told by a code which label to write for. Cheaper than one a label, and in DARE's experience worse.",
    )


def read_form(missing: Mapping[str, int]) -> GenerateParams:
    """Return what the form asks for.

    Args:
        missing: Sentences that each label wants, for a form that fills up to them.

    Raises:
        ModelError: A value is out of range, or no model is named.
    """
    state = st.session_state
    is_own = state["generate-base"] == OWN
    base = state.get("generate-own", "").strip() if is_own else state["generate-base"]
    if not base:
        raise ModelError("No language model is named; give a folder or a name, or choose the small GPT-2.")
    return GenerateParams.from_json(
        {
            "labels": state["generate-labels"],
            "count": state["generate-count"],
            "label_counts": dict(missing) if state["generate-fill"] else {},
            "base": base,
            "may_download": is_own and bool(state.get("generate-download")),
            "temperature": state["generate-temperature"],
            "top_k": state["generate-top-k"],
            "num_epochs": state["generate-epochs"],
            "seed": state["generate-seed"],
            "is_shared": state["generate-shared"],
            "num_judges": DEFAULTS.num_judges if state["generate-judges"] else 0,
            "min_agreement": state["generate-min-agreement"] if state["generate-judges"] else 0.0,
            "device": get_settings().device,
        }
    )


def _start(project_id: int, user_id: int, missing: dict[str, int]) -> None:
    act(partial(_do_start, project_id=project_id, user_id=user_id, missing=missing))


def _do_start(session: Session, *, project_id: int, user_id: int, missing: dict[str, int]) -> str:
    params = read_form(missing).to_json()
    client.enqueue(get_settings(), session, JobKind.GENERATE, project_id=project_id, params=params, user_id=user_id)
    return "Generation is queued."


def find_active(session: Session, project_id: int) -> Job | None:
    """Return the generation of the project that is under way, or None."""
    found = jobs.list_jobs(session, project_id=project_id, kinds=[JobKind.GENERATE], states=jobs.ACTIVE_STATES, limit=1)
    return found[0] if found else None


def show_latest(session: Session, project_id: int, *, num_labels: int) -> None:
    """Show the newest generation while it runs, or why it failed or was cancelled; redrawn only while it runs."""
    job = _find_latest(session, project_id)
    if job is not None and job.state is not JobState.DONE:
        draw = partial(_draw, project_id=project_id, num_labels=num_labels)
        job_progress.show_live(draw, is_active=not job.state.is_over, key="generation")


def _find_latest(session: Session, project_id: int) -> Job | None:
    found = jobs.list_jobs(session, project_id=project_id, kinds=[JobKind.GENERATE], limit=1)
    return found[0] if found else None


def _draw(session: Session, *, project_id: int, num_labels: int) -> bool:
    job = _find_latest(session, project_id)
    if job is None:
        return False
    progress = jobs.get_progress(session, job.id)
    waiting = job_wait.find_wait(session, job, progress)
    with st.container(border=True):
        job_progress.show_header(job, name_generation(job), state=job_wait.STATE if waiting else None)
        if not job.state.is_over:
            job_progress.show_bar(job, progress, num_parts=count_parts(job, num_labels), waiting=waiting)
            for part in progress:
                st.caption(f"{escape(name_part(part.part))}: {escape(part.message)}")
        job_progress.show_failure(job)
        if job.state is JobState.FAILED:
            job_progress.show_log(job, [part.part for part in progress])
        job_progress.show_buttons(job)
    return not job.state.is_over


def name_generation(job: Job) -> str:
    """Return what a generation was asked for."""
    wanted = {label: number for label, number in job.params.get("label_counts", {}).items() if number}
    if wanted:
        return ", ".join(f"{group(number)} for {label_name(label)}" for label, number in wanted.items())
    labels = ", ".join(label_name(label) for label in job.params.get("labels", ())) or "every label with enough gold"
    return f"{job.params.get('count', DEFAULTS.count)} sentences each for {labels}"


def name_part(part: str) -> str:
    """Return what a part of a generation does, in words; a label's part ends in the label's name in small letters."""
    kind, _, rest = part.partition("-")
    if kind == "label":
        return f"Label {rest.partition('-')[2] or rest}"
    return _PART_NAMES.get(kind, kind) + (f" {rest}" if rest else "")


def count_parts(job: Job, num_labels: int) -> int:
    """Return how many parts report progress: the base where it is made, each judge and each label."""
    num_bases = 1 if job.params.get("base", SCRATCH) == SCRATCH else 0
    num_judges = int(job.params.get("num_judges", 0))
    num_shared = int(job.params.get("is_shared", False))
    return num_bases + num_judges + num_shared + (len(job.params.get("labels", ())) or num_labels)
