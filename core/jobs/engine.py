"""The only file that configures DBOS, the engine that remembers which steps of a job are done.

`JobEngine` is what the web process holds: it queues, cancels and reruns, but never executes. `start_executor`
turns a worker's process into an executor. Arguments and results are JSON: whoever can write the job database
cannot make a worker run code by it.
"""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, WorkflowStatus, WorkflowStatusString
from dbos import error as dbos_error

from core.domain import JobKind
from core.jobs import names
from core.settings import Settings
from db.session import Engine, make_engine, require_database

INTERACTIVE_POLL_SECONDS = 0.1
BATCH_POLL_SECONDS = 0.5
SETTLE_SECONDS = 5.0
# A worker looks every second whether what it runs was cancelled, and on SQLite flows end at whole seconds.
NOTICE_SECONDS = 2.5
MAX_PIPELINES = 8  # of one worker at a time; a pipeline mostly waits

FAILED_STATUSES = frozenset({
    WorkflowStatusString.ERROR.value,
    WorkflowStatusString.MAX_RECOVERY_ATTEMPTS_EXCEEDED.value,
})  # fmt: skip
ACTIVE_STATUSES = frozenset({WorkflowStatusString.ENQUEUED.value, WorkflowStatusString.PENDING.value})
CANCELLED_STATUS = WorkflowStatusString.CANCELLED.value
POISON_STATUS = WorkflowStatusString.MAX_RECOVERY_ATTEMPTS_EXCEEDED.value


def migrate(settings: Settings) -> None:
    """Create the engine's own tables, or bring them up to date; run before anything else touches them.

    Raises:
        SettingsError: The database cannot be reached or opened.
    """
    engine = make_engine(settings.resolved_jobs_database_url)
    try:
        require_database(engine)
    finally:
        engine.dispose()
    logging.getLogger("dbos").setLevel(logging.WARNING)  # it tells every one of its many steps
    DBOS.migrate(settings.resolved_jobs_database_url)


class JobEngine:
    """Queues, cancels and reruns jobs from outside the workers.

    Raises:
        OperationalError: The database cannot be reached.
    """

    def __init__(self, settings: Settings) -> None:
        self._engine = make_engine(settings.resolved_jobs_database_url)
        self._client = DBOSClient(
            system_database_engine=self._engine,
            serializer=DBOSPortableJSONSerializer(),
            application_name=names.APPLICATION,
            retry_connection_errors=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.destroy()
        self._engine.dispose()

    def enqueue(self, job_id: str, kind: JobKind) -> None:
        """Queue a job; a job that the engine knows already is left as it is."""
        flow, queue = names.flow_of(kind)
        self._client.enqueue(
            {
                "workflow_name": flow,
                "queue_name": queue,
                "workflow_id": job_id,
                "app_version": names.APPLICATION_VERSION,
            },
            job_id,
        )

    def cancel(self, job_id: str) -> None:
        """Cancel a job and its tasks; what runs is ended within about a second."""
        self._client.cancel_workflow(job_id, cancel_children=True)

    def settle(self, job_id: str) -> None:
        """Wait, a few seconds at most, until nothing works on a job any more that has failed or was cancelled.

        The row of a failed job says so a moment before its flow has ended. A cancelled flow that is rerun
        before its worker has noticed would just go on, with whatever hung in it.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            flows = self._client.list_workflows(workflow_id_prefix=job_id, load_input=False, load_output=False)
            if all(_has_ended(flow) for flow in flows):
                return
            time.sleep(0.02)

    def rerun(self, job_id: str, kind: JobKind) -> None:
        """Run a settled job that has failed or was cancelled again; tasks that succeeded are not run again.

        Every unfinished flow is rewound to its first step, tasks first, so that their pipeline finds them
        queued. To resume a flow would repeat the failures that it has recorded.
        """
        tasks = self._client.list_workflows(
            workflow_id_prefix=names.task_id(job_id, ""), load_input=False, load_output=False
        )
        for task in tasks:
            if task.status in (*FAILED_STATUSES, CANCELLED_STATUS):
                self._rewind(task.workflow_id, names.GPU)
        if not self.find_statuses([job_id]):
            self.enqueue(job_id, kind)
            return
        self._rewind(job_id, names.flow_of(kind)[1])

    def _rewind(self, flow_id: str, queue: str) -> None:
        # Without a queue name the flow would go to a queue without limits: two tasks on one device.
        self._client.rewind_workflow(flow_id, queue_name=queue, application_version=names.APPLICATION_VERSION)

    def find_statuses(self, job_ids: Sequence[str]) -> dict[str, str]:
        """Return what the engine says of each job that it knows."""
        if not job_ids:
            return {}
        flows = self._client.list_workflows(workflow_ids=list(job_ids), load_input=False, load_output=False)
        return {flow.workflow_id: flow.status for flow in flows}

    def release(self, executor_id: str) -> None:
        """Give what a stopped executor was running back to the queues; its stop does not count as a crash."""
        running = self._client.list_workflows(
            executor_id=executor_id,
            status=WorkflowStatusString.PENDING.value,
            load_input=False,
            load_output=False,
        )
        for flow in running:
            with suppress(dbos_error.DBOSNonExistentWorkflowError):
                self._client.resume_workflow(flow.workflow_id, queue_name=flow.queue_name)


def _has_ended(flow: WorkflowStatus) -> bool:
    """Return whether a flow has ended, and if it was cancelled, so long ago that its worker knows."""
    if flow.status == CANCELLED_STATUS:
        return time.time() - (flow.completed_at or 0) / 1000 > NOTICE_SECONDS
    return flow.status not in ACTIVE_STATUSES


def start_executor(settings: Settings, *, executor_id: str, poll_seconds: float | None = None) -> Engine:
    """Make this process an executor; the flows must be registered first. Returns the engine to dispose of.

    Args:
        settings: Names the job database.
        executor_id: Stable name of the worker, which must hold the lock on it: two executors of one name run
            the same tasks twice.
        poll_seconds: How often every queue is looked at; None for the usual pace of each queue.
    """
    engine = make_engine(settings.resolved_jobs_database_url)
    DBOS(
        config={
            "name": names.APPLICATION,
            "system_database_engine": engine,
            "executor_id": executor_id,
            "application_version": names.APPLICATION_VERSION,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
        }
    )
    DBOS.launch()
    interactive_seconds = poll_seconds or INTERACTIVE_POLL_SECONDS
    batch_seconds = poll_seconds or BATCH_POLL_SECONDS
    DBOS.register_queue(names.PIPELINES, worker_concurrency=MAX_PIPELINES, polling_interval_sec=batch_seconds)
    DBOS.register_queue(names.GPU, worker_concurrency=1, polling_interval_sec=batch_seconds)
    DBOS.register_queue(names.INTERACTIVE, worker_concurrency=1, polling_interval_sec=interactive_seconds)
    return engine


def stop_executor(engine: Engine) -> None:
    """End execution at once; flows that were running stay to be taken up again."""
    DBOS.destroy()
    engine.dispose()
