"""Trains a dependency parser on treebanks with spaCy's own loop, by the recipe in `parser_recipe.cfg`."""

import io
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import spacy
from spacy.tokens import DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import DIR_MODEL_BEST
from spacy.training.loop import train as run_loop
from spacy.util import load_config, registry

from core.errors import NotEnoughDataError
from core.nlp.biomedical_words import use_biomedical_words
from core.nlp.treebank import Treebank, make_doc

RECIPE_PATH = Path(__file__).with_name("parser_recipe.cfg")
MAX_STEPS = 30_000  # `training.max_steps` of the recipe

Evaluation = Mapping[str, float]
"""One row of the log: epoch, step, losses, scores in [0, 1] and the weighted score that chooses the weights."""

# The recipe names it; it runs once, before the first document is read, and its rules lie in the trained pipeline.
registry.callbacks("dare.biomedical_words.v1", func=lambda: use_biomedical_words)

_COLUMN_GAP = re.compile(r"\s{2,}")
_COUNTS = {"E": "epoch", "#": "step"}
_CONFIG_NAME = "config.cfg"
_META_NAME = "meta.json"


def train_pipeline(
    train: Treebank,
    dev: Treebank,
    *,
    work_path: Path,
    max_steps: int,
    seed: int,
    on_evaluation: Callable[[Evaluation], None],
) -> tuple[Path, list[Evaluation]]:
    """Train tokenizer, tagger and parser; keep the weights with the best weighted score on `dev`.

    spaCy's loop cannot go on after a stop: what was trained until then is lost.

    Args:
        train: Paragraphs to learn from.
        dev: Paragraphs that choose the weights.
        work_path: Folder for everything that is written meanwhile; made where it is missing.
        max_steps: Steps at most, >= 1; the recipe's patience ends earlier.
        seed: Seed of new weights, dropout and order.
        on_evaluation: Told each evaluation as it is made.

    Returns:
        The folder of the best weights, and every evaluation.

    Raises:
        NotEnoughDataError: No label is frequent enough to be learnt.
    """
    work_path.mkdir(parents=True, exist_ok=True)
    paths = {name: work_path / f"{name}.spacy" for name in ("train", "dev")}
    _write_docs(train, paths["train"])
    _write_docs(dev, paths["dev"])
    config = load_config(
        RECIPE_PATH,
        overrides={
            **{f"paths.{name}": str(path) for name, path in paths.items()},
            "training.max_steps": max_steps,
            "system.seed": seed,
        },
        interpolate=False,
    )
    _require_frequent_labels(train, config["components"]["parser"]["min_action_freq"])
    log = EvaluationLog(on_evaluation)
    run_loop(init_nlp(config), work_path, stdout=log, stderr=io.StringIO())
    return work_path / DIR_MODEL_BEST, log.evaluations


def pack_pipeline(trained_path: Path, out_path: Path, *, name: str, version: str) -> None:
    """Copy a trained pipeline without the words of its treebank and the paths of the machine it was trained on.

    The model reads hashes of words, so that it needs no list of those it has seen; of the strings only the
    labels and those of an empty pipeline stay. What it predicts is the same.

    Args:
        trained_path: Folder that spaCy's loop wrote.
        out_path: Folder to write; files of the same name are replaced.
        name: Name of the pipeline, without its language.
        version: Version of the pipeline.
    """
    shutil.copytree(trained_path, out_path, dirs_exist_ok=True)
    config = load_config(trained_path / _CONFIG_NAME, interpolate=False)
    config["paths"] |= {"train": None, "dev": None}
    config["initialize"]["before_init"] = None  # done; a reader of the pipeline need not know it
    config.to_disk(out_path / _CONFIG_NAME, interpolate=False)
    meta = _read_json(trained_path / _META_NAME)
    _write_json(out_path / _META_NAME, meta | {"name": name, "version": version})
    labels = {label for names in meta["labels"].values() for label in names}
    strings = labels | set(spacy.blank(meta["lang"]).vocab.strings)
    _write_json(out_path / "vocab" / "strings.json", sorted(strings))


def find_best_step(trained_path: Path, evaluations: Sequence[Evaluation]) -> int:
    """Return the step of the evaluation whose weights were kept: the first with the scores that they have."""
    performance: dict[str, float] = _read_json(trained_path / _META_NAME)["performance"]
    scores = {name: value for name, value in performance.items() if not name.endswith("_loss")}

    def distance(evaluation: Evaluation) -> float:
        return sum(abs(value - evaluation[name]) for name, value in scores.items() if name in evaluation)

    return int(min(evaluations, key=distance)["step"])


class EvaluationLog(io.StringIO):
    """Reads the table that spaCy's loop prints, row by row.

    Args:
        on_evaluation: Told each row.
    """

    def __init__(self, on_evaluation: Callable[[Evaluation], None]) -> None:
        super().__init__()
        self.evaluations: list[Evaluation] = []
        self._on_evaluation = on_evaluation
        self._columns: list[str] = []
        self._rest = ""

    def write(self, text: str) -> int:
        """Read what was printed; a line counts once it has ended."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._read_line(_COLUMN_GAP.split(line.strip()))
        return len(text)

    def _read_line(self, cells: list[str]) -> None:
        if cells[:2] == list(_COUNTS):
            self._columns = cells
        elif self._columns and len(cells) == len(self._columns) and cells[0].isdecimal():
            self.evaluations.append(_read_row(self._columns, cells))
            self._on_evaluation(self.evaluations[-1])


def _read_row(columns: list[str], cells: list[str]) -> Evaluation:
    """Return a row by names; the table writes its scores, but for the weighted one, in percent."""
    row: dict[str, float] = {}
    for column, cell in zip(columns, cells, strict=True):
        if column in _COUNTS:
            row[_COUNTS[column]] = int(cell)
        elif column.startswith("LOSS ") or column == "SCORE":
            row[column.lower().replace(" ", "_")] = float(cell)
        else:
            row[column.lower()] = round(float(cell) / 100, 4)
    return row


def _require_frequent_labels(train: Treebank, min_count: int) -> None:
    """Refuse a treebank of which spaCy would learn no edge to the left, or none to the right.

    Raises:
        NotEnoughDataError: All labels of a direction are rarer than `min_count`.
    """
    counts = Counter(
        (word.head < index, word.label)
        for paragraph in train.paragraphs
        for sentence in paragraph
        for index, word in enumerate(sentence)
        if word.head != index
    )
    for is_left, direction in ((True, "left"), (False, "right")):
        most = max((count for (side, _), count in counts.items() if side is is_left), default=0)
        if most < min_count:
            raise NotEnoughDataError(
                f"{train.name}: of the edges to a head on the {direction}, the most frequent label occurs {most} "
                f"times; the recipe learns labels from {min_count} on. Take a larger treebank."
            )


def _write_docs(treebank: Treebank, path: Path) -> None:
    vocab = spacy.blank("en").vocab
    docs = (make_doc(paragraph, vocab) for paragraph in treebank.paragraphs)
    DocBin(store_user_data=False, docs=docs).to_disk(path)


def _read_json(path: Path) -> Any:  # noqa: ANN401 - what the file holds
    return json.loads(path.read_text(encoding="utf-8"))


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
