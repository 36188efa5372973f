"""Scores the shipped models again and sets the figures beside their cards': `python -m tests.benchmarks.starter`.

Scores must be those of the cards, within rounding. The corpora are those of DARE_CORPORA; what is missing is left out
and said so.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.generation.domain import CausalLearner
from core.generation.generator import load_generator
from core.pretraining.config import PretrainingConfig
from core.pretraining.validation import HeldOutText
from core.starter import find_starter, get_starter
from core.training.checkpoints import find_weights_folder
from core.training.trainer import pick_device
from core.workflows.model_library.generators import RECORD_NAME
from core.workflows.retraining.train_joint import LOG_NAME
from core.workflows.starter_builds.gold_sets import read_gold_sets
from core.workflows.starter_builds.starter_scores import score_part
from core.workflows.starter_builds.train_starter import PARTS
from tests.benchmarks import starter_parser
from tests.benchmarks.machine import describe_machine

TOLERANCE = 0.0015  # another processor may round otherwise
TEXT = Path("pubmed_text", "cased.txt.xz")
AIMS = {
    ("chemical_disease", "bc5cdr", "mentions"): 0.86,
    ("chemical_disease", "bc5cdr", "strict"): 0.45,
    ("chemical_disease", "bc5cdr", "classification"): 0.64,
    ("chemical_protein", "chemprot", "mentions"): 0.84,
    ("chemical_protein", "chemprot", "classification"): 0.70,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One score.

    Args:
        name: What was scored, on what, by which protocol.
        measured: From the shipped weights.
        card: What the card says.
        aim: What was asked for; None for no aim.
    """

    name: str
    measured: float
    card: float
    aim: float | None = None

    @property
    def is_reproduced(self) -> bool:
        """Whether it is the card's."""
        return abs(self.measured - self.card) <= TOLERANCE * max(1.0, abs(self.card))

    def to_row(self) -> str:
        """Return a row of the table."""
        cells = [self.name, f"{self.measured:.4f}", f"{self.card:.4f}", "" if self.aim is None else f"{self.aim:.2f}"]
        return f"| {' | '.join(cells)} |"


def measure_parts(corpora: Path) -> Iterator[Figure]:
    """Score every part of the joint model on its dev splits."""
    dev = {one.name: (one.schema, one.dev) for one in read_gold_sets(corpora)}
    for part, about in PARTS.items():
        folder = find_starter(about.starter)
        if folder is None:
            continue
        card = read_card(folder)
        for corpus, found in score_part(folder, dev).items():
            for protocol, scores in found.items():
                if protocol in card.get(corpus, {}):
                    name = f"{about.starter}, {corpus} dev, {protocol}: F1"
                    said = card[corpus][protocol]["micro"]["f1"]
                    yield Figure(name, scores["micro"]["f1"], said, AIMS.get((part, corpus, protocol)))


def read_card(folder: Path) -> dict[str, Any]:
    """Return the scores that a part's card was written from: protocol → scores, by corpus."""
    log = find_weights_folder(folder) / LOG_NAME
    record: dict[str, Any] = json.loads(log.read_text(encoding="utf-8"))
    by_part: dict[str, Any] = record.get("part_scores", {folder.name: {"bc5cdr": record.get("dev_scores", {})}})
    found: dict[str, Any] = by_part[folder.name]
    return found


def measure_generator(corpora: Path) -> Iterator[Figure]:
    """Score the generator on held-out text, in fp32."""
    folder = get_starter("starter-generator")
    record: dict[str, Any] = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
    learner, device = CausalLearner(load_generator(str(folder), masks=(), seed=0)), pick_device()
    learner.model.to(device).eval()
    recipe = record["recipe"]
    config = PretrainingConfig(context=recipe["context"], held_out_one_in=recipe["held_out_one_in"], pieces=1)
    text = HeldOutText(learner, [corpora / TEXT], config, context=recipe["context"])
    scores = text.score(learner, device=device, batch_size=8, is_bf16=False)
    yield Figure("starter-generator, perplexity of a held-out piece", scores.perplexity, record["perplexity"])
    bits = scores.bits_per_character or 0.0
    yield Figure("starter-generator, bits per held-out character", bits, record["bits_per_character"])


def measure_parser(corpora: Path) -> Iterator[Figure]:
    """Score the parser on CRAFT's development part; its speed is of this machine and no part of this table."""
    card = starter_parser.read_card_scores()
    measured = starter_parser.measure_parser(corpora).to_json()
    for name, title in starter_parser.FIGURES.items():
        if name != "words_per_second":
            aim = starter_parser.AIMS.get(name)
            yield Figure(f"starter-parser, CRAFT dev, {title}", measured[name] or 0.0, card[name] or 0.0, aim)


def main() -> int:
    """Print the table; 1 where a figure is not the card's."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--corpora", type=Path, default=starter_parser.CORPORA)
    corpora = options.parse_args().corpora
    measures = {"bc5cdr": measure_parts, str(TEXT): measure_generator, "treebanks": measure_parser}
    figures, missing = [], []
    for needed, measure in measures.items():
        if (corpora / needed).exists():
            figures += list(measure(corpora))
        else:
            missing.append(f"Not measured, no {needed} in {corpora}.")
    wrong = [f"Not the card's: {one.name}" for one in figures if not one.is_reproduced]
    table = ["| figure | measured | card | aim |", "|---|---|---|---|", *(one.to_row() for one in figures)]
    sys.stdout.write("\n".join([describe_machine(), "", *table, *missing, *wrong]) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
