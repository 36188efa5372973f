"""How a project stands and goes on, one chart at a time: class balance, decisions, acceptance, what is left."""

from enum import StrEnum

import streamlit as st

from core.workflows.curation.agreement import ProjectAgreement, get_agreement
from core.workflows.progress import Acceptance, get_activity, get_suggestion_acceptance
from core.workflows.synthesis.acceptance import LabelStanding
from db.queries import decisions, projects
from db.session import Session
from pages.components import charts, progress_charts
from pages.components.wording import count


class Chart(StrEnum):
    """What is shown; only the chosen one is asked of the database."""

    BALANCE = "Class balance"
    DECISIONS = "Decisions"
    ACCEPTANCE = "Acceptance"
    BURN_DOWN = "Left to review"


def show(session: Session, project_id: int) -> None:
    """Show the chart that was chosen, of the sentences of a project."""
    st.subheader("Progress")
    chosen = st.segmented_control(
        "Chart",
        [chart.value for chart in Chart],
        default=Chart.BALANCE.value,
        required=True,
        key="chart",
        bind="query-params",
        label_visibility="collapsed",
    )
    if chosen == Chart.BALANCE:
        _show_balance(session, project_id)
    elif chosen == Chart.DECISIONS:
        progress_charts.show_decisions(get_activity(session, project_id, kind=decisions.SENTENCE))
        _tell_agreement(get_agreement(session, project_id))
    elif chosen == Chart.ACCEPTANCE:
        rows = get_suggestion_acceptance(session, project_id)
        progress_charts.show_acceptance(rows, heading="suggestion", key="suggestions")
        st.caption("What people made of the suggestions of models: relations by label, then mentions by type.")
    else:
        progress_charts.show_burn_down(get_activity(session, project_id, kind=decisions.SENTENCE), noun="sentences")


def _tell_agreement(found: ProjectAgreement) -> None:
    nouns = (("pair of mentions", "pairs of mentions"), ("synthetic sentence", "synthetic sentences"))
    for agreement, (noun, plural) in zip((found.relations, found.synthetic), nouns, strict=True):
        if agreement is None:
            continue
        alpha = "" if agreement.alpha is None else f", Krippendorff's alpha {agreement.alpha:.2f}"
        st.caption(
            f"Two or more people decided on {count(agreement.items, noun, plural)}: "
            f"{agreement.observed:.0%} of their decisions agree{alpha}."
        )


def _show_balance(session: Session, project_id: int) -> None:
    balance = projects.get_class_balance(session, project_id)
    if not any(row.gold or row.synthetic for row in balance):
        st.caption("Shows how many instances each label has, once sentences are reviewed.")
        return
    charts.show_class_balance(balance)
    gold = sum(row.gold for row in balance)
    synthetic = sum(row.synthetic for row in balance)
    st.caption(
        f"{count(gold, 'pair')} of mentions in the reviewed sentences of all splits, and "
        f"{count(synthetic, 'accepted synthetic sentence')}. "
        "A pair without a relation teaches what no relation looks like."
    )


def show_synthetic(session: Session, project_id: int, standings: list[LabelStanding]) -> None:
    """Show all four charts of the synthetic sentences of a project."""
    activity = get_activity(session, project_id, kind=decisions.SYNTHETIC)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(Chart.BALANCE)
        _show_balance(session, project_id)
        st.subheader(Chart.DECISIONS)
        progress_charts.show_decisions(activity)
    with right:
        st.subheader(Chart.ACCEPTANCE)
        rows = [Acceptance(one.label, one.accepted - one.edited, one.edited, one.rejected) for one in standings]
        progress_charts.show_acceptance(rows, heading="label", key="synthetic")
        st.subheader(Chart.BURN_DOWN)
        progress_charts.show_burn_down(activity, noun="synthetic sentences")
