"""The generators of `tests.benchmarks.generation`, planned and trained by the functions of the app itself."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from core.domain import Split
from core.starter import find_starter
from core.training.checkpoints import write_folder
from core.workflows.synthesis.label_generators import (
    ABOUT_NAME,
    LabelGenerator,
    Reading,
    load_saved,
    make_base,
    read_all_labels,
    read_label,
    save,
    train_generator,
)
from core.workflows.synthesis.synthesise_params import SCRATCH, GenerateParams
from core.workflows.synthesis.synthesise_plan import GenerationPlan, LabelPlan, make_plan
from core.workflows.task_cache import TaskCache
from tests.benchmarks.models_data import load_documents, tell

SEED = 0


@dataclass(frozen=True, slots=True)
class GenerationRow:
    """A label whose sentences are written and measured.

    Args:
        corpus: Name of the corpus.
        label: The label.
        base: "scratch", or starter, folder or hub name of a causal language model.
        is_shared: Whether one generator writes for all labels of the corpus.
    """

    corpus: str
    label: str
    base: str
    is_shared: bool = False

    @property
    def label_name(self) -> str:
        """Corpus and label, as in a file's name."""
        return f"{self.corpus}-{self.label.replace(':', '')}"

    @property
    def base_name(self) -> str:
        """The base and whether it is shared, as the table names it."""
        return f"{Path(self.base).name}{' shared' if self.is_shared else ''}"

    @property
    def name(self) -> str:
        """Name of the row's result file."""
        return f"{self.label_name}-{self.base_name.replace(' ', '-')}"


def make_row_plan(row: GenerationRow, labels: Sequence[str], options: argparse.Namespace) -> GenerationPlan:
    """Read a corpus and plan as a job of the app does, with at most `options.gold` sentences of each label."""
    schema, documents = load_documents(options.corpora, row.corpus)
    params = GenerateParams(labels=tuple(labels), base=row.base, seed=SEED, is_shared=row.is_shared)
    plan = make_plan(schema, documents[Split.TRAIN], [*documents[Split.DEV], *documents[Split.TEST]], params)
    cut = (replace(label, sentences=label.sentences[: options.gold]) for label in plan.labels)
    return replace(plan, labels=tuple(cut))


def find_label(row: GenerationRow, plan: GenerationPlan) -> LabelPlan:
    """Return the plan of a row's label."""
    (found,) = [label for label in plan.labels if label.label == row.label]
    return found


def generator_folder(row: GenerationRow, results: Path) -> Path:
    """Return where a row's generator lies; all labels of a shared one read the same folder."""
    name = f"{row.corpus}-{row.base_name.replace(' ', '-')}" if row.is_shared else row.name
    return results / f"{name}.model"


def get_row_generator(row: GenerationRow, plan: GenerationPlan, results: Path) -> LabelGenerator:
    """Train a row's generator, or take the one that lies there; `about` holds the seconds it took."""
    folder = generator_folder(row, results)
    reading = read_all_labels(plan) if row.is_shared else read_label(plan, find_label(row, plan))
    with _only_maker(folder):
        if not (folder / ABOUT_NAME).is_file():
            write_folder(folder, lambda path: _train(row, plan, reading, results, path))
    return load_saved(folder, reading.tokens, plan.params)


def _train(row: GenerationRow, plan: GenerationPlan, reading: Reading, results: Path, path: Path) -> None:
    base = get_scratch_base(row.corpus, plan, results) if row.base == SCRATCH else find_starter(row.base) or row.base
    started = time.perf_counter()
    generator, about = train_generator(plan.params, reading, str(base), tell)
    save(generator, about | {"seconds": time.perf_counter() - started}, path)


def get_scratch_base(corpus: str, plan: GenerationPlan, results: Path) -> Path:
    """Train the base from nothing, once a corpus; returns its folder."""
    folder = results / f"{corpus}.base"
    with _only_maker(folder):
        if not (folder / "config.json").is_file():
            write_folder(folder, lambda path: make_base(plan, TaskCache(results / "bases"), path, tell))
    return folder


def _only_maker(folder: Path) -> FileLock:
    """Return a lock under which one process makes a folder while others that want it wait."""
    return FileLock(folder.with_name(f".{folder.name}.lock"))
