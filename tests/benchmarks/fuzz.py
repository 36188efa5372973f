"""Feeds mutated files to every reader: nothing but named errors, no hang, bounded memory.

    python -m tests.benchmarks.fuzz --files 10000

Seeds are files that the writers make of the torture documents, small hand-written ones of the other formats, and zips.
"""

import argparse
import json
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from core.domain import Corpus
from core.formats import READERS, WRITERS, read_corpus, write_corpus
from core.formats.archives import ZIP_SIGNATURES, pack_zip, unpack_zip
from core.formats.docbin import encode_docbin
from tests.core.formats.torture import SCHEMA, make_rich, make_torture

MAX_SECONDS = 10
READ_AS = {"masked-tsv": "table", "masked-csv": "table"}
HAND_WRITTEN = {
    "ddi-xml": b'<document id="d"><sentence id="s" text="Aspirin and ibuprofen."><entity id="e0" charOffset="0-6" '
    b'type="drug" text="Aspirin"/><entity id="e1" charOffset="12-20" type="drug" text="ibuprofen"/>'
    b'<pair id="p" e1="e0" e2="e1" ddi="true" type="int"/></sentence></document>',
    "semeval": b'1\t"The <e1>rain</e1> brought a <e2>flood</e2>."\nCause-Effect(e1,e2)\nComment:\n\n',
    "ade-rel": b"7|Rash after aspirin.|Rash|0|4|aspirin|11|18\n",
    "triples-json": b'[{"text": "A met B", "triple_list": [["A", "met", "B"]]}]',
    "text": "Aspirin 😀 caused rash.".encode(),
    "pubmed-xml": b'<?xml version="1.0"?><PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article>'
    b"<ArticleTitle>Aspirin <i>in vivo</i></ArticleTitle><Abstract><AbstractText Label='AIM'>It helps.</AbstractText>"
    b"</Abstract></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>",
    "jats-xml": b"<article><front><article-meta><article-id pub-id-type='pmc'>7</article-id><title-group>"
    b"<article-title>Aspirin</article-title></title-group><abstract><p>It helps.</p></abstract></article-meta></front>"
    b"<body><sec><title>Aim</title><p>Help <list><list-item><p>all</p></list-item></list></p></sec></body></article>",
    "chemprot": pack_zip(
        {
            "a.tsv": b"7\tAspirin\tIt blocks COX.\n",
            "e.tsv": b"7\tT1\tCHEMICAL\t0\t7\tAspirin\n7\tT2\tGENE-Y\t18\t21\tCOX\n",
            "r.tsv": b"7\tCPR:4\tY \tINHIBITOR\tArg1:T1\tArg2:T2\n",
        }
    ),
    "webanno": b"#FORMAT=WebAnno TSV 3.3\n#T_SP=custom.Span|value\n#T_RL=custom.Rel|label|BT_custom.Span\n\n\n"
    b"#Text=Aspirin caused rash\n1-1\t0-7\tAspirin\tChemical\t_\t_\t\n1-2\t8-14\tcaused\t_\t_\t_\t\n"
    b"1-3\t15-19\trash\tDisease[1]|Sign[2]\tCID\t1-1[0_1]\t\n1-3.1\t15-17\tra\tPart\t_\t_\t\n",
}
TOKENS = (
    b"\0", b"\xff", b"\xf0\x9f\x98\x80", b"\r\n", b"\t", b"\n\n", b"{", b"}", b"[", b"]", b'"', b"null", b"-1",
    b"99999999999999999999", b"<!ENTITY a 'b'>", b"&a;", b"<", b"]]>", b"\\u0000", b"\\ud800", b"../", b"|", b"NaN",
    b"1e999", b"true", b"0", b"T1", b"\xef\xbb\xbf", b"\xff\xfe",
)  # fmt: skip


