"""What models read and say: candidate pairs to label, and predictions for a sentence."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.annotations import Mention, Relation
from core.domain.documents import Split
from core.domain.schema import NO_RELATION
from core.errors import SplitError


class Origin(StrEnum):
    """Who wrote the text; independent of whether a person approved it."""

    CURATED = "curated"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class Instance:
    """One sentence with one candidate pair, ready for a relation classifier.

    Args:
        id: Stable identifier; equal ids of two systems mean the same item.
        text: The sentence.
        head: First argument, in sentence coordinates.
        tail: Second argument, in sentence coordinates.
        label: Gold label, NO_RELATION, or None when unknown.
        origin: CURATED, or SYNTHETIC when a generator wrote the sentence.
        split: Synthetic instances can only ever be TRAIN.
        other_labels: Further gold labels of the same pair, beside `label`.

    Raises:
        SplitError: A synthetic instance in dev or test.
    """

    id: str
    text: str
    head: Mention
    tail: Mention
    label: str | None = None
    origin: Origin = Origin.CURATED
    split: Split = Split.TRAIN
    other_labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.head.span.text(self.text)
        self.tail.span.text(self.text)
        if self.origin is Origin.SYNTHETIC and self.split is not Split.TRAIN:
            raise SplitError(f"Synthetic instance {self.id} cannot be in {self.split}: synthetic text only trains.")

    @property
    def positive_labels(self) -> frozenset[str]:
        """Gold labels but NO_RELATION; empty where the pair is unrelated or its label unknown."""
        return frozenset((self.label or NO_RELATION, *self.other_labels)) - {NO_RELATION}


@dataclass(frozen=True, slots=True)
class SentencePrediction:
    """What a model says about one sentence; spans are in sentence coordinates.

    Args:
        mentions: Predicted mentions, PENDING and with scores.
        relations: Predicted relations between them.
        uncertainty: 1 minus the largest probability of the least certain decision, in [0, 1].
        disagreement: Mutual information between ensemble members, in nats; 0 for a single model.
    """

    mentions: tuple[Mention, ...]
    relations: tuple[Relation, ...]
    uncertainty: float = 0.0
    disagreement: float = 0.0
