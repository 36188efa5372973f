"""Home: the chosen project, the next step, and all projects."""

from streamlit.testing.v1 import AppTest

from core.domain import JobKind
from core.jobs import client, names
from core.jobs.engine import JobEngine
from core.settings import Settings
from core.workflows.model_library.generators import open_store
from core.workflows.projects import create_project, delete_project
from db.queries import projects
from db.session import Session
from tests.pages.support import OpenPage, press, texts


def test_the_demo_shows_its_counts_model_and_next_step(open_page: OpenPage) -> None:
    app = open_page()
    assert app.title[0].value.startswith("Demo")
    assert [metric.label for metric in app.metric] == [
        "Documents",
        "Sentences reviewed",
        "Relations approved",
        "Synthetic accepted",
    ]
    assert "starter-chemical-disease" in texts(app)
    assert app.button(key="next-step").label == "Review them"


def test_the_class_balance_has_a_table_with_every_label(open_page: OpenPage) -> None:
    table = open_page().dataframe[0].value
    assert list(table["label"]) == ["CID", "no relation"]
    assert (table["gold"] + table["synthetic"] == table["together"]).all()


def test_without_a_project_only_the_form_for_one_is_shown(
    open_page: OpenPage, session: Session, settings: Settings
) -> None:
    delete_project(
        session, projects.list_projects(session)[0].id, open_store(settings), uploads_path=settings.uploads_path
    )
    session.commit()
    app = open_page()
    assert app.subheader[0].value == "Create your first project"
    assert not app.metric


def test_a_new_project_is_stored_and_opened(open_page: OpenPage, session: Session) -> None:
    app = open_page()
    app.selectbox(key="new-project-template").select("drug-drug").run()
    assert "INT" in texts(app)
    app.text_input(key="new-project-name").input("Pairs of drugs")
    press(app, "Create project")
    made = projects.find_project(session, "Pairs of drugs")
    assert made is not None and made.template == "drug-drug"
    assert app.title[0].value == "Pairs of drugs"
    assert app.query_params["project"] == str(made.id)


def test_a_name_that_is_taken_is_one_clear_message(open_page: OpenPage, session: Session) -> None:
    name = projects.list_projects(session)[0].name
    app = open_page()
    app.text_input(key="new-project-name").input(name)
    press(app, "Create project")
    assert len(app.error) == 1 and "exists already" in app.error[0].value
    assert not app.exception


def test_the_project_of_the_address_is_shown(open_page: OpenPage, session: Session) -> None:
    second = create_project(session, "Zeta", template="blank")
    session.commit()
    assert open_page(project=str(second)).title[0].value == "Zeta"


def test_an_address_of_a_project_that_is_gone_says_so(open_page: OpenPage) -> None:
    app = open_page(project="999")
    assert "does not exist any more" in app.warning[0].value
    assert app.title[0].value.startswith("Demo")


def test_the_selector_changes_project_and_address(open_page: OpenPage, session: Session) -> None:
    second = create_project(session, "Zeta", template="blank")
    session.commit()
    app = open_page()
    app.selectbox(key="project_selector").select(second).run()
    assert app.title[0].value == "Zeta"
    assert app.query_params["project"] == str(second)


def test_a_name_with_markup_is_shown_as_text(open_page: OpenPage, session: Session) -> None:
    made = create_project(session, "<b>x</b> :red[y] **z**", template="blank")
    session.commit()
    title = open_page(project=str(made)).title[0].value
    assert title == r"\<b\>x\<\/b\> \:red\[y\] \*\*z\*\*"


def unfold_changes(app: AppTest, project_id: int) -> AppTest:
    app.session_state[f"change-{project_id}"] = True
    return app.run()


def test_the_demo_goes_with_one_press(open_page: OpenPage, session: Session) -> None:
    (demo,) = projects.list_projects(session)
    app = unfold_changes(open_page(), demo.id)
    press(app, "Remove the demo")
    assert projects.list_projects(session) == []