@dataclass(slots=True)
class FuzzResult:
    """What was tried and what went wrong."""

    num_files: int = 0
    num_refused: int = 0
    slowest_seconds: float = 0.0
    slowest_format: str = ""
    failures: list[str] = field(default_factory=list)
    by_format: Counter[str] = field(default_factory=Counter)

    @property
    def peak_megabytes(self) -> float:
        """Resident memory of this process at its highest, libraries included."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def make_seeds(*, with_docbin: bool) -> dict[str, bytes]:
    """Return one file of every format."""
    documents = (*make_torture().documents[:4], make_rich())
    corpus = Corpus(documents, schema=SCHEMA)
    seeds = {name: write_corpus(corpus, format_name=name).data for name in WRITERS if name != "docbin"}
    if with_docbin:
        seeds["docbin"] = encode_docbin(documents)
    seeds |= HAND_WRITTEN
    members = ("bioc-xml", "jsonl", "pubtator", "doccano", "webanno")
    return {**seeds, "zip": pack_zip({f"{name}.x": seeds[name] for name in members})}


def mutate_members(data: bytes, other: bytes, random: Random) -> bytes:
    """Return an archive with faults in one of its files: what breaks the packing never reaches a reader."""
    files = unpack_zip(data)
    name = random.choice(sorted(files))
    return pack_zip({**files, name: mutate(files[name], other, random)})


def mutate(data: bytes, other: bytes, random: Random) -> bytes:
    """Return a file with one to eight faults."""
    for _ in range(random.randint(1, 8)):
        place, length = random.randrange(len(data) + 1), random.choice((1, 1, 2, 8, 64, 512))
        kind = random.randrange(7)
        if kind == 0 and place < len(data):
            data = data[:place] + bytes([random.randrange(256)]) + data[place + 1 :]
        elif kind == 1:
            data = data[:place] + data[place + length :]
        elif kind == 2:
            data = data[:place] + data[place : place + length] * random.choice((2, 3, 50)) + data[place + length :]
        elif kind == 3:
            data = data[:place] + random.choice(TOKENS) + data[place:]
        elif kind == 4:
            start = random.randrange(len(other) + 1)
            data = data[:place] + other[start : start + length] + data[place:]
        elif kind == 5 and random.random() < 0.2:
            data = data[:place]
        else:
            data = data[:place] + random.choice(TOKENS) + data[place + length :]
    return data


def run_fuzz(*, num_files: int, seed: int, with_docbin: bool) -> FuzzResult:
    """Read mutated files, half of them with the format given and half with it detected."""
    random = Random(seed)
    seeds = make_seeds(with_docbin=with_docbin)
    names = sorted(seeds)
    result = FuzzResult()
    for number in range(num_files):
        name = names[number % len(names)]
        is_inside = seeds[name].startswith(ZIP_SIGNATURES) and random.random() < 0.7
        data = (mutate_members if is_inside else mutate)(seeds[name], seeds[random.choice(names)], random)
        format_name = READ_AS.get(name, name) if random.random() < 0.5 else None
        if format_name is None and not with_docbin and data[:1] == b"\x78":
            continue  # spaCy takes longer to load than all other files to read
        started = time.perf_counter()
        try:
            with _time_limit(MAX_SECONDS):
                report = read_corpus(data, source="file", format_name=format_name).report
            result.num_refused += report.is_refused
        except Exception as error:  # every kind counts as a failure here, so that all of them are listed
            result.failures.append(f"{name}, file {number}: {type(error).__name__}: {str(error)[:200]}")
        seconds = time.perf_counter() - started
        if seconds > result.slowest_seconds:
            result.slowest_seconds, result.slowest_format = seconds, name
        result.num_files += 1
        result.by_format[name] += 1
    return result


@contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    def stop(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"no answer within {seconds} s")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def main() -> None:
    """Run and print one JSON object; the exit status is 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--without-docbin", action="store_true", help="do not load spaCy")
    options = parser.parse_args()
    result = run_fuzz(num_files=options.files, seed=options.seed, with_docbin=not options.without_docbin)
    report = {
        "files": result.num_files,
        "refused": result.num_refused,
        "failures": result.failures[:50],
        "num_failures": len(result.failures),
        "slowest_seconds": round(result.slowest_seconds, 3),
        "slowest_format": result.slowest_format,
        "peak_megabytes": round(result.peak_megabytes),
        "by_format": dict(result.by_format),
        "readers": len(READERS),
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    sys.exit(bool(result.failures))


if __name__ == "__main__":
    main()
