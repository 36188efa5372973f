"""A training or generation in the process that asks for it, for notebooks: no worker, no queue."""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from core.domain import JobKind, JobState
from core.errors import ConflictError, JobError
from core.jobs import names
from core.jobs.child import run_task
from core.jobs.inputs import read_stages, write_inputs
from core.jobs.processes import describe_error
from core.settings import Settings
from core.workflows.model_library.generators import open_store
from core.workflows.pipelines import PIPELINES, Pipeline, Report, get_pipeline, ignore_progress
from db.queries import jobs
from db.queries.jobs import Job
from db.session import Session


def run_here(
    session: Session,
    kind: JobKind,
    *,
    project_id: int,
    params: Mapping[str, object],
    user_id: int,
    report: Report = ignore_progress,
) -> dict[str, object]:
    """Do a job to its end and return its result; pages list it like any other, and a worker can retry it.

    Tasks run one after the other, each in one process. The session is committed between them, so nobody waits for it.
    Workers leave the job alone. Where this process is killed it stays listed as running until somebody cancels it.

    Args:
        session: An open session.
        kind: RETRAIN, GENERATE or PRETRAIN.
        project_id: The project.
        params: What the job is asked to do: `to_json()` of `RetrainParams`, `GenerateParams` or `PretrainParams`.
        user_id: Who asks.
        report: Takes progress over all tasks.

    Raises:
        JobError: The kind is none of these; articles are fetched by `core.workflows.data_in.fetch.fetch_into_project`.
        DareError: The job failed; the reason stands in its row too.
    """
    pipeline = _get_pipeline(kind)
    job = jobs.add_job(session, uuid.uuid4().hex, kind, project_id=project_id, params=dict(params), user_id=user_id)
    jobs.start_job(session, job.id)
    jobs.set_stage(session, job.id, names.OUTSIDE_STAGE)
    session.commit()
    try:
        return _run(session, job, pipeline, report)
    except BaseException as error:
        session.rollback()
        state = JobState.CANCELLED if isinstance(error, KeyboardInterrupt) else JobState.FAILED
        with suppress(ConflictError):  # cancelled on a page meanwhile
            jobs.end_job(session, job.id, state, error=describe_error(error))
        session.commit()
        raise


def _get_pipeline(kind: JobKind) -> Pipeline:
    """Return the pipeline of a kind that is nothing but one: a download, for instance, ends in the warm predictor."""
    known = sorted(one for one in PIPELINES if names.flow_of(one)[0] == names.PIPELINE_FLOW)
    if kind not in known:
        raise JobError(
            f"Jobs of kind {kind.value!r} cannot run here; known kinds: {', '.join(known)}. "
            "Any other needs a worker: queue it with `core.jobs.client.enqueue`."
        )
    return get_pipeline(kind)


def _run(session: Session, job: Job, pipeline: Pipeline, report: Report) -> dict[str, object]:
    store = open_store(Settings())
    run_path = store.path(names.run_key(job.id))
    write_inputs(session, job, run_path)
    session.commit()
    tasks = [task for stage in read_stages(run_path) for task in stage]
    for number, task in enumerate(tasks):
        run_task(pipeline, task, run_path, partial(_report_task, report, number, len(tasks)))
        pipeline.keep(session, job, task, run_path)
        session.commit()
    result = pipeline.finish(session, job, run_path)
    store.publish(names.run_key(job.id))
    jobs.finish_job(session, job.id, result=result)
    session.commit()
    return result


def _report_task(
    report: Report, number: int, num_tasks: int, fraction: float, message: str = "", **values: float
) -> None:
    report((number + fraction) / num_tasks, message, **values)
