"""What a domain stage is asked to do; needs no torch, so that a page can offer and check it."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from core.errors import ModelError, NotFoundError
from core.generation.domain_config import CONTINUED_RATE, SCRATCH_RATE, SIZES
from core.pretraining.config import PretrainingConfig
from core.training.config import Precision, TrainingConfig
from core.workflows.model_library.generators import check_name

NEW_BASES = tuple(SIZES)
USUAL_MINUTES = 60.0
WARMUP_FRACTION = 0.05
MIN_PIECES = 300  # the 256 bytes, the end of a text, and a few
# Fields that may be None beside their type.
_TYPES_BESIDE_NONE: Mapping[str, type] = {"minutes": float, "pieces": int, "learning_rate": float}
_TYPE_NAMES: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    tuple: "a list of files",
}


def name_source(source: str) -> str:
    """Return how a record names a model: a folder without the way to it, which is another one elsewhere."""
    return Path(source).name if Path(source).is_absolute() else source


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainParams:
    """What a domain stage is asked to do.

    Args:
        text: Plain, gzip or xz files, one document a line, UTF-8.
        name: Name of the generator it makes.
        base: Size to start from nothing, a key of `SIZES`; a generator's name, a folder or a hub name to continue.
            An encoder is continued as a decoder.
        new_pieces: Size of a byte-level vocabulary that is learnt for a model that is continued; 0 keeps its own.
        pieces_of: Encoder whose pieces and their vectors a new model takes over; it learns its own if empty.
        minutes: Budget of training time; 60 if there is no other.
        pieces: Budget of pieces read; the first of the two to end counts.
        context: Pieces of a block.
        batch_size: Blocks of one forward pass; halved where memory runs out.
        gradient_accumulation: Forward passes of one step.
        learning_rate: Peak rate; None takes 1e-3 from nothing and 5e-5 to continue.
        held_out_one_in: About one document in so many is held out.
        seed: Seed of new weights and of the order.
        precision: "auto" measures.
        device: "auto", "cpu" or "cuda".
        may_download: Whether a hub name may be fetched.
        is_half: Whether the finished weights are written in half precision.
        is_replacing: Whether a generator of that name, or an unfinished training of it with other settings, is
            replaced.
    """

    text: tuple[str, ...] = ()
    name: str = ""
    base: str = "tiny"
    pieces_of: str = ""
    new_pieces: int = 0
    minutes: float | None = None
    pieces: int | None = None
    context: int = 256
    batch_size: int = 8
    gradient_accumulation: int = 1
    learning_rate: float | None = None
    held_out_one_in: int = 100
    seed: int = 0
    precision: Precision = "auto"
    device: str = "auto"
    may_download: bool = False
    is_half: bool = False
    is_replacing: bool = False

    @classmethod
    def from_json(cls, params: Mapping[str, Any]) -> "PretrainParams":
        """Check and read parameters.

        Raises:
            ModelError: One is unknown, of another type or out of range.
        """
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(params) - set(known))
        if unknown:
            raise ModelError(f"Unknown parameters {unknown}; known: {', '.join(known)}.")
        text = params.get("text", ())
        read = cls(**{**params, "text": tuple(text) if isinstance(text, list) else text})
        read._check_types()
        if not read.text:
            raise ModelError("No text file is named; give at least one.")
        check_name(read.name)
        if read.pieces_of and not read.is_new:
            raise ModelError(f"{read.base!r} has pieces of its own; leave out those of {read.pieces_of!r}.")
        if read.new_pieces and (read.is_new or read.new_pieces < MIN_PIECES):
            raise ModelError(
                f"new_pieces is {read.new_pieces}; it must be at least {MIN_PIECES}, and 0 for a model from nothing, "
                "which learns its pieces anyway."
            )
        read.config()
        return read

    def _check_types(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.name in _TYPES_BESIDE_NONE:
                continue
            wanted = _TYPES_BESIDE_NONE.get(field.name, type(field.default))
            if type(value) is not wanted and not (wanted is float and type(value) is int):
                raise ModelError(f"{field.name} is {value!r}; it needs {_TYPE_NAMES[wanted]}.")

    def to_json(self) -> dict[str, Any]:
        """Return the parameters as JSON."""
        return asdict(self) | {"text": list(self.text)}

    @property
    def is_new(self) -> bool:
        """Whether the model starts from nothing."""
        return self.base in SIZES

    @property
    def paths(self) -> tuple[Path, ...]:
        """The text files."""
        return tuple(Path(name) for name in self.text)

    def require_files(self) -> None:
        """Refuse files that this machine does not have.

        Raises:
            NotFoundError: A file is missing or is a folder.
        """
        for path in self.paths:
            if not path.is_file():
                raise NotFoundError(f"There is no file {str(path)!r} on this machine; name plain, .gz or .xz text.")

    def config(self) -> PretrainingConfig:
        """Return the settings of the training.

        Raises:
            ModelError: A value is out of range.
        """
        training = TrainingConfig(
            learning_rate=self.learning_rate or (SCRATCH_RATE if self.is_new else CONTINUED_RATE),
            batch_size=self.batch_size,
            gradient_accumulation=self.gradient_accumulation,
            warmup_fraction=WARMUP_FRACTION,
            seed=self.seed,
            precision=self.precision,
        )
        minutes = USUAL_MINUTES if self.minutes is None and self.pieces is None else self.minutes
        return PretrainingConfig(
            training=training,
            context=self.context,
            minutes=minutes,
            pieces=self.pieces,
            held_out_one_in=self.held_out_one_in,
        )

    def command(self) -> str:
        """Return the command that does the same; files by name alone."""
        words = ["dare", "pretrain-generator"]
        for path in self.paths:
            words += ["--text", path.name]
        words += ["--base", name_source(self.base), "--out", self.name]
        words += ["--pieces-of", name_source(self.pieces_of)] if self.pieces_of else []
        words += ["--new-pieces", str(self.new_pieces)] if self.new_pieces else []
        words += ["--half"] if self.is_half else []
        default = PretrainParams()
        options = ("minutes", "pieces", "context", "batch_size", "gradient_accumulation", "learning_rate")
        for name in (*options, "held_out_one_in", "seed", "precision"):
            value = getattr(self, name)
            if value != getattr(default, name):
                words += [f"--{name.replace('_', '-')}", f"{value:g}" if isinstance(value, float) else str(value)]
        return shlex.join(words)
