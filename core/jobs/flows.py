"""The flows of jobs, written so that the engine can replay them: every effect is a step, every step is recorded.

pipeline      prepare → for each stage: all its tasks at once, each a flow of its own → finish
task          one child process, on the queue that runs one task at a time
interactive   begin → the warm predictor does the job
fetch         prepare → a child process downloads, beside whatever trains → the warm predictor stores and predicts
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from dbos import DBOS, SetWorkflowID, StepOptions
from dbos import error as dbos_error

from core.errors import JobError
from core.jobs import names

# A task that ended its worker so often is given up; the next start would only repeat it.
MAX_TASK_RECOVERIES = 3
# Pipelines outlive many workers: each task of theirs may use up its own recoveries.
MAX_PIPELINE_RECOVERIES = 50

PREEMPTIBLE: StepOptions = {"preemptible": True}  # ended about a second after the flow is cancelled


class Steps(Protocol):
    """What the flows do; every method can be called again after a crash."""

    def prepare(self, job_id: str) -> list[list[str]]:
        """Mark the job as running, write its inputs and return its stages of tasks."""

    def enter_stage(self, job_id: str, tasks: list[str]) -> None:
        """Show which stage the job has come to."""

    async def run_task(self, job_id: str, task: str) -> None:
        """Run one task in a child process."""

    def finish(self, job_id: str) -> None:
        """Write the result and mark the job as done."""

    def fail(self, job_id: str, message: str) -> None:
        """Mark the job as failed."""

    def begin(self, job_id: str) -> None:
        """Mark an interactive job as running."""

    async def predict(self, job_id: str) -> None:
        """Run an interactive job in the warm predictor, which marks it as done."""


def register_flows(steps: Steps, *, poll_seconds: float = 0.5) -> None:
    """Register the flows with the engine; call before the executor starts, which takes up what was running.

    Args:
        steps: What the flows do.
        poll_seconds: How often a pipeline looks whether its tasks have ended.
    """

    @DBOS.workflow(name=names.TASK_FLOW, max_recovery_attempts=MAX_TASK_RECOVERIES)
    async def run_task(job_id: str, task: str) -> None:
        await DBOS.run_step_async(PREEMPTIBLE, steps.run_task, job_id, task)

    async def run_stage(job_id: str, tasks: list[str]) -> None:
        handles = []
        for task in tasks:
            with SetWorkflowID(names.task_id(job_id, task)):
                handles.append((task, await DBOS.enqueue_workflow_async(names.GPU, run_task, job_id, task)))
        errors = []
        for task, handle in handles:  # all of them: a failed task must not strand the others
            try:
                await handle.get_result(polling_interval_sec=poll_seconds)
            except dbos_error.DBOSAwaitedWorkflowCancelledError:
                raise
            except dbos_error.DBOSAwaitedWorkflowMaxRecoveryAttemptsExceeded:
                errors.append(f"{task}: {poison_message(MAX_TASK_RECOVERIES)}")
            except Exception as error:
                errors.append(f"{task}: {error}")
        if errors:
            raise JobError("; ".join(errors))

    @DBOS.workflow(name=names.PIPELINE_FLOW, max_recovery_attempts=MAX_PIPELINE_RECOVERIES)
    async def run_pipeline(job_id: str) -> None:
        async with _recording_failure(steps, job_id):
            for tasks in await DBOS.run_step_async(None, steps.prepare, job_id):
                await DBOS.run_step_async(None, steps.enter_stage, job_id, tasks)
                await run_stage(job_id, tasks)
            await DBOS.run_step_async(None, steps.finish, job_id)

    @DBOS.workflow(name=names.INTERACTIVE_FLOW, max_recovery_attempts=MAX_TASK_RECOVERIES)
    async def run_interactive(job_id: str) -> None:
        async with _recording_failure(steps, job_id):
            await DBOS.run_step_async(None, steps.begin, job_id)
            await DBOS.run_step_async(PREEMPTIBLE, steps.predict, job_id)

    @DBOS.workflow(name=names.FETCH_FLOW, max_recovery_attempts=MAX_TASK_RECOVERIES)
    async def run_fetch(job_id: str) -> None:
        async with _recording_failure(steps, job_id):
            for tasks in await DBOS.run_step_async(None, steps.prepare, job_id):
                for task in tasks:
                    await DBOS.run_step_async(PREEMPTIBLE, steps.run_task, job_id, task)
            await DBOS.run_step_async(PREEMPTIBLE, steps.predict, job_id)


@asynccontextmanager
async def _recording_failure(steps: Steps, job_id: str) -> AsyncIterator[None]:
    """Let a job fail with the message of the error that ends its flow; a cancelled one has not failed."""
    try:
        yield
    except dbos_error.DBOSAwaitedWorkflowCancelledError:
        raise
    except Exception as error:
        await DBOS.run_step_async(None, steps.fail, job_id, str(error))
        raise


def poison_message(num_recoveries: int) -> str:
    """Return what is said of work that kept ending its worker."""
    return (
        f"given up after its worker died {num_recoveries + 1} times while it ran, often for lack of memory; "
        "make the job smaller, then retry"
    )
