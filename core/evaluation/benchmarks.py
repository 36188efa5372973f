"""Classification protocols of single corpora: micro-F1 over the labels that their shared tasks score."""

from collections.abc import Sequence

from core.errors import ModelError
from core.evaluation.labels import LabelSets
from core.evaluation.protocols import PROTOCOLS, score_classification
from core.evaluation.scores import Scores

# Protocol → the labels it scores, whatever else a schema has; compared without regard to case.
BENCHMARK_LABELS: dict[str, tuple[str, ...]] = {
    "ddi2013": ("advise", "effect", "mechanism", "int"),
    "chemprot": ("CPR:3", "CPR:4", "CPR:5", "CPR:6", "CPR:9"),
}


def score_benchmark(gold: LabelSets, predicted: LabelSets, labels: Sequence[str], *, protocol: str) -> Scores:
    """Score the labels that a corpus's protocol names; a pair of any other label counts as unrelated.

    Args:
        gold: Positive labels of every instance, also of those that the system could not see.
        predicted: Positive labels of every instance that the system saw.
        labels: The schema's labels.
        protocol: A key of `BENCHMARK_LABELS`.

    Raises:
        ModelError: The schema lacks a label that the protocol scores.
    """
    return score_classification(gold, predicted, _pick(labels, protocol), protocol=PROTOCOLS[protocol])


def _pick(labels: Sequence[str], protocol: str) -> list[str]:
    by_folded = {label.casefold(): label for label in labels}
    wanted = BENCHMARK_LABELS[protocol]
    missing = [label for label in wanted if label.casefold() not in by_folded]
    if missing:
        raise ModelError(
            f"Protocol {protocol!r} scores {', '.join(wanted)}; this schema has no {', '.join(missing)}. "
            "Use the protocol 'classification'."
        )
    return [by_folded[label.casefold()] for label in wanted]
