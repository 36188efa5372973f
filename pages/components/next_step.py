"""What to do next in a project: the one step that helps most, told from its counts."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.domain import JobKind, ModelState, State
from db.queries import jobs, models, projects
from db.queries.projects import ProjectCounts, ProjectView
from db.session import Session
from pages.components.session import page_path
from pages.components.wording import JOB_NAMES, count

ENOUGH_RELATIONS = 20
HEAVY_KINDS = (JobKind.RETRAIN, JobKind.GENERATE)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a project is.

    Args:
        num_pending: Sentences that nobody has reviewed.
        num_gold: Approved relations.
        num_waiting: Synthetic sentences that wait for a decision.
        num_accepted: Accepted synthetic sentences.
        running: Kind of a training or generation that is under way.
        model_states: States that models of the project are in.
    """

    has_labels: bool
    num_documents: int
    num_pending: int
    num_gold: int
    num_waiting: int
    num_accepted: int
    running: JobKind | None
    model_states: frozenset[ModelState]


@dataclass(frozen=True, slots=True)
class Step:
    """A step: what it is, why now, and the page where it is done."""

    title: str
    reason: str
    page: str
    button: str


def find_step(standing: Standing) -> Step:
    """Return the best next step of a project."""
    found = (rule(standing) for rule in _RULES)
    return next((step for step in found if step is not None), _EXPORT)


def _bring_text(standing: Standing) -> Step | None:
    if standing.num_documents:
        return None
    if not standing.has_labels:
        reason = "This project has no relation labels yet. Define them below, or upload a file that brings its own."
        return Step("Say what you are looking for", reason, "upload", "Upload a file")
    return Step("Bring in text", "Paste an abstract or drop files; predictions follow.", "upload", "Upload text")


def _watch(standing: Standing) -> Step | None:
    if standing.running is None:
        return None
    page = "train" if standing.running is JobKind.RETRAIN else "synthetic"
    reason = "It goes on if you close the browser; come back any time."
    return Step(f"{JOB_NAMES[standing.running]} is under way", reason, page, "Watch it")


def _review_first(standing: Standing) -> Step | None:
    if standing.num_gold >= ENOUGH_RELATIONS or not standing.num_pending:
        return None
    reason = (
        f"{count(standing.num_gold, 'relation is', 'relations are')} approved, and about {ENOUGH_RELATIONS} is the "
        "least to train on. The least certain sentences come first."
    )
    return Step("Review sentences", reason, "annotate", "Start reviewing")


def _judge_model(standing: Standing) -> Step | None:
    if ModelState.CANDIDATE not in standing.model_states:
        return None
    reason = "A trained model waits: compare it with the one in use, then promote or archive it."
    return Step("Judge the new model", reason, "models", "Compare models")


def _review_synthetic(standing: Standing) -> Step | None:
    if not standing.num_waiting:
        return None
    waiting = count(standing.num_waiting, "generated sentence waits", "generated sentences wait")
    reason = f"{waiting} for a decision; only accepted ones train."
    return Step("Review synthetic sentences", reason, "synthetic", "Review them")


def _generate(standing: Standing) -> Step | None:
    if standing.num_accepted or standing.model_states:
        return None
    reason = "The generator learns from your approved relations; you decide what is kept."
    return Step("Generate sentences for rare labels", reason, "synthetic", "Generate")


def _train(standing: Standing) -> Step | None:
    if standing.model_states:
        return None
    gold = count(standing.num_gold, "approved relation")
    reason = f"{gold} and {count(standing.num_accepted, 'accepted synthetic sentence')} are there to learn from."
    return Step("Train a model", reason, "train", "Train")


def _review_rest(standing: Standing) -> Step | None:
    if not standing.num_pending:
        return None
    waiting = count(standing.num_pending, "sentence waits", "sentences wait")
    return Step("Go on reviewing", f"{waiting}; the least certain come first.", "annotate", "Review sentences")


_RULES: tuple[Callable[[Standing], Step | None], ...] = (
    _bring_text,
    _watch,
    _review_first,
    _judge_model,
    _review_synthetic,
    _generate,
    _train,
    _review_rest,
)
_EXPORT = Step("Export the data", "Every sentence is reviewed. Take the data out.", "export", "Export")


def show(session: Session, project: ProjectView, counts: ProjectCounts) -> None:
    """Show the best next step with a button to its page."""
    step = find_step(_describe_standing(session, project, counts))
    with st.container(border=True):
        st.caption("WHAT NEXT")
        st.markdown(f"**{step.title}**")
        st.markdown(step.reason)
        if st.button(step.button, type="primary", icon=":material/arrow_forward:", key="next-step"):
            st.switch_page(page_path(step.page))


def _describe_standing(session: Session, project: ProjectView, counts: ProjectCounts) -> Standing:
    active = jobs.list_jobs(session, project_id=project.id, kinds=HEAVY_KINDS, states=jobs.ACTIVE_STATES, limit=1)
    return Standing(
        has_labels=bool(projects.get_schema(session, project.id).relation_labels),
        num_documents=counts.documents,
        num_pending=counts.sentences.get(State.PENDING, 0),
        num_gold=count_gold(counts.relations),
        num_waiting=sum(states.get(State.PENDING, 0) for states in counts.synthetic.values()),
        num_accepted=count_gold(counts.synthetic),
        running=active[0].kind if active else None,
        model_states=frozenset(model.state for model in models.list_models(session, project.id)),
    )


def count_gold(by_label: dict[str, dict[State, int]]) -> int:
    """Return how many items of all labels a person approved."""
    return sum(number for states in by_label.values() for state, number in states.items() if state.is_gold)
