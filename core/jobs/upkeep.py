"""What a worker looks after beside its work: rows of jobs that the engine has given up, lost or never received."""

from contextlib import suppress

from core.domain import JobState
from core.errors import ConflictError
from core.jobs import names
from core.jobs.engine import CANCELLED_STATUS, FAILED_STATUSES, POISON_STATUS, JobEngine
from core.jobs.flows import MAX_TASK_RECOVERIES, poison_message
from db.queries import jobs
from db.session import Engine, session_scope

MAX_JOBS = 1000


class Upkeep:
    """Keeps the rows of jobs true.

    A row and the engine's own record lie in two databases and are never written at the same instant, so a
    difference counts only when it is seen twice in a row.
    """

    def __init__(self, engine: Engine, job_engine: JobEngine) -> None:
        self._engine = engine
        self._job_engine = job_engine
        self._suspects: dict[str, str] = {}

    def run(self) -> None:
        """Compare all jobs that are not over with the engine and mend what differs."""
        with session_scope(self._engine) as session:
            active = {job.id: job for job in jobs.list_jobs(session, states=jobs.ACTIVE_STATES, limit=MAX_JOBS)}
        statuses = self._job_engine.find_statuses(list(active))
        suspects = {}
        for job_id, job in active.items():
            status = statuses.get(job_id, "")
            if not status and job.state is JobState.RUNNING and job.stage == names.OUTSIDE_STAGE:
                continue  # whoever asked for it does it, and a worker would do it a second time
            if status and status not in FAILED_STATUSES and status != CANCELLED_STATUS:
                continue
            if self._suspects.get(job_id) != status:
                suspects[job_id] = status
            elif not status:
                self._job_engine.enqueue(job_id, job.kind)
            else:
                self._end_job(job_id, status)
        self._suspects = suspects

    def _end_job(self, job_id: str, status: str) -> None:
        """Write down how the engine says that a job has ended."""
        state, error = JobState.CANCELLED, ""
        if status != CANCELLED_STATUS:
            state = JobState.FAILED
            error = poison_message(MAX_TASK_RECOVERIES) if status == POISON_STATUS else "ended early; retry it"
        with suppress(ConflictError), session_scope(self._engine) as session:
            jobs.end_job(session, job_id, state, error=f"The job was {error}." if error else "")
            # The row is held now. Whoever has retried the job a moment ago has told the engine before.
            if self._job_engine.find_statuses([job_id]).get(job_id) != status:
                session.rollback()
