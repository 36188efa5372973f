"""Accept all suggestions above a score in the sentences shown: what it would do, a sample, the step, the way back."""

from functools import partial

import streamlit as st

from core.domain import Schema
from core.workflows.curation import accept_above, unrelated_pairs
from core.workflows.curation.accept_above import ACTION, Example
from core.workflows.curation.undo import undo_step
from core.workflows.curation.unrelated_pairs import UnrelatedPairs
from db.queries import history, projects
from db.queries.pending_above import AboveCounts, AboveScore
from db.queries.projects import ProjectView
from db.queries.queue import QueueFilter
from db.session import Session
from pages.components.card_wording import describe_card
from pages.components.review_queue import forget_queues
from pages.components.sentence_filters import PAGE, Choice
from pages.components.session import act, escape, open_session
from pages.components.undo_wording import describe_undone
from pages.components.wording import SPLIT_NAMES, count, group, moment

USUAL_SCORE = 0.9
ALL_LABELS = "All mentions and relations"
_ACCEPT_KEY = "above-accept"


def show(session: Session, project: ProjectView, user_id: int, choice: Choice) -> None:
    """Show the button that opens the step, and the last step while nothing was decided after it."""
    if st.button(
        "Accept above a score",
        icon=":material/done_all:",
        type="tertiary",
        help="Accepts every suggestion with a high score in the sentences that the filters show, as one step.",
    ):
        _open(user_id, choice.queue, projects.get_schema(session, project.id))
    _show_last(session, project.id, user_id)


def _show_last(session: Session, project_id: int, user_id: int) -> None:
    last = next(iter(history.list_steps(session, project_id=project_id, user_id=user_id, limit=1)), None)
    if last is None or last.action != ACTION or last.is_undone:
        return
    st.markdown(
        f":material/history: Suggestions in {count(last.num_rows, 'sentence')} accepted in one step, "
        f"{moment(last.created_at)}",
        width="content",
    )
    st.button("Undo", icon=":material/undo:", on_click=_undo, args=(project_id, user_id, last.decision_id))


def _undo(project_id: int, user_id: int, decision_id: int) -> None:
    act(lambda session: describe_undone(undo_step(session, project_id, user_id, decision_id)))
    forget_queues(PAGE)


@st.dialog("Accept suggestions above a score", width="large", on_dismiss="rerun")
def _open(user_id: int, queue: QueueFilter, schema: Schema) -> None:
    # Asked first: nothing is left above the score by then, so that the button is drawn no more.
    if st.session_state.get(_ACCEPT_KEY):
        st.rerun()
    left, right = st.columns([1, 2], gap="large")
    label = left.selectbox(
        "Suggestions", ["", *schema.label_names], format_func=lambda name: name or ALL_LABELS, key="above-label"
    )
    score = right.slider(
        "Score of at least",
        *(0.0, 1.0, USUAL_SCORE, 0.01),
        key="above-score",
        help="A relation counts where its own score and those of its mentions reach it; decided mentions always do.",
    )
    st.caption(f"In the sentences that the page shows: {escape(describe_filter(queue))}.")
    chosen = AboveScore(queue, score, label or None)
    with open_session() as session:
        counts = accept_above.get_counts(session, chosen)
        _show_counts(counts)
        if counts.sentences > counts.unfinished:
            _show_unrelated(unrelated_pairs.count_unrelated(session, chosen))
        if counts.sentences:
            _show_examples(accept_above.draw_examples(session, chosen))
    with st.container(horizontal=True):
        if counts.sentences:
            st.button(
                f"Accept {count(counts.mentions + counts.relations, 'suggestion')}",
                key=_ACCEPT_KEY,
                type="primary",
                icon=":material/done_all:",
                on_click=_accept,
                args=(user_id, chosen, counts),
            )
        if st.button("Cancel"):
            st.rerun()


def describe_filter(queue: QueueFilter) -> str:
    """Return in words which sentences a filter takes."""
    split = "all splits" if queue.split is None else f"the {SPLIT_NAMES[queue.split]} split"
    document = "one document, " if queue.document_id is not None else ""
    flagged = "flagged, " if queue.is_flagged else ""
    found = f"with {queue.search!r}, " if queue.search else ""
    state = "reviewed or not" if queue.state is None else {"pending": "to review"}.get(queue.state.value, "reviewed")
    return f"{document}{flagged}{found}{state}, {split}"


def _show_counts(counts: AboveCounts) -> None:
    if not counts.sentences:
        st.info("No suggestion in these sentences reaches the score.", icon=":material/filter_alt:")
        return
    mentions, relations, finished, rest = st.columns(4)
    mentions.metric("Mentions", group(counts.mentions))
    relations.metric("Relations", group(counts.relations))
    finished.metric(
        "Sentences reviewed by it",
        group(counts.sentences - counts.unfinished),
        help="Nothing is left to decide in them, so they count as reviewed and leave the queue.",
    )
    rest.metric(
        "Sentences that stay",
        group(counts.unfinished),
        help="They keep suggestions below the score, so they stay in the queue, with what is accepted marked so.",
    )


def _show_unrelated(pairs: UnrelatedPairs) -> None:
    if not pairs.number:
        return
    st.markdown(
        f":material/link_off: {describe_unrelated(pairs)}",
        help="A model learns from every pair of mentions that a label could join, in each sentence that counts as "
        "reviewed. Where nobody suggested a relation it learns that there is none. If suggestions of relations are "
        "often missing here, review these sentences one by one.",
    )


def describe_unrelated(pairs: UnrelatedPairs) -> str:
    """Return how many pairs of mentions become "no relation"."""
    told = count(pairs.number, "pair of mentions", "pairs of mentions")
    become = "becomes" if pairs.number == 1 else "become"
    return f"{'' if pairs.is_exact else 'At least '}**{told}** without a suggested relation {become} “no relation”."


def _show_examples(examples: list[Example]) -> None:
    st.caption(f"{count(len(examples), 'sentence')} drawn at random from them, with what would be accepted:")
    for one in examples:
        before, after = describe_card(one.before, one.text), describe_card(one.after, one.text)
        changed = " · ".join(escape(line) for line in after[1:] if line not in before)
        st.markdown(f"- “{escape(one.text)}”  \n  {changed}")


def _accept(user_id: int, chosen: AboveScore, counts: AboveCounts) -> None:
    act(partial(_do_accept, user_id=user_id, chosen=chosen, counts=counts))
    forget_queues(PAGE)


def _do_accept(session: Session, *, user_id: int, chosen: AboveScore, counts: AboveCounts) -> str:
    number = accept_above.accept_above(session, user_id, chosen, expected=counts)
    return f"Suggestions in {count(number, 'sentence')} accepted as one step."
