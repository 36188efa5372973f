"""One worker of a name at a time: a lock on each machine, and between machines what workers say of themselves.

Two of one name would run the same tasks twice, for the engine takes them for one.
"""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from core.errors import WorkerBusyError
from core.jobs import names
from core.settings import Settings
from db.queries import jobs
from db.session import Engine, session_scope


@contextmanager
def hold_name(settings: Settings, name: str) -> Iterator[None]:
    """Hold the lock on a worker's name; the operating system drops it when the process dies.

    Raises:
        WorkerBusyError: Another process holds it.
    """
    path = settings.home / "workers" / f"{names.file_name(name)}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise WorkerBusyError(
            f"A worker named {name!r} is already running on this machine (it holds {path}); "
            "stop it, or start this one under another name with DARE_WORKER_NAME."
        ) from error
    try:
        yield
    finally:
        lock.release()


def claim_name(settings: Settings, engine: Engine, name: str) -> None:
    """Take a worker's name among the machines that share the database; the lock on it must be held.

    Raises:
        WorkerBusyError: A worker of this name is alive on another machine.
    """
    with session_scope(engine) as session:
        _refuse(jobs.claim_worker_name(session, name, place=_place(settings), now=datetime.now(UTC)))


def require_free_names(settings: Settings, engine: Engine, wanted: Iterable[str]) -> None:
    """Refuse to start workers whose names are taken on another machine.

    Raises:
        WorkerBusyError: A worker of such a name is alive there.
    """
    with session_scope(engine) as session:
        for name in wanted:
            _refuse(jobs.find_rival(session, name, place=_place(settings), now=datetime.now(UTC)))


def _refuse(rival: jobs.WorkerStatus | None) -> None:
    if rival is not None:
        raise WorkerBusyError(
            f"A worker named {rival.name!r} is running at {rival.place} with the same database; stop it, or give the "
            f"one here another name with DARE_WORKER_NAME. If it was killed, wait {jobs.ALIVE_SECONDS:.0f} seconds."
        )


def _place(settings: Settings) -> str:
    """Return what tells this installation from others: locks on names lie in its folder, and hold on its machine."""
    return f"{socket.gethostname()}:{settings.home.absolute()}"
