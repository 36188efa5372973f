"""A generator for each label, trained once: an unchanged label is taken from the cache."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

from core.artifacts import hash_file
from core.generation.codes import code_sentences, spread_codes
from core.generation.config import ScratchConfig, pretrained_label_training, scratch_label_training
from core.generation.generator import Generator, fine_tune, load_generator, save_generator
from core.generation.rates import MIN_SENTENCES, choose_rate, is_small
from core.generation.scratch import make_scratch_generator, plan_reading
from core.settings import Settings
from core.training.checkpoints import WEIGHTS_NAME
from core.training.config import TrainingConfig
from core.training.trainer import Report, pick_device
from core.workflows.model_library.pulled import RECORD_NAME
from core.workflows.model_library.sources import may_ask_hub
from core.workflows.synthesis.synthesise_params import GenerateParams
from core.workflows.synthesis.synthesise_plan import GenerationPlan, LabelPlan
from core.workflows.task_cache import TaskCache

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


@dataclass(frozen=True, slots=True)
class Reading:
    """What a generator learns from.

    Args:
        name: The label, or what stands for all of them.
        sentences: Masked gold sentences, in random order.
        masks: Masks, one piece each.
        codes: Codes of the labels where there are several, one piece each.
    """

    name: str
    sentences: tuple[str, ...]
    masks: tuple[str, ...]
    codes: tuple[str, ...] = ()

    @property
    def tokens(self) -> tuple[str, ...]:
        """What the vocabulary must hold as one piece each."""
        return (*self.masks, *self.codes)


def read_label(plan: GenerationPlan, label: LabelPlan) -> Reading:
    """Return what the generator of one label learns from."""
    return Reading(label.label, label.sentences, plan.masks)


def read_all_labels(plan: GenerationPlan) -> Reading:
    """Return what one generator of all labels learns from: every sentence behind its label's code."""
    sentences = code_sentences({label.code: label.sentences for label in plan.labels})
    Random(plan.params.seed).shuffle(sentences)
    return Reading("all labels", tuple(sentences), plan.masks, plan.codes)


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


def get_generator(
    params: GenerateParams, reading: Reading, base: str, cache: TaskCache, report: Report
) -> LabelGenerator:
    """Return a generator that read a label, trained now or by an earlier job from the same data and settings.

    Where several processes train together nothing is shared with other jobs: they must all train.

    Args:
        params: What the job was asked for.
        reading: What it learns from.
        base: Folder or hub name of the base.
        cache: Generators of earlier jobs.
        report: Progress sink.
    """
    if params.num_processes > 1:
        generator, about = train_generator(params, reading, base, report)
        return LabelGenerator(generator, about, is_reused=False)
    key = {
        "kind": "generator",
        "reading": reading.name,
        "base": _identify(base),
        "tokens": reading.tokens,
        "texts": _hash_texts(reading.sentences),
        "training": asdict(_label_training(params)) | {"is_rate_chosen": params.learning_rate is None},
        "versions": _versions(),
    }

    def make(path: Path) -> None:
        save(*train_generator(params, reading, base, report), path)

    folder, is_reused = cache.get(key, make)
    return replace(load_saved(folder, reading.tokens, params), is_reused=is_reused)


def save(generator: Generator, about: Mapping[str, Any], path: Path) -> None:
    """Write a generator with how it was trained into a folder."""
    save_generator(generator, path)
    (path / ABOUT_NAME).write_text(json.dumps(about), encoding="utf-8")


def load_saved(path: Path, tokens: Sequence[str], params: GenerateParams) -> LabelGenerator:
    """Read what `save` wrote and move it to where the job draws."""
    about = json.loads((path / ABOUT_NAME).read_text(encoding="utf-8"))
    generator = load_generator(str(path), masks=tokens, seed=params.seed)
    generator.model.to(pick_device(params.device))  # type: ignore[arg-type]
    return LabelGenerator(generator, about, is_reused=False)


def train_generator(
    params: GenerateParams, reading: Reading, base: str, report: Report
) -> tuple[Generator, dict[str, Any]]:
    """Fine-tune a fresh copy of a base; a small one at the rate that held-out sentences like best.

    Args:
        params: What the job was asked for.
        reading: What it learns from.
        base: Folder or hub name of the base.
        report: Progress sink.

    Returns:
        The generator where it was trained, and how, as JSON.
    """
    may_download = may_ask_hub(Settings(), is_wanted=params.may_download)

    def load() -> Generator:
        found = load_generator(base, masks=reading.tokens, seed=params.seed, may_download=may_download)
        spread_codes(found, reading.codes, seed=params.seed)
        return found

    generator, device = load(), pick_device(params.device)
    training = _label_training(params)
    perplexities: dict[str, float] = {}
    share = 0.0
    if params.learning_rate is None and is_small(generator) and len(reading.sentences) >= MIN_SENTENCES:
        share = _RATE_SHARE
        choice = choose_rate(
            load,
            reading.sentences,
            config=training,
            report=lambda fraction, message="", **_: report(share * fraction, message),
            device=device,
        )
        training = replace(training, learning_rate=choice.rate)
        perplexities = {f"{rate:g}": round(value, 3) for rate, value in choice.perplexity_by_rate.items()}
    sentences = list(reading.sentences)
    if params.is_scratch:
        sentences, num_epochs = plan_reading(
            generator, sentences, max_pieces=ScratchConfig().max_label_pieces, max_epochs=params.num_epochs
        )
        training = replace(training, num_epochs=num_epochs)
    fine_tune(
        generator,
        sentences,
        config=training,
        report=lambda fraction, message="", **values: report(share + (1 - share) * fraction, message, **values),
        device=device,
    )
    about = {"training": asdict(training), "num_gold": len(reading.sentences), "perplexity_by_rate": perplexities}
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
    """Return the hash of a local base's weights, or of what names them if they are many; a hub's name is its own."""
    files = (Path(base) / name for name in (WEIGHTS_NAME, RECORD_NAME))
    return next((hash_file(file) for file in files if file.is_file()), base)


def _hash_texts(texts: list[str] | tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()


def _versions() -> dict[str, str]:
    return {name: version(name) for name in _MODEL_VERSIONS}
