"""Weights on disk: safetensors and JSON only, written beside the target and renamed into place."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from core.errors import ModelError

WEIGHTS_NAME = "model.safetensors"
CONFIG_NAME = "dare.json"
# In a config without weights: the folder beside it that has them.
WEIGHTS_OF = "weights_of"


def write_folder(path: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write into a new folder, then put that folder in the place of `path`.

    A reader sees the old folder or the new one, never half of it; an exception leaves the old one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        fill(temporary)
        if path.exists():
            shutil.rmtree(path)
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def save_weights(path: Path, state: Mapping[str, Tensor], *, dtype: torch.dtype | None = None) -> None:
    """Write tensors into `path`/model.safetensors, floating ones converted to `dtype` if it is given."""
    tensors = {}
    for name, tensor in state.items():
        tensor = tensor.detach().cpu()
        tensors[name] = (tensor.to(dtype) if dtype and tensor.is_floating_point() else tensor).contiguous()
    save_file(tensors, path / WEIGHTS_NAME, metadata={"format": "pt"})


def halve_weights(path: Path) -> None:
    """Write the weights of a folder in half precision."""
    save_weights(path, load_file(path / WEIGHTS_NAME), dtype=torch.float16)


def load_weights(path: Path) -> dict[str, Tensor]:
    """Read `path`/model.safetensors on the CPU; floating tensors come back as float32 master weights.

    Raises:
        ModelError: There is no such file.
    """
    file = path / WEIGHTS_NAME
    if not file.is_file():
        raise ModelError(f"No {WEIGHTS_NAME} in {path}; the model is incomplete.")
    tensors = load_file(file)
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}


def find_weights_folder(path: Path) -> Path:
    """Return the folder that holds a model's weights: `path`, or the one beside it that its config names.

    Raises:
        ModelError: The config cannot be read, or names something that is not a folder beside it.
    """
    name = load_config(path).get(WEIGHTS_OF)
    if name is None:
        return path
    folder = path.parent / str(name)
    if Path(str(name)).name != name or not (folder / CONFIG_NAME).is_file():
        raise ModelError(f"{path / CONFIG_NAME} names weights in {name!r}; no such model lies beside {path.name}.")
    return folder


def save_config(path: Path, config: Mapping[str, Any]) -> None:
    """Write `path`/dare.json."""
    (path / CONFIG_NAME).write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def load_config(path: Path) -> dict[str, Any]:
    """Read `path`/dare.json.

    Raises:
        ModelError: The file is missing or is not a JSON object.
    """
    try:
        config = json.loads((path / CONFIG_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is not a model folder: {CONFIG_NAME} cannot be read ({error}).") from error
    if not isinstance(config, dict):
        raise ModelError(f"{path / CONFIG_NAME} must hold a JSON object.")
    return config
