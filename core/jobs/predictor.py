"""The warm process that keeps models loaded: `python -m core.jobs.predictor`, started by a worker.

Stdin brings `{"job": id}` lines and ends when the worker dies. Stdout carries JSON lines back: `{"state": …}` while
loading and when ready, progress with its job, and at last `{"job": id, "error": text}`, empty for a success.
"""

import logging
import queue
import signal
import sys
import threading
from typing import TextIO

from core.errors import DareError
from core.jobs.processes import (
    describe_error,
    end_own_group,
    parse_message,
    read_stdin_lines,
    send,
    take_stdout,
)
from core.jobs.progress import make_progress
from core.settings import Settings
from core.workflows.pipelines import get_interactive, load_models
from db.queries import jobs
from db.session import Engine, make_engine, session_scope

log = logging.getLogger(__name__)


class JobReport:
    """Sends the progress of one job to the worker."""

    def __init__(self, channel: TextIO, job_id: str) -> None:
        self._channel = channel
        self._job_id = job_id

    def __call__(self, fraction: float, message: str = "", **values: float) -> None:
        """Send progress."""
        progress = make_progress(fraction, message, values)
        send(self._channel, {"job": self._job_id, **progress.to_message()})


class Predictor:
    """Runs interactive jobs one after the other with models that stay loaded."""

    def __init__(self, settings: Settings, channel: TextIO) -> None:
        self._channel = channel
        self._engine: Engine = make_engine(settings.resolved_database_url)
        send(channel, {"state": "loading", "message": "loading the model"})
        self._models = load_models(settings)
        send(channel, {"state": "ready", "message": self._warm_up()})

    def _warm_up(self) -> str:
        """Load what the first job will need; returns what is missing, for jobs that need no model still run."""
        try:
            self._models.warm_up()
        except DareError as error:
            log.exception("no model could be loaded")
            return f"no model is loaded: {describe_error(error)}"
        return ""

    def run(self, job_id: str) -> None:
        """Run one job and tell the worker how it ended."""
        try:
            self._run(job_id)
        except Exception as error:
            log.exception("job %s failed", job_id)
            send(self._channel, {"job": job_id, "error": describe_error(error)})
            return
        send(self._channel, {"job": job_id, "error": ""})

    def _run(self, job_id: str) -> None:
        """Run one job; its last rows and the job's end are one transaction."""
        with session_scope(self._engine) as session:
            job = jobs.get_job(session, job_id)
            if job.state.is_over:
                return
            report = JobReport(self._channel, job_id)
            result = get_interactive(job.kind)(session, job, self._models, report)
            jobs.finish_job(session, job_id, result=result)


def receive_jobs() -> "queue.SimpleQueue[str]":
    """Return the queue that stdin fills; the process ends when stdin does."""
    received: queue.SimpleQueue[str] = queue.SimpleQueue()

    def receive() -> None:
        for line in read_stdin_lines():
            if job_id := parse_message(line).get("job"):
                received.put(str(job_id))
        end_own_group()

    threading.Thread(target=receive, name="receive-jobs", daemon=True).start()
    return received


def main() -> int:
    """Load the models, then run jobs until the worker ends this process."""
    channel = take_stdout()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    received = receive_jobs()
    predictor = Predictor(Settings(), channel)
    while True:
        predictor.run(received.get())


if __name__ == "__main__":
    sys.exit(main())
