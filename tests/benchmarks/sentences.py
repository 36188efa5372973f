"""Measures the sentence splitter on BC5CDR and CRAFT: `python -m tests.benchmarks.sentences`.

No mention is kept whole here. A cut is called wrong when the boundary is suspect: it falls inside a
mention or inside brackets, or a side of it has fewer than three words, or the right side begins with a
lower-case word. A CID mention pair (head and tail concept of a fact of the document) is wrongly cut when
taking back the suspect boundaries alone would put both mentions into one sentence. CRAFT's articles are
split by hand: a boundary that it does not have is wrong, whatever it looks like.
"""

import gzip
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from core.domain import Document, Span
from core.formats import read_corpus
from core.nlp.sentences import split_sentences

CORPORA = Path(os.environ.get("DARE_CORPORA", Path(__file__).parents[3] / "shared" / "data"))
CDR_FILES = ("CDR_TrainingSet.PubTator.txt.gz", "CDR_DevelopmentSet.PubTator.txt.gz")
CRAFT_FILES = ("craft-train.conllu.gz", "craft-dev.conllu.gz")


def is_suspect(document: Document, left: Span, right: Span) -> bool:
    """Return whether a boundary looks wrong; the module's first lines say when."""
    sides = (left.text(document.text), right.text(document.text))
    cuts_mention = any(
        mention.span.start < right.start and mention.span.end > left.end for mention in document.mentions
    )
    is_open = sides[0].count("(") > sides[0].count(")") and sides[1].count(")") > sides[1].count("(")
    is_short = min(len(re.findall(r"\w+", side)) for side in sides) < 3
    return cuts_mention or is_open or is_short or sides[1][0].islower()


def count_document(document: Document) -> Counter[str]:
    """Count sentences, cut mentions, and CID mention pairs inside and across sentences."""
    started = time.perf_counter()
    spans = split_sentences(document.text)
    seconds = time.perf_counter() - started
    counts: Counter[str] = Counter(characters=len(document.text), sentences=len(spans))
    counts["nanoseconds"] = round(seconds * 1e9)
    # Two sentences have the same group when only suspect boundaries lie between them.
    groups = [0]
    for left, right in zip(spans, spans[1:], strict=False):
        suspect = is_suspect(document, left, right)
        counts["suspect boundaries"] += suspect
        groups.append(groups[-1] + (not suspect))
    position_by_start = {}
    for mention in document.mentions:
        holders = [position for position, span in enumerate(spans) if span.overlaps(mention.span)]
        position_by_start[mention] = holders[0]
        counts["mentions"] += 1
        counts["cut mentions"] += len(holders) > 1
    facts = {(fact.head_concept, fact.tail_concept) for fact in document.facts}
    for head in document.mentions:
        for tail in document.mentions:
            if not any((one, other) in facts for one in head.concept_ids for other in tail.concept_ids):
                continue
            positions = (position_by_start[head], position_by_start[tail])
            is_inside = positions[0] == positions[1]
            counts["CID pairs"] += 1
            counts["CID pairs inside"] += is_inside
            counts["CID pairs wrongly cut"] += not is_inside and groups[positions[0]] == groups[positions[1]]
    return counts


def read_craft_paragraphs(path: Path) -> Iterator[list[str]]:
    """Yield the sentences of each paragraph."""
    paragraph: list[str] = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("# newpar") and paragraph:
                yield paragraph
                paragraph = []
            if line.startswith("# text = "):
                paragraph.append(line.removeprefix("# text = ").strip())
    if paragraph:
        yield paragraph


def count_craft() -> Counter[str]:
    """Count boundaries inside CRAFT's paragraphs: found, in the treebank, in both."""
    counts: Counter[str] = Counter()
    for name in CRAFT_FILES:
        for paragraph in read_craft_paragraphs(CORPORA / "treebanks" / name):
            text = " ".join(paragraph)
            found = {span.end for span in split_sentences(text)} - {len(text)}
            gold = {len(" ".join(paragraph[:number])) for number in range(1, len(paragraph))}
            # Headings have no stop in this file's plain text and cannot be told from prose.
            gold = {end for end in gold if text[end - 1] in '.!?")]'}
            counts.update(found=len(found), gold=len(gold), correct=len(found & gold))
    return counts


def make_table(cdr: Counter[str], craft: Counter[str]) -> str:
    """Return the figures as a Markdown table."""
    pairs = cdr["CID pairs inside"] + cdr["CID pairs wrongly cut"]
    rows = [
        ("BC5CDR sentences (train + dev)", f"{cdr['sentences']:,}"),
        ("mentions cut", f"{cdr['cut mentions']} of {cdr['mentions']:,} ({cdr['cut mentions'] / cdr['mentions']:.2%})"),
        ("suspect boundaries", f"{cdr['suspect boundaries']} ({cdr['suspect boundaries'] / cdr['sentences']:.2%})"),
        ("CID mention pairs in one sentence", f"{cdr['CID pairs inside']:,} of {cdr['CID pairs']:,} in a document"),
        (
            "CID mention pairs wrongly cut",
            f"{cdr['CID pairs wrongly cut']} of {pairs:,} ({cdr['CID pairs wrongly cut'] / pairs:.2%})",
        ),
        (
            "CRAFT boundaries found that are right",
            f"{craft['correct']:,} of {craft['found']:,} ({craft['correct'] / craft['found']:.2%})",
        ),
        (
            "CRAFT boundaries after a stop that are found",
            f"{craft['correct']:,} of {craft['gold']:,} ({craft['correct'] / craft['gold']:.2%})",
        ),
        ("characters a second", f"{cdr['characters'] / cdr['nanoseconds'] * 1e9:,.0f}"),
    ]
    lines = ["| figure | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    cdr: Counter[str] = Counter()
    for name in CDR_FILES:
        data = gzip.decompress((CORPORA / "bc5cdr" / name).read_bytes())
        for document in read_corpus(data, source=name).corpus.documents:
            cdr.update(count_document(document))
    sys.stdout.write(make_table(cdr, count_craft()) + "\n")


if __name__ == "__main__":
    main()
