"""Language models of domain text: which there are, and the training of another from text files of the server."""

from functools import partial

import pandas as pd
import streamlit as st

from core.domain import JobKind, JobState
from core.jobs import client
from core.workflows.model_library.generators import GeneratorRecord, list_generators
from core.workflows.model_library.sources import list_bases
from core.workflows.prediction.parsers import has_workers_elsewhere
from core.workflows.synthesis.pretrain_params import NEW_BASES, PretrainParams
from db.queries import jobs
from db.queries.jobs import Job, JobProgress
from db.session import Session
from pages.components import hub_models, job_progress, job_wait
from pages.components.session import act, escape, get_settings
from pages.components.wording import duration, group

MAX_MINUTES = 7 * 24 * 60
USUAL_MINUTES = 30
TASK = "pretrain"
OWN_BASE = "own"
BASE_NAMES = {"tiny": "Tiny GPT-2, from nothing", "small": "Small GPT-2, from nothing"}


def show(session: Session, project_id: int, user_id: int) -> None:
    """Show the language models and the form that makes another; open where this project has trained one."""
    job = _find_latest(session, project_id)
    is_active = job is not None and not job.state.is_over
    with st.expander("Language models", icon=":material/school:", expanded=job is not None):
        st.caption(
            "A language model that has read much text of your field writes better sentences than one made from this "
            "project alone. Once trained, name it as the pretrained language model of a generation."
        )
        generators = list_generators(get_settings())
        if generators:
            _show_table(generators)
        if job is not None and job.state is not JobState.DONE:
            draw = partial(_draw, project_id=project_id)
            job_progress.show_live(draw, is_active=is_active, key="pretraining")
        _show_form(project_id, user_id, is_busy=is_active)


def _show_table(generators: list[GeneratorRecord]) -> None:
    rows = [
        {
            "name": one.name,
            "base": one.base,
            "perplexity": round(one.perplexity, 1),
            "bits per character": round(one.bits_per_character, 3),
            "pieces read": one.pieces_read,
            "training": duration(one.seconds),
            "made": one.date,
        }
        for one in generators
    ]
    config = {
        "perplexity": st.column_config.NumberColumn(
            help="On held-out text; lower is better. Comparable only between models with the same vocabulary."
        ),
        "bits per character": st.column_config.NumberColumn(
            help="On held-out text; lower is better. Comparable between all models on the same text."
        ),
        "pieces read": st.column_config.NumberColumn(format="localized"),
    }
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        column_config=config,
        alt="Language models of domain text",
    )


def _show_form(project_id: int, user_id: int, *, is_busy: bool) -> None:
    st.text_area(
        "Text files on the server, one a line",
        key="pretrain-text",
        height=80,
        placeholder="/data/abstracts.txt.xz",
        help="Plain, .gz or .xz text in UTF-8, one document on each line. The files are read where they lie.",
    )
    choices = [*NEW_BASES, *list_bases(get_settings()), OWN_BASE]
    base = st.selectbox("Start from", choices, format_func=_name_base, key="pretrain-base")
    if base == OWN_BASE:
        hub_models.show_name("generator", key="pretrain-own", placeholder="/models/gpt2")
        st.checkbox("Download it if it is not on this machine", key="pretrain-download")
    left, right = st.columns(2)
    left.text_input("Name of the new one", key="pretrain-name", placeholder="pubmed-tiny")
    right.number_input("Minutes", 1, MAX_MINUTES, USUAL_MINUTES, key="pretrain-minutes")
    st.button(
        "Train language model",
        icon=":material/school:",
        key="pretrain-start",
        disabled=is_busy,
        on_click=_start,
        args=(project_id, user_id),
    )


def _name_base(base: str) -> str:
    return BASE_NAMES.get(base, "Another language model" if base == OWN_BASE else base)


def read_form() -> PretrainParams:
    """Return what the form asks for.

    Raises:
        ModelError: A value is missing or out of range.
        NotFoundError: This machine, which would read them, does not have one of the files.
    """
    state, settings = st.session_state, get_settings()
    is_own = state["pretrain-base"] == OWN_BASE
    params = PretrainParams.from_json(
        {
            "text": [line.strip() for line in state["pretrain-text"].splitlines() if line.strip()],
            "name": state["pretrain-name"].strip(),
            "base": state.get("pretrain-own", "").strip() if is_own else state["pretrain-base"],
            "minutes": float(state["pretrain-minutes"]),
            "may_download": is_own and bool(state.get("pretrain-download")),
            "device": settings.device,
        }
    )
    if not has_workers_elsewhere(settings):
        params.require_files()
    return params


def _start(project_id: int, user_id: int) -> None:
    act(partial(_do_start, project_id=project_id, user_id=user_id))


def _do_start(session: Session, *, project_id: int, user_id: int) -> str:
    params = read_form().to_json()
    client.enqueue(get_settings(), session, JobKind.PRETRAIN, project_id=project_id, params=params, user_id=user_id)
    return "The training of the language model is queued."


def _find_latest(session: Session, project_id: int) -> Job | None:
    found = jobs.list_jobs(session, project_id=project_id, kinds=[JobKind.PRETRAIN], limit=1)
    return found[0] if found else None


def _draw(session: Session, *, project_id: int) -> bool:
    job = _find_latest(session, project_id)
    if job is None:
        return False
    progress = jobs.get_progress(session, job.id)
    waiting = job_wait.find_wait(session, job, progress)
    with st.container(border=True):
        title = f"{job.params.get('name', '')} from {job.params.get('base', '')}"
        job_progress.show_header(job, title, state=job_wait.STATE if waiting else None)
        if not job.state.is_over:
            job_progress.show_bar(job, progress, waiting=waiting)
        st.caption(escape(describe_scores(progress)))
        job_progress.show_failure(job)
        job_progress.show_log(job, [TASK])
        job_progress.show_buttons(job)
    return not job.state.is_over


def describe_scores(progress: list[JobProgress]) -> str:
    """Return the newest loss, speed and held-out scores of a training, as far as it has told them."""
    newest: dict[str, float] = {}
    for part in progress:
        for point in part.values:
            newest |= point
    told = [
        f"loss {newest['loss']:.3f}" if "loss" in newest else "",
        f"{group(round(newest['pieces_per_second']))} pieces/s" if "pieces_per_second" in newest else "",
        f"held-out perplexity {newest['perplexity']:.1f}" if "perplexity" in newest else "",
        f"{newest['bits_per_character']:.3f} bits per character" if "bits_per_character" in newest else "",
    ]
    return " · ".join(filter(None, told))
