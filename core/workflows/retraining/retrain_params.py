"""What a retraining is asked to do; needs no torch, so that the Train page can offer and check it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from core.ensemble.methods import METHODS, Method
from core.errors import ModelError
from core.nlp.masking import MARKINGS, Marking
from core.starter import DEFAULT_STARTER
from core.training.config import OptimizerName, Precision
from core.workflows.retraining.presets import get_preset

__all__ = [
    "ARCHITECTURES",
    "JOINT_METHODS",
    "MAX_EPOCHS",
    "MAX_MEMBERS",
    "METHODS",
    "PAIR_OPTIONS",
    "RetrainParams",
]

Architecture = Literal["cls", "redn", "syntax_gcn", "joint"]
LossName = Literal["cross_entropy", "focal"]

ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)
MAX_MEMBERS = 50
MAX_EPOCHS = 200
MAX_PROCESSES = 64
JOINT_METHODS: tuple[Method, ...] = ("gold", "dare")
NUM_TEACHERS = 3  # models of gold alone that give soft labels

CHOICES: Mapping[str, tuple[str, ...]] = {
    "architecture": ARCHITECTURES,
    "method": METHODS,
    "marking": MARKINGS,
    "loss": get_args(LossName),
    "precision": get_args(Precision),
    "optimizer": get_args(OptimizerName),
}
# What an architecture is trained with unless something else is said. The joint model's are the shipped starter's:
# a small encoder needs a higher rate and more epochs than the paper's (Giorgi et al. 2019, app. A.2). So do the
# new layers of the other two; a batch of redn is one of sentences, each with all its pairs.
ARCHITECTURE_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "cls": {},
    "redn": {"max_pieces": 256, "learning_rate": 1e-4, "batch_size": 16},
    "syntax_gcn": {"loss": "focal", "has_auxiliary": True, "learning_rate": 1e-4},
    "joint": {
        "method": "gold",
        "num_members": 1,
        "num_epochs": 12,
        "learning_rate": 1.5e-4,
        "batch_size": 16,
        "max_pieces": 256,
        "weight_decay": 0.1,
    },
}
# Options that only some architectures read.
PAIR_OPTIONS: Mapping[str, tuple[Architecture, ...]] = {
    "marking": ("cls",),
    "loss": ("cls", "syntax_gcn"),
    "gamma": ("cls", "syntax_gcn"),
    "has_auxiliary": ("cls", "syntax_gcn"),
    "has_negative_filter": ("cls", "redn", "syntax_gcn"),
    "is_two_stage": ("cls", "redn", "syntax_gcn"),
    "has_soft_labels": ("cls", "redn", "syntax_gcn"),
    "has_student": ("cls", "redn", "syntax_gcn"),
    "parser": ("syntax_gcn",),
    "word_dropout": ("joint",),
    "has_teacher_forcing": ("joint",),
    "has_nesting": ("joint",),
    "num_relation_layers": ("joint",),
    "has_context": ("joint",),
    "relation_weight": ("joint",),
}
_VALUES: Mapping[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainParams:
    """What a retraining job is asked to do; defaults are DARE's but for the number of members and the rate.

    Args:
        architecture: Design of the members; "joint" is one model that finds the mentions too.
        preset: Name of the preset that the values came from, for the record; "" for none.
        method: "dare", or a baseline on gold alone; a joint model takes "gold" or "dare".
        num_members: Members of the ensemble, >= 1 (the paper trains 20 and sees little gain after 5).
        encoder: Starter, folder or hub name.
        ratio: Synthetic instances for each gold one.
        num_epochs: Passes over the data; the best by validation loss is kept.
        learning_rate: Peak rate. The paper's 2e-5 is for BERT-large; small encoders need more.
        batch_size: Inputs of one forward pass in one process.
        max_pieces: Longest input in pieces.
        marking: "masks" hides the names of head and tail (the paper), "markers" keeps them.
        loss: "cross_entropy" (DARE) or "focal" (Li & Ji 2019).
        gamma: Focusing exponent of the focal loss, >= 0.
        has_auxiliary: Whether a second head learns if a pair is related at all (Li & Ji 2019).
        has_negative_filter: Whether pairs that are hardly ever related are left out, in every split.
        is_two_stage: Whether synthetic instances train first and gold ones after them, instead of mixed.
        has_soft_labels: Whether models trained on gold alone give the synthetic instances their targets.
        has_student: Whether one model is trained on what the ensemble says, and stored beside it.
        word_dropout: Share of the word pieces that the joint model's training hides, in [0, 1).
        has_teacher_forcing: Whether gold mentions are candidates too while the joint model trains.
        has_nesting: Whether the joint model finds mentions of one type inside those of another.
        num_relation_layers: Layers that pairs have to themselves in the joint model, >= 0.
        has_context: Whether the joint model scores a pair by the words around its mentions too.
        relation_weight: What the joint model's loss of relations weighs beside that of mentions, >= 0.
        parser: spaCy package or folder of a pipeline; "auto" takes the shipped one.
        optimizer: "adamw" or "sgd".
        weight_decay: The optimiser's decay, >= 0.
        warmup_fraction: Share of the steps over which the rate rises, in [0, 1).
        gradient_accumulation: Forward passes per optimiser step.
        has_gradient_checkpointing: Whether memory is saved for about a third more time.
        is_encoder_frozen: Whether the encoder only gives features.
        precision: "auto" measures.
        num_processes: Processes that train one model together, one a GPU.
        seed: Member i trains with seed + i.
        may_download: Whether a hub name may be fetched.
        device: "auto", "cpu" or "cuda".
    """

    architecture: Architecture = "cls"
    preset: str = ""
    method: Method = "dare"
    num_members: int = 5
    encoder: str = DEFAULT_STARTER
    ratio: float = 1.0
    num_epochs: int = 5
    learning_rate: float = 5e-5
    batch_size: int = 32
    max_pieces: int = 128
    marking: Marking = "masks"
    loss: LossName = "cross_entropy"
    gamma: float = 1.0
    has_auxiliary: bool = False
    has_negative_filter: bool = False
    is_two_stage: bool = False
    has_soft_labels: bool = False
    has_student: bool = False
    word_dropout: float = 0.1
    has_teacher_forcing: bool = True
    has_nesting: bool = True
    num_relation_layers: int = 1
    has_context: bool = True
    relation_weight: float = 0.3
    parser: str = "auto"
    optimizer: OptimizerName = "adamw"
    weight_decay: float = 0.01
    warmup_fraction: float = 0.1
    gradient_accumulation: int = 1
    has_gradient_checkpointing: bool = False
    is_encoder_frozen: bool = False
    precision: Precision = "auto"
    num_processes: int = 1
    seed: int = 0
    may_download: bool = False
    device: str = "auto"

    @classmethod
    def from_json(cls, params: Mapping[str, Any]) -> "RetrainParams":
        """Check and read a job's parameters; what is missing is the architecture's default.

        Raises:
            ModelError: A parameter is unknown, out of range, or does not go with the others.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(params) - known)
        if unknown:
            raise ModelError(f"Unknown training parameters {unknown}; known: {', '.join(sorted(known))}.")
        read = cls(**{**ARCHITECTURE_DEFAULTS.get(str(params.get("architecture", "cls")), {}), **params})
        read._check_values()
        read._check_combination()
        return read

    @classmethod
    def from_preset(cls, name: str, params: Mapping[str, Any]) -> "RetrainParams":
        """Take a preset's values where `params` has none.

        Raises:
            ModelError: There is no such preset, or a parameter is wrong.
        """
        return cls.from_json({**get_preset(name).training, **params, "preset": name})

    def to_json(self) -> dict[str, Any]:
        """Return every value as JSON."""
        return asdict(self)

    @property
    def is_joint(self) -> bool:
        """Whether one joint model is trained and no ensemble."""
        return self.architecture == "joint"

    def _check_values(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            is_whole_number = isinstance(field.default, float) and type(value) is int
            if type(value) is not type(field.default) and not is_whole_number:
                raise ModelError(f"{field.name} is {value!r}; it needs {_VALUES[type(field.default)]}.")
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ModelError(f"Unknown {name} {getattr(self, name)!r}; known: {', '.join(choices)}.")
        if self.preset:
            get_preset(self.preset)
        if not 1 <= self.num_members <= MAX_MEMBERS or not 1 <= self.num_epochs <= MAX_EPOCHS or self.ratio < 0:
            raise ModelError(f"Needs 1 to {MAX_MEMBERS} members, 1 to {MAX_EPOCHS} epochs and a ratio of 0 or more.")
        limits = {
            "learning_rate": (self.learning_rate > 0, "more than 0"),
            "batch_size": (self.batch_size >= 1, "at least 1"),
            "max_pieces": (self.max_pieces >= 8, "at least 8"),
            "gamma": (self.gamma >= 0, "at least 0"),
            "word_dropout": (0 <= self.word_dropout < 1, "at least 0 and below 1"),
            "num_relation_layers": (self.num_relation_layers >= 0, "at least 0"),
            "relation_weight": (self.relation_weight >= 0, "at least 0"),
            "weight_decay": (self.weight_decay >= 0, "at least 0"),
            "warmup_fraction": (0 <= self.warmup_fraction < 1, "at least 0 and below 1"),
            "gradient_accumulation": (self.gradient_accumulation >= 1, "at least 1"),
            "num_processes": (1 <= self.num_processes <= MAX_PROCESSES, f"1 to {MAX_PROCESSES}"),
        }
        for name, (is_met, limit) in limits.items():
            if not is_met:
                raise ModelError(f"{name} is {getattr(self, name)}; it must be {limit}.")

    def _check_combination(self) -> None:
        for field in fields(self):
            readers = PAIR_OPTIONS.get(field.name)
            if readers and self.architecture not in readers and getattr(self, field.name) != field.default:
                raise ModelError(
                    f"{field.name} {getattr(self, field.name)!r} does not go with architecture {self.architecture!r}; "
                    f"only {', '.join(readers)} reads it. Leave it out."
                )
        if self.is_joint and self.num_members != 1:
            raise ModelError(f"Architecture 'joint' is one model: num_members must be 1, not {self.num_members}.")
        if self.is_joint and self.method not in JOINT_METHODS:
            known = " or ".join(JOINT_METHODS)
            raise ModelError(f"Architecture 'joint' has no such baseline: method must be {known}, not {self.method!r}.")
        if self.has_student and self.num_members < 2:
            raise ModelError("A student needs an ensemble to learn from: num_members must be 2 or more.")
        for name in ("is_two_stage", "has_soft_labels"):
            if getattr(self, name) and self.method != "dare":
                raise ModelError(f"{name} is about synthetic sentences: method must be dare, not {self.method!r}.")
