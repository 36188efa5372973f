"""Shipped models: what each is for, and its folder. Only those whose folder is present are there for anyone."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.errors import NotFoundError

StarterKind = Literal["joint", "generator", "parser", "encoder"]

CARD_NAME = "README.md"
DEFAULT_STARTER = "starter-chemical-disease"
PARSER_STARTER = "starter-parser"
GENERATOR_STARTER = "starter-generator"
_FOLDER = Path(__file__).parent
_CONFIG_NAME = "dare.json"
# The file without which a model of that kind does nothing.
_WEIGHTS: dict[StarterKind, str] = {
    "joint": "model.safetensors",
    "generator": "model.safetensors",
    "parser": "config.cfg",
    "encoder": "model.safetensors",
}


@dataclass(frozen=True, slots=True)
class Starter:
    """A shipped model.

    Args:
        name: By which it is asked for.
        kind: "joint" finds mentions and relations and lends its encoder; "generator" writes text; "parser" gives
            dependency trees; "encoder" is one to train from.
        folder: Its folder beside this file.
        purpose: What it is good for, in one line.
        weights: Folder beside this file that holds its weights, where several starters share them.
    """

    name: str
    kind: StarterKind
    folder: str
    purpose: str
    weights: str = ""

    @property
    def path(self) -> Path:
        """The folder with the card: of the whole model, or of the part that this one is."""
        return _FOLDER / self.folder

    @property
    def weights_path(self) -> Path:
        """The folder with the weights; several starters may share it."""
        return _FOLDER / (self.weights or self.folder)

    @property
    def is_present(self) -> bool:
        """Whether this installation has the folder."""
        return self.path.is_dir()

    @property
    def is_complete(self) -> bool:
        """Whether the folder holds what it cannot do without."""
        return (self.weights_path / _WEIGHTS[self.kind]).is_file()

    def read_names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the entity types and the labels that a joint model knows, without loading it."""
        content = json.loads((self.path / _CONFIG_NAME).read_text(encoding="utf-8"))
        names = content.get("config", content)
        return tuple(names["entity_types"]), tuple(names["labels"])


_JOINT = "biomedical"
# One line a model; its folder, with a card, goes beside this file.
STARTERS = (
    Starter(DEFAULT_STARTER, "joint", "chemical_disease", "finds chemicals, diseases and which induces which", _JOINT),
    Starter(
        "starter-chemical-protein",
        "joint",
        "chemical_protein",
        "finds chemicals, genes and proteins, and what the one does to the other",
        _JOINT,
    ),
    Starter("starter-mentions", "joint", "mentions", "finds chemicals, diseases, genes and proteins", _JOINT),
    Starter(
        GENERATOR_STARTER,
        "generator",
        "generator",
        "a language model of biomedical text, from which a generator for each label is trained",
    ),
    Starter(PARSER_STARTER, "parser", "parser", "dependency trees of biomedical sentences, for syntax_gcn"),
)


def list_starters(*kinds: StarterKind) -> list[Starter]:
    """Return the shipped models that are present, of the given kinds or of all."""
    return [one for one in STARTERS if one.is_present and (not kinds or one.kind in kinds)]


def choose_joint(entity_types: Collection[str], labels: Collection[str]) -> Starter | None:
    """Return the shipped joint model that knows most of a schema, or None if none knows one of its entity types.

    Labels count before entity types, so that a project gets relations wherever it can.
    """

    def knowledge(one: Starter) -> tuple[int, int]:
        known_types, known_labels = one.read_names()
        shared_types = len(set(known_types) & set(entity_types))
        return (len(set(known_labels) & set(labels)) if shared_types else 0, shared_types)

    found = max(list_starters("joint"), key=knowledge, default=None)
    return found if found is not None and any(knowledge(found)) else None


def list_encoders() -> list[str]:
    """Return the names of the shipped models whose encoder a training can start from; one for each encoder."""
    by_weights: dict[Path, str] = {}
    for one in list_starters("joint", "encoder"):
        by_weights.setdefault(one.weights_path, one.name)
    return list(by_weights.values())


def find_starter(name: str) -> Path | None:
    """Return the folder of a shipped model, or None if none of that name is present."""
    return next((one.path for one in list_starters() if one.name == name), None)


def find_starter_weights(name: str) -> Path | None:
    """Return the folder with the weights of a shipped model, or None if none of that name is present."""
    return next((one.weights_path for one in list_starters() if one.name == name), None)


def get_starter(name: str) -> Path:
    """Return the folder of a shipped model.

    Raises:
        NotFoundError: No starter of that name is present.
    """
    path = find_starter(name)
    if path is None:
        shipped = ", ".join(one.name for one in list_starters()) or "none"
        raise NotFoundError(f"No starter model {name!r}; shipped: {shipped}.")
    return path
