"""Generate: gold sentences → a generator per label → filtered synthetic sentences, as a pipeline."""

import json
import platform
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.domain import Mention, Source, Span, SyntheticSentence
from core.generation.config import (
    SCRATCH_NOTICE,
    SamplingConfig,
    ScratchConfig,
    pretrained_label_training,
    scratch_label_training,
)
from core.generation.filters import KeptSentence, Removal, SentenceFilter
from core.generation.generator import Generator, fine_tune, load_generator, save_generator
from core.generation.near_copies import NearCopyIndex
from core.generation.sampling import GenerationResult, generate_sentences, mean_log_likelihoods
from core.generation.scratch import make_scratch_generator, plan_reading
from core.settings import Settings
from core.training.config import TrainingConfig
from core.training.processes import Processes
from core.training.trainer import Report, pick_device
from core.workflows.generators import resolve_base
from core.workflows.synthesise_params import GenerateParams
from core.workflows.synthesise_plan import GenerationPlan, LabelPlan, collect_plan
from db.queries import synthetic
from db.session import Session

if TYPE_CHECKING:
    from db.queries.jobs import Job

BASE_TASK = "base"
SENTENCES_NAME = "sentences.jsonl"
COUNTS_NAME = "counts.json"
# Shares of a label's task, for progress.
_TRAINED_FRACTION = 0.7
_GENERATED_FRACTION = 0.97
_VERSIONED = ("torch", "transformers", "tokenizers", "dare-curator")


class GeneratePipeline:
    """One task for a base from nothing, then one for each label; see `core.workflows.pipelines.Pipeline`."""

    def prepare(self, session: Session, job: "Job", run_path: Path) -> list[list[str]]:
        """Freeze what the generators read and plan a task for each label."""
        params = GenerateParams.from_json(job.params)
        plan = collect_plan(session, job.project_id, params)
        plan.save(run_path)
        label_tasks = [label.task for label in plan.labels]
        return [[BASE_TASK], label_tasks] if params.is_scratch else [label_tasks]

    def run_task(self, task: str, run_path: Path, out_path: Path, report: Report) -> None:
        """Make the base, or write the sentences of one label."""
        plan = GenerationPlan.load(run_path)
        if task == BASE_TASK:
            save_generator(_make_base(plan, report), out_path)
        else:
            _write_label(plan, plan.get_label(task), run_path, out_path, report)

    def num_processes(self, task: str, run_path: Path) -> int:
        """A label's generator is trained by as many processes as were asked for; the base from nothing by one."""
        return 1 if task == BASE_TASK else GenerationPlan.load(run_path).params.num_processes

    def finish(self, session: Session, job: "Job", run_path: Path) -> dict[str, object]:
        """Store the sentences of every label once, and return what was kept and removed."""
        plan = GenerationPlan.load(run_path)
        views = synthetic.list_synthetic(session, job.project_id, state=None, limit=sys.maxsize)
        # A job that ran beside this one may have written the same, and so may two labels of this one.
        seen = NearCopyIndex(view.text for view in views if view.job_id != job.id)
        is_stored = any(view.job_id == job.id for view in views)
        counts: dict[str, dict[str, object]] = {}
        for label in plan.labels:
            kept = [sentence for sentence in _read_sentences(run_path / label.task) if _is_new(sentence.text, seen)]
            if not is_stored:
                synthetic.add_synthetic(session, job.project_id, kept, job_id=job.id)
            counts[label.label] = _count_label(run_path / label.task, label, kept=len(kept), wanted=plan.params.count)
        notes = [*plan.notes, *([SCRATCH_NOTICE] if plan.params.is_scratch else [])]
        return {"labels": counts, "base": plan.params.base, "data_hash": plan.data_hash, "notes": notes}


def _make_base(plan: GenerationPlan, report: Report) -> Generator:
    params = plan.params
    config = ScratchConfig(num_layers=params.num_layers, width=params.width, seed=params.seed)
    masked = [sentence for label in plan.labels for sentence in label.sentences]
    return make_scratch_generator(
        plan.plain, masked, masks=plan.masks, config=config, report=report, device=pick_device(params.device)
    )


def _write_label(plan: GenerationPlan, label: LabelPlan, run_path: Path, out_path: Path, report: Report) -> None:
    """Fine-tune a fresh copy of the base on one label, draw from it and write what passes the filters.

    Where several processes train, the main one alone draws and writes.
    """
    params, device = plan.params, pick_device(plan.params.device)
    source = str(run_path / BASE_TASK) if params.is_scratch else resolve_base(Settings(), params.base)
    generator = load_generator(source, masks=plan.masks, seed=params.seed, may_download=params.may_download)
    sentences, training = _plan_training(generator, label, params)
    fine_tune(
        generator,
        sentences,
        config=training,
        report=lambda fraction, message="", **values: report(_TRAINED_FRACTION * fraction, message, **values),
        device=device,
    )
    if Processes(device).index > 0:
        return
    sampling = _sampling(params, seed=label.sampling_seed)
    sentence_filter = SentenceFilter(
        label.pairs, masks=plan.masks, gold=plan.gold, heldout=plan.heldout, synthetic=plan.synthetic
    )
    share = _GENERATED_FRACTION - _TRAINED_FRACTION
    result = generate_sentences(
        generator,
        sentence_filter,
        count=params.count,
        config=sampling,
        report=lambda fraction, message="", **values: report(_TRAINED_FRACTION + share * fraction, message, **values),
    )
    provenance = _describe(plan, label, training, sampling)
    likelihoods = mean_log_likelihoods(generator, [sentence.text for sentence in result.kept])
    _write_sentences(out_path, label.label, result, likelihoods, provenance)


