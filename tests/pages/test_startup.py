"""What happens once, before the first page."""

from pathlib import Path

from core.domain import JobKind
from core.settings import Settings
from core.workflows.model_library.generators import open_store
from core.workflows.projects import delete_project
from db.queries import jobs, projects
from db.session import make_engine, session_scope
from pages.shell.startup import prepare_data


def test_a_first_start_makes_the_demo_and_has_the_shipped_model_read_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    prepare_data(settings)
    engine = make_engine(settings.resolved_database_url)
    with session_scope(engine) as session:
        (demo,) = projects.list_projects(session)
        assert demo.is_demo
        assert [job.kind for job in jobs.list_jobs(session, project_id=demo.id)] == [JobKind.PREDICT]
        delete_project(session, demo.id, open_store(settings), uploads_path=settings.uploads_path)
    prepare_data(settings)
    with session_scope(engine) as session:
        assert projects.list_projects(session) == []  # who removed the demo does not get it back
    engine.dispose()
