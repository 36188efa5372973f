"""One worker, one device: takes jobs from the queues and runs them. `python -m core.jobs.worker` or `dare worker`."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from core.artifacts import ArtifactStore
from core.errors import DareError
from core.jobs import names, status
from core.jobs.claim import claim_name, hold_name
from core.jobs.devices import CPU, select_device
from core.jobs.engine import JobEngine, start_executor, stop_executor
from core.jobs.flows import register_flows
from core.jobs.processes import describe_error, settings_environment, watch_parent
from core.jobs.steps import WorkerSteps
from core.jobs.upkeep import Upkeep
from core.jobs.warm import WarmPredictor
from core.settings import Settings
from db.queries import jobs
from db.session import Engine, make_engine, session_scope

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
CHILD_COMMAND = (sys.executable, "-m", "core.jobs.child")
PREDICTOR_COMMAND = (sys.executable, "-m", "core.jobs.predictor")


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """How a worker runs.

    Args:
        name: Stable and unique: after a crash, a worker of the same name takes up what was running.
        device: "cpu", or a CUDA device as CUDA_VISIBLE_DEVICES names it.
        child_command: Command line that runs one task, without its arguments.
        predictor_command: Command line of the warm predictor.
        poll_seconds: How often the queues are looked at; None for the usual pace.
        heartbeat_seconds: How often the worker says that it is alive.
    """

    name: str
    device: str = CPU
    child_command: Sequence[str] = CHILD_COMMAND
    predictor_command: Sequence[str] = PREDICTOR_COMMAND
    poll_seconds: float | None = None
    heartbeat_seconds: float = HEARTBEAT_SECONDS


class Worker:
    """Runs jobs until it is told to stop; the databases must have been migrated."""

    def __init__(self, settings: Settings, config: WorkerConfig) -> None:
        self._settings = settings
        self._config = config
        self._engine: Engine = make_engine(settings.resolved_database_url)
        self._board = status.StatusBoard()
        environment = select_device(settings_environment(settings), config.device)
        self._predictor = WarmPredictor(
            config.predictor_command,
            environment=environment,
            log_path=settings.logs_path / f"predictor-{names.file_name(config.name)}.log",
            on_state=self._board.set_predictor,
        )
        self._steps = WorkerSteps(
            engine=self._engine,
            store=ArtifactStore(settings.resolved_artifacts_url, cache_path=settings.home / "artifact-cache"),
            logs_path=settings.logs_path,
            child_command=config.child_command,
            environment=environment,
            predictor=self._predictor,
            board=self._board,
        )

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set.

        Raises:
            WorkerBusyError: A worker of this name is alive, on this machine or on another one.
        """
        with hold_name(self._settings, self._config.name):
            claim_name(self._settings, self._engine, self._config.name)
            self._tell(status.STARTING, "")
            self._predictor.start()
            register_flows(self._steps, poll_seconds=self._config.poll_seconds or 0.5)
            executor = start_executor(
                self._settings, executor_id=self._config.name, poll_seconds=self._config.poll_seconds
            )
            job_engine = JobEngine(self._settings)
            try:
                self._look_after(Upkeep(self._engine, job_engine), stop)
            finally:
                # Tasks end before their flows are given back, or another worker would run them twice.
                stop_executor(executor)
                self._predictor.stop()
                job_engine.release(self._config.name)
                job_engine.close()
                self._tell(status.STOPPED, "")
                self._engine.dispose()

    def _look_after(self, upkeep: Upkeep, stop: threading.Event) -> None:
        """Say what the worker does, at each change and every heartbeat, and keep the rows of jobs true."""
        while not stop.is_set():
            self._board.changed.clear()
            self._tell(*self._board.current())
            if self._board.changed.wait(self._config.heartbeat_seconds):
                continue
            try:
                upkeep.run()
            except Exception:  # a database that is away for a moment must not end running work
                log.exception("the upkeep of jobs failed")

    def stop_soon(self) -> None:
        """Wake the worker so that it sees `stop`; safe in a signal handler."""
        self._board.changed.set()

    def _tell(self, state: str, message: str) -> None:
        try:
            with session_scope(self._engine) as session:
                jobs.upsert_worker_status(
                    session, self._config.name, state=state, message=message, device=self._config.device
                )
        except Exception:  # the same: a lost heartbeat is no reason to stop
            log.exception("the worker's status could not be written")


def run_worker(settings: Settings, config: WorkerConfig, *, ends_with_parent: bool = False) -> None:
    """Run a worker until SIGTERM, Ctrl-C or, if asked for, the end of stdin.

    Raises:
        WorkerBusyError: A worker of this name is alive, on this machine or on another one.
    """
    stop = threading.Event()
    worker = Worker(settings, config)

    def end(_signal: int = 0, _frame: FrameType | None = None) -> None:
        stop.set()
        worker.stop_soon()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    if ends_with_parent:
        watch_parent(end)
    worker.run(stop)


def run_to_exit(settings: Settings, config: WorkerConfig, *, ends_with_parent: bool) -> NoReturn:
    """Run a worker as the whole of a process, which ends with code 0 after a stop and 1 after an error."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    code = 1
    try:
        run_worker(settings, config, ends_with_parent=ends_with_parent)
        code = 0
    except DareError as error:
        log.error("%s", describe_error(error))
    except Exception:
        log.exception("the worker failed")
    # Threads of the engine may still be waiting for a database: nothing of theirs is worth a slow exit.
    logging.shutdown()
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the worker that the command line names."""
    parser = argparse.ArgumentParser(description="Run jobs on one device; usually started by `dare`.")
    parser.add_argument("--name", required=True, help="stable, unique name, such as local:0")
    parser.add_argument("--device", default=CPU, help="cpu, or a CUDA device number")
    parser.add_argument("--ends-with-parent", action="store_true", help="stop when stdin ends")
    options = parser.parse_args(arguments)
    config = WorkerConfig(options.name, options.device)
    run_to_exit(Settings(), config, ends_with_parent=options.ends_with_parent)


if __name__ == "__main__":
    main()
