"""What a database refuses or cannot do reaches people as one clear error, and bugs as what they are."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain import Schema
from core.errors import ConflictError, SettingsError
from core.settings import Settings
from db.queries import projects, snapshots, users
from db.session import Engine, Session, make_engine, open_session, session_scope
from db.tables import EntityTypeRow


def do_at_once(engine: Engine, action: Callable[[Session], object]) -> list[object]:
    """Return what two people get who do the same, the second of whom has looked before the first has committed."""
    results: list[object] = []
    done = threading.Event()

    def do_second() -> None:
        try:
            with session_scope(engine) as session:
                results.append(action(session))
        except Exception as error:
            results.append(error)
        done.set()

    with session_scope(engine) as session:
        first = action(session)
        thread = threading.Thread(target=do_second)
        thread.start()
        assert not done.wait(0.3)  # long enough for the second to look before it waits
    thread.join(60)
    return [first, *results]


def add_project(session: Session, name: str = "p") -> int:
    return projects.add_project(session, name, template="blank", description="", guideline="", schema=Schema((), ()))


def test_of_two_projects_of_one_name_at_once_the_second_is_refused_with_a_remedy(engine: Engine) -> None:
    first, second = do_at_once(engine, add_project)
    assert first == 1 and isinstance(second, ConflictError)
    assert str(second) == "A project named 'p' exists already; choose another name."


def test_of_two_projects_renamed_alike_at_once_the_second_is_refused(engine: Engine) -> None:
    with session_scope(engine) as session:
        ids = iter([add_project(session, name) for name in ("one", "two")])
    _, second = do_at_once(engine, lambda session: projects.rename_project(session, next(ids), "p"))
    assert isinstance(second, ConflictError) and "choose another name" in str(second)


def test_of_two_snapshots_of_one_name_at_once_the_second_is_refused(engine: Engine) -> None:
    with session_scope(engine) as session:
        project_id = add_project(session, "p")

    def add(session: Session) -> str:
        return snapshots.add_snapshot(
            session, project_id=project_id, user_id=None, name="s", content_hash="", artifact_key="k", licence="",
            chosen={}, counts={}, created_at=datetime.now(UTC),
        ).name  # fmt: skip

    _, second = do_at_once(engine, add)
    assert isinstance(second, ConflictError) and "snapshots never change, choose another name" in str(second)


def test_a_person_who_comes_in_twice_at_once_is_one_user(engine: Engine) -> None:
    first, second = do_at_once(engine, lambda session: users.get_or_add_user(session, "ada"))
    assert first == second
    with session_scope(engine) as session:
        assert users.get_user_names(session) == {first: "ada"}


def test_anything_else_that_is_stored_twice_at_once_is_a_conflict_and_other_broken_rules_are_bugs(
    engine: Engine,
) -> None:
    with session_scope(engine) as session:
        project_id = add_project(session, "p")
    values = {"position": 0, "name": "Gene", "colour": "#000000", "guideline": ""}
    with pytest.raises(ConflictError, match="at this moment; look at it again"), session_scope(engine) as session:
        session.add_all(EntityTypeRow(project_id=project_id, **values) for _ in range(2))
    with pytest.raises(sa.exc.IntegrityError), session_scope(engine) as session:
        session.add(EntityTypeRow(project_id=999, **values))
    with pytest.raises(sa.exc.DBAPIError), session_scope(engine) as session:
        session.execute(sa.text("SELECT no_such_column FROM project"))


def test_what_is_no_url_is_refused_without_its_password() -> None:
    with pytest.raises(SettingsError, match=r"'nonsense' is no URL of a database; set DARE_DATABASE_URL .*sqlite:///"):
        make_engine("nonsense")
    with pytest.raises(SettingsError) as caught:
        make_engine("postgresql://ada:secret@host:port/x")
    assert "host:port" in str(caught.value) and "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("These are notes and no database. " * 10, encoding="utf-8")
    settings = Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path / 'notes.txt'}")
    with (
        pytest.raises(SettingsError, match=r"notes\.txt cannot be used: file is not a database\. .*DARE_DATABASE_URL"),
        open_session(settings),
    ):
        pass


def test_a_server_that_is_not_there_is_refused_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://ada:secret@127.0.0.1:1/x"  # nothing listens on port 1
    with pytest.raises(SettingsError) as caught, open_session(Settings(home=tmp_path, database_url=url)):
        pass
    assert "127.0.0.1:1/x cannot be used: " in str(caught.value) and "secret" not in str(caught.value)
    engine = make_engine(url)
    with pytest.raises(SettingsError, match="Start its server"), session_scope(engine) as session:
        projects.list_projects(session)
    engine.dispose()
