"""A generator for each label, trained once: an unchanged label is taken from the cache."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.generation.config import ScratchConfig, pretrained_label_training, scratch_label_training
from core.generation.generator import Generator, fine_tune, load_generator, save_generator
from core.generation.rates import MIN_SENTENCES, choose_rate, is_small
from core.generation.scratch import make_scratch_generator, plan_reading
from core.training.checkpoints import WEIGHTS_NAME
from core.training.config import TrainingConfig
from core.training.trainer import Report, pick_device
from core.workflows.synthesise_params import GenerateParams
from core.workflows.synthesise_plan import GenerationPlan, LabelPlan
from core.workflows.task_cache import TaskCache, hash_file

ABOUT_NAME = "generator.json"
_RATE_SHARE = 0.4
_MODEL_VERSIONS = ("torch", "transformers", "tokenizers")


@dataclass(frozen=True, slots=True)
class LabelGenerator:
    """A generator that writes for one label.

    Args:
        generator: On the CPU or where it was trained.
        about: How it was trained, for the provenance of its sentences.
        is_reused: Whether an earlier job trained it.
    """

    generator: Generator
    about: dict[str, Any]
    is_reused: bool


def make_base(plan: GenerationPlan, cache: TaskCache, out_path: Path, report: Report) -> None:
    """Write the base from nothing into a folder, trained now or by an earlier job that read the same."""
    params = plan.params
    config = ScratchConfig(num_layers=params.num_layers, width=params.width, seed=params.seed)
    masked = [sentence for label in plan.labels for sentence in label.sentences]
    key = {
        "kind": "base",
        "config": asdict(config),
        "masks": plan.masks,
        "texts": _hash_texts([*plan.plain, "", *masked]),
        "versions": _versions(),
    }

    def make(path: Path) -> None:
        generator = make_scratch_generator(
            plan.plain, masked, masks=plan.masks, config=config, report=report, device=pick_device(params.device)
        )
        save_generator(generator, path)

    folder, _ = cache.get(key, make)
    copy_folder(folder, out_path)


def copy_folder(source: Path, target: Path) -> None:
    """Copy the files of a folder into one that exists."""
    shutil.copytree(source, target, dirs_exist_ok=True)


def get_label_generator(
    plan: GenerationPlan,
    label: LabelPlan,
    base: str,
    cache: TaskCache,
    report: Report,
) -> LabelGenerator:
    """Return the generator of a label, trained now or by an earlier job from the same data and settings.

    Where several processes train together nothing is shared with other jobs: they must all train.

    Args:
        plan: What the job reads.
        label: The label.
        base: Folder or hub name of the base.
        cache: Generators of earlier jobs.
        report: Progress sink.
    """
    params = plan.params

    def load() -> Generator:
        return load_generator(base, masks=plan.masks, seed=params.seed, may_download=params.may_download)

    if params.num_processes > 1:
        generator, about = _train(load, label, params, report)
        return LabelGenerator(generator, about, is_reused=False)
    key = {
        "kind": "label",
        "label": label.label,
        "base": _identify(base),
        "masks": plan.masks,
        "texts": _hash_texts(label.sentences),
        "training": asdict(_label_training(params)) | {"is_rate_chosen": params.learning_rate is None},
        "versions": _versions(),
    }

    def make(path: Path) -> None:
        trained, about = _train(load, label, params, report)
        save_generator(trained, path)
        (path / ABOUT_NAME).write_text(json.dumps(about), encoding="utf-8")

    folder, is_reused = cache.get(key, make)
    about = json.loads((folder / ABOUT_NAME).read_text(encoding="utf-8"))
    generator = load_generator(str(folder), masks=plan.masks, seed=params.seed)
    generator.model.to(pick_device(params.device))  # type: ignore[arg-type]
    return LabelGenerator(generator, about, is_reused)


def _train(
    load: Callable[[], Generator], label: LabelPlan, params: GenerateParams, report: Report
) -> tuple[Generator, dict[str, Any]]:
    """Fine-tune a fresh copy of the base; a small one at the rate that held-out sentences like best."""
    generator = load()
    training = _label_training(params)
    perplexities: dict[str, float] = {}
    share = 0.0
    if params.learning_rate is None and is_small(generator) and len(label.sentences) >= MIN_SENTENCES:
        share = _RATE_SHARE
        choice = choose_rate(
            load,
            label.sentences,
            config=training,
            report=lambda fraction, message="", **_: report(share * fraction, message),
            device=pick_device(params.device),
        )
        training = replace(training, learning_rate=choice.rate)
        perplexities = {f"{rate:g}": round(value, 3) for rate, value in choice.perplexity_by_rate.items()}
    sentences: tuple[str, ...] = label.sentences
    if params.is_scratch:
        read, num_epochs = plan_reading(
            generator, sentences, max_pieces=ScratchConfig().max_label_pieces, max_epochs=params.num_epochs
        )
        sentences, training = tuple(read), replace(training, num_epochs=num_epochs)
    fine_tune(
        generator,
        sentences,
        config=training,
        report=lambda fraction, message="", **values: report(share + (1 - share) * fraction, message, **values),
        device=pick_device(params.device),
    )
    about = {"training": asdict(training), "num_gold": len(label.sentences), "perplexity_by_rate": perplexities}
    return generator, about


def _label_training(params: GenerateParams) -> TrainingConfig:
    """Return the settings of the stage per label, before a rate is chosen."""
    make = scratch_label_training if params.is_scratch else pretrained_label_training
    usual = make(seed=params.seed)
    return replace(
        usual,
        num_epochs=params.num_epochs,
        learning_rate=params.learning_rate or usual.learning_rate,
        batch_size=params.batch_size or usual.batch_size,
        gradient_accumulation=params.gradient_accumulation or usual.gradient_accumulation,
        precision=params.precision,
        has_gradient_checkpointing=params.has_gradient_checkpointing,
    )


def _identify(base: str) -> str:
    """Return the hash of a local base's weights; a hub's name stands for itself."""
    weights = Path(base) / WEIGHTS_NAME
    return hash_file(weights) if weights.is_file() else base


def _hash_texts(texts: list[str] | tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()


def _versions() -> dict[str, str]:
    return {name: version(name) for name in _MODEL_VERSIONS}
