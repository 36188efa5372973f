"""What is different between two snapshots: items by kind that were added, removed or changed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from core.artifacts import ArtifactStore
from core.workflows.data_out.snapshot import read_snapshot_data
from db.queries.snapshots import SnapshotView

KINDS = ("documents", "sentences", "mentions", "relations", "facts", "synthetic")
# What an item is known by, and all that may be another without its being another item.
Item: TypeAlias = tuple[dict[str, Any], object]


@dataclass(frozen=True, slots=True)
class KindDiff:
    """One kind of item: how many each snapshot has, and those that are in one alone, or in both but not alike.

    An item is told by what identifies it: a document by its id, a sentence, mention or fact by its document and
    place, a relation by its two mentions and label, a synthetic sentence by label and text.
    """

    num_before: int
    num_after: int
    added: tuple[dict[str, Any], ...]
    removed: tuple[dict[str, Any], ...]
    changed: tuple[dict[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        """Return counts and items as JSON."""
        items = {"added": self.added, "removed": self.removed, "changed": self.changed}
        counts = {f"num_{name}": len(found) for name, found in items.items()}
        return {
            "num_before": self.num_before,
            "num_after": self.num_after,
            **counts,
            **{name: list(found) for name, found in items.items()},
        }


def diff_snapshots(store: ArtifactStore, before: SnapshotView, after: SnapshotView) -> dict[str, KindDiff]:
    """Return what is different by kind, every kind of KINDS.

    Raises:
        NotFoundError: Files of a snapshot are gone.
        SnapshotError: Files of a snapshot were changed.
    """
    old, new = (read_items(read_snapshot_data(store, one)) for one in (before, after))
    return {kind: _diff_kind(old[kind], new[kind]) for kind in KINDS}


def diff_to_json(before: SnapshotView, after: SnapshotView, kinds: Mapping[str, KindDiff]) -> dict[str, Any]:
    """Return a comparison as JSON; "same" says whether the two hold the same bytes."""
    return {
        "before": before.name,
        "after": after.name,
        "same": before.content_hash == after.content_hash,
        "kinds": {kind: found.to_json() for kind, found in kinds.items()},
    }


def name_item(item: Mapping[str, Any]) -> str:
    """Return an item for people, on one line."""
    return " · ".join(str(value) for value in item.values())


def read_items(data: bytes) -> dict[str, dict[str, Item]]:
    """Return the items of a native file by kind and by what identifies them."""
    found: dict[str, dict[str, Item]] = {kind: {} for kind in KINDS}
    for line in data.decode("utf-8").split("\n")[1:]:
        if not line:
            continue
        record = json.loads(line)
        items = _read_synthetic(record) if record["kind"] == "synthetic" else _read_document(record)
        for kind, item, rest in items:
            key, number = json.dumps(item), 1
            while key in found[kind]:  # two alike of one document, such as two mentions of a place
                number += 1
                key = json.dumps([item, number])
            found[kind][key] = (item, rest)
    return found


def _diff_kind(old: Mapping[str, Item], new: Mapping[str, Item]) -> KindDiff:
    return KindDiff(
        num_before=len(old),
        num_after=len(new),
        added=tuple(item for key, (item, _) in new.items() if key not in old),
        removed=tuple(item for key, (item, _) in old.items() if key not in new),
        changed=tuple(item for key, (item, rest) in new.items() if key in old and old[key][1] != rest),
    )


def _read_synthetic(record: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], object]]:
    known_by = ("label", "text")
    rest = {name: value for name, value in record.items() if name not in known_by}
    yield "synthetic", {name: record[name] for name in known_by}, rest


def _read_document(record: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], object]]:
    document = {"document": record["id"]}
    yield "documents", document, {name: record[name] for name in ("text", "split", "metadata")}
    for sentence in record["sentences"]:
        place = {name: sentence[name] for name in ("start", "end")}
        yield "sentences", {**document, **place}, _without(sentence, "start", "end")
    places = {one["id"]: {name: one[name] for name in ("start", "end", "entity_type")} for one in record["mentions"]}
    texts = {one["id"]: one["text"] for one in record["mentions"]}
    for mention in record["mentions"]:
        item = {**document, "text": texts[mention["id"]], **places[mention["id"]]}
        yield "mentions", item, _without(mention, "id", "text", "start", "end", "entity_type")
    for relation in record["relations"]:
        ends = {name: texts[relation[name]] for name in ("head", "tail")}
        spans = {name: "{start}:{end}".format(**places[relation[name]]) for name in ("head", "tail")}
        item = {**document, "label": relation["label"], **ends, "head_span": spans["head"], "tail_span": spans["tail"]}
        yield "relations", item, _without(relation, "head", "tail", "label")
    for fact in record["facts"]:
        yield "facts", {**document, **fact}, None


def _without(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}
