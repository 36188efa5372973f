"""Engine, session and migrations."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from core.domain import Schema
from core.errors import SettingsError
from db.columns import Table
from db.queries.models import add_model, delete_model, list_members
from db.queries.projects import add_project, delete_project, list_projects
from db.queries.synthetic import get_synthetic_views
from db.queries.synthetic_edits import save_synthetic, to_edit
from db.queries.users import get_or_add_user, get_user_names
from db.session import Engine, Session, make_engine, migrate, migration_config, session_scope
from db.tables import Project

needs_sqlite = pytest.mark.skipif("DARE_TEST_DATABASE_URL" in os.environ, reason="checks SQLite only")


@needs_sqlite
def test_sqlite_runs_with_wal_foreign_keys_and_a_busy_timeout(engine: Engine) -> None:
    with engine.connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragma == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 600000}


@needs_sqlite
def test_reading_does_not_wait_for_a_writer(engine: Engine) -> None:
    with session_scope(engine) as writer:
        get_or_add_user(writer, "ada")
        with session_scope(engine) as reader:
            assert get_user_names(reader) == {}


@needs_sqlite
def test_second_writer_waits_for_the_first(engine: Engine) -> None:
    done = threading.Event()

    def write() -> None:
        with session_scope(engine) as session:
            get_or_add_user(session, "second")
        done.set()

    with session_scope(engine) as session:
        get_or_add_user(session, "first")
        thread = threading.Thread(target=write)
        thread.start()
        assert not done.wait(0.2)
    thread.join(10)
    with session_scope(engine) as session:
        assert sorted(get_user_names(session).values()) == ["first", "second"]


def test_scope_rolls_back_when_its_block_raises(engine: Engine) -> None:
    with pytest.raises(RuntimeError), session_scope(engine) as session:
        get_or_add_user(session, "ada")
        raise RuntimeError
    with session_scope(engine) as session:
        assert get_user_names(session) == {}


def test_other_databases_are_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="mysql.*sqlite:/// or postgresql://"):
        make_engine("mysql://localhost/x")


def test_moments_come_back_in_utc(session: Session) -> None:
    session.add(Project(name="p"))
    session.commit()
    session.expire_all()
    moment = session.exec(sa.select(Project)).scalar_one().created_at
    assert str(moment.tzinfo) == "UTC"


def test_migrations_make_exactly_the_tables_of_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        command.check(migration_config(connection))


@needs_sqlite
def test_migrations_keep_the_ids_of_removed_rows_from_being_given_again(engine: Engine) -> None:
    wanted = {name for name, table in Table.metadata.tables.items() if table.dialect_options["sqlite"]["autoincrement"]}
    with engine.connect() as connection:
        made = dict(connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all())
    assert wanted == {name for name, sql in made.items() if "AUTOINCREMENT" in sql}
    assert "synthetic_sentence" in wanted


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    with session_scope(engine) as session:
        get_or_add_user(session, "ada")
    migrate(engine)
    with session_scope(engine) as session:
        assert list(get_user_names(session).values()) == ["ada"]


@needs_sqlite
def test_migration_can_be_taken_back(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'new' / 'x.db'}")
    migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
        command.downgrade(migration_config(connection), "base")
        connection.commit()
    assert set(sa.inspect(engine).get_table_names()) <= {"alembic_version", "sqlite_sequence"}
    engine.dispose()


@needs_sqlite
def test_a_promoted_joint_model_of_an_older_database_stays_promoted_in_its_own_place(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'old.db'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        command.upgrade(migration_config(connection), "0001")
        connection.commit()
        texts = "'', '', '', 0, '2026-01-01', "
        connection.exec_driver_sql(f"INSERT INTO project VALUES (1, 'p', {texts} 1), (2, 'q', {texts} 2)")
        connection.exec_driver_sql(
            "INSERT INTO model (id, project_id, name, architecture, kind, state, artifact_key, metrics, settings, "
            "created_at) VALUES (1, 1, 'm', 'joint', 'joint', 'promoted', 'k', '{}', '{}', '2026-01-01'), "
            "(2, 2, 'n', 'cls', 'ensemble', 'promoted', 'k', '{}', '{}', '2026-01-01')"
        )
        connection.commit()
    migrate(engine)
    with session_scope(engine) as session:
        found = [(project.model_id, project.joint_model_id) for project in list_projects(session)]
    assert sorted(found, key=str) == [(2, None), (None, 1)]
    engine.dispose()


@needs_sqlite
@needs_sqlite
def test_synthetic_sentences_of_an_older_database_are_neither_flagged_nor_commented_on(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'old.db'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
        command.upgrade(migration_config(connection), "0006")
        connection.commit()
        connection.exec_driver_sql(
            "INSERT INTO synthetic_sentence (id, project_id, label, text, head_start, head_end, head_type, tail_start, "
            "tail_end, tail_type, state, reason, split, provenance, version, shuffle, created_at) VALUES "
            "(7, 1, 'CID', '$A$ $B$', 0, 3, 'A', 4, 7, 'B', 'accepted', '', 'train', '{}', 2, 0.5, '2026-01-01')"
        )
        connection.commit()
    migrate(engine)
    with session_scope(engine) as session:
        (view,) = get_synthetic_views(session, [7])
        assert (view.is_flagged, view.comment, view.version) == (False, "", 2)
        save_synthetic(session, view, replace(to_edit(view), is_flagged=True, comment="Who?"))
        (view,) = get_synthetic_views(session, [7])
    assert (view.is_flagged, view.comment, view.text) == (True, "Who?", "$A$ $B$")
    engine.dispose()


@needs_sqlite
def test_projects_and_models_of_an_older_database_stay_and_their_ids_are_given_once(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'old.db'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
        command.upgrade(migration_config(connection), "0007")
        connection.exec_driver_sql("INSERT INTO user_account VALUES (1, 'ada', 'lead')")
        connection.exec_driver_sql(
            "INSERT INTO project VALUES (3, 'p', 'blank', '', 'guide', 0, '2026-01-01', 4, NULL), "
            "(5, 'q', 'blank', '', '', 0, '2026-01-01', NULL, NULL)"
        )
        connection.exec_driver_sql(
            "INSERT INTO model (id, project_id, name, architecture, kind, state, artifact_key, metrics, settings, "
            "created_at) VALUES (4, 3, 'm', 'cls', 'ensemble', 'promoted', 'k', '{}', '{}', '2026-01-01')"
        )
        connection.exec_driver_sql("INSERT INTO member VALUES (1, 4, 0, 7, 'k/1', '{}')")
        connection.exec_driver_sql(
            "INSERT INTO decision (project_id, user_id, created_at, target_kind, target_id, action, before, after) "
            "VALUES (3, 1, '2026-01-01', 'model', 9, 'remove', '{}', '{}')"
        )
        connection.commit()
    migrate(engine)
    with session_scope(engine) as session:
        kept = [(one.id, one.name, one.guideline, one.model_id) for one in list_projects(session)]
        assert kept == [(3, "p", "guide", 4), (5, "q", "", None)]
        assert [member.artifact_key for member in list_members(session, 4)] == ["k/1"]
        delete_project(session, 5)
        assert add_empty_project(session, "r") == 6
        assert add_candidate(session, 3) == 10  # model 9 was removed, and a decision names it
        delete_model(session, 10)
        assert add_candidate(session, 3) == 11
        delete_project(session, 3)
        assert [one.id for one in list_projects(session)] == [6]
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    engine.dispose()


def add_empty_project(session: Session, name: str) -> int:
    return add_project(session, name, template="blank", description="", guideline="", schema=Schema((), ()))


def add_candidate(session: Session, project_id: int) -> int:
    return add_model(
        session, project_id=project_id, name="n", architecture="cls", kind="ensemble", artifact_key="runs/n"
    )


def test_two_processes_starting_at_once_both_find_a_migrated_database(tmp_path: Path) -> None:
    engines = [make_engine(f"sqlite:///{tmp_path / 'x.db'}") for _ in range(2)]
    threads = [threading.Thread(target=migrate, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for engine in engines:
        with session_scope(engine) as session:
            assert get_or_add_user(session) == 1
        engine.dispose()


def test_database_of_a_newer_version_is_refused_with_a_remedy(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match=r"9999.*Install the version"):
        migrate(engine)
