"""The domain stage: plain text → a generator under a name, by command or as a background job."""

import json
import platform
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from filelock import FileLock

from core.artifacts import hash_file
from core.domain import JobKind
from core.errors import ConflictError, ModelError
from core.generation.domain import CausalLearner, give_new_pieces, make_base, make_base_of_pieces
from core.generation.domain_config import SIZES
from core.generation.generator import Generator, load_generator
from core.models.encoder import load_encoder
from core.pretraining.loop import PretrainingResult, pretrain
from core.pretraining.state import Checkpoint, copy_best, load_checkpoint
from core.settings import Settings
from core.training.checkpoints import WEIGHTS_NAME, halve_weights, write_folder
from core.training.trainer import Report, pick_device
from core.workflows.model_library.generators import (
    RECORD_NAME,
    GeneratorRecord,
    generator_key,
    open_store,
    read_record,
)
from core.workflows.model_library.sources import describe_revisions, may_ask_hub, resolve_base, resolve_encoder
from core.workflows.synthesis.pretrain_card import write_card
from core.workflows.synthesis.pretrain_params import PretrainParams, name_source
from core.workflows.unfinished import only_run, open_work
from db.queries import jobs
from db.session import Session

if TYPE_CHECKING:
    from db.queries.jobs import Job

TASK = "pretrain"
PARAMS_NAME = "params.json"
_WORK_NAME = "training"  # beside the task's output, which a killed task loses
_RECIPE_NAME = "recipe.json"
_VERSIONED = ("torch", "transformers", "tokenizers", "dare-curator")
# What may change when a training goes on: how long it lasts, and where it runs.
_NOT_RECIPE = ("text", "name", "minutes", "pieces", "precision", "device", "may_download", "is_replacing")


def pretrain_generator(params: PretrainParams, *, settings: Settings, report: Report | None = None) -> GeneratorRecord:
    """Make a generator, going on where an earlier run of the same command was stopped.

    Raises:
        ConflictError: There is such a generator made in another way, it came there meanwhile, or its training runs at
            this moment.
        NotFoundError: A text file is missing.
        ModelError, FormatError: The training failed; see `core.pretraining.loop`.
    """
    work_path = open_store(settings).path(generator_key(params.name)).with_name(f".{params.name}.training")
    work_path.parent.mkdir(parents=True, exist_ok=True)
    with only_run(work_path):
        recipe = make_recipe(params, settings)
        existing = None if params.is_replacing else find_existing(params, recipe, settings)
        if existing is not None:
            return existing
        result = _train(params, recipe, work_path, settings=settings, report=report)
        record = _describe(params, recipe, result)
        kept = _keep(params, record, settings, lambda path: _fill(path, work_path, record, is_half=params.is_half))
        shutil.rmtree(work_path)
    return kept


class PretrainPipeline:
    """One task that trains; its checkpoints outlive it. See `core.workflows.pipelines.Pipeline`."""

    def prepare(self, session: Session, job: "Job", run_path: Path) -> list[list[str]]:
        """Check the files and the name before anything is trained."""
        params = PretrainParams.from_json(job.params)
        params.require_files()
        _require_first(session, job, params.name)
        if not params.is_replacing:
            find_existing(params, make_recipe(params, Settings()), Settings())
        (run_path / PARAMS_NAME).write_text(json.dumps(params.to_json()), encoding="utf-8")
        return [[TASK]]

    def run_task(self, task: str, run_path: Path, out_path: Path, report: Report) -> None:
        """Train, from the last checkpoint if there is one."""
        del task
        params = PretrainParams.from_json(json.loads((run_path / PARAMS_NAME).read_text(encoding="utf-8")))
        work_path = run_path / _WORK_NAME
        recipe = make_recipe(params, Settings())
        with only_run(work_path):
            result = _train(params, recipe, work_path, settings=Settings(), report=report)
            _fill(out_path, work_path, _describe(params, recipe, result), is_half=params.is_half)

    def keep(self, session: "Session", job: "Job", task: str, run_path: Path) -> None:
        """Do nothing: a generator is no row of the database."""

    def num_processes(self, task: str, run_path: Path) -> int:
        """Return 1: the stream is read in one place."""
        del task, run_path
        return 1

    def finish(self, session: Session, job: "Job", run_path: Path) -> dict[str, object]:
        """Put the generator under its name and return its record."""
        del session
        made = read_record(run_path / TASK)
        if made is None:
            raise ModelError(f"{run_path / TASK} holds no generator; retry the job.")
        params = PretrainParams.from_json(job.params)
        kept = _keep(params, made, Settings(), lambda path: _copy_files(run_path / TASK, path))
        shutil.rmtree(run_path / _WORK_NAME, ignore_errors=True)
        return kept.to_json()


