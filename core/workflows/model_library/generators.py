"""Generators that this installation has trained on plain text: names → folders. Needs no torch."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.artifacts import ArtifactStore
from core.errors import ModelError, NotFoundError
from core.generation.config import SCRATCH
from core.generation.domain_config import SIZES
from core.settings import Settings

RECORD_NAME = "generator.json"
_FOLDER = "generators"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RESERVED = frozenset({SCRATCH, *SIZES})


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorRecord:
    """What is known of a generator; a file of its folder.

    Args:
        name: Its name.
        base: What it started from.
        recipe: Everything that decides its weights, the SHA-256 of each text file included.
        command: The command that makes it again.
        date: Day on which it was finished, ISO.
        perplexity, bits_per_character, validation_loss: Scores on held-out text; see `ValidationScores`.
        pieces: Pieces that training had read when it scored so.
        pieces_read, steps, passes: Length of the whole training.
        seconds: Time it took.
        pieces_per_second: Its speed, validation and checkpoints included.
        precision: Number format.
        device: Where it ran last.
        num_weights: Size of the model.
        versions: Libraries it was made with.
    """

    name: str
    base: str
    recipe: dict[str, Any]
    command: str
    date: str
    perplexity: float
    bits_per_character: float
    validation_loss: float
    pieces: int
    pieces_read: int
    steps: int
    passes: int
    seconds: float
    pieces_per_second: float
    precision: str
    device: str
    num_weights: int
    versions: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON."""
        return asdict(self)


def open_store(settings: Settings) -> ArtifactStore:
    """Return the artifact store of an installation."""
    return ArtifactStore(settings.resolved_artifacts_url, cache_path=settings.home / "artifact-cache")


def generator_key(name: str) -> str:
    """Return the artifact key of a generator."""
    return f"{_FOLDER}/{name}"


def check_name(name: str) -> str:
    """Return the name of a generator to be made.

    Raises:
        ModelError: It cannot be a folder's name, or already means something.
    """
    if not _NAME.fullmatch(name):
        raise ModelError(f"The name {name!r} must be 1 to 64 letters, digits, dots, hyphens or underscores.")
    if name in _RESERVED:
        raise ModelError(f"The name {name!r} already means a generator from nothing; choose another.")
    return name


def find_generator(settings: Settings, name: str) -> Path:
    """Return the folder of a generator, fetched from the store where it is not here yet.

    Raises:
        NotFoundError: There is none of that name.
    """
    if _NAME.fullmatch(name):
        try:
            path = open_store(settings).fetch(generator_key(name))
        except NotFoundError:
            pass
        else:
            if (path / RECORD_NAME).is_file():
                return path
    known = ", ".join(record.name for record in list_generators(settings)) or "none"
    raise NotFoundError(f"No generator {name!r}; there are: {known}. `dare pretrain-generator` makes one.")


def list_generators(settings: Settings) -> list[GeneratorRecord]:
    """Return the generators on this machine by name; what was never fetched from a remote store is not listed."""
    folder = open_store(settings).path(_FOLDER)
    records = (read_record(path) for path in sorted(folder.glob("*")) if _NAME.fullmatch(path.name))
    return [record for record in records if record is not None]


def read_record(path: Path) -> GeneratorRecord | None:
    """Return the record of a generator's folder, or None where there is none that can be read."""
    try:
        return GeneratorRecord(**json.loads((path / RECORD_NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
