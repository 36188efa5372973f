"""What is said of a generated sentence that passed the filters: how sure judges are of its label, and how new it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.generation.filters import KeptSentence


@dataclass(frozen=True, slots=True)
class Appraisal:
    """Scores of a sentence, by which curators sort and the gate decides.

    Args:
        novelty: 1 minus the Jaccard similarity to the nearest gold sentence, in [0, 1].
        nearest_gold: That gold sentence, masked; empty where there is no gold.
        agreement: Mean probability in [0, 1] that judges gave the intended label; None without judges.
        disagreement: Mutual information between the judges, in nats; None without judges.
    """

    novelty: float
    nearest_gold: str
    agreement: float | None = None
    disagreement: float | None = None

    def passes(self, min_agreement: float) -> bool:
        """Return whether the judges agree enough; without judges nothing is held back."""
        return self.agreement is None or self.agreement >= min_agreement


# Sentences of one label → an appraisal each, in their order.
Appraise = Callable[[Sequence[KeptSentence]], Sequence[Appraisal]]
