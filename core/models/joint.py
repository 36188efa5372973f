"""Joint mentions and relations in one pass: a model that reads, gives parts of itself, and lies in a folder.

Giorgi et al. 2019; `core.models.joint_network` has the layers and what goes beyond the paper.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from core.models.encoder import ENCODER_FOLDER, build_encoder, save_encoder
from core.models.joint_data import JointConfig
from core.models.joint_parts import pick_weights
from core.models.joint_reader import JointReader
from core.training.checkpoints import (
    WEIGHTS_OF,
    find_weights_folder,
    load_config,
    load_weights,
    save_config,
    save_weights,
)

ARCHITECTURE = "joint"


class JointModel(JointReader):
    """A joint model: reading, parts, files.

    Args:
        encoder: Any BERT-like encoder.
        config: Shape.
    """

    def restrict(
        self, entity_types: Sequence[str], labels: Sequence[str], *, known_as: Mapping[str, str] | None = None
    ) -> "JointModel":
        """Return a model that knows only these types and labels: the same encoder, and the rows they need of the rest.

        Args:
            entity_types: Names in the part.
            labels: Names, here and in the part.
            known_as: Names of the part's types in this model, where they differ.

        Raises:
            ModelError: One of them is not known.
        """
        known_as = known_as or {}
        config = self.config.restrict([known_as.get(name, name) for name in entity_types], labels)
        part = JointModel(self._parts, config.rename({here: there for there, here in known_as.items()}))
        part.load_state_dict(pick_weights(self.state_dict(), self.config, config))
        return part.to(self.legal.device).eval()

    def save(self, path: Path, *, is_half: bool = False) -> None:
        """Write weights (as fp16 if `is_half`), config and tokenizer into a folder."""
        save_weights(path, self.state_dict(), dtype=torch.float16 if is_half else None)
        save_config(path, {"architecture": ARCHITECTURE, "config": self.config.to_json()})
        save_encoder(path, self.encoder, self.tokenizer)

    def save_part(
        self,
        path: Path,
        *,
        weights_of: str,
        entity_types: Sequence[str],
        labels: Sequence[str],
        known_as: Mapping[str, str] | None = None,
        temperature: float | None = None,
        threshold: float | None = None,
    ) -> None:
        """Write a folder without weights, which stands for a part of the model in the folder beside it.

        Args:
            path: Folder to write into.
            weights_of: Name of the folder, beside `path`, that holds the weights.
            entity_types: Names in the part.
            labels: Names, here and in the part.
            known_as: Names of the part's types in this model, where they differ.
            temperature: Of the part; None takes the model's.
            threshold: Of the part; None takes the model's.

        Raises:
            ModelError: One of the names is not known.
        """
        part = self.restrict(entity_types, labels, known_as=known_as).config
        content: dict[str, Any] = {
            "entity_types": part.entity_types,
            "labels": part.labels,
            "known_as": dict(known_as or {}),
        }
        own = {"temperature": temperature, "threshold": threshold}
        content |= {name: getattr(part, name) if value is None else value for name, value in own.items()}
        save_config(path, {"architecture": ARCHITECTURE, WEIGHTS_OF: weights_of, **content})

    @classmethod
    def load(cls, path: Path) -> "JointModel":
        """Read a model written by `save`, or the part of one that `save_part` describes.

        Raises:
            ModelError: The folder is incomplete.
        """
        saved = load_config(path)
        if WEIGHTS_OF in saved:
            whole = cls.load(find_weights_folder(path))
            part = whole.restrict(saved["entity_types"], saved["labels"], known_as=saved.get("known_as"))
            # Folders written before parts had such name none.
            of_whole = {name: getattr(part.config, name) for name in ("temperature", "threshold")}
            part.decide(**{name: saved.get(name, value) for name, value in of_whole.items()})
            return part
        model = cls(build_encoder(path / ENCODER_FOLDER), JointConfig.from_json(saved["config"]))
        model.load_state_dict(load_weights(path))
        model.eval()
        return model
