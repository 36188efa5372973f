"""Review a sample, accept the rest above a score: what the sample promises, the confirmation, the way back."""

from functools import partial

import streamlit as st

from core.workflows.curation import accept_rest, undo
from core.workflows.curation.accept_rest import MIN_REVIEWED, Outlook
from core.workflows.curation.synthetic_reading import realise_view
from core.workflows.synthesis.acceptance import LabelStanding
from db.queries import decisions, synthetic
from db.session import Session
from pages.components.review_queue import forget_queues
from pages.components.session import act, escape, open_session
from pages.components.synthetic_filters import PAGE, review_sample
from pages.components.undo_wording import describe_undone
from pages.components.wording import count, group, label_name, moment

USUAL_SCORE = 0.9


def show(session: Session, project_id: int, user_id: int, standings: list[LabelStanding]) -> None:
    """Show the choice of label and score, what accepting the rest would do, and the last bulk step."""
    _show_last(session, project_id, user_id)
    judged = [
        one.label for one in standings if synthetic.count_queue(session, project_id, label=one.label, min_agreement=0.0)
    ]
    if not judged:
        st.info(
            "No pending sentence has an agreement of the judges. Generate sentences with judges, or review them one by "
            "one.",
            icon=":material/balance:",
        )
        return
    with st.container(border=True):
        left, right = st.columns([1, 2], gap="large")
        label = left.selectbox("Label", judged, format_func=label_name, key=f"bulk-label-{project_id}")
        score = right.slider(
            "Agreement of at least",
            *(0.0, 1.0, USUAL_SCORE, 0.01),
            key=f"bulk-score-{project_id}",
            help="Mean probability that judges trained on gold alone gave the label.",
        )
        outlook = accept_rest.get_outlook(session, project_id, label=label, min_agreement=score)
        _show_outlook(outlook)
        _show_buttons(project_id, user_id, outlook)


def _show_outlook(outlook: Outlook) -> None:
    pending, sample, precision = st.columns(3)
    pending.metric("Pending above the score", group(outlook.pending))
    sample.metric(
        "Accepted as written, of those reviewed",
        f"{group(outlook.unchanged)} of {group(outlook.reviewed)}",
        help="Above the score, decided one by one. Edited and relabelled ones count as not good enough, because the "
        "rest is accepted unread; sentences of bulk steps do not count.",
    )
    low, high = outlook.interval
    is_known = outlook.precision is not None
    precision.metric(
        "Estimated precision",
        f"{100 * (outlook.precision or 0):.0f} %" if is_known else "–",
        help="Share of good sentences to expect among the pending ones, from the reviewed ones.",
    )
    if is_known:
        precision.caption(f"95 % interval {100 * low:.0f} to {100 * high:.0f} %")
    if outlook.is_sample_easier:
        st.warning(
            "The reviewed sentences have a higher agreement than the pending ones, so the estimate is probably too "
            "high. Review some in random order.",
            icon=":material/warning:",
        )


def _show_buttons(project_id: int, user_id: int, outlook: Outlook) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if outlook.missing:
            st.markdown(
                f"Review {group(outlook.missing)} more of them first: it takes {MIN_REVIEWED} decided one by one to "
                "tell how good the rest is.",
                width="content",
            )
        elif outlook.pending and st.button(
            f"Accept {count(outlook.pending, 'sentence')}", type="primary", icon=":material/done_all:"
        ):
            _confirm(project_id, user_id, outlook)
        if outlook.pending:
            st.button(
                "Review them in random order",
                type="primary" if outlook.missing else "secondary",
                icon=":material/shuffle:",
                on_click=review_sample,
                args=(project_id, outlook.label, outlook.min_agreement),
            )
        else:
            st.caption("No pending sentence is above this score.")


@st.dialog("Accept the rest?", width="large", on_dismiss="rerun")
def _confirm(project_id: int, user_id: int, outlook: Outlook) -> None:
    low, high = outlook.interval
    rest, label = count(outlook.pending, "pending sentence"), escape(label_name(outlook.label))
    share = f"about {100 * (outlook.precision or 0):.0f} % are good ({100 * low:.0f} to {100 * high:.0f} %)"
    st.markdown(
        f"**{rest}** of **{label}** with an agreement of at least **{outlook.min_agreement:.2f}** would be accepted "
        f"unread. Of {group(outlook.reviewed)} reviewed ones {group(outlook.unchanged)} were accepted as written: "
        f"{share}. One undo takes all of it back."
    )
    st.caption("Drawn at random from them:")
    with open_session() as session:
        examples = accept_rest.draw_examples(
            session, project_id, label=outlook.label, min_agreement=outlook.min_agreement
        )
        for view in examples:
            st.markdown(f"- {escape(realise_view(view).text)}")
    with st.container(horizontal=True):
        if st.button(
            f"Accept all {group(outlook.pending)}",
            type="primary",
            icon=":material/done_all:",
            on_click=_accept,
            args=(project_id, user_id, outlook),
        ):
            st.rerun()
        if st.button("Cancel"):
            st.rerun()


def _accept(project_id: int, user_id: int, outlook: Outlook) -> None:
    act(partial(_do_accept, project_id=project_id, user_id=user_id, outlook=outlook))
    forget_queues(PAGE)


def _do_accept(session: Session, *, project_id: int, user_id: int, outlook: Outlook) -> str:
    label, score = outlook.label, outlook.min_agreement
    number = accept_rest.accept_rest(
        session, project_id, user_id, label=label, min_agreement=score, expected=outlook.pending
    )
    return f"{count(number, 'sentence')} accepted."


def _show_last(session: Session, project_id: int, user_id: int) -> None:
    """Show the user's last bulk step with its undo."""
    last = decisions.find_last_bulk_step(
        session, project_id=project_id, user_id=user_id, target_kind=decisions.SYNTHETIC
    )
    if last is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        done = "accepted" if last.action == "accept" else "rejected"
        st.markdown(
            f":material/history: {count(last.num_changed, 'sentence')} {done} in one step, {moment(last.created_at)}",
            width="content",
        )
        st.button("Undo", icon=":material/undo:", on_click=_undo, args=(project_id, user_id, last.batch_id))


def _undo(project_id: int, user_id: int, batch_id: str) -> None:
    act(partial(_do_undo, project_id=project_id, user_id=user_id, batch_id=batch_id))
    forget_queues(PAGE)


def _do_undo(session: Session, *, project_id: int, user_id: int, batch_id: str) -> str:
    return describe_undone(undo.undo_bulk_step(session, project_id, user_id, batch_id))
