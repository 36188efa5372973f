"""What to do next in a project: the one step that helps most, told from its counts."""

from dataclasses import dataclass

import streamlit as st

from core.domain import JobKind, ModelState, State
from db.queries import jobs, models, projects
from db.queries.projects import ProjectCounts, ProjectView
from db.session import Session
from pages.components.session import page_path
from pages.components.wording import JOB_NAMES, count

ENOUGH_RELATIONS = 20


@dataclass(frozen=True, slots=True)
class Step:
    """A step: what it is, why now, and the page where it is done."""

    title: str
    reason: str
    page: str
    button: str


def find_step(counts: ProjectCounts, *, has_schema: bool, running: JobKind | None, models_by_state: set[ModelState]) -> Step:
    """Return the best next step of a project.

    Args:
        counts: How much of the project stands where.
        has_schema: Whether it has entity types and relation labels.
        running: Kind of a training or generation that is under way.
        models_by_state: States that models of the project are in.
    """
    pending = counts.sentences.get(State.PENDING, 0)
    gold = sum(number for states in counts.relations.values() for state, number in states.items() if state.is_gold)
    waiting = sum(states.get(State.PENDING, 0) for states in counts.synthetic.values())
    accepted = sum(number for states in counts.synthetic.values() for state, number in states.items() if state.is_gold)
    if not has_schema and not counts.documents:
        return Step("Say what you are looking for", "This project has no relation labels yet. Define them below, or upload a file that brings its own.", "upload", "Upload a file")  # fmt: skip
    if not counts.documents:
        return Step("Bring in text", "Paste an abstract or drop files; predictions appear within seconds.", "upload", "Upload text")  # fmt: skip
    if running is not None:
        page = "train" if running is JobKind.RETRAIN else "synthetic"
        return Step(f"{JOB_NAMES[running]} is under way", "It goes on if you close the browser; come back any time.", page, "Watch it")  # fmt: skip
    if gold < ENOUGH_RELATIONS and pending:
        return Step("Review sentences", f"{count(gold, 'relation is', 'relations are')} approved; about {ENOUGH_RELATIONS} is the least to train on. The least certain sentences come first.", "annotate", "Start reviewing")  # fmt: skip
    if ModelState.CANDIDATE in models_by_state:
        return Step("Judge the new model", "A trained model waits: compare it with the one in use, then promote or archive it.", "models", "Compare models")  # fmt: skip
    if waiting:
        return Step("Review synthetic sentences", f"{count(waiting, 'generated sentence waits', 'generated sentences wait')} for a decision; only accepted ones train.", "synthetic", "Review them")  # fmt: skip
    if not accepted and not models_by_state:
        return Step("Generate sentences for rare labels", "The generator learns from your approved relations; you decide what is kept.", "synthetic", "Generate")  # fmt: skip
    if not models_by_state:
        return Step("Train a model", f"{count(gold, 'approved relation')} and {count(accepted, 'accepted synthetic sentence')} are ready to learn from.", "train", "Train")  # fmt: skip
    if pending:
        return Step("Go on reviewing", f"{count(pending, 'sentence waits', 'sentences wait')} with predictions; the least certain come first.", "annotate", "Review sentences")  # fmt: skip
    return Step("Export the data", "Every sentence is reviewed. Take the data out, or bring in more text.", "export", "Export")


def show(session: Session, project: ProjectView, counts: ProjectCounts) -> None:
    """Show the best next step with a button to its page."""
    schema = projects.get_schema(session, project.id)
    active = jobs.list_jobs(session, project_id=project.id, kinds=(JobKind.RETRAIN, JobKind.GENERATE), states=jobs.ACTIVE_STATES)  # fmt: skip
    step = find_step(
        counts,
        has_schema=bool(schema.relation_labels),
        running=active[0].kind if active else None,
        models_by_state={model.state for model in models.list_models(session, project.id)},
    )
    with st.container(border=True):
        st.caption("WHAT NEXT")
        st.markdown(f"**{step.title}**")
        st.markdown(step.reason)
        if st.button(step.button, type="primary", icon=":material/arrow_forward:", key="next-step"):
            st.switch_page(page_path(step.page))
