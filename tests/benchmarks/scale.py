"""Import and export of many sentences: `python -m tests.benchmarks.scale [--sentences N...]`.

For each number of sentences a native file is written (documents of ten sentences, two mentions and a relation in each),
imported by `dare import` into a new project, exported by `dare export`, kept by `dare snapshot create` and taken out
again by `dare snapshot export`, each in a process of its own whose wall time, processor time and greatest resident
memory are read; the exported file must hold what was imported. While the import runs, another writer asks for the
database again and again, and says how long it had to wait at most.
"""

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from core.settings import Settings
from db.session import make_engine, migrate

NUM_SENTENCES = (1000, 10_000, 100_000)
BY_DOCUMENT = 10
CHEMICALS = ("aspirin", "digoxin", "lithium", "amiodarone", "β-carotene", "naïvecillin", "ketamine", "warfarin")
DISEASES = ("nausea", "renal failure", "tremor", "hepatitis", "arrhythmia", "Ménière’s vertigo", "anaemia", "rash")
SCHEMA = {
    "entity_types": [{"name": "Chemical"}, {"name": "Disease"}],
    "relation_labels": [{"name": "CID", "legal_types": [["Chemical", "Disease"]]}],
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took.

    Args:
        wall_seconds: From start to end of the process.
        processor_seconds: User and system time.
        memory_mb: Greatest resident memory, in 10^6 bytes.
    """

    wall_seconds: float
    processor_seconds: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Row:
    """Both directions for one number of sentences.

    Args:
        sentences: Number in the file.
        file_mb: Size of the file, in 10^6 bytes.
        import_cost: Of `dare import`.
        export_cost: Of `dare export`.
        snapshot_cost: Of `dare snapshot create`; None where none was asked for.
        take_out_cost: Of `dare snapshot export`.
        longest_wait: Seconds that another writer had to wait during the import.
        is_same: Whether the exported file holds what was imported.
    """

    sentences: int
    file_mb: float
    import_cost: Cost
    export_cost: Cost
    snapshot_cost: Cost | None
    take_out_cost: Cost | None
    longest_wait: float
    is_same: bool


def write_file(path: Path, num_sentences: int) -> None:
    """Write a native file of that many sentences, the same at every call."""
    rng = Random(0)
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"format": "dare-curator", "version": 1, "schema": SCHEMA}, ensure_ascii=False) + "\n")
        for number in range(0, num_sentences, BY_DOCUMENT):
            record = make_record(number, min(BY_DOCUMENT, num_sentences - number), rng)
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def make_record(first: int, num_sentences: int, rng: Random) -> dict[str, object]:
    """Return a reviewed document whose sentences all state a relation."""
    text, sentences, mentions, relations = "", [], [], []
    for number in range(num_sentences):
        start = len(text)
        spans = []
        for words, entity_type in ((CHEMICALS, "Chemical"), (DISEASES, "Disease")):
            text += " Patient" if spans == [] else " was seen after the dose had been raised, with"
            name = rng.choice(words)
            text += f" {first + number} given "
            spans.append({"start": len(text), "end": len(text) + len(name), "text": name, "entity_type": entity_type})
            text += name
        text += "."
        ids = [f"T{2 * number + 1}", f"T{2 * number + 2}"]
        mentions += [span | {"id": one} for span, one in zip(spans, ids, strict=True)]
        relations.append({"label": "CID", "head": ids[0], "tail": ids[1]})
        sentences.append({"start": start + 1, "end": len(text), "state": "accepted"})
    parts = {"sentences": sentences, "mentions": mentions, "relations": relations}
    return {"kind": "document", "id": f"document-{first}", "text": text, **parts}


def run_command(arguments: Sequence[str], home: Path) -> Cost:
    """Run a `dare` command in a process of its own.

    Raises:
        RuntimeError: It failed.
    """
    started = time.perf_counter()
    environment = os.environ | {"DARE_HOME": str(home)}
    command = [sys.executable, "-m", "core.cli", *arguments]
    process = os.posix_spawn(sys.executable, command, environment)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"dare {' '.join(arguments)} failed with code {os.waitstatus_to_exitcode(status)}.")
    # Linux counts resident memory in KiB.
    return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


class OtherWriter:
    """Begins to write again and again in a thread, and keeps the longest wait."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.longest_wait = 0.0

    def __enter__(self) -> "OtherWriter":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        connection = sqlite3.connect(self._database, timeout=3600, isolation_level=None)
        while not self._ended.wait(0.2):
            started = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            self.longest_wait = max(self.longest_wait, time.perf_counter() - started)
        connection.close()


def measure(num_sentences: int, folder: Path, *, with_snapshots: bool) -> Row:
    """Import and export one number of sentences."""
    given, written = folder / f"{num_sentences}.jsonl", folder / f"{num_sentences}.out.jsonl"
    write_file(given, num_sentences)
    home = folder / f"home-{num_sentences}"
    settings = Settings(home=home)
    engine = make_engine(settings.resolved_database_url)
    migrate(engine)
    engine.dispose()
    with OtherWriter(Path(settings.resolved_database_url.removeprefix("sqlite:///"))) as other:
        import_cost = run_command(["import", "scale", str(given), "--create", "chemical-disease"], home)
    export_cost = run_command(["export", "scale", "--out", str(written)], home)
    snapshot_cost = take_out_cost = None
    if with_snapshots:
        snapshot_cost = run_command(["snapshot", "create", "scale", "--name", "s"], home)
        take_out_cost = run_command(["snapshot", "export", "s", "--out", str(folder / f"s-{num_sentences}")], home)
    is_same = all(map(_is_same, _read_documents(given), _read_documents(written)))
    costs = (import_cost, export_cost, snapshot_cost, take_out_cost)
    return Row(num_sentences, given.stat().st_size / 1e6, *costs, other.longest_wait, is_same)


def _read_documents(path: Path) -> Iterator[dict[str, list[object]]]:
    with path.open(encoding="utf-8") as file:
        next(file)
        yield from map(json.loads, file)


def _is_same(given: dict[str, list[object]], written: dict[str, list[object]]) -> bool:
    parts = ("sentences", "mentions", "relations")
    return given["text"] == written["text"] and all(len(given[part]) == len(written[part]) for part in parts)


def make_table(rows: Sequence[Row]) -> str:
    """Return the figures as a table of Markdown."""
    names = ("import", "export", "snapshot create", "snapshot export")
    titles = ["sentences", "file, MB", *(f"{name}, s (processor), MB" for name in names), "others waited, s", "same"]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for row in rows:
        costs = (row.import_cost, row.export_cost, row.snapshot_cost, row.take_out_cost)
        figures = [
            f"{one.wall_seconds:.1f} ({one.processor_seconds:.1f}), {one.memory_mb:.0f}" if one else "–"
            for one in costs
        ]
        values = [f"{row.sentences:,}", f"{row.file_mb:.1f}", *figures, f"{row.longest_wait:.1f}"]
        lines.append(f"| {' | '.join(values)} | {'yes' if row.is_same else 'NO'} |")
    return "\n".join(lines)


def main() -> None:
    """Print a row for each number of sentences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, nargs="+", default=NUM_SENTENCES, help="numbers of sentences")
    parser.add_argument("--without-snapshots", action="store_true", help="only import and export")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            measure(number, Path(folder), with_snapshots=not options.without_snapshots) for number in options.sentences
        ]
    # Loads torch. Before, it would count as memory of the commands: Linux starts theirs from that of their parent.
    from tests.benchmarks.machine import describe_machine

    if options.json:
        sys.stdout.write(json.dumps({"machine": describe_machine(), "rows": [asdict(row) for row in rows]}) + "\n")
    else:
        sys.stdout.write(f"{describe_machine()}\n\n{make_table(rows)}\n")


if __name__ == "__main__":
    main()
