"""Charts of Home and Synthetic: each has a table with the same numbers, and says what it waits for while empty."""

from core.domain import State
from core.workflows.curation import curate
from core.workflows.projects import create_project
from db.queries import annotations, projects, queue, synthetic, users
from db.queries.queue import QueueFilter
from db.session import Session
from tests.pages.support import OpenPage, texts


def decide(session: Session, project_id: int, kind: str) -> None:
    """Decide the first sentence that waits."""
    sentence_id = queue.get_queue_page(session, QueueFilter(project_id), limit=1).sentence_ids[0]
    view = annotations.get_sentence_view(session, sentence_id)
    curate.apply_sentence_event(
        session, project_id=project_id, user_id=users.get_or_add_user(session), sentence_id=sentence_id,
        version=view.version, event={"kind": kind},
    )  # fmt: skip
    session.commit()


def test_decisions_and_what_is_left_have_their_tables(open_page: OpenPage, session: Session) -> None:
    project_id = projects.list_projects(session)[0].id
    decide(session, project_id, "accept")
    decide(session, project_id, "reject")
    waiting = queue.count_queue(session, QueueFilter(project_id))
    told = open_page(chart="Decisions").dataframe[0].value
    assert told["accepted"].sum() >= 1 and told["rejected"].sum() >= 1
    left = open_page(chart="Left to review").dataframe[0].value
    assert left["to review"].iloc[0] == waiting


def test_acceptance_of_suggestions_is_told_by_label_and_type(open_page: OpenPage, session: Session) -> None:
    project_id = projects.list_projects(session)[0].id
    decide(session, project_id, "accept")
    table = open_page(chart="Acceptance").dataframe[0].value
    assert {"Chemical", "Disease"} <= set(table["suggestion"])
    assert table["accepted or corrected (95 % interval)"].str.contains(" to ").all()


def test_synthetic_progress_shows_four_charts_with_their_tables(open_page: OpenPage, session: Session) -> None:
    project_id = projects.list_projects(session)[0].id
    view = synthetic.list_synthetic(session, project_id, limit=1)[0]
    curate.apply_synthetic_event(
        session, project_id=project_id, user_id=users.get_or_add_user(session), synthetic_id=view.id,
        version=view.version, event={"kind": "accept"},
    )  # fmt: skip
    session.commit()
    app = open_page("synthetic", view="Progress")
    assert len(app.dataframe) == 4
    assert [one.value for one in app.subheader] == ["Class balance", "Decisions", "Acceptance", "Left to review"]
    pending = synthetic.count_queue(session, project_id, state=State.PENDING)
    assert app.dataframe[3].value["to review"].iloc[0] == pending


def test_empty_project_says_what_each_chart_waits_for(open_page: OpenPage, session: Session) -> None:
    empty = create_project(session, "Zeta", template="drug-drug")
    session.commit()
    for chart, words in (
        ("Decisions", "how many decisions"),
        ("Acceptance", "which share was accepted"),
        ("Left to review", "were left to review"),
    ):
        app = open_page(project=str(empty), chart=chart)
        assert words in texts(app) and not app.dataframe


def test_agreement_is_told_once_two_people_decided_on_the_same(open_page: OpenPage, session: Session) -> None:
    project_id = projects.list_projects(session)[0].id
    synthetic_id = synthetic.list_synthetic(session, project_id, limit=1)[0].id
    for name in ("ada", "bob"):
        view = synthetic.get_synthetic_view(session, synthetic_id, project_id=project_id)
        curate.apply_synthetic_event(
            session, project_id=project_id, user_id=users.get_or_add_user(session, name), synthetic_id=view.id,
            version=view.version, event={"kind": "accept"},
        )  # fmt: skip
    session.commit()
    told = "Two or more people decided on 1 synthetic sentence: 100% of their decisions agree."
    assert told in texts(open_page(chart="Decisions"))
