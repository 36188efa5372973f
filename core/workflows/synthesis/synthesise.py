"""Generate: gold sentences → judges and a generator per label → filtered synthetic sentences, as a pipeline."""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.domain import SyntheticSentence
from core.ensemble.dataset import Dataset
from core.errors import NotEnoughDataError
from core.generation.config import SCRATCH_NOTICE
from core.generation.filters import Removal
from core.generation.near_copies import NearCopyIndex
from core.settings import Settings
from core.training.processes import Processes
from core.training.trainer import Report, pick_device
from core.workflows.model_library.sources import describe_revisions, may_ask_hub, resolve_base, resolve_encoder
from core.workflows.pipelines import read_seconds
from core.workflows.retraining.retrain_data import collect_dataset
from core.workflows.synthesis.judges import make_lesson, train_judge
from core.workflows.synthesis.label_generators import (
    copy_folder,
    get_generator,
    load_saved,
    make_base,
    read_all_labels,
    read_label,
    save,
)
from core.workflows.synthesis.synthesise_params import GenerateParams
from core.workflows.synthesis.synthesise_plan import GenerationPlan, LabelPlan, add_judges, collect_plan
from core.workflows.synthesis.write_label import COUNTS_NAME, LabelWriter, load_panel, read_sentences
from core.workflows.task_cache import TaskCache
from db.queries import synthetic
from db.queries.synthetic import SyntheticView
from db.session import Session

if TYPE_CHECKING:
    from db.queries.jobs import Job

BASE_TASK = "base"
SHARED_TASK = "shared"
GOLD_NAME = "gold.json"
CACHE_NAME = "cache"
# Share of a label's task that is training, for progress.
_TRAINED_FRACTION = 0.7


class GeneratePipeline:
    """A base from nothing and judges, then one task for each label; see `core.workflows.pipelines.Pipeline`."""

    def prepare(self, session: Session, job: "Job", run_path: Path) -> list[list[str]]:
        """Freeze what the generators and judges read and plan the tasks."""
        params = GenerateParams.from_json(job.params)
        plan = collect_plan(session, job.project_id, params)
        if params.num_judges:
            plan = _plan_judges(session, job.project_id, plan, run_path)
        plan.save(run_path)
        first = [*([BASE_TASK] if params.is_scratch else []), *plan.judges.tasks]
        shared = [SHARED_TASK] if params.is_shared else []
        return [stage for stage in (first, shared, [label.task for label in plan.labels]) if stage]

    def run_task(self, task: str, run_path: Path, out_path: Path, report: Report) -> None:
        """Make the base, train a judge, or write the sentences of one label."""
        plan = GenerationPlan.load(run_path)
        cache = TaskCache(run_path.parent / CACHE_NAME)
        if task == BASE_TASK:
            make_base(plan, cache, out_path, report)
        elif task == SHARED_TASK:
            made = get_generator(plan.params, read_all_labels(plan), _find_base(plan, run_path), cache, report)
            if Processes(pick_device(plan.params.device)).index == 0:
                save(made.generator, made.about, out_path)
        elif task in plan.judges.tasks:
            _train_judge(plan, plan.judges.tasks.index(task), cache, run_path, out_path, report)
        else:
            _write_label(plan, plan.get_label(task), cache, run_path, out_path, report)

    def num_processes(self, task: str, run_path: Path) -> int:
        """A label's generator is trained by as many processes as were asked for; everything else by one."""
        plan = GenerationPlan.load(run_path)
        trained = {SHARED_TASK} if plan.params.is_shared else {label.task for label in plan.labels}
        return plan.params.num_processes if task in trained else 1

    def keep(self, session: Session, job: "Job", task: str, run_path: Path) -> None:
        """Store the sentences of a finished label, so that they can be reviewed while others are being written."""
        plan = GenerationPlan.load(run_path)
        if task not in {label.task for label in plan.labels}:
            return
        sentences = list(read_sentences(run_path / task))
        views = synthetic.list_synthetic(session, job.project_id, state=None, limit=sys.maxsize)
        if _count_kept(views, job.id, sentences):
            return
        # Another label of this job, or a job that ran beside it, may have written the same.
        seen = NearCopyIndex(view.text for view in views)
        kept = [sentence for sentence in sentences if _is_new(sentence.text, seen)]
        synthetic.add_synthetic(session, job.project_id, kept, job_id=job.id)

    def finish(self, session: Session, job: "Job", run_path: Path) -> dict[str, object]:
        """Return what was kept and removed of every label; its sentences are stored already."""
        plan = GenerationPlan.load(run_path)
        views = synthetic.list_synthetic(session, job.project_id, state=None, job_id=job.id, limit=sys.maxsize)
        counts: dict[str, dict[str, object]] = {}
        for label in plan.labels:
            kept = _count_kept(views, job.id, read_sentences(run_path / label.task))
            counts[label.label] = _count_label(run_path / label.task, label, kept=kept)
        notes = [*plan.notes, *([SCRATCH_NOTICE] if plan.params.is_scratch else [])]
        about = {"base": plan.params.base, "data_hash": plan.data_hash, "seconds": read_seconds(run_path)}
        return {"labels": counts, **about, "notes": notes}


