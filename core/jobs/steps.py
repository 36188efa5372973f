"""What the flows do, step by step: the job's row, its folder, its child processes. Each step bears a repeat."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from core.artifacts import ArtifactStore
from core.domain import JobKind, JobState
from core.errors import ConflictError, JobError, NotFoundError
from core.jobs import names
from core.jobs.child import task_arguments
from core.jobs.devices import find_cuda_devices
from core.jobs.inputs import read_stages, write_inputs
from core.jobs.processes import describe_error
from core.jobs.progress import Progress, ProgressWriter
from core.jobs.ranks import find_free_port, rank_environments, run_ranks
from core.jobs.status import StatusBoard
from core.jobs.warm import WarmPredictor
from core.workflows.pipelines import get_pipeline
from db.queries import jobs
from db.session import Engine, session_scope


@dataclass(frozen=True, slots=True)
class WorkerSteps:
    """The steps of the flows, as a worker does them.

    Args:
        engine: The database of projects and jobs.
        store: Where the folders of jobs lie.
        logs_path: Folder of log files.
        child_command: Command line that runs one task, without its arguments.
        environment: Environment of children, settings and device included.
        predictor: The warm process for interactive jobs.
        board: Takes note of what is running.
    """

    engine: Engine
    store: ArtifactStore
    logs_path: Path
    child_command: Sequence[str]
    environment: Mapping[str, str]
    predictor: WarmPredictor
    board: StatusBoard

    def prepare(self, job_id: str) -> list[list[str]]:
        """Mark the job as running, write its inputs once and return its stages."""
        self._start(job_id, stage="preparing")
        with _as_job_error():
            run_path = self._fetch(job_id)
            if not (run_path / names.STAGES_FILE).exists():
                self._write_inputs(job_id, run_path)
            return read_stages(run_path)

    def enter_stage(self, job_id: str, tasks: list[str]) -> None:
        """Show the stage under the common name of its tasks: "member" for member-0, member-1 …."""
        with session_scope(self.engine) as session:
            jobs.set_stage(session, job_id, tasks[0].rstrip("0123456789").rstrip("-"))

    async def run_task(self, job_id: str, task: str) -> None:
        """Run one task in a child process, and keep its progress and what it has for the database."""
        kind, run_path = await asyncio.to_thread(self._find_inputs, job_id, task)
        environments = await asyncio.to_thread(self._make_environments, kind, task, run_path)
        async with self._progress(job_id, task) as writer:
            with self._busy(f"{kind.value}: {task}"):
                await run_ranks(
                    [*self.child_command, *task_arguments(kind, task, run_path)],
                    environments=environments,
                    log_path=names.task_log_path(self.logs_path, job_id, task),
                    scratch_path=run_path / f".{task}.ranks",
                    on_progress=writer,
                )
        await asyncio.to_thread(self.store.publish, f"{names.run_key(job_id)}/{task}")
        await asyncio.to_thread(self._keep, job_id, task, run_path)

    def finish(self, job_id: str) -> None:
        """Write the result's rows and the end of the job in one transaction."""
        run_path = self._fetch(job_id, before="")
        with session_scope(self.engine) as session:
            jobs.set_stage(session, job_id, "finishing")
        with _as_job_error(), session_scope(self.engine) as session:
            job = jobs.get_job(session, job_id)
            if job.state.is_over:  # done before a crash, or cancelled meanwhile
                return
            result = get_pipeline(job.kind).finish(session, job, run_path)
            self.store.publish(names.run_key(job_id))
            jobs.finish_job(session, job_id, result=result)

    def fail(self, job_id: str, message: str) -> None:
        """Mark the job as failed, unless it is over already: cancelled, for instance."""
        with suppress(ConflictError), session_scope(self.engine) as session:
            jobs.end_job(session, job_id, JobState.FAILED, error=message)

    def begin(self, job_id: str) -> None:
        """Mark an interactive job as running."""
        self._start(job_id, stage="")

    async def predict(self, job_id: str) -> None:
        """Hand an interactive job to the warm predictor and keep its progress."""
        kind = await asyncio.to_thread(self._find_kind, job_id)
        async with self._progress(job_id, kind.value) as writer:
            with self._busy(kind.value):
                await self.predictor.run(job_id, writer)

    def _find_kind(self, job_id: str) -> JobKind:
        with session_scope(self.engine) as session:
            return jobs.get_job(session, job_id).kind

    def _find_inputs(self, job_id: str, task: str) -> tuple[JobKind, Path]:
        return self._find_kind(job_id), self._fetch(job_id, before=task)

    def _make_environments(self, kind: JobKind, task: str, run_path: Path) -> list[Mapping[str, str]]:
        """Return the environment of each process of a task: one, or as many as its pipeline asks for."""
        with _as_job_error():
            num_processes = get_pipeline(kind).num_processes(task, run_path)
            if num_processes == 1:
                return [self.environment]
            devices, port = find_cuda_devices(), find_free_port()
            return [*rank_environments(self.environment, num_processes, devices=devices, port=port)]

    def _keep(self, job_id: str, task: str, run_path: Path) -> None:
        """Let the pipeline write what a finished task has for the database."""
        with _as_job_error(), session_scope(self.engine) as session:
            job = jobs.get_job(session, job_id)
            get_pipeline(job.kind).keep(session, job, task, run_path)

    def _start(self, job_id: str, *, stage: str) -> None:
        with _as_job_error(), session_scope(self.engine) as session:
            jobs.start_job(session, job_id)
            jobs.set_stage(session, job_id, stage)

    def _write_inputs(self, job_id: str, run_path: Path) -> None:
        with session_scope(self.engine) as session:
            write_inputs(session, jobs.get_job(session, job_id), run_path)
        self.store.publish(names.run_key(job_id))

    def _fetch(self, job_id: str, *, before: str | None = None) -> Path:
        """Return the local folder of a job, with what other machines have put there.

        Args:
            job_id: The job.
            before: Fetch the outputs of the stages before this task's; all outputs for ""; none for None.
        """
        key = names.run_key(job_id)
        try:
            run_path = self.store.fetch(key)
        except NotFoundError:
            return self.store.path(key)
        if before is not None:
            for tasks in read_stages(run_path):
                if before in tasks:
                    break
                for task in tasks:
                    self.store.fetch(f"{key}/{task}")
        return run_path

    @asynccontextmanager
    async def _progress(self, job_id: str, part: str) -> AsyncIterator[ProgressWriter]:
        """Yield a writer for the progress of one part, whose curve starts anew."""
        is_first = True

        def write(progress: Progress, points: list[dict[str, float]]) -> None:
            nonlocal is_first
            with session_scope(self.engine) as session:
                jobs.upsert_progress(
                    session,
                    job_id,
                    part,
                    fraction=progress.fraction,
                    message=progress.message,
                    points=points,
                    anew=is_first and bool(points),
                )
            is_first = is_first and not points

        writer = ProgressWriter(write)
        try:
            yield writer
        finally:
            await asyncio.to_thread(writer.close)

    @contextmanager
    def _busy(self, work: str) -> Iterator[None]:
        self.board.begin(work)
        try:
            yield
        finally:
            self.board.end(work)


@contextmanager
def _as_job_error() -> Iterator[None]:
    """Turn any error into one whose message is a clear line: the engine keeps nothing but the message."""
    try:
        yield
    except Exception as error:
        raise JobError(describe_error(error)) from error