def test_a_second_press_after_a_removal_hits_nothing_of_the_project_that_is_shown_then(
    open_page: OpenPage, session: Session
) -> None:
    made = create_project(session, "Zeta", template="blank")
    session.commit()
    app = unfold_changes(open_page(project=str(made)), made)
    app.text_input(key=f"confirm-{made}").input("Zeta").run()
    press(app, "Remove for good")
    assert app.title[0].value.startswith("Demo")
    assert not [one for one in app.button if one.label.startswith("Remove")]


def test_a_project_is_renamed(open_page: OpenPage, session: Session) -> None:
    made = create_project(session, "Zeta", template="blank")
    session.commit()
    app = unfold_changes(open_page(project=str(made)), made)
    app.text_input(key=f"rename-{made}").input("Eta")
    press(app, "Rename")
    assert projects.get_project(session, made).name == "Eta"
    assert app.title[0].value == "Eta"


def test_another_project_goes_only_after_its_name_was_typed(open_page: OpenPage, session: Session) -> None:
    made = create_project(session, "Zeta", template="blank")
    session.commit()
    app = unfold_changes(open_page(project=str(made)), made)
    remove = next(button for button in app.button if button.label == "Remove for good")
    assert remove.disabled
    app.text_input(key=f"confirm-{made}").input("Zeta").run()
    press(app, "Remove for good")
    assert projects.find_project(session, "Zeta") is None


def test_a_removed_project_takes_its_running_jobs_and_their_files_along(
    open_page: OpenPage, session: Session, settings: Settings
) -> None:
    made = create_project(session, "Zeta", template="blank")
    job_id = client.enqueue(settings, session, JobKind.RETRAIN, project_id=made, params={}, user_id=None)
    run_path = open_store(settings).path(names.run_key(job_id))
    run_path.mkdir(parents=True)
    app = unfold_changes(open_page(project=str(made)), made)
    app.text_input(key=f"confirm-{made}").input("Zeta").run()
    press(app, "Remove for good")
    assert projects.find_project(session, "Zeta") is None
    assert not run_path.exists()
    job_engine = JobEngine(settings)
    assert job_engine.find_statuses([job_id]) == {job_id: "CANCELLED"}
    job_engine.close()


def test_a_blank_project_gets_types_labels_and_a_guideline(open_page: OpenPage, session: Session) -> None:
    made = create_project(session, "Own", template="blank")
    session.commit()
    app = open_page(project=str(made))
    for name in ("Drug", "Rash"):
        app.text_input(key=f"schema-{made}-type").input(name)
        press(app, "Add type")
    app.text_input(key=f"schema-{made}-label").input("CAUSES")
    app.selectbox(key=f"schema-{made}-tail").select("Rash")
    press(app, "Add label")
    app.text_area(key=f"schema-{made}-guideline").input("Only what the text claims.")
    press(app, "Save guideline")
    schema = projects.get_schema(session, made)
    assert schema.type_names == ("Drug", "Rash")
    assert schema.relation_labels[0].legal_types == (("Drug", "Rash"),)
    assert projects.get_project(session, made).guideline == "Only what the text claims."


def test_a_guideline_that_somebody_else_stored_meanwhile_is_not_overwritten(
    open_page: OpenPage, session: Session
) -> None:
    made = create_project(session, "Own", template="blank")
    session.commit()
    app = open_page(project=str(made))
    app.text_area(key=f"schema-{made}-guideline").input("Mine.").run()
    projects.set_guideline(session, made, "Theirs.", before="")
    session.commit()
    press(app, "Save guideline")
    assert "changed elsewhere" in app.error[0].value
    assert "Theirs." in [one.value for one in app.text]
    assert projects.get_project(session, made).guideline == "Theirs."
    press(app, "Replace it by mine")
    session.expire_all()
    assert projects.get_project(session, made).guideline == "Mine."


def test_of_two_guidelines_that_of_the_other_can_be_taken(open_page: OpenPage, session: Session) -> None:
    made = create_project(session, "Own", template="blank")
    session.commit()
    app = open_page(project=str(made))
    app.text_area(key=f"schema-{made}-guideline").input("Mine.").run()
    projects.set_guideline(session, made, "Theirs.", before="")
    session.commit()
    app.run()
    press(app, "Take theirs")
    assert app.text_area(key=f"schema-{made}-guideline").value == "Theirs."
    assert not app.warning
