"""Errors of a database that are no bugs, as errors of this project: who meets one is told what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from core.errors import ConflictError, SettingsError

_URL_FORMS = "sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
_UNIQUE = frozenset({"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505"})
# What a file is to SQLite, and the classes of what a Postgres server answers whoever wants to connect.
_UNUSABLE = ("SQLITE_NOTADB", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_READONLY", "08", "28", "3D", "57P")


@contextmanager
def taken_as_conflict(message: str) -> Iterator[None]:
    """Say what to do where somebody else has stored the same name first.

    Raises:
        ConflictError: What the block stores violates a unique constraint.
    """
    try:
        yield
    except sa.exc.IntegrityError as error:
        if _code(error) not in _UNIQUE:
            raise
        raise ConflictError(message) from error


@contextmanager
def clear_errors(url: sa.URL) -> Iterator[None]:
    """Turn the errors that a person can do something about into those of this project; bugs stay as they are.

    Raises:
        SettingsError: The database cannot be reached or opened, or the file is none.
        ConflictError: Somebody else stored the same at the same moment.
    """
    try:
        with taken_as_conflict("Somebody else has stored the same at this moment; look at it again, then repeat."):
            yield
    except sa.exc.DBAPIError as error:
        if not _is_unusable(error):
            raise
        raise SettingsError(
            f"Database {url.render_as_string()} cannot be used: {error.orig}. Start its server or mend the path, or "
            "set DARE_DATABASE_URL and DARE_JOBS_DATABASE_URL."
        ) from error


def parse_url(url: str) -> sa.URL:
    """Return the parts of a database's URL.

    Raises:
        SettingsError: It is none.
    """
    try:
        return sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError) as error:
        shown = url.rpartition("@")[2]  # what stands before may be a password
        raise SettingsError(
            f"{shown!r} is no URL of a database; set DARE_DATABASE_URL and DARE_JOBS_DATABASE_URL to {_URL_FORMS}."
        ) from error


def _is_unusable(error: sa.exc.DBAPIError) -> bool:
    """Return whether a database could not be reached; a driver of Postgres gives no code where no server answers."""
    code = _code(error)
    return code.startswith(_UNUSABLE) if code else isinstance(error, sa.exc.OperationalError)


def _code(error: sa.exc.DBAPIError) -> str:
    """Return the code of a driver's error: a name of SQLite, a state of Postgres, or nothing."""
    return getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or ""
