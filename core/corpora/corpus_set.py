"""A published corpus as read: its splits, its schema, what has to be said about it, and its counts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.domain import Corpus, Document, Schema, Split
from core.formats import get_tally


@dataclass(frozen=True, slots=True)
class SplitCount:
    """What a split holds.

    Args:
        documents: Documents.
        sentences: Sentences; None where the corpus leaves the splitting to its reader.
        candidates: Pairs of mentions of one sentence that some label may join; None without sentences.
        mentions: Mentions by entity type.
        relations: Relations between mentions, by label.
        facts: Relations between concepts of a document, by label.
        others: What the files state and the documents hold differently or not at all, by kind.
    """

    documents: int
    sentences: int | None
    candidates: int | None
    mentions: Mapping[str, int]
    relations: Mapping[str, int]
    facts: Mapping[str, int]
    others: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CorpusSet:
    """A corpus in its splits.

    Args:
        name: Key of CORPORA.
        schema: Entity types and labels that the documents use.
        splits: Documents of each split; a split that was not found is absent.
        notes: Rules that were followed and what they changed, one sentence or more each.
    """

    name: str
    schema: Schema
    splits: Mapping[Split, Corpus]
    notes: tuple[str, ...] = ()

    @property
    def documents(self) -> tuple[Document, ...]:
        """The documents of all splits, in the order of the splits."""
        return tuple(document for corpus in self.splits.values() for document in corpus.documents)

    def count(self, split: Split) -> SplitCount:
        """Count what a split holds; an absent split holds nothing."""
        documents = self.splits.get(split, Corpus()).documents
        is_split = all(document.sentences for document in documents)
        return SplitCount(
            documents=len(documents),
            sentences=sum(len(document.sentences) for document in documents) if is_split else None,
            candidates=sum(_count_candidates(document, self.schema) for document in documents) if is_split else None,
            mentions=_sort(Counter(one.entity_type for document in documents for one in document.mentions)),
            relations=_sort(Counter(one.label for document in documents for one in document.relations)),
            facts=_sort(Counter(one.label for document in documents for one in document.facts)),
            others=_sort(sum((get_tally(document) for document in documents), Counter[str]())),
        )


def make_corpus_set(
    name: str, schema: Schema, documents: Mapping[Split, Iterable[Document]], notes: Iterable[str] = ()
) -> CorpusSet:
    """Return the set of these documents, each told its split; notes how many texts stand more than once."""
    splits = {
        split: Corpus(tuple(replace(document, split=split) for document in found), schema=schema)
        for split, found in documents.items()
    }
    return CorpusSet(name, schema, splits, (*notes, *_describe_repeats(splits)))


def _describe_repeats(splits: Mapping[Split, Corpus]) -> tuple[str, ...]:
    """Return a note on texts that stand more than once, none where all differ."""
    first: dict[str, Split] = {}
    repeated = abroad = 0
    for split, corpus in splits.items():
        for document in corpus.documents:
            home = first.setdefault(document.text, split)
            abroad += home is not split
            repeated += 1
    repeated -= len(first)
    if not repeated:
        return ()
    return (
        f"Texts that stand already in a document before: {repeated}, of which in another split: {abroad}. "
        "A project keeps the first.",
    )


def _count_candidates(document: Document, schema: Schema) -> int:
    """Return how many pairs of mentions of one sentence some label may join."""
    return sum(
        sum(1 for _ in schema.candidates(tuple(m for m in document.mentions if sentence.span.contains(m.span))))
        for sentence in document.sentences
    )


def _sort(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))
