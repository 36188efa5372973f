"""Sentences that a generator wrote."""

from dataclasses import dataclass

from core.domain.annotations import Mention, State


@dataclass(frozen=True, slots=True)
class SyntheticSentence:
    """A sentence written by a generator for one label; its two mentions are mask tokens of the text.

    Args:
        text: The masked sentence, for example "$CHEMICAL$ caused $DISEASE$ in two patients."
        label: The label the generator was trained on, or what a curator changed it to.
        head: The head's mask, in coordinates of `text`.
        tail: The tail's mask.
        state: A curator's decision.
        reason: Why a curator rejected it; empty otherwise.
        provenance: Generator, base, data hash, seed and sampling settings, as plain strings.
        head_name: Name that stands for the head's mask in the readable form; empty where none was chosen.
        tail_name: Name that stands for the tail's mask.
        agreement: Mean probability in [0, 1] that judges of gold alone gave the label; None without judges.
        disagreement: Mutual information between the judges, in nats.
        novelty: 1 minus the Jaccard similarity of its words and those of the nearest gold sentence, in [0, 1].
        nearest_gold: That gold sentence, masked.
        is_flagged: Whether a curator marked it to be looked at again.
        comment: What a curator wrote about it.
    """

    text: str
    label: str
    head: Mention
    tail: Mention
    state: State = State.PENDING
    reason: str = ""
    provenance: tuple[tuple[str, str], ...] = ()
    head_name: str = ""
    tail_name: str = ""
    agreement: float | None = None
    disagreement: float | None = None
    novelty: float | None = None
    nearest_gold: str = ""
    is_flagged: bool = False
    comment: str = ""
