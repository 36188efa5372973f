"""How far the people of a project agree, where more than one decided on the same sentence."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.domain import State
from core.evaluation.agreement import Agreement, measure_agreement
from db.queries import projects, verdicts
from db.queries.decisions import SENTENCE
from db.session import Session

Judgement = tuple[tuple[str, bool], ...]
Pair = tuple[tuple[int, int], tuple[int, int]]
_REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ProjectAgreement:
    """Agreement on what more than one person decided; None where there is nothing of a kind.

    They saw each other's decisions: who confirms or changes what another one left gives a second opinion, not an
    independent one.

    Args:
        relations: On pairs of mentions that somebody joined: by which label, in which direction, or not at all.
        synthetic: On synthetic sentences: accepted with which label, or rejected.
    """

    relations: Agreement | None
    synthetic: Agreement | None

    def to_json(self) -> dict[str, dict[str, float | int | None] | None]:
        """Return both as JSON."""
        return {
            "relations": self.relations.to_json() if self.relations else None,
            "synthetic": self.synthetic.to_json() if self.synthetic else None,
        }


def get_agreement(session: Session, project_id: int) -> ProjectAgreement:
    """Return how far the people of a project agree; a person's opinion is how they last left a reviewed sentence."""
    symmetric = {label.name for label in projects.get_schema(session, project_id).relation_labels if label.is_symmetric}
    on_pairs: list[list[Judgement]] = []
    on_synthetic: list[list[str]] = []
    for row in verdicts.stream_shared(session, project_id):
        reviewed = [after for after in row.after.values() if State(after["state"]) is not State.PENDING]
        if row.kind == SENTENCE:
            on_pairs += _judge_pairs(reviewed, symmetric)
        else:
            on_synthetic.append([one["label"] if State(one["state"]).is_gold else _REJECTED for one in reviewed])
    return ProjectAgreement(measure_agreement(on_pairs), measure_agreement(on_synthetic))


def _judge_pairs(cards: list[Mapping[str, Any]], symmetric: Collection[str]) -> Iterator[list[Judgement]]:
    """Yield, for each pair of mentions that any version of a sentence joins, what each version says of it."""
    found = [_read_pairs(card, symmetric) for card in cards]
    for pair in sorted({pair for one in found for pair in one}):
        yield [one.get(pair, ()) for one in found]


def _read_pairs(card: Mapping[str, Any], symmetric: Collection[str]) -> dict[Pair, Judgement]:
    """Return the labels that hold between two mentions, told by their places, and whether they read from the left."""
    spans = {mention["id"]: (mention["start"], mention["end"]) for mention in card["mentions"]}
    labels: defaultdict[Pair, set[tuple[str, bool]]] = defaultdict(set)
    for relation in card["relations"]:
        head, tail = spans[relation["head_id"]], spans[relation["tail_id"]]
        stated = labels[min(head, tail), max(head, tail)]
        if State(relation["state"]).is_gold:
            stated.add((relation["label"], relation["label"] in symmetric or head <= tail))
    return {pair: tuple(sorted(stated)) for pair, stated in labels.items()}
