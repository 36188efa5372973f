"""Speed of the shipped model for chemicals and diseases: `python -m tests.benchmarks.starter_speed`.

cold   `dare predict` of an abstract of 300 words, process start included, on a database that exists
warm   the same abstract again in a process that holds the model: sentences, mentions, relations
batch  1,000 abstracts of BC5CDR after a warm-up, in both precisions, and what takes the time

Wall time is what a person waits and depends on what else the machine does; processor time hardly does. Both are given,
with the load of the machine before each measurement.
"""

import argparse
import cProfile
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from core.corpora import read_corpus_folder
from core.domain import Corpus, Document
from core.ensemble.extraction import Extractor
from core.nlp.sentences import split_sentences
from core.settings import Settings
from core.starter import DEFAULT_STARTER, get_starter
from core.training.config import Precision
from core.workflows.prediction.evaluate import predict_documents, prepare_documents
from core.workflows.prediction.model_cache import ModelCache
from tests.benchmarks.machine import describe_machine
from tests.benchmarks.models_data import DEFAULT_CORPORA

NUM_ABSTRACTS, NUM_PROFILED = 1000, 100
REPEATS = 5
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")
# What the profile names: function → part. The parts do not contain each other.
PARTS = {
    "split_sentences": "sentences",
    "encode_texts": "pieces and words",
    "tag_words": "encoder and tags",
    "decode_tags": "legal tags",
    "mark_words": "layers of pairs",
    "score_pairs": "pairs",
    "agree_on_names": "names of a document",
}
# Written for this measurement.
ABSTRACT = (
    "Objective: Many patients take amiodarone for years, and the damage it does to thyroid, lung and liver is often "
    "found late. We asked how often thyroid dysfunction, pulmonary fibrosis and hepatitis appear in the first two "
    "years of treatment, and whether a lower dose prevents them. Methods: Records of 412 patients with atrial "
    "fibrillation or ventricular tachycardia, all treated in one clinic, were read by two physicians. Thyrotropin, "
    "alanine aminotransferase and chest radiographs were checked every six months. Patients who also took digoxin, "
    "warfarin or simvastatin were analysed apart. Results: Amiodarone was followed by hypothyroidism in 38 patients "
    "(9.2%) and by hyperthyroidism in 11 (2.7%). Pulmonary fibrosis was seen in seven, three of whom died of "
    "respiratory failure. Hepatitis with jaundice developed in four patients and resolved within three months after "
    "amiodarone had been withdrawn. Photosensitivity was common (14%) but mild. A daily dose of 200 mg or less was "
    "associated with a lower risk of hypothyroidism (odds ratio 0.51, P = 0.03), whereas the risk of pulmonary "
    "fibrosis did not depend on the dose. In patients who took simvastatin, myopathy occurred in five and "
    "rhabdomyolysis with acute renal failure in one; all recovered when simvastatin was replaced by pravastatin. Two "
    "patients on digoxin had nausea and bradycardia, which were explained by digoxin toxicity, since amiodarone raises "
    "its plasma concentration. Bleeding under warfarin was seen in nine patients, one of whom had an intracranial "
    "haemorrhage. Levothyroxine corrected hypothyroidism in all but two cases, and prednisone was given for "
    "hyperthyroidism in six. Conclusions: Thyroid disease induced by amiodarone is frequent and treatable, and "
    "pulmonary fibrosis is rare but often fatal. We suggest tests of thyroid and liver function every six months, a "
    "chest radiograph each year, and smaller doses of digoxin, warfarin and simvastatin as soon as amiodarone is "
    "started."
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured speed, as text.

    Args:
        name: What was done.
        measured: How long it took.
        aim: What was asked for.
    """

    name: str
    measured: str
    aim: str = ""


@dataclass(frozen=True, slots=True)
class Seconds:
    """Time that something took: by the clock, and of all cores together."""

    wall: float
    processor: float


def measure_cold(*, repeats: int = REPEATS) -> list[Figure]:
    """Run the command in processes of their own; one before them makes the database and the bytecode."""
    load = _tell_load()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "abstract.txt")
        source.write_text(ABSTRACT, encoding="utf-8")
        command = [sys.executable, "-m", "core.cli", "predict", str(source), "--out", str(Path(folder, "out.jsonl"))]
        environment = {**os.environ, "DARE_HOME": str(Path(folder, "home"))}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
        _run(command, environment)
        found = [_run(command, environment) for _ in range(repeats)]
    return [Figure(f"cold `dare predict`, {len(ABSTRACT.split())} words", f"{_tell(found)}; {load}", "< 6 s")]


def _run(command: Sequence[str], environment: dict[str, str]) -> Seconds:
    """Run a command and time it with what it used of the processor."""
    clock, before = time.perf_counter(), os.times()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    processor = after.children_user - before.children_user + after.children_system - before.children_system
    return Seconds(time.perf_counter() - clock, processor)


def measure_warm(extractor: Extractor, *, repeats: int = REPEATS) -> list[Figure]:
    """Read the abstract with a model that is loaded."""
    load = _tell_load()
    document = Document("abstract", ABSTRACT)
    _predict(extractor, [document])
    found = [_time(lambda: _predict(extractor, [document])) for _ in range(repeats)]
    return [Figure(f"warm, {len(ABSTRACT.split())} words", f"{_tell(found)}; {load}", "< 0.5 s")]


def measure_batch(extractor: Extractor, corpora: Path = DEFAULT_CORPORA) -> list[Figure]:
    """Read many abstracts; without the corpus the figure says so."""
    name = f"batch of {NUM_ABSTRACTS:,} abstracts"
    if not (corpora / "bc5cdr").is_dir():
        return [Figure(name, f"not measured: no bc5cdr in {corpora}", ">= 20/s")]
    read = read_corpus_folder("bc5cdr", corpora / "bc5cdr").documents[:NUM_ABSTRACTS]
    bare = [replace(one, mentions=(), relations=(), facts=()) for one in read]
    figures = []
    for precision in PRECISIONS:
        chosen = replace(extractor, precision=precision)
        _predict(chosen, bare[:NUM_PROFILED])
        load = _tell_load()
        took = _time(lambda chosen=chosen: _predict(chosen, bare))  # type: ignore[misc]
        text = (
            f"{len(bare) / took.wall:.1f} abstracts/s by the clock, {len(bare) / took.processor:.1f} for each second "
            f"of one core; {torch.get_num_threads()} threads; {load}"
        )
        figures.append(Figure(f"{name}, {precision}", text, ">= 20/s"))
        figures.append(_profile(chosen, bare[:NUM_PROFILED]))
    return figures


def _profile(extractor: Extractor, documents: Sequence[Document]) -> Figure:
    """Tell what takes the time, in one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    profile = cProfile.Profile(time.process_time)
    try:
        profile.runcall(_predict, extractor, documents)
    finally:
        torch.set_num_threads(before)
    statistics_by_function = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    seconds = dict.fromkeys(PARTS.values(), 0.0)
    for (_, _, function), (_, _, _, cumulative, _) in statistics_by_function.items():
        if function in PARTS:
            seconds[PARTS[function]] += cumulative
    total = max(row[3] for row in statistics_by_function.values())
    shares = [f"{part} {value / total:.0%}" for part, value in seconds.items()]
    rest = 1 - sum(seconds.values()) / total
    return Figure(
        f"what takes the time, {extractor.precision}", f"{', '.join(shares)}, the rest {rest:.0%} (processor time)"
    )


def _predict(extractor: Extractor, documents: Sequence[Document]) -> list[Document]:
    """Split, find and relate: all between reading a file and writing one."""
    ready = prepare_documents(Corpus(tuple(documents)), extractor.schema, split_sentences=split_sentences)
    return predict_documents(extractor, ready, lambda *_, **__: None)


def _time(call: Callable[[], object]) -> Seconds:
    clock, processor = time.perf_counter(), time.process_time()
    call()
    return Seconds(time.perf_counter() - clock, time.process_time() - processor)


def _tell(found: Sequence[Seconds]) -> str:
    wall, processor = ([getattr(one, name) for one in found] for name in ("wall", "processor"))
    return (
        f"{statistics.median(wall):.2f} s by the clock (fastest {min(wall):.2f}), "
        f"{statistics.median(processor):.2f} s of the processor (fastest {min(processor):.2f}), {len(found)} runs"
    )


def _tell_load() -> str:
    return f"load before it {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def load_starter() -> Extractor:
    """Load the model that is measured."""
    joint = ModelCache(Settings()).get_joint(get_starter(DEFAULT_STARTER))
    return Extractor(joint.config.to_schema(), joint, None)


def measure(corpora: Path = DEFAULT_CORPORA, *, repeats: int = REPEATS) -> list[Figure]:
    """Measure all three, the cold one before anything is loaded here."""
    cold = measure_cold(repeats=repeats)
    extractor = load_starter()
    return [*cold, *measure_warm(extractor, repeats=repeats), *measure_batch(extractor, corpora)]


def make_table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table."""
    rows = [f"| {one.name} | {one.measured} | {one.aim} |" for one in figures]
    return "\n".join(["| figure | measured | aim |", "|---|---|---|", *rows])


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA, help="folder that holds bc5cdr")
    options.add_argument("--repeats", type=int, default=REPEATS, help="runs of the cold and of the warm measurement")
    chosen = options.parse_args()
    table = make_table(measure(chosen.corpora, repeats=chosen.repeats))
    sys.stdout.write(f"{describe_machine()}\n\n{table}\n")


if __name__ == "__main__":
    main()
