"""How long queues, search and tables take to open: `python -m tests.benchmarks.queues [--sentences N...] [--json]`.

For each number of sentences a SQLite database is filled with text made in code. A row gives the median wall-clock
and processor time, in ms, of opening what it names: the first page and the count of a queue, as Annotate asks for
them, or a page of a table. Nothing is analysed beforehand, as in an installation.
"""

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from core.domain import Split, State
from db.queries import browse, browse_documents, queue
from db.queries.browse import SentenceFilter, SentenceSort
from db.queries.browse_documents import DocumentFilter
from db.queries.queue import QueueFilter, QueueOrder
from db.session import Session, make_engine, migrate, session_scope
from tests.benchmarks.machine import processor_name
from tests.benchmarks.queue_data import LABELS, RARE_WORD, fill

REPEATS = 5
PAGE_SIZE = 80  # sentences that Annotate asks for at once
FREQUENT_PREFIX = "an"

Open = Callable[[Session], object]


def list_queues(project_id: int) -> Iterator[tuple[str, QueueFilter]]:
    """Yield the queues that are measured."""
    for order in QueueOrder:
        yield f"queue, order {order}", QueueFilter(project_id, order=order)
    text = QueueOrder.TEXT
    yield "queue, one split", QueueFilter(project_id, split=Split.DEV)
    yield "queue, a split without sentences", QueueFilter(project_id, split=Split.TEST)
    yield "queue, flagged", QueueFilter(project_id, state=None, is_flagged=True)
    yield "queue, one document", QueueFilter(project_id, state=None, document_id=50)
    yield "queue, search for a rare word", QueueFilter(project_id, order=text, search=f"{RARE_WORD} ")
    yield "queue, search for a frequent beginning", QueueFilter(project_id, search=FREQUENT_PREFIX)


def list_tables(project_id: int) -> Iterator[tuple[str, SentenceFilter, SentenceSort, int]]:
    """Yield the tables of sentences that are measured: what, filter, order and rows before the page."""
    everything = SentenceFilter(project_id)
    for sort in SentenceSort:
        yield f"table, order {sort}", everything, sort, 0
    yield "table, last page that can be counted", everything, SentenceSort.UNCERTAINTY, browse.MAX_COUNTED - 50
    yield "table, one label", SentenceFilter(project_id, label=LABELS[0]), SentenceSort.TEXT, 0
    pending = SentenceFilter(project_id, state=State.PENDING, min_uncertainty=0.5)
    yield "table, pending and uncertain", pending, SentenceSort.UNCERTAINTY, 0
    rare = SentenceFilter(project_id, search=f"{RARE_WORD} ")
    yield "table, search for a rare word", rare, SentenceSort.TEXT, 0
    frequent = SentenceFilter(project_id, search=FREQUENT_PREFIX)
    yield "table, search for a frequent beginning", frequent, SentenceSort.TEXT, 0


def list_cases(project_id: int) -> Iterator[tuple[str, Open]]:
    """Yield everything that is opened, with its name."""
    for name, chosen in list_queues(project_id):
        yield (
            name,
            lambda session, chosen=chosen: (  # type: ignore[misc]
                queue.get_queue_page(session, chosen, limit=PAGE_SIZE),
                queue.count_queue(session, chosen),
            ),
        )
    for name, listed, sort, offset in list_tables(project_id):
        yield (
            name,
            lambda session, listed=listed, sort=sort, offset=offset: (  # type: ignore[misc]
                browse.list_sentences(session, listed, sort=sort, offset=offset),
                browse.count_sentences(session, listed),
            ),
        )
    documents = DocumentFilter(project_id)
    yield "table of documents", lambda session: browse_documents.list_documents(session, documents)
    yield "count of a table", lambda session: browse.count_sentences(session, SentenceFilter(project_id))


def measure(num_sentences: int, folder: Path) -> Iterator[dict[str, Any]]:
    """Fill a database and yield a row for everything that is opened."""
    engine = make_engine(f"sqlite:///{folder / f'{num_sentences}.db'}")
    migrate(engine)
    with session_scope(engine) as session:
        project_id = fill(session, num_sentences)
    for name, open_it in list_cases(project_id):
        wall, cpu = [], []
        for _ in range(REPEATS):
            with session_scope(engine) as session:
                started, started_cpu = time.perf_counter(), time.process_time()
                open_it(session)
                wall.append(time.perf_counter() - started)
                cpu.append(time.process_time() - started_cpu)
        yield {
            "num_sentences": num_sentences,
            "what": name,
            "wall_ms": 1e3 * statistics.median(wall),
            "cpu_ms": 1e3 * statistics.median(cpu),
            "n": REPEATS,
        }
    engine.dispose()


def make_table(rows: Sequence[dict[str, Any]]) -> str:
    """Write the rows as Markdown, one column a number of sentences: wall-clock ms, processor ms."""
    counts = sorted({row["num_sentences"] for row in rows})
    cells = {(row["what"], row["num_sentences"]): f"{row['wall_ms']:.1f}; {row['cpu_ms']:.1f}" for row in rows}
    lines = [f"| opened | {' | '.join(f'{count:,}' for count in counts)} |", "|---" * (len(counts) + 1) + "|"]
    for what in dict.fromkeys(row["what"] for row in rows):
        lines.append(f"| {what} | {' | '.join(cells[what, count] for count in counts)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, nargs="+", default=[1000, 10_000, 100_000], help="of a project")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for number in options.sentences for row in measure(number, Path(folder))]
    machine = f"{processor_name()}; Python {platform.python_version()}; median of {REPEATS}"
    text = (
        json.dumps({"machine": machine, "rows": rows}, indent=2) if options.json else f"{machine}\n\n{make_table(rows)}"
    )
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
