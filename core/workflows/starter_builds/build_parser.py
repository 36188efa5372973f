"""Builds the dependency parser that ships, and scores any parser, from treebanks in CoNLL-U."""

import hashlib
import json
import platform
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.errors import FormatError, ModelError
from core.nlp.parser_scoring import ParserScores, score_parser
from core.nlp.parser_training import MAX_STEPS, Evaluation, find_best_step, pack_pipeline, train_pipeline
from core.nlp.treebank import Treebank, read_treebank
from core.training.checkpoints import write_folder
from core.training.trainer import Report
from core.workflows.starter_builds.parser_card import write_card

__all__ = ["MAX_STEPS", "ParserRecipe", "TrainedPipeline", "build_parser", "keep_pipeline", "score_parser_file"]

LOG_NAME = "training.json"
_NAME, _FORMAT_VERSION = "starter_parser", "1.0"
_VERSIONED = ("dare-curator", "spacy", "thinc", "blis", "numpy")
_WEIGHTS_NAME = "model"  # in the folder of each component


@dataclass(frozen=True, slots=True, kw_only=True)
class ParserRecipe:
    """Everything that decides the weights of a parser beside `core/nlp/parser_recipe.cfg`.

    Args:
        train_path: Treebank to learn from.
        dev_path: Treebank that chooses the weights and is scored.
        max_steps: Steps at most; the recipe's patience ends earlier.
        seed: Seed of new weights, dropout and order.
    """

    train_path: Path
    dev_path: Path
    max_steps: int = MAX_STEPS
    seed: int = 0

    def __post_init__(self) -> None:
        if self.max_steps < 1 or self.seed < 0:
            raise ModelError(f"Steps are {self.max_steps} and seed {self.seed}; they must be at least 1 and 0.")

    def command(self, out_path: Path) -> str:
        """Return the command that repeats the build, with the names of the files alone."""
        options = ["--train", self.train_path.name, "--dev", self.dev_path.name, "--out", out_path.name]
        options += ["--max-steps", str(self.max_steps), "--seed", str(self.seed)]
        return shlex.join(["dare", "build-parser", *options])


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedPipeline:
    """What spaCy's loop left.

    Args:
        path: Folder of the best weights.
        evaluations: Rows of its log.
        seconds: How long it took.
    """

    path: Path
    evaluations: Sequence[Evaluation]
    seconds: float


def build_parser(recipe: ParserRecipe, *, out_path: Path, report: Report) -> dict[str, Any]:
    """Train a parser and write it with its log and card; a build that is stopped begins anew the next time.

    spaCy's loop cannot go on exactly where it stopped. It works in a temporary folder, so that the parser that
    was at `out_path` stays whole until the new one is complete.

    Args:
        recipe: Treebanks, length and seed.
        out_path: Folder of the parser; replaced as a whole.
        report: Progress sink.

    Returns:
        What is written to training.json.

    Raises:
        FormatError: A treebank was refused.
    """
    report(0.0, "reading the treebanks")
    train, dev = read_treebank(recipe.train_path), read_treebank(recipe.dev_path)
    _require_tags(train)

    def tell(evaluation: Evaluation) -> None:
        step, scores = int(evaluation["step"]), {name: evaluation[name] for name in ("dep_las", "sents_f")}
        report(min(step / recipe.max_steps, 1.0), f"step {step:,} of at most {recipe.max_steps:,}", **scores)

    with TemporaryDirectory(prefix="dare-parser-") as work:
        started = time.monotonic()
        path, evaluations = train_pipeline(
            train, dev, work_path=Path(work), max_steps=recipe.max_steps, seed=recipe.seed, on_evaluation=tell
        )
        trained = TrainedPipeline(path=path, evaluations=evaluations, seconds=time.monotonic() - started)
        return keep_pipeline(trained, recipe, train=train, dev=dev, out_path=out_path)


def keep_pipeline(
    trained: TrainedPipeline, recipe: ParserRecipe, *, train: Treebank, dev: Treebank, out_path: Path
) -> dict[str, Any]:
    """Write a trained pipeline as it ships: packed, scored on `dev` as it lies there, with log and card.

    Returns:
        What is written to training.json.
    """
    records: list[dict[str, Any]] = []

    def fill(path: Path) -> None:
        pack_pipeline(trained.path, path, name=_NAME, version=f"{_FORMAT_VERSION}+{_hash_weights(trained.path)[:8]}")
        scores = score_parser(str(path), dev)
        record = _describe(trained, recipe, train=train, dev=dev, scores=scores) | {
            "command": recipe.command(out_path),
            "weights_sha256": _hash_weights(path),
            "num_bytes": sum(file.stat().st_size for file in path.rglob("*") if file.is_file()),
        }
        (path / LOG_NAME).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        write_card(path, record)
        records.append(record)

    write_folder(out_path, fill)
    return records[0]


def score_parser_file(name: str, path: Path, *, report: Report) -> ParserScores:
    """Score a parser on a treebank, raw text in.

    Args:
        name: "starter-parser", an installed spaCy package, the folder of a pipeline, or "auto".
        path: Gold sentences in CoNLL-U, plain or gzipped.
        report: Progress sink.

    Raises:
        FormatError: The treebank was refused.
        ParserNotFoundError: Nothing with a parser lies under that name.
    """
    report(0.0, f"reading {path.name}")
    treebank = read_treebank(path)
    report(0.2, f"parsing {treebank.num_words:,} words")
    return score_parser(name, treebank)


def _require_tags(train: Treebank) -> None:
    if not any(word.tag for paragraph in train.paragraphs for sentence in paragraph for word in sentence):
        raise FormatError("No word has a tag in column 5 (XPOS); the tagger needs them.", source=train.name)


def _describe(
    trained: TrainedPipeline, recipe: ParserRecipe, *, train: Treebank, dev: Treebank, scores: ParserScores
) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "seed": recipe.seed,
        "max_steps": recipe.max_steps,
        "best_step": find_best_step(trained.path, trained.evaluations),
        "last_step": int(trained.evaluations[-1]["step"]),
        "seconds": round(trained.seconds),
        "files": {"train": _describe_treebank(train), "dev": _describe_treebank(dev)},
        "versions": {name: version(name) for name in _VERSIONED} | {"python": platform.python_version()},
        "dev_scores": scores.to_json(),
        "evaluations": [dict(evaluation) for evaluation in trained.evaluations],
    }


def _describe_treebank(treebank: Treebank) -> dict[str, Any]:
    return {
        "name": treebank.name,
        "sha256": treebank.sha256,
        "num_paragraphs": len(treebank.paragraphs),
        "num_sentences": treebank.num_sentences,
        "num_words": treebank.num_words,
    }


def _hash_weights(path: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path.glob(f"*/{_WEIGHTS_NAME}")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
