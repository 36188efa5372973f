"""What `dare` runs: the web app in front, one worker a device behind it, all of them ended together."""

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType

from core.jobs import names
from core.jobs.claim import require_free_names
from core.jobs.devices import find_devices, worker_names
from core.jobs.engine import migrate as migrate_jobs
from core.jobs.processes import describe_exit, end_process, settings_environment
from core.settings import Settings
from db.session import make_engine, migrate

log = logging.getLogger(__name__)

WORKER_COMMAND = (sys.executable, "-m", "core.jobs.worker")
LONG_LIFE_SECONDS = 60.0
MAX_PAUSE_SECONDS = 60.0
STOP_SECONDS = 15.0


class KeptProcess:
    """A process that is started again, under the same name, whenever it ends.

    Args:
        command: Its command line.
        settings: Spelled out in its environment; names the folder of its log.
        name: Name of the worker.
        pause_seconds: Rest before a restart; doubled after each short life, up to a minute.
    """

    def __init__(self, command: Sequence[str], settings: Settings, *, name: str, pause_seconds: float = 1.0) -> None:
        self._command = list(command)
        self._environment = settings_environment(settings)
        self._log_path = names.worker_log_path(settings.logs_path, name)
        self._name = name
        self._pause_seconds = pause_seconds
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name=f"keep {name}", daemon=True)

    def start(self) -> None:
        """Start the process."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the process to end and wait until it has; kill it if it takes too long."""
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is not None:
            end_process(process, grace_seconds=STOP_SECONDS)
        if self._thread.is_alive():
            self._thread.join()

    def _keep(self) -> None:
        pause_seconds = self._pause_seconds
        while not self._stopping.is_set():
            started = time.monotonic()
            code = self._live_once()
            if self._stopping.is_set():
                return
            if time.monotonic() - started > LONG_LIFE_SECONDS:
                pause_seconds = self._pause_seconds
            log.warning(
                "worker %s %s and starts again in %.0f s; its log is %s",
                self._name,
                describe_exit(code),
                pause_seconds,
                self._log_path,
            )
            self._stopping.wait(pause_seconds)
            pause_seconds = min(2 * pause_seconds, MAX_PAUSE_SECONDS)

    def _live_once(self) -> int:
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        with self._log_path.open("ab") as log_file, self._lock:
            if self._stopping.is_set():
                return 0
            process = self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,  # its end tells the worker that this process has died
                stdout=log_file,
                stderr=log_file,
                env=self._environment,
                start_new_session=True,  # Ctrl-C reaches this process only, which then ends the workers
            )
        code = process.wait()
        with self._lock:
            self._process = None
        if process.stdin is not None:
            process.stdin.close()
        return code


def prepare(settings: Settings) -> None:
    """Bring both databases to the newest version."""
    settings.logs_path.mkdir(parents=True, exist_ok=True)
    engine = make_engine(settings.resolved_database_url)
    try:
        migrate(engine)
    finally:
        engine.dispose()
    migrate_jobs(settings)


def supervise(settings: Settings, serve: Callable[[], None], *, worker_command: Sequence[str] = WORKER_COMMAND) -> None:
    """Migrate, start one worker a device, serve the web app, and end everything when it returns.

    SIGTERM, SIGHUP and Ctrl-C end the web app, and with it the workers.

    Args:
        settings: Settings of this installation.
        serve: Serves the web app in this thread until it is told to end.
        worker_command: Command line of a worker, without its arguments.

    Raises:
        JobError: CUDA was asked for and is not there.
        SettingsError: A database cannot be used.
        WorkerBusyError: A worker of the same name is alive on another machine.
    """
    devices = find_devices(settings)
    prepare(settings)
    _require_free_names(settings, worker_names(settings, devices))
    workers = make_workers(settings, devices, worker_command=worker_command)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        for worker in workers:
            worker.start()
        serve()
    except KeyboardInterrupt:
        log.info("interrupted")
    finally:
        stop_all(workers)


def _require_free_names(settings: Settings, wanted: Sequence[str]) -> None:
    """Refuse names that are taken on another machine; a worker would say so in its log alone, and try again."""
    engine = make_engine(settings.resolved_database_url)
    try:
        require_free_names(settings, engine, wanted)
    finally:
        engine.dispose()


def make_workers(
    settings: Settings, devices: Sequence[str], *, worker_command: Sequence[str] = WORKER_COMMAND
) -> list[KeptProcess]:
    """Return one kept worker a device, not started yet; each ends when this process does."""
    return [
        KeptProcess([*worker_command, "--name", name, "--device", device, "--ends-with-parent"], settings, name=name)
        for name, device in zip(worker_names(settings, list(devices)), devices, strict=True)
    ]


def stop_all(workers: Sequence[KeptProcess]) -> None:
    """Stop all workers at the same time."""
    threads = [threading.Thread(target=worker.stop) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """Leave `serve` as if it had been interrupted."""
    raise KeyboardInterrupt
