"""Every architecture on every corpus it fits, train → dev: `python -m tests.benchmarks.models`.

A tenth of the training documents, drawn by a fixed seed, chooses epoch, temperature and threshold; the dev split
is only scored. ADE is scored on the test part of its folds, and the fold's own dev part chooses. Each training runs
in a process of its own, so that its peak memory is its own, and leaves a JSON file; what has one is not run again.
`--seeds 3` trains every row three times and gives mean and deviation; `--folds 10` is ADE's cross-validation. What
was not run says so in the table.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.domain import Document, Relation, Schema, Split
from core.ensemble.dataset import Dataset
from core.ensemble.evaluate import evaluate_ensemble
from core.ensemble.lessons import MemberSpec
from core.ensemble.members import train_member
from core.evaluation.benchmarks import BENCHMARK_LABELS, score_benchmark
from core.evaluation.concepts import score_concept_pairs, state_facts
from core.evaluation.directions import DirectedLabel, score_semeval_official
from core.models.joint import JointModel
from core.nlp.parser import load_parser
from core.training.config import TrainingConfig
from core.workflows.documents.datasets import make_dataset
from core.workflows.documents.instances import build_instances
from core.workflows.retraining.train_joint import JointRecipe, score_model, train_joint
from tests.benchmarks.machine import describe_machine
from tests.benchmarks.models_data import DEFAULT_CORPORA, load_documents, tell
from tests.benchmarks.models_table import ABOUT, TITLE, make_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One training: what, on what, with which settings."""

    corpus: str
    architecture: str
    num_epochs: int
    learning_rate: float
    batch_size: int = 32
    options: Mapping[str, Any] = field(default_factory=dict)
    has_negative_filter: bool = False
    variant: str = ""

    @property
    def name(self) -> str:
        """Name of the row's result file."""
        return "-".join(filter(None, (self.corpus, self.architecture, self.variant)))


