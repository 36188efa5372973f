"""Engine, session and migration: the only way anything reaches the database."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from filelock import FileLock
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

from core.errors import SettingsError
from core.settings import Settings
from db.faults import clear_errors, parse_url

__all__ = [
    "Engine",
    "Session",
    "make_engine",
    "migrate",
    "migration_config",
    "open_session",
    "require_database",
    "session_scope",
]

Engine = sa.Engine

# SQLite has one writer at a time, and a large import is one transaction: others wait for it rather than fail.
BUSY_SECONDS = 600
MIGRATION_LOCK = 4_713_002  # any constant: names the advisory lock of this program on a Postgres server


def make_engine(url: str) -> Engine:
    """Return an engine for SQLite or Postgres; open one a process and share it, sessions are per use.

    On SQLite reading takes no lock; the first write of a transaction begins it with `BEGIN IMMEDIATE`, so
    it can wait for another writer but never fail half way because another one came first.

    Raises:
        SettingsError: The URL names another database, or is none.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_SECONDS})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        return engine
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    raise SettingsError(f"Database {parsed.get_backend_name()!r} is not supported; use sqlite:/// or postgresql://.")


def _prepare_sqlite(connection: sa.engine.interfaces.DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Set what SQLite keeps per connection."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_SECONDS * 1000}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
    connection.isolation_level = "IMMEDIATE"


@contextmanager
def session_scope(engine: Engine) -> Iterator[Session]:
    """Yield a session; commit at the end, or roll back when the block raises.

    Rows stay readable after the commit, so views can be made from them outside.

    Raises:
        SettingsError: The database cannot be reached or opened.
        ConflictError: Somebody else stored the same at the same moment.
    """
    with clear_errors(engine.url), Session(engine, expire_on_commit=False) as session:
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


@contextmanager
def open_session(settings: Settings) -> Iterator[Session]:
    """Yield a session on the database of an installation, made or brought to the newest version; commit at the end.

    For commands and notebooks, which need one session; a process that serves many keeps its engine.

    Raises:
        SettingsError: The database was written by a newer version of this program, is of a kind that is not known, or
            cannot be reached or opened.
        ConflictError: Somebody else stored the same at the same moment.
    """
    engine = make_engine(settings.resolved_database_url)
    try:
        migrate(engine)
        with session_scope(engine) as session:
            yield session
    finally:
        engine.dispose()


def migration_config(connection: sa.Connection) -> Config:
    """Return Alembic's configuration, made here so that no ini file is needed."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine) -> None:
    """Bring the database to the newest version; of two processes starting at once one waits.

    Raises:
        SettingsError: The database was written by a newer version of this program, or cannot be reached or opened.
    """
    with _file_lock(engine), clear_errors(engine.url), engine.connect() as connection:
        try:
            _begin_migration(connection)
            command.upgrade(migration_config(connection), "head")
            connection.commit()
        except CommandError as error:
            raise SettingsError(
                f"Database {engine.url.render_as_string()} does not fit this version: {error}. "
                "Install the version that last wrote it, or point DARE_HOME at another folder."
            ) from error
        finally:
            # The connection is without foreign keys now: no one may get it back from the pool.
            connection.invalidate()


def require_database(engine: Engine) -> None:
    """Connect to a database, for whoever cannot say clearly that it is not there.

    Raises:
        SettingsError: It cannot be reached or opened.
    """
    with clear_errors(engine.url):
        engine.connect().close()


def _file_lock(engine: Engine) -> AbstractContextManager[object]:
    """Return the lock beside a SQLite file, or none where the database has its own."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:":
        return nullcontext()
    return FileLock(f"{database}.migrate.lock", timeout=BUSY_SECONDS * 4)


def _begin_migration(connection: sa.Connection) -> None:
    """Begin the one transaction of a migration, locked against other processes."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        return
    # SQLite changes a table by copying it and renaming the copy; with foreign keys on, dropping the old one
    # takes its children along, and without the legacy rename triggers that name the table stop it.
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
