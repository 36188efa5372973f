"""Every architecture on every corpus it fits, train → dev: `python -m tests.benchmarks.models`.

A tenth of the training documents, drawn by a fixed seed, chooses epoch, temperature and threshold; the dev split
is only scored. Each row runs in a process of its own, so that its peak memory is its own, and leaves a JSON
file; rows that have one are not run again. What was not run says so in the table.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.corpora import CorpusSet, read_corpus_folder
from core.domain import Corpus, Document, EntityType, Mention, Relation, RelationLabel, Schema, Split
from core.ensemble.dataset import Dataset
from core.ensemble.evaluate import evaluate_ensemble
from core.ensemble.members import MemberSpec, train_member
from core.evaluation.benchmarks import BENCHMARK_LABELS, score_benchmark
from core.evaluation.directions import DirectedLabel, score_semeval_official
from core.models.joint import JointModel
from core.nlp.parser import load_parser
from core.nlp.sentences import split_sentences
from core.training.config import TrainingConfig
from core.workflows.datasets import hold_out, make_dataset
from core.workflows.evaluate import prepare_documents
from core.workflows.train_joint import JointRecipe, score_model, train_joint
from tests.benchmarks.machine import describe_machine

VALIDATION_SHARE = 0.1
VALIDATION_SEED = 0
DEFAULT_CORPORA = Path(os.environ.get("DARE_CORPORA", "../shared/data"))
FOLDERS = {"semeval2010": "semeval2010_task8"}


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

    @property
    def name(self) -> str:
        """Name of the row's result file."""
        return f"{self.corpus}-{self.architecture}"


RATE = 1.5e-4
ROWS = (
    Row(corpus="bc5cdr", architecture="cls", num_epochs=3, learning_rate=RATE),
    Row(corpus="bc5cdr", architecture="redn", num_epochs=6, learning_rate=RATE, batch_size=16),
    Row(corpus="bc5cdr", architecture="syntax_gcn", num_epochs=3, learning_rate=RATE),
    Row(corpus="bc5cdr", architecture="joint", num_epochs=8, learning_rate=RATE, batch_size=16),
    Row(corpus="chemprot", architecture="cls", num_epochs=2, learning_rate=RATE),
    Row(corpus="chemprot", architecture="redn", num_epochs=6, learning_rate=RATE, batch_size=16),
    Row(corpus="chemprot", architecture="syntax_gcn", num_epochs=2, learning_rate=RATE),
    Row(corpus="chemprot", architecture="joint", num_epochs=6, learning_rate=RATE, batch_size=16),
    Row(corpus="ddi2013", architecture="cls", num_epochs=2, learning_rate=RATE, has_negative_filter=True),
    Row(corpus="ddi2013", architecture="redn", num_epochs=6, learning_rate=RATE, batch_size=16),
    Row(corpus="ddi2013", architecture="syntax_gcn", num_epochs=2, learning_rate=RATE, has_negative_filter=True),
    Row(corpus="semeval2010", architecture="cls", num_epochs=3, learning_rate=RATE, options={"marking": "markers"}),
    Row(corpus="semeval2010", architecture="redn", num_epochs=5, learning_rate=RATE, batch_size=16),
    Row(corpus="conll04", architecture="joint", num_epochs=14, learning_rate=2e-4, batch_size=8),
    Row(corpus="ade", architecture="joint", num_epochs=6, learning_rate=RATE, batch_size=16),
    Row(
        corpus="webnlg", architecture="redn", num_epochs=6, learning_rate=RATE, batch_size=16,
        options={"kernel_rank": 64},
    ),
)  # fmt: skip


def load_documents(corpora: Path, corpus: str) -> tuple[Schema, dict[Split, list[Document]]]:
    """Read a corpus; part of train becomes dev, which chooses, and its dev becomes test, which is scored."""
    found = read_corpus_folder(corpus, corpora / FOLDERS.get(corpus, corpus))
    if corpus == "semeval2010":
        found = direct_labels(found)
    split = {
        name: prepare_documents(part, found.schema, split_sentences=split_sentences)
        for name, part in found.splits.items()
    }
    train, dev = hold_out(split[Split.TRAIN], seed=VALIDATION_SEED, share=VALIDATION_SHARE)
    return found.schema, {Split.TRAIN: train, Split.DEV: dev, Split.TEST: split[Split.DEV]}


def direct_labels(found: CorpusSet) -> CorpusSet:
    """Write the direction into the label, as SemEval does: one pair a sentence and eighteen labels."""
    pair = (("E1", "E2"),)
    labels = tuple(
        RelationLabel(f"{name}{direction}", pair)
        for name in found.schema.label_names
        for direction in ("(e1,e2)", "(e2,e1)")
    )
    schema = Schema((EntityType("E1"), EntityType("E2")), labels)
    splits = {name: Corpus(tuple(map(_direct, part.documents))) for name, part in found.splits.items()}
    return CorpusSet(found.name, schema, splits, found.notes)


def _direct(document: Document) -> Document:
    first, second = sorted(document.mentions, key=lambda mention: mention.span)
    e1, e2 = Mention(first.span, "E1"), Mention(second.span, "E2")
    relations = tuple(
        Relation(e1, e2, f"{one.label}{'(e1,e2)' if one.head.span == first.span else '(e2,e1)'}")
        for one in document.relations
    )
    return Document(document.id, document.text, document.sentences, (e1, e2), relations, split=document.split)


