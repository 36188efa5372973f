"""The deck of synthetic sentences: accept, reject with a reason, edit, relabel, skip and undo by keyboard."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.workflows.curation import curate
from core.workflows.synthesis.acceptance import LabelStanding, count_accepted
from db.queries import decisions, pending, projects, synthetic
from db.queries.synthetic import Place, SyntheticView
from db.session import Session
from pages.components import clash_panel, comment_field, history_panel, synthetic_cards
from pages.components.deck_changes import Desk, apply_event, apply_replay
from pages.components.label_examples import get_examples
from pages.components.review_queue import ReviewQueue, find_queue, forget_queue, start_queue
from pages.components.session import escape, open_session, page_path, redraw_without, show_notice
from pages.components.span_editor import show_deck
from pages.components.synthetic_filters import (
    PAGE,
    STATE_NAMES,
    Choice,
    count_choice,
    list_choice,
    show_generation,
    show_lowest,
)
from pages.components.wording import count, group, label_name

PAGE_SIZE = 80


def show(session: Session, user_id: int, choice: Choice, *, standings: list[LabelStanding], with_names: bool) -> None:
    """Show the queue of a choice, or why there is none."""
    show_lowest(choice)
    cards: ReviewQueue[Place] | None = find_queue(PAGE, choice)
    if cards is None or not cards.ids:
        cards = start_queue(PAGE, choice, counted=count_choice(session, choice))
        _fill(session, cards, choice)
        if choice.first_id is not None:
            cards.go_to(choice.first_id)
    if cards.ids:
        _show_cards(user_id, choice, cards, standings, with_names)
    else:
        _show_empty(choice)


@st.fragment
def _show_cards(
    user_id: int, choice: Choice, cards: ReviewQueue[Place], standings: list[LabelStanding], with_names: bool
) -> None:
    redraw_without(choice.project_id)
    if cards.is_outdated:
        forget_queue(PAGE, choice)
        st.rerun()
    show_notice()
    desk = _make_desk(choice.project_id, user_id)
    with open_session() as session:
        views = _show_deck(session, desk, choice, cards, with_names=with_names)
        clash_panel.show(session, desk, cards)
        _show_progress(session, choice, standings)
        current = next((view for view in views if view.id == cards.current_id), None)
        if current is None:
            _show_end(session, choice)
        else:
            comment_field.show("Comment on this sentence", desk, cards, current)
        history_panel.show(session, desk, cards)


def _make_desk(project_id: int, user_id: int) -> Desk:
    change = partial(_change, project_id=project_id, user_id=user_id)
    return Desk(project_id, user_id, decisions.SYNTHETIC, elsewhere="Annotate", change=change)


def _show_deck(
    session: Session, desk: Desk, choice: Choice, cards: ReviewQueue[Place], *, with_names: bool
) -> list[SyntheticView]:
    _fill(session, cards, choice)
    views = synthetic.get_synthetic_views(session, cards.window, project_id=choice.project_id)
    if len(views) < len(cards.window):  # Their project was replaced, or they were removed.
        cards.drop(set(cards.window) - {view.id for view in views})
        return _show_deck(session, desk, choice, cards, with_names=with_names)
    schema = projects.get_schema(session, choice.project_id)
    show_deck(
        [synthetic_cards.make_card(view, with_names=with_names) for view in views],
        position=cards.position,
        first=cards.first,
        total=cards.total,
        schema=schema,
        key=cards.key,
        on_event=partial(apply_event, desk=desk, queue=cards),
        on_replay=partial(apply_replay, desk=desk, queue=cards),
        on_move=cards.move,
        guideline=projects.get_project(session, choice.project_id).guideline,
        examples=get_examples(choice.project_id, schema),
        undecided=cards.find_undecided(partial(pending.find_pending_synthetic, session)),
    )
    return views


def _change(
    session: Session, synthetic_id: int, version: int, fields: dict[str, Any], *, project_id: int, user_id: int
) -> int:
    view = curate.apply_synthetic_event(
        session, project_id=project_id, user_id=user_id, synthetic_id=synthetic_id, version=version, event=fields
    )
    return view.version


def _fill(session: Session, cards: ReviewQueue[Place], choice: Choice) -> None:
    cards.fill(partial(_load, session, choice))


def _load(session: Session, choice: Choice, after: Place | None) -> tuple[Sequence[int], Place | None]:
    views = list_choice(session, choice, after=after, limit=PAGE_SIZE)
    is_last = len(views) < PAGE_SIZE
    return [view.id for view in views], None if is_last else synthetic.get_queue_key(
        session, views[-1].id, order=choice.order
    )


def _show_progress(session: Session, choice: Choice, standings: list[LabelStanding]) -> None:
    """Say for the chosen label, or for each, how many of the wanted sentences are accepted."""
    counts = synthetic.count_synthetic(session, choice.project_id)
    told = [
        f"{escape(label_name(one.label))} {group(count_accepted(counts.get(one.label, {})))}"
        + (f" of {group(one.wanted)}" if one.wanted else ", none wanted")
        for one in standings
        if one.label == (choice.label or one.label) and (one.wanted or counts.get(one.label))
    ]
    if told:
        st.caption(f"Accepted of what is wanted: {' · '.join(told)}")


def _show_end(session: Session, choice: Choice) -> None:
    waiting = synthetic.count_queue(session, choice.project_id)
    if not waiting:
        st.markdown("Every synthetic sentence of this project is decided.")
        _show_links()
        return
    st.markdown(f"{count(waiting, 'sentence')} of the project still {'waits' if waiting == 1 else 'wait'}.")
    st.button("Go on", type="primary", icon=":material/refresh:", on_click=forget_queue, args=(PAGE, choice))


def _show_empty(choice: Choice) -> None:
    state = "flagged " if choice.is_flagged else ""
    state += "" if choice.state is None else f"{STATE_NAMES[choice.state].lower()} "
    label = "" if choice.label is None else f" for {escape(label_name(choice.label))}"
    above = "" if choice.min_agreement is None else f" with an agreement of at least {choice.min_agreement:.2f}"
    st.info(
        f"There is no {state}synthetic sentence{label}{above}. Choose other filters, or generate more under Generate.",
        icon=":material/filter_alt:",
    )
    _show_links()


def _show_links() -> None:
    """Link to the steps that follow a review of synthetic sentences."""
    with st.container(horizontal=True, gap="medium"):
        st.button("Generate more", icon=":material/auto_awesome:", type="tertiary", on_click=show_generation)
        st.page_link(page_path("annotate"), label="Review sentences", icon=":material/edit_note:")
        st.page_link(page_path("train"), label="Train on what is accepted", icon=":material/model_training:")
