"""Near-copy search at scale: `python -m tests.benchmarks.near_copies [--sentences N...] [--json]`.

Sentences of a text file, two words of each made masks, are added to an index. A row gives, for one number of stored
sentences: the mean processor time to add one, to look up one that is new, and one that is a planted near copy
(a word swapped or left out, another start or end, other case and punctuation, other order); the memory of the index;
the share of planted near copies that is found; and how many of some queries are answered unlike a comparison with
every stored sentence. A planted change that leaves no near copy by the definition does not count.

`--index datasketch` measures MinHash candidates from that library, which must be installed, with the same definition
checked on each candidate.
"""

import argparse
import json
import lzma
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Protocol

from core.generation.near_copies import NearCopyIndex, split_content_words
from tests.benchmarks.machine import describe_machine
from tests.benchmarks.models_data import DEFAULT_CORPORA
from tests.planted_copies import CHANGES, is_near_copy

NUM_NEW = 1000
COPIES_BY_CHANGE = 200
COLUMNS = {
    "index": "index",
    "num_sentences": "sentences",
    "add_microseconds": "add, µs",
    "new_microseconds": "look-up of a new one, µs",
    "planted_microseconds": "look-up of a near copy, µs",
    "memory_mb": "memory, MB",
    "planted_recall": "planted near copies found",
    "num_unlike_brute_force": "answers unlike brute force",
}


class Index(Protocol):
    """What is measured."""

    def add(self, text: str) -> None:
        """Remember a sentence."""

    def has_near_copy(self, text: str) -> bool:
        """Return whether something like it was added."""


class MinHashIndex:
    """Candidates by locality-sensitive hashing of word sets, each checked by the definition."""

    def __init__(self) -> None:
        from datasketch import MinHash, MinHashLSH  # optional: only this comparison needs it

        self._make_hash = MinHash
        self._lsh = MinHashLSH(threshold=0.6, num_perm=128)
        self._texts: list[str] = []

    def _hash(self, text: str) -> Any:  # noqa: ANN401 - a library that may be absent has no type here
        found = self._make_hash(num_perm=128)
        found.update_batch([word.encode() for word in set(split_content_words(text))])
        return found

    def add(self, text: str) -> None:
        """Remember a sentence."""
        self._lsh.insert(len(self._texts), self._hash(text))
        self._texts.append(text)

    def has_near_copy(self, text: str) -> bool:
        """Return whether a candidate is a near copy."""
        return any(is_near_copy(text, self._texts[number]) for number in self._lsh.query(self._hash(text)))


INDEXES: dict[str, Callable[[], Index]] = {"exact": NearCopyIndex, "datasketch": MinHashIndex}


def read_sentences(path: Path, *, count: int) -> list[str]:
    """Return different sentences of 10 to 45 words, two words of each made masks."""
    rng = Random(0)
    found: dict[str, None] = {}
    for sentence in _split_lines(path):
        words = sentence.split()
        if not 10 <= len(words) <= 45:
            continue
        head, tail = rng.sample(range(len(words) - 1), 2)
        words[head], words[tail] = "$CHEMICAL$", "$DISEASE$"
        found[" ".join(words)] = None
        if len(found) == count:
            return list(found)
    raise SystemExit(f"{path} has {len(found)} usable sentences, {count} are needed; name fewer with --sentences.")


def _split_lines(path: Path) -> Iterator[str]:
    with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield from re.split(r"(?<=[.!?])\s+(?=[A-Z])", line.strip())


def measure(
    name: str, index: Index, sentences: Sequence[str], *, counts: Sequence[int], num_brute: int
) -> Iterator[dict[str, Any]]:
    """Fill an index up to each count and give a row for each; the last sentences are never added."""
    new, rng, done, memory = sentences[-NUM_NEW:], Random(1), 0, _resident_bytes()
    for count in counts:
        seconds = _time(index.add, sentences[done:count])
        num_added, done = count - done, count
        stored = sentences[:count]
        memory_mb = (_resident_bytes() - memory) / 1e6
        sources = [(change, text) for change in CHANGES for text in rng.sample(stored, min(COPIES_BY_CHANGE, count))]
        pairs = [(change(text, rng), text) for change, text in sources]
        planted = [copy for copy, text in pairs if is_near_copy(copy, text)]
        new_seconds = _time(index.has_near_copy, new)
        planted_seconds = _time(index.has_near_copy, planted)
        queries = rng.sample([*new, *(copy for copy, _ in pairs)], num_brute)
        yield {
            "index": name,
            "num_sentences": count,
            "add_microseconds": seconds / num_added * 1e6,
            "new_microseconds": new_seconds / len(new) * 1e6,
            "planted_microseconds": planted_seconds / len(planted) * 1e6,
            "memory_mb": memory_mb,
            "num_planted": len(planted),
            "planted_recall": sum(map(index.has_near_copy, planted)) / len(planted),
            "num_brute": num_brute,
            "num_unlike_brute_force": sum(
                index.has_near_copy(query) != any(is_near_copy(query, text) for text in stored) for query in queries
            ),
        }


def _time(call: Callable[[str], object], texts: Sequence[str]) -> float:
    """Return the seconds of processor time that all calls take together; other work on the machine does not count."""
    started = time.process_time()
    for text in texts:
        call(text)
    return time.process_time() - started


def _resident_bytes() -> int:
    """Return the memory that this process holds now, in bytes; Linux alone tells it."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096


def make_table(rows: Sequence[dict[str, Any]]) -> str:
    """Write the rows as Markdown."""
    lines = [f"| {' | '.join(COLUMNS.values())} |", "|---" * len(COLUMNS) + "|"]
    for row in rows:
        cells = [
            row["index"],
            f"{row['num_sentences']:,}",
            *(f"{row[name]:,.0f}" for name in list(COLUMNS)[2:6]),
            f"{row['planted_recall']:.4f} of {row['num_planted']:,}",
            f"{row['num_unlike_brute_force']} of {row['num_brute']}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = DEFAULT_CORPORA / "pubmed_text" / "cased.txt.xz"
    parser.add_argument("--sentences", type=int, nargs="+", default=[1000, 10_000, 100_000], help="stored sentences")
    parser.add_argument("--text", type=Path, default=default, help="one document a line, plain or xz")
    parser.add_argument("--brute", type=int, default=50, help="queries compared with every stored sentence")
    parser.add_argument("--index", choices=list(INDEXES), default="exact", help="what to measure")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = parse_options()
    counts = sorted(options.sentences)
    sentences = read_sentences(options.text, count=counts[-1] + NUM_NEW)
    index = INDEXES[options.index]()
    rows = list(measure(options.index, index, sentences, counts=counts, num_brute=options.brute))
    if options.json:
        text = json.dumps({"machine": describe_machine(), "rows": rows}, indent=2)
    else:
        text = f"{describe_machine()}\n\n{make_table(rows)}"
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