def make_recipe(params: PretrainParams, settings: Settings) -> dict[str, Any]:
    """Return what decides the weights but the budget, with the name and SHA-256 of each text file.

    A base that was pulled from the hub stands there with its commit.

    Raises:
        NotFoundError: A file is missing.
    """
    params.require_files()
    files = [{"name": path.name, "sha256": hash_file(path)} for path in params.paths]
    values = {name: value for name, value in params.to_json().items() if name not in _NOT_RECIPE}
    weights = Path(resolve_base(settings, params.base)) / WEIGHTS_NAME
    return {
        **values,
        **describe_revisions(settings, [params.base]),
        "base": name_source(params.base),
        "base_sha256": hash_file(weights) if weights.is_file() else "",
        "pieces_of": name_source(params.pieces_of),
        "learning_rate": params.config().training.learning_rate,
        "files": files,
    }


def find_existing(params: PretrainParams, recipe: dict[str, Any], settings: Settings) -> GeneratorRecord | None:
    """Return the generator that is made already in just this way, or None where the name is free.

    Raises:
        ConflictError: The name is taken by another one.
    """
    record = read_record(open_store(settings).path(generator_key(params.name)))
    if record is None or (record.recipe == recipe and record.command == params.command()):
        return record
    raise ConflictError(
        f"There is a generator {params.name!r} already, made by `{record.command}` on {record.date}. "
        "Choose another name, or replace it with --replace."
    )


def _require_first(session: Session, job: "Job", name: str) -> None:
    """Refuse a job while an earlier one makes a generator of the same name.

    Raises:
        ConflictError: There is such a job.
    """
    active = jobs.list_jobs(session, kinds=[JobKind.PRETRAIN], states=jobs.ACTIVE_STATES, limit=sys.maxsize)
    for other in active:
        if other.params.get("name") == name and (other.created_at, other.id) < (job.created_at, job.id):
            raise ConflictError(
                f"Job {other.id} ({other.state}) makes a generator {name!r} already. Choose another name, "
                "or cancel that job or let it end."
            )


def _keep(
    params: PretrainParams, record: GeneratorRecord, settings: Settings, fill: Callable[[Path], None]
) -> GeneratorRecord:
    """Put a finished generator under its name and return its record, or that of one made in just this way before.

    Raises:
        ConflictError: Another one has come under that name while this one was trained.
    """
    store, key = open_store(settings), generator_key(params.name)
    path = store.path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{params.name}.lock")):
        existing = None if params.is_replacing else find_existing(params, record.recipe, settings)
        if existing is not None:
            return existing
        write_folder(path, fill)
    store.publish(key)
    return record


def _train(
    params: PretrainParams, recipe: dict[str, Any], work_path: Path, *, settings: Settings, report: Report | None
) -> PretrainingResult:
    path = open_work(work_path, recipe, is_replacing=params.is_replacing)
    checkpoint = load_checkpoint(path) if path else None
    if report and checkpoint is None and params.is_new:
        report(0.0, "learning a vocabulary from a sample of the text")
    return pretrain(
        CausalLearner(_load(params, checkpoint, settings)),
        params.paths,
        config=params.config(),
        work_path=work_path,
        checkpoint=checkpoint,
        report=report,
        device=pick_device(params.device),
    )


def _load(params: PretrainParams, checkpoint: Checkpoint | None, settings: Settings) -> Generator:
    may_download = may_ask_hub(settings, is_wanted=params.may_download)
    if checkpoint is None and params.pieces_of:
        encoder = load_encoder(resolve_encoder(settings, params.pieces_of), may_download=may_download)
        return make_base_of_pieces(encoder.tokenizer, encoder.vectors, SIZES[params.base], params.config())
    if checkpoint is None and params.is_new:
        return make_base(params.paths, SIZES[params.base], params.config())
    source = str(checkpoint.path) if checkpoint else resolve_base(settings, params.base)
    generator = load_generator(source, masks=(), seed=params.seed, may_download=may_download)
    if checkpoint is None and params.new_pieces:
        return give_new_pieces(generator, params.paths, params.new_pieces, params.config())
    return generator


def _describe(params: PretrainParams, recipe: dict[str, Any], result: PretrainingResult) -> GeneratorRecord:
    counters, best = result.counters, result.best
    return GeneratorRecord(
        name=params.name,
        base=name_source(params.base),
        recipe=recipe,
        command=params.command(),
        date=datetime.now(UTC).date().isoformat(),
        perplexity=best.perplexity,
        bits_per_character=cast(float, best.bits_per_character),  # a generator foretells every piece
        validation_loss=best.loss,
        pieces=best.pieces,
        pieces_read=counters.pieces,
        steps=counters.steps,
        passes=result.passes,
        seconds=round(counters.seconds, 1),
        pieces_per_second=round(counters.pieces / max(counters.seconds, 1e-9), 1),
        precision=result.precision,
        device=result.device,
        num_weights=result.num_weights,
        versions={name: version(name) for name in _VERSIONED} | {"python": platform.python_version()},
    )


def _fill(path: Path, work_path: Path, record: GeneratorRecord, *, is_half: bool) -> None:
    """Write the finished generator: the best model, its record and its card."""
    copy_best(work_path, path)
    if is_half:
        halve_weights(path)
    (path / RECORD_NAME).write_text(json.dumps(record.to_json(), indent=2) + "\n", encoding="utf-8")
    write_card(path, record)


def _copy_files(source: Path, path: Path) -> None:
    for file in source.iterdir():
        shutil.copyfile(file, path / file.name)