RATE = 1.5e-4
# The paper tags each word once, shares all layers, reads two mentions' last words alone, weighs both losses alike.
PAPER_JOINT = {
    "word_dropout": 0.0, "has_nesting": False, "num_relation_layers": 0, "has_context": False, "relation_weight": 1.0,
}  # fmt: skip
ROWS = (
    Row(corpus="bc5cdr", architecture="cls", num_epochs=3, learning_rate=RATE),
    Row(corpus="bc5cdr", architecture="redn", num_epochs=6, learning_rate=RATE, batch_size=16),
    Row(corpus="bc5cdr", architecture="syntax_gcn", num_epochs=3, learning_rate=RATE),
    Row(corpus="bc5cdr", architecture="joint", num_epochs=8, learning_rate=RATE, batch_size=16, options=PAPER_JOINT),
    Row(corpus="chemprot", architecture="cls", num_epochs=4, learning_rate=RATE),
    Row(
        corpus="chemprot", architecture="cls", num_epochs=3, learning_rate=RATE,
        options={"marking": "markers"}, variant="markers",
    ),
    Row(corpus="chemprot", architecture="redn", num_epochs=6, learning_rate=RATE, batch_size=16),
    Row(corpus="chemprot", architecture="syntax_gcn", num_epochs=3, learning_rate=RATE),
    Row(corpus="chemprot", architecture="joint", num_epochs=6, learning_rate=RATE, batch_size=16, options=PAPER_JOINT),
    Row(corpus="ddi2013", architecture="cls", num_epochs=3, learning_rate=RATE, has_negative_filter=True),
    Row(corpus="ddi2013", architecture="redn", num_epochs=6, learning_rate=RATE, batch_size=16),
    Row(corpus="ddi2013", architecture="syntax_gcn", num_epochs=3, learning_rate=RATE, has_negative_filter=True),
    Row(corpus="semeval2010", architecture="cls", num_epochs=3, learning_rate=RATE, options={"marking": "markers"}),
    Row(corpus="semeval2010", architecture="redn", num_epochs=5, learning_rate=RATE, batch_size=16),
    Row(corpus="conll04", architecture="joint", num_epochs=14, learning_rate=2e-4, batch_size=8, options=PAPER_JOINT),
    Row(corpus="conll04", architecture="joint", num_epochs=14, learning_rate=2e-4, batch_size=8, variant="context"),
    Row(corpus="ade", architecture="joint", num_epochs=8, learning_rate=RATE, batch_size=16, options=PAPER_JOINT),
    Row(corpus="ade", architecture="joint", num_epochs=8, learning_rate=RATE, batch_size=16, variant="context"),
    Row(
        corpus="webnlg", architecture="redn", num_epochs=8, learning_rate=RATE, batch_size=16,
        options={"kernel_rank": 64},
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """One training of a row.

    Args:
        row: What is trained.
        seed: Seed of shuffling, dropout and new weights.
        fold: Fold of ADE; None for the other corpora.
    """

    row: Row
    seed: int
    fold: int | None

    @property
    def name(self) -> str:
        """Name of the result file."""
        fold = "" if self.fold is None else f".fold{self.fold}"
        return f"{self.row.name}{fold}.seed{self.seed}"


def list_runs(rows: Sequence[Row], *, num_seeds: int, num_folds: int) -> list[Run]:
    """List the trainings of every row."""
    return [
        Run(row, seed, fold)
        for row in rows
        for seed in range(num_seeds)
        for fold in (range(num_folds) if row.corpus == "ade" else [None])
    ]


def run_row(run: Run, options: argparse.Namespace) -> dict[str, Any]:
    """Train and score once, in this process."""
    row = run.row
    schema, documents = load_documents(options.corpora, row.corpus, fold=run.fold)
    training = TrainingConfig(
        num_epochs=options.epochs or row.num_epochs,
        learning_rate=row.learning_rate,
        batch_size=row.batch_size,
        seed=run.seed,
    )
    train = run_joint if row.architecture == "joint" else run_classifier
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        result = train(row, training, schema, documents, Path(folder), options)
    return result | {
        "corpus": row.corpus,
        "architecture": row.architecture,
        "seed": run.seed,
        "fold": run.fold,
        "num_epochs": training.num_epochs,
        "learning_rate": row.learning_rate,
        "batch_size": row.batch_size,
        "options": dict(row.options),
        "has_negative_filter": row.has_negative_filter,
        "total_seconds": time.perf_counter() - started,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "machine": describe_machine(),
    }


def run_classifier(
    row: Row,
    training: TrainingConfig,
    schema: Schema,
    documents: Mapping[Split, Sequence[Document]],
    folder: Path,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Train one member and let it vote alone."""
    dataset = make_dataset(schema, documents)
    spec = MemberSpec(
        position=0,
        method="gold",
        architecture=row.architecture,
        options=row.options,
        encoder=options.encoder,
        training=training,
        has_negative_filter=row.has_negative_filter,
    )
    started = time.perf_counter()
    summary = train_member(spec, dataset, folder, tell, get_parser=lambda: load_parser(options.parser))
    seconds = time.perf_counter() - started
    found = evaluate_ensemble(dataset, [folder])
    return {
        "training_seconds": seconds,
        "num_train": len(dataset.train),
        "num_items": len(dataset.test),
        "summary": summary,
        "result": found,
        "scores": score_row(row, dataset, documents[Split.TEST], found),
    }


def score_row(
    row: Row, dataset: Dataset, documents: Sequence[Document], found: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Score a classifier's labels under every protocol of its corpus."""
    gold, predicted = found["gold_labels"], found["labels"]
    if row.corpus == "semeval2010":
        return [score_semeval_official(_directions(gold), _directions(predicted)).to_json()]
    if row.corpus in BENCHMARK_LABELS:
        return [score_benchmark(gold, predicted, dataset.schema.label_names, protocol=row.corpus).to_json()]
    scores = [found["scores"]]
    return scores + ([score_concepts(dataset.schema, documents, predicted)] if row.corpus == "bc5cdr" else [])


def score_concepts(
    schema: Schema, documents: Sequence[Document], predicted: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Score the document facts that labelled pairs state, as the CDR task does."""
    by_document = [build_instances([document], schema).instances for document in documents]
    stated = [
        state_facts(Relation(one.head, one.tail, label) for one in instances for label in predicted.get(one.id, ()))
        for instances in by_document
    ]
    return score_concept_pairs([document.facts for document in documents], stated, schema.label_names).to_json()


def _directions(labels: Mapping[str, Sequence[str]]) -> dict[str, list[DirectedLabel]]:
    """Read the direction that `direct_labels` wrote into the labels."""
    return {
        item: [DirectedLabel(label[: -len("(e1,e2)")], label.endswith("(e2,e1)")) for label in found]
        for item, found in labels.items()
    }


def run_joint(
    row: Row,
    training: TrainingConfig,
    schema: Schema,
    documents: Mapping[Split, Sequence[Document]],
    folder: Path,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Train a joint model and score what it finds by itself."""
    recipe = JointRecipe(encoder=options.encoder, training=training, **row.options)
    started = time.perf_counter()
    train_joint(
        recipe,
        schema,
        train_documents=documents[Split.TRAIN],
        dev_documents=documents[Split.DEV],
        out_path=folder / "joint",
        report=tell,
    )
    seconds = time.perf_counter() - started
    scores = score_model(JointModel.load(folder / "joint"), documents[Split.TEST])
    return {
        "training_seconds": seconds,
        "num_train": sum(len(document.sentences) for document in documents[Split.TRAIN]),
        "num_items": sum(len(document.sentences) for document in documents[Split.TEST]),
        "scores": [scores[name].to_json() for name in ("mentions", "strict", "boundaries", "end-token")],
    }


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", required=True, help="folder or starter name of the encoder")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA, help="folder of the corpora")
    parser.add_argument("--parser", default="auto", help="spaCy pipeline for syntax_gcn")
    parser.add_argument("--only", nargs="*", default=[row.name for row in ROWS], help="rows, as corpus-architecture")
    parser.add_argument("--epochs", type=int, default=0, help="epochs of every row in the place of its own")
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each row, with seeds from 0")
    parser.add_argument("--folds", type=int, default=1, help="folds of ADE, from 0")
    parser.add_argument("--results", type=Path, required=True, help="folder of the rows' JSON files")
    parser.add_argument("--out", type=Path, help="Markdown file to write; standard output without")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Run what has no result yet, each training in its own process, and write the table."""
    options = parse_options()
    options.results.mkdir(parents=True, exist_ok=True)
    rows = [row for row in ROWS if row.name in options.only]
    runs = list_runs(rows, num_seeds=options.seeds, num_folds=options.folds)
    if options.run:
        (run,) = [one for one in runs if one.name == options.run]
        result = run_row(run, options)
        (options.results / f"{run.name}.json").write_text(json.dumps(result, indent=2), encoding="utf-8")
        return
    for run in runs:
        if not (options.results / f"{run.name}.json").is_file():
            command = [sys.executable, "-m", "tests.benchmarks.models", *sys.argv[1:], "--run", run.name]
            subprocess.run(command, check=True)
    parts = [TITLE, describe_machine(), ABOUT, make_table([row.name for row in ROWS], options.results)]
    table = "\n\n".join(parts) + "\n"
    if options.out:
        options.out.write_text(table, encoding="utf-8")
    else:
        sys.stdout.write(table)


if __name__ == "__main__":
    main()
