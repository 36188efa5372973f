"""Instances and gold of long documents: found by place, and the same as by a look at every sentence."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from core.domain import Document, Instance, Mention, Relation, Schema, Span
from core.starter.demo import read_demo
from core.workflows.documents import instances
from core.workflows.documents.gold_documents import keep_reviewed
from core.workflows.documents.instances import InstanceSet, PairKey, build_instances
from tests.random_documents import SCHEMA, make_long_document, make_random_document


def list_documents() -> list[Document]:
    rng = Random(11)
    return [*read_demo().documents, *(make_random_document(rng) for _ in range(60))]


def scan_labels(document: Document, schema: Schema) -> dict[PairKey, list[str]]:
    """Look at every sentence for every relation."""
    order = {name: position for position, name in enumerate(schema.label_names)}
    reviewed = [sentence.span for sentence in document.sentences if sentence.state.is_gold]
    gold = {mention for mention in document.mentions if mention.state.is_gold}
    labels: dict[PairKey, list[str]] = {}
    for relation in document.relations:
        label = schema.find_label(relation.label)
        if not relation.state.is_gold or label is None or not {relation.head, relation.tail} <= gold:
            continue
        head, tail = relation.head, relation.tail
        same_sentence = [s for s in document.sentences if s.span.contains(head.span) and s.span.contains(tail.span)]
        if same_sentence and same_sentence[0].span not in reviewed:
            continue
        if label.is_symmetric and (tail.span, tail.entity_type) < (head.span, head.entity_type):
            head, tail = tail, head
        labels.setdefault(instances._key(head, tail, 0), []).append(label.name)
    return {key: sorted(set(found), key=order.__getitem__) for key, found in labels.items()}


def scan_candidates(document: Document, schema: Schema) -> Iterator[tuple[int, Instance]]:
    """Look at every mention for every sentence."""
    gold = [mention for mention in document.mentions if mention.state.is_gold]
    for sentence in (one for one in document.sentences if one.state.is_gold):
        start = sentence.span.start
        inside = [one for one in gold if sentence.span.contains(one.span)]
        local = tuple(Mention(m.span.shifted(-start), m.entity_type, m.concept_ids) for m in inside)
        for head, tail in schema.candidates(local):
            pair = f"{head.span.start}-{head.span.end}>{tail.span.start}-{tail.span.end}"
            instance_id = f"{document.id}:{start}:{pair}:{head.entity_type}>{tail.entity_type}"
            yield start, Instance(instance_id, sentence.span.text(document.text), head, tail, split=document.split)


def scan_reviewed(document: Document) -> Document:
    """Look at every open sentence for every mention."""
    left_out = [sentence.span for sentence in document.sentences if not sentence.state.is_gold]
    gold = [one for one in document.mentions if one.state.is_gold]
    mentions = tuple(one for one in gold if not any(span.contains(one.span) for span in left_out))
    kept = set(mentions)

    def is_kept(relation: Relation) -> bool:
        return relation.state.is_gold and relation.head in kept and relation.tail in kept

    return replace(
        document,
        sentences=tuple(sentence for sentence in document.sentences if sentence.state.is_gold),
        mentions=mentions,
        relations=tuple(filter(is_kept, document.relations)),
    )


def test_instances_are_those_of_a_look_at_every_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def build() -> InstanceSet:
        return build_instances(list_documents(), SCHEMA)

    found = build()
    assert found.unreachable and len(found.instances) > 500
    monkeypatch.setattr(instances, "_labels_by_pair", scan_labels)
    monkeypatch.setattr(instances, "_candidate_instances", scan_candidates)
    assert repr(found) == repr(build())


def test_reviewed_part_is_that_of_a_look_at_every_sentence() -> None:
    for document in list_documents():
        assert repr(keep_reviewed(document)) == repr(scan_reviewed(document))


def test_no_relation_or_mention_is_looked_for_in_every_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    document, looks = make_long_document(300), []
    contains = Span.contains
    monkeypatch.setattr(Span, "contains", lambda span, other: looks.append(other) or contains(span, other))
    assert len(build_instances([document], SCHEMA).instances) == 150
    assert len(keep_reviewed(document).relations) == 150
    assert len(looks) <= 4 * len(document.mentions)
