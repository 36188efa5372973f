"""What a writer leaves out or alters, counted by name, and the part of a document that other tools may see."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field, replace
from typing import TypeVar

from core.domain import Corpus, Document, Mention, Relation, Source, Split, State
from core.formats.base import ExportReport, WriteResult

Item = TypeVar("Item", Mention, Relation)

EVERYTHING = frozenset(
    {"scores", "states", "sources", "concept ids", "names", "facts", "metadata", "splits", "sentences"}
)

# Where a format says of no sentence that it waits for review, its readers take every one for reviewed.
UNREVIEWED_EMPTY = "unreviewed sentences: they will look reviewed, with nothing in them"
UNREVIEWED = "unreviewed sentences: they will look reviewed, their suggestions approved"


@dataclass(frozen=True, slots=True)
class Losses:
    """Counts, by kind, of what a format cannot hold and of what it holds altered."""

    dropped: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)

    def count_corpus(self, corpus: Corpus) -> None:
        """Count what only the native format holds beside documents."""
        self.dropped["synthetic sentences"] += len(corpus.synthetic)
        self.dropped["schema"] += int(corpus.schema is not None)

    def make_result(self, format_name: str, data: bytes, written: list[Document]) -> WriteResult:
        """Return a file with its report; `written` are the documents as a reader gets them back."""
        report = ExportReport(
            format_name=format_name,
            num_documents=len(written),
            num_mentions=sum(len(document.mentions) for document in written),
            num_relations=sum(len(document.relations) for document in written),
            num_facts=sum(len(document.facts) for document in written),
            dropped=dict(+self.dropped),
            changed=dict(+self.changed),
        )
        return WriteResult(data, report)


def keep_standing(document: Document, losses: Losses, *, holds: Set[str] = frozenset()) -> Document:
    """Return a document without what was rejected or stands twice: another tool would take it for gold.

    Relations join the document's own mentions in the result. What the format cannot hold is counted and emptied.

    Args:
        document: The document.
        losses: Takes the counts.
        holds: Names of EVERYTHING that the format has a place for.
    """
    mentions: dict[Mention, Mention] = {}
    for mention in document.mentions:
        kind = "rejected" if mention.state is State.REJECTED else "duplicate" if mention in mentions else ""
        if kind:
            losses.dropped[f"{kind} mentions"] += 1
        else:
            mentions[mention] = _empty(mention, losses, holds)
    relations: dict[Relation, Relation] = {}
    for relation in document.relations:
        ends = (relation.head, relation.tail)
        if relation.state is State.REJECTED:
            losses.dropped["rejected relations"] += 1
        elif any(end not in mentions for end in ends):
            losses.dropped["relations of rejected mentions"] += 1
        elif relation in relations:
            losses.dropped["duplicate relations"] += 1
        else:
            head, tail = mentions[relation.head], mentions[relation.tail]
            relations[relation] = _empty(replace(relation, head=head, tail=tail), losses, holds)
    kept = replace(document, mentions=tuple(mentions.values()), relations=tuple(relations.values()))
    return _empty_document(kept, losses, holds)


def count_other_states(document: Document) -> int:
    """Return how many sentences were reviewed and not simply accepted, which a format without states cannot say."""
    return sum(one.state not in (State.ACCEPTED, State.PENDING) for one in document.sentences)


def count_unreviewed(document: Document) -> Counter[str]:
    """Return how many unreviewed sentences will look reviewed in a format without states, by what they then hold.

    Args:
        document: The document with the mentions that are written.
    """
    starts = sorted(mention.span.start for mention in document.mentions)
    counts = Counter[str]()
    for span in (one.span for one in document.sentences if one.state is State.PENDING):
        is_empty = bisect_left(starts, span.start) == bisect_left(starts, span.end)
        counts[UNREVIEWED_EMPTY if is_empty else UNREVIEWED] += 1
    return counts


def _empty_document(document: Document, losses: Losses, holds: Set[str]) -> Document:
    if "facts" not in holds:
        losses.dropped["facts"] += len(document.facts)
        document = replace(document, facts=())
    if "metadata" not in holds:
        losses.dropped["metadata entries"] += len(document.metadata)
        document = replace(document, metadata=())
    if "splits" not in holds:
        losses.dropped["splits"] += int(document.split is not Split.TRAIN)
        document = replace(document, split=Split.TRAIN)
    if "sentences" not in holds:
        losses.dropped["sentence states"] += count_other_states(document)
        losses.changed.update(count_unreviewed(document))
        losses.dropped["sentence flags"] += sum(one.is_flagged for one in document.sentences)
        losses.dropped["sentence comments"] += sum(bool(one.comment) for one in document.sentences)
    return document


def _empty(item: Item, losses: Losses, holds: Set[str]) -> Item:
    """Return a mention or relation with what the format has no place for counted and emptied."""
    if "scores" not in holds and item.score is not None:
        losses.dropped["scores"] += 1
        item = replace(item, score=None)
    if "states" not in holds and item.state is not State.ACCEPTED:
        losses.dropped["review states"] += 1
        item = replace(item, state=State.ACCEPTED)
    if "sources" not in holds and item.source is not Source.IMPORT:
        losses.dropped["sources"] += 1
        item = replace(item, source=Source.IMPORT)
    if isinstance(item, Mention):
        for kind, values in (("concept ids", item.concept_ids), ("names", item.names)):
            losses.dropped[kind] += 0 if kind in holds else len(values)
        item = replace(
            item,
            concept_ids=item.concept_ids if "concept ids" in holds else (),
            names=item.names if "names" in holds else (),
        )
    return item