def _plan_training(
    generator: Generator, label: LabelPlan, params: GenerateParams
) -> tuple[tuple[str, ...], TrainingConfig]:
    """Return the sentences to read and the settings; a large label on a base from nothing is read in part."""
    make = scratch_label_training if params.is_scratch else pretrained_label_training
    usual = make(seed=params.seed)
    training = replace(
        usual,
        num_epochs=params.num_epochs,
        learning_rate=params.learning_rate or usual.learning_rate,
        batch_size=params.batch_size or usual.batch_size,
        gradient_accumulation=params.gradient_accumulation or usual.gradient_accumulation,
        precision=params.precision,
        has_gradient_checkpointing=params.has_gradient_checkpointing,
    )
    if not params.is_scratch:
        return label.sentences, training
    sentences, num_epochs = plan_reading(
        generator, label.sentences, max_pieces=ScratchConfig().max_label_pieces, max_epochs=params.num_epochs
    )
    return tuple(sentences), replace(training, num_epochs=num_epochs)


def _sampling(params: GenerateParams, *, seed: int) -> SamplingConfig:
    return SamplingConfig(
        temperature=params.temperature,
        top_k=params.top_k,
        top_p=params.top_p,
        max_new_pieces=params.max_new_pieces,
        attempts_by_sentence=params.attempts_by_sentence,
        seed=seed,
    )


def _describe(
    plan: GenerationPlan, label: LabelPlan, training: TrainingConfig, sampling: SamplingConfig
) -> dict[str, str]:
    """Return where the sentences come from: enough to make them again."""
    versions = {name: version(name) for name in _VERSIONED} | {"python": platform.python_version()}
    return {
        "generator": "GPT-2 from nothing" if plan.params.is_scratch else "fine-tuned causal language model",
        "base": plan.params.base,
        "data_hash": plan.data_hash,
        "num_gold": str(len(label.sentences)),
        "seed": str(plan.params.seed),
        "training": json.dumps(asdict(training), sort_keys=True),
        "num_processes": str(plan.params.num_processes),
        "sampling": json.dumps(asdict(sampling), sort_keys=True),
        "versions": json.dumps(versions, sort_keys=True),
    }


def _write_sentences(
    out_path: Path, label: str, result: GenerationResult, likelihoods: list[float], provenance: Mapping[str, str]
) -> None:
    """Write the kept sentences, one JSON object a line, and the counts."""
    lines = []
    for sentence, likelihood in zip(result.kept, likelihoods, strict=True):
        own = {**provenance, "mean_log_likelihood": f"{likelihood:.4f}"}
        lines.append(json.dumps(_sentence_json(sentence, label, own), ensure_ascii=False) + "\n")
    (out_path / SENTENCES_NAME).write_text("".join(lines), encoding="utf-8")
    counts = {"generated": result.num_generated, "removed": {r.value: n for r, n in result.removed.items()}}
    (out_path / COUNTS_NAME).write_text(json.dumps(counts), encoding="utf-8")


def _sentence_json(sentence: KeptSentence, label: str, provenance: Mapping[str, str]) -> dict[str, Any]:
    head, tail = sentence.head, sentence.tail
    return {
        "label": label,
        "text": sentence.text,
        "head": [head.span.start, head.span.end, head.entity_type],
        "tail": [tail.span.start, tail.span.end, tail.entity_type],
        "provenance": dict(provenance),
    }


def _read_sentences(path: Path) -> Iterator[SyntheticSentence]:
    for line in (path / SENTENCES_NAME).read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        head, tail = (
            Mention(Span(start, end), entity_type, source=Source.MODEL)
            for start, end, entity_type in (item["head"], item["tail"])
        )
        yield SyntheticSentence(item["text"], item["label"], head, tail, provenance=tuple(item["provenance"].items()))


def _is_new(text: str, seen: NearCopyIndex) -> bool:
    """Return whether nothing like the text was seen, and remember it."""
    if seen.has_near_copy(text):
        return False
    seen.add(text)
    return True


def _count_label(path: Path, label: LabelPlan, *, kept: int, wanted: int) -> dict[str, object]:
    """Return what happened to one label's sentences; the warnings name the filter that ate most."""
    counts = json.loads((path / COUNTS_NAME).read_text(encoding="utf-8"))
    removed = Counter({Removal(name): number for name, number in counts["removed"].items()})
    removed[Removal.COPY_OF_SYNTHETIC] += counts["generated"] - removed.total() - kept
    warnings = [label.warning] if label.warning else []
    if kept < wanted:
        reason, number = removed.most_common(1)[0]
        warnings.append(
            f"Only {kept} of {wanted} sentences after {counts['generated']} attempts; the filters removed "
            f"{removed.total()}, most of them ({number}) because the sentence {reason.description}."
        )
    if removed[Removal.MEMORISED]:
        warnings.append(f"{removed[Removal.MEMORISED]} generated sentences repeated a dev or test sentence; removed.")
    return {
        "generated": counts["generated"],
        "kept": kept,
        "removed": {reason.value: number for reason, number in removed.items() if number},
        "warnings": warnings,
    }