def run_row(row: Row, options: argparse.Namespace) -> dict[str, Any]:
    """Train and score one row in this process."""
    schema, documents = load_documents(options.corpora, row.corpus)
    training = TrainingConfig(
        num_epochs=options.epochs or row.num_epochs,
        learning_rate=row.learning_rate,
        batch_size=row.batch_size,
        seed=options.seed,
    )
    run = run_joint if row.architecture == "joint" else run_classifier
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        result = run(row, training, schema, documents, Path(folder), options)
    return result | {
        "corpus": row.corpus,
        "architecture": row.architecture,
        "seed": options.seed,
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
    unlabelled = {"labels", "gold_labels", "threshold_curve"}
    return {
        "training_seconds": seconds,
        "num_train": len(dataset.train),
        "num_items": len(dataset.test),
        "summary": summary,
        "result": {key: value for key, value in found.items() if key not in unlabelled},
        "scores": score_row(row, dataset, found),
    }


def score_row(row: Row, dataset: Dataset, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Score a classifier's labels under the protocol of its corpus; the first one is the table's figure."""
    gold, predicted = found["gold_labels"], found["labels"]
    if row.corpus == "semeval2010":
        return [score_semeval_official(_directions(gold), _directions(predicted)).to_json()]
    if row.corpus in BENCHMARK_LABELS:
        return [score_benchmark(gold, predicted, dataset.schema.label_names, protocol=row.corpus).to_json()]
    return [found["scores"]]


def _directions(labels: Mapping[str, Sequence[str]]) -> dict[str, list[DirectedLabel]]:
    """Read the direction that `direct_labels` wrote into the labels."""
    return {
        item: [DirectedLabel(label[: -len("(e1,e2)")], label.endswith("(e2,e1)")) for label in found]
        for item, found in labels.items()
    }


def run_joint(
    _: Row,
    training: TrainingConfig,
    schema: Schema,
    documents: Mapping[Split, Sequence[Document]],
    folder: Path,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Train a joint model and score what it finds by itself."""
    recipe = JointRecipe(encoder=options.encoder, training=training)
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


def tell(fraction: float, message: str = "", **values: float) -> None:
    """Write progress to the error stream."""
    figures = " ".join(f"{name}={value:.4g}" for name, value in values.items())
    sys.stderr.write(f"{fraction:6.1%} {message} {figures}\n")


def make_table(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the rows as a Markdown table; a row without a result says "not run"."""
    lines = [
        "| corpus | architecture | protocol | F1 | P | R | 95 % interval | epochs | training | peak memory |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in ROWS:
        result = results.get(row.name)
        if result is None:
            lines.append(f"| {row.corpus} | {row.architecture} | not run | | | | | | | |")
        else:
            lines += [_table_line(row, result, scores) for scores in result["scores"]]
    return "\n".join(lines)


def _table_line(row: Row, result: Mapping[str, Any], scores: Mapping[str, Any]) -> str:
    micro = scores["micro"]
    is_macro = "macro" in scores["protocol"]
    f1 = f"macro {scores['macro_f1']:.3f}" if is_macro else f"{micro['f1']:.3f}"
    interval = result.get("result", {}).get("interval")
    cells = [
        row.corpus,
        _describe_architecture(result),
        scores["protocol"],
        f1,
        f"{micro['precision']:.3f}",
        f"{micro['recall']:.3f}",
        f"{interval['low']:.3f}–{interval['high']:.3f}" if interval and not is_macro else "",
        str(result["num_epochs"]),
        f"{result['training_seconds']:.0f} s",
        f"{result['peak_bytes'] / 2**30:.1f} GiB",
    ]
    return f"| {' | '.join(cells)} |"


def _describe_architecture(result: Mapping[str, Any]) -> str:
    extras = [f"{name} {value}" for name, value in result["options"].items()]
    extras += ["negative filter"] if result["has_negative_filter"] else []
    return f"{result['architecture']} ({', '.join(extras)})" if extras else str(result["architecture"])


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", required=True, help="folder or starter name of the encoder")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA, help="folder of the corpora")
    parser.add_argument("--parser", default="auto", help="spaCy pipeline for syntax_gcn")
    parser.add_argument("--only", nargs="*", default=[row.name for row in ROWS], help="rows, as corpus-architecture")
    parser.add_argument("--epochs", type=int, default=0, help="epochs of every row in the place of its own")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, required=True, help="folder of the rows' JSON files")
    parser.add_argument("--out", type=Path, help="Markdown file to write; standard output without")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Run the rows that have no result yet, each in its own process, and write the table."""
    options = parse_options()
    options.results.mkdir(parents=True, exist_ok=True)
    if options.row:
        (row,) = [one for one in ROWS if one.name == options.row]
        result = run_row(row, options)
        (options.results / f"{row.name}.json").write_text(json.dumps(result, indent=2), encoding="utf-8")
        return
    for name in options.only:
        if not (options.results / f"{name}.json").is_file():
            subprocess.run([sys.executable, "-m", "tests.benchmarks.models", *sys.argv[1:], "--row", name], check=True)
    results = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in options.results.glob("*.json")}
    table = f"{describe_machine()}\n\n{make_table(results)}\n"
    if options.out:
        options.out.write_text(table, encoding="utf-8")
    else:
        sys.stdout.write(table)


if __name__ == "__main__":
    main()