def _plan_judges(session: Session, project_id: int, plan: GenerationPlan, run_path: Path) -> GenerationPlan:
    """Freeze the judges' gold; a project with too little of it gets a plan without judges, and a note."""
    try:
        dataset, _ = collect_dataset(session, project_id)
    except NotEnoughDataError as error:
        return replace(plan, notes=(*plan.notes, f"No judges score these sentences. {error}"))
    dataset.save(run_path / GOLD_NAME)
    return add_judges(plan, dataset)


def _train_judge(
    plan: GenerationPlan, judge: int, cache: TaskCache, run_path: Path, out_path: Path, report: Report
) -> None:
    """Train a judge, or take over that of an earlier job that read the same gold."""
    lesson = make_lesson(plan.judges, Dataset.load(run_path / GOLD_NAME), judge)
    settings, encoder = Settings(), plan.judges.encoder
    how = plan.judges.to_json() | {"folds": None} | describe_revisions(settings, [encoder])
    key = {"kind": "judge", "judge": judge, "gold": lesson.content_hash, "how": how}
    may_download = may_ask_hub(settings, is_wanted=plan.judges.may_download)
    local = replace(plan.judges, encoder=resolve_encoder(settings, encoder), may_download=may_download)
    folder, _ = cache.get(key, lambda path: train_judge(local, lesson, judge, path, report))
    copy_folder(folder, out_path)


def _write_label(
    plan: GenerationPlan, label: LabelPlan, cache: TaskCache, run_path: Path, out_path: Path, report: Report
) -> None:
    """Get the label's generator and let it write; where several processes train, the main one alone writes."""

    def report_training(fraction: float, message: str = "", **values: float) -> None:
        report(_TRAINED_FRACTION * fraction, message, **values)

    if plan.params.is_shared:
        made = load_saved(run_path / SHARED_TASK, (*plan.masks, *plan.codes), plan.params)
    else:
        made = get_generator(plan.params, read_label(plan, label), _find_base(plan, run_path), cache, report_training)
    if Processes(pick_device(plan.params.device)).index > 0:
        return
    panel = load_panel(plan, run_path)
    rest = 1.0 - _TRAINED_FRACTION
    LabelWriter(plan, label, panel).write(
        made,
        out_path,
        lambda fraction, message="", **values: report(_TRAINED_FRACTION + rest * fraction, message, **values),
    )


def _find_base(plan: GenerationPlan, run_path: Path) -> str:
    return str(run_path / BASE_TASK) if plan.params.is_scratch else resolve_base(Settings(), plan.params.base)


def _count_kept(views: Iterable[SyntheticView], job_id: str, sentences: Iterable[SyntheticSentence]) -> int:
    """Count the sentences of a label that a job has stored; a curator may have edited or relabelled them since."""
    stored = {
        (view.provenance.get("label", view.label), view.original_text or view.text)
        for view in views
        if view.job_id == job_id
    }
    return sum((sentence.label, sentence.text) in stored for sentence in sentences)


def _is_new(text: str, seen: NearCopyIndex) -> bool:
    """Return whether nothing like the text was seen, and remember it."""
    if seen.has_near_copy(text):
        return False
    seen.add(text)
    return True


def _count_label(path: Path, label: LabelPlan, *, kept: int) -> dict[str, object]:
    """Return what happened to one label's sentences; the warnings name the filter that ate most."""
    counts = json.loads((path / COUNTS_NAME).read_text(encoding="utf-8"))
    removed = Counter({Removal(name): number for name, number in counts["removed"].items()})
    removed[Removal.COPY_OF_SYNTHETIC] += counts["generated"] - removed.total() - kept
    warnings = [label.warning] if label.warning else []
    if kept < label.count:
        reason, number = removed.most_common(1)[0]
        warnings.append(
            f"Only {kept} of {label.count} sentences after {counts['generated']} attempts; the filters removed "
            f"{removed.total()}, most of them ({number}) because the sentence {reason.description}."
        )
    if removed[Removal.MEMORISED]:
        warnings.append(f"{removed[Removal.MEMORISED]} generated sentences repeated a dev or test sentence; removed.")
    return {
        "generated": counts["generated"],
        "kept": kept,
        "removed": {reason.value: number for reason, number in removed.items() if number},
        "is_generator_reused": counts["is_reused"],
        "warnings": warnings,
    }
