"""The worker's side of the predictor: keeps the warm process alive and hands it one job after the other."""

import asyncio
import json
import logging
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import JobError
from core.jobs.processes import describe_exit, end_process, parse_message
from core.jobs.progress import Progress, parse_progress
from core.jobs.status import READY

log = logging.getLogger(__name__)

MAX_CRASHES = 2  # a job whose run ended the predictor is run once more, then it fails
SHORT_LIFE_SECONDS = 30.0
MAX_PAUSE_SECONDS = 60.0


@dataclass(slots=True)
class _Request:
    """One job that waits for the predictor or runs in it."""

    job_id: str
    on_progress: Callable[[Progress], None]
    future: "Future[None]" = field(default_factory=Future)
    num_crashes: int = 0


class WarmPredictor:
    """Keeps one predictor process alive.

    The process does the jobs that it was handed one after the other, in that order: it works on the first of them.

    Args:
        command: The predictor's command line.
        environment: Its environment, settings included.
        log_path: File that takes what it prints.
        on_state: Called with "loading" or "ready" and words for people.
        pause_seconds: Rest before a restart; doubled after each short life.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        log_path: Path,
        on_state: Callable[[str, str], None],
        pause_seconds: float = 1.0,
    ) -> None:
        self._command = list(command)
        self._environment = dict(environment)
        self._log_path = log_path
        self._on_state = on_state
        self._pause_seconds = pause_seconds
        self._lock = threading.Lock()
        self._requests: dict[str, _Request] = {}
        self._handed: list[str] = []  # jobs that the process has been sent and has not ended yet
        self._is_loaded = False
        self._is_ended_by_us = False
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_alive, name="predictor", daemon=True)

    def start(self) -> None:
        """Start the process; it loads its models in the background."""
        self._on_state("loading", "starting the predictor")
        self._thread.start()

    def stop(self) -> None:
        """End the process; jobs that run in it are left to whoever takes them up again."""
        self._stopping.set()
        self._end_process()
        self._thread.join()

    async def run(self, job_id: str, on_progress: Callable[[Progress], None]) -> None:
        """Run one job to its end; a cancelled call ends the process if it works on the job, and it starts again.

        Raises:
            JobError: The job failed, or ended the predictor twice.
        """
        request = _Request(job_id, on_progress)
        with self._lock:
            self._requests[job_id] = request
            self._hand_over(request)
        try:
            await asyncio.wrap_future(request.future)
        except asyncio.CancelledError:
            await asyncio.to_thread(self._drop, request)
            raise

    def _drop(self, request: _Request) -> None:
        """Forget a cancelled job, and end the process if it works on it: one that only waits is passed over there."""
        with self._lock:
            if self._requests.get(request.job_id) is request:
                del self._requests[request.job_id]
            is_worked_on = self._handed[:1] == [request.job_id]
            self._is_ended_by_us = self._is_ended_by_us or is_worked_on
        if is_worked_on:
            self._end_process()

    def _hand_over(self, request: _Request) -> None:
        """Send a job to the process, if there is one; the caller holds the lock."""
        if self._process is None or self._process.stdin is None:
            return
        self._handed.append(request.job_id)
        # A process that has just died is seen by its reader, which starts another one.
        with suppress(OSError):
            self._process.stdin.write(json.dumps({"job": request.job_id}).encode() + b"\n")
            self._process.stdin.flush()

    def _keep_alive(self) -> None:
        """Run the process again and again until the worker stops."""
        pause_seconds = self._pause_seconds
        while not self._stopping.is_set():
            started = time.monotonic()
            code = self._live_once()
            if self._stopping.is_set():
                return
            log.warning("the predictor %s; see %s", describe_exit(code), self._log_path)
            self._on_state("loading", f"the predictor {describe_exit(code)} and is starting again")
            self._give_up_jobs(code)
            if time.monotonic() - started > SHORT_LIFE_SECONDS:
                pause_seconds = self._pause_seconds
            self._stopping.wait(pause_seconds)
            pause_seconds = min(pause_seconds * 2, MAX_PAUSE_SECONDS)

    def _live_once(self) -> int:
        """Start the process, read its lines to the end and return its exit code."""
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        with self._log_path.open("ab") as log_file:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_file,
                env=self._environment,
                start_new_session=True,
            )
        with self._lock:
            self._process = process
            self._handed, self._is_loaded, self._is_ended_by_us = [], False, False
            for request in self._requests.values():
                self._hand_over(request)
        if self._stopping.is_set():
            end_process(process)
        if process.stdout is not None:
            for line in process.stdout:
                self._receive(parse_message(line))
        with self._lock:
            self._process = None
        end_process(process)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        return process.returncode

    def _receive(self, message: Mapping[str, object]) -> None:
        """Act on one message of the process."""
        if "state" in message:
            self._is_loaded = message["state"] == READY
            self._on_state(str(message["state"]), str(message.get("message", "")))
            return
        job_id = str(message.get("job"))
        with self._lock:
            request = self._requests.get(job_id)
            if "error" in message and job_id in self._handed:
                self._handed.remove(job_id)
        if request is None:
            return
        if progress := parse_progress(message):
            request.on_progress(progress)
        elif "error" in message:
            self._settle(request, str(message["error"]))

    def _settle(self, request: _Request, error: str) -> None:
        """Tell the waiting flow how its job ended."""
        with self._lock:
            self._requests.pop(request.job_id, None)
        with suppress(InvalidStateError):  # cancelled in this very moment
            if error:
                request.future.set_exception(JobError(error))
            else:
                request.future.set_result(None)

    def _give_up_jobs(self, code: int) -> None:
        """Fail the jobs that have ended the process too often; the others go to the next process."""
        with self._lock:
            crashed = [] if self._is_ended_by_us else self._find_crashed()
            for request in crashed:
                request.num_crashes += 1
        for request in crashed:
            if request.num_crashes >= MAX_CRASHES:
                self._settle(
                    request, f"The predictor {describe_exit(code)}, twice in this job; its log is {self._log_path}."
                )

    def _find_crashed(self) -> list[_Request]:
        """Return the job under which the process ended: all of them, where it could not even load."""
        handed = self._handed[:1] if self._is_loaded else self._handed
        return [self._requests[job_id] for job_id in dict.fromkeys(handed) if job_id in self._requests]

    def _end_process(self) -> None:
        with self._lock:
            process = self._process
        if process is not None:
            end_process(process, grace_seconds=1.0)
