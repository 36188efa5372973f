"""What a generation is asked to do; needs no torch, so that the Synthetic page can offer and check it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, get_args

from core.errors import ModelError
from core.generation.config import SCRATCH, SCRATCH_NOTICE, SamplingConfig, ScratchConfig
from core.starter import DEFAULT_STARTER, GENERATOR_STARTER, find_starter
from core.training.config import Precision
from core.workflows.retraining.retrain_params import MAX_PROCESSES

__all__ = ["MAX_COUNT", "MIN_GOLD", "SCRATCH", "SCRATCH_NOTICE", "USUAL_GOLD", "GenerateParams"]

MAX_COUNT = 100_000
MIN_GOLD = 5
USUAL_BASE = GENERATOR_STARTER if find_starter(GENERATOR_STARTER) else SCRATCH
_SAMPLING, _SCRATCH = SamplingConfig(), ScratchConfig()
USUAL_GOLD = 10  # below it a label's sentences are few enough to be worth a warning
# Fields whose usual value depends on the base, which None stands for.
_TYPES_BESIDE_NONE: Mapping[str, type] = {"learning_rate": float, "batch_size": int, "gradient_accumulation": int}
_JUDGES = (0, 3, 20)  # none, or from 3 to 20
_VALUES: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    tuple: "a list of labels",
    dict: "a number of sentences by label",
}


def name_label_task(number: int, label: str) -> str:
    """Return the name of a label's task, safe as a file name whatever the label is.

    Args:
        number: Place of the label in the job, from 1.
        label: The label.
    """
    return f"label-{number}-{re.sub('[^a-z0-9]+', '-', label.lower()).strip('-')}".rstrip("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateParams:
    """What a generation job is asked to do; defaults of sampling are DARE's.

    Args:
        labels: Labels to write for, NO_RELATION too; empty takes every label with enough gold sentences.
        count: Sentences for each label, after filters and gate.
        label_counts: Sentences for single labels in the place of `count`; 0 leaves a label out.
        base: The shipped generator, the name of one made by `dare pretrain-generator`, a folder or hub name of a
            causal language model, or "scratch".
        seed: Seed of training and drawing.
        may_download: Whether a hub name may be fetched.
        device: "auto", "cpu" or "cuda".
        num_epochs: Passes over a label's gold sentences; a base from nothing may make fewer of a large label.
        learning_rate: Peak rate of the stage per label; None takes 3e-5, or for a small base the rate of several
            that gives held-out sentences of the label the lowest perplexity.
        batch_size: Sentences of one forward pass in one process; None takes 4, or 8 for a base from nothing.
        gradient_accumulation: Forward passes per optimiser step; None takes 2, or 1 for a base from nothing.
        precision: "auto" measures.
        has_gradient_checkpointing: Whether memory is saved for about a third more time.
        num_processes: Processes that train the generator of a label together, one a GPU. Like the four above it
            is about the stage per label: a base from nothing is too small to gain from any.
        temperature, top_k, top_p, max_new_pieces, attempts_by_sentence: See `SamplingConfig`.
        may_repeat_masks, may_name_types: See `SamplingConfig`.
        num_layers, width: Size of a base from nothing.
        is_shared: Whether one generator, told by a code, writes for all labels: cheaper, and in DARE's
            experience worse.
        num_judges: Judges, trained on gold alone, that score each sentence: 0 for none, or 3 to 20.
        judge_encoder: Encoder of the judges: starter, folder or hub name.
        min_agreement: Least mean probability in [0, 1] that the judges give the intended label; 0 keeps all.
    """

    labels: tuple[str, ...] = ()
    count: int = 50
    label_counts: Mapping[str, int] = field(default_factory=dict)
    base: str = USUAL_BASE
    seed: int = 0
    may_download: bool = False
    device: str = "auto"
    num_epochs: int = 5
    learning_rate: float | None = None
    batch_size: int | None = None
    gradient_accumulation: int | None = None
    precision: Precision = "auto"
    has_gradient_checkpointing: bool = False
    num_processes: int = 1
    temperature: float = _SAMPLING.temperature
    top_k: int = _SAMPLING.top_k
    top_p: float = _SAMPLING.top_p
    max_new_pieces: int = _SAMPLING.max_new_pieces
    may_repeat_masks: bool = _SAMPLING.may_repeat_masks
    may_name_types: bool = _SAMPLING.may_name_types
    attempts_by_sentence: int = _SAMPLING.attempts_by_sentence
    num_layers: int = _SCRATCH.num_layers
    width: int = _SCRATCH.width
    is_shared: bool = False
    num_judges: int = 4
    judge_encoder: str = DEFAULT_STARTER
    min_agreement: float = 0.0

    @classmethod
    def from_json(cls, params: Mapping[str, Any]) -> "GenerateParams":
        """Check and read a job's parameters.

        Raises:
            ModelError: A parameter is unknown, of another type or out of range.
        """
        known = [one.name for one in fields(cls)]
        unknown = sorted(set(params) - set(known))
        if unknown:
            raise ModelError(f"Unknown generation parameters {unknown}; known: {', '.join(known)}.")
        labels = params.get("labels", ())
        read = cls(**{**params, "labels": tuple(labels) if isinstance(labels, list) else labels})
        read._check_types()
        read._check_limits()
        return read

    def _check_types(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if value is None and one.name in _TYPES_BESIDE_NONE:
                continue
            usual = {} if one.name == "label_counts" else one.default
            wanted = _TYPES_BESIDE_NONE.get(one.name, type(usual))
            is_whole_number = wanted is float and type(value) is int
            if type(value) is not wanted and not is_whole_number:
                raise ModelError(f"{one.name} is {value!r}; it needs {_VALUES[wanted]}.")

    def _check_limits(self) -> None:
        if self.precision not in get_args(Precision):
            raise ModelError(f"Unknown precision {self.precision!r}; known: {', '.join(get_args(Precision))}.")
        num_heads = _SCRATCH.num_heads
        limits = {
            "count": (1 <= self.count <= MAX_COUNT, f"1 to {MAX_COUNT}"),
            "num_epochs": (self.num_epochs >= 1, "at least 1"),
            "learning_rate": (self.learning_rate is None or self.learning_rate > 0, "more than 0"),
            "batch_size": (self.batch_size is None or self.batch_size >= 1, "at least 1"),
            "gradient_accumulation": (
                self.gradient_accumulation is None or self.gradient_accumulation >= 1,
                "at least 1",
            ),
            "num_processes": (1 <= self.num_processes <= MAX_PROCESSES, f"1 to {MAX_PROCESSES}"),
            "temperature": (self.temperature > 0, "more than 0"),
            "top_k": (self.top_k >= 1, "at least 1"),
            "top_p": (0 < self.top_p <= 1, "more than 0 and at most 1"),
            "max_new_pieces": (self.max_new_pieces >= 1, "at least 1"),
            "attempts_by_sentence": (self.attempts_by_sentence >= 1, "at least 1"),
            "label_counts": (
                all(type(number) is int and 0 <= number <= MAX_COUNT for number in self.label_counts.values()),
                f"0 to {MAX_COUNT} for each label",
            ),
            "num_judges": (
                self.num_judges == _JUDGES[0] or _JUDGES[1] <= self.num_judges <= _JUDGES[2],
                f"0 for none, or {_JUDGES[1]} to {_JUDGES[2]}",
            ),
            "min_agreement": (0 <= self.min_agreement <= 1, "0 to 1"),
            "num_layers": (self.num_layers >= 1, "at least 1"),
            "width": (self.width >= 1 and self.width % num_heads == 0, f"a multiple of {num_heads} above 0"),
        }
        for name, (is_met, limit) in limits.items():
            if not is_met:
                raise ModelError(f"{name} is {getattr(self, name)}; it must be {limit}.")

    def to_json(self) -> dict[str, Any]:
        """Return the parameters as JSON."""
        return asdict(self) | {"labels": list(self.labels), "label_counts": dict(self.label_counts)}

    def count_for(self, label: str) -> int:
        """Return how many sentences a label wants."""
        return self.label_counts.get(label, self.count)

    @property
    def is_scratch(self) -> bool:
        """Whether the base is made from nothing."""
        return self.base == SCRATCH
