"""The weights of a joint model that a part of it needs, which knows only some of its types and labels."""

from collections.abc import Mapping

import torch
from torch import Tensor

from core.models.joint_data import JointConfig


def pick_weights(weights: Mapping[str, Tensor], whole: JointConfig, part: JointConfig) -> dict[str, Tensor]:
    """Return the weights of a part: the rows of its tags and classes, and all of every other layer.

    Args:
        weights: Those of the whole model, by name.
        whole: Its shape.
        part: The shape of the part; see `JointConfig.restrict`.
    """
    tags = torch.tensor(_tag_rows(whole, part))
    classes = torch.tensor([0, *(whole.labels.index(label) + 1 for label in part.labels)])
    rows = dict.fromkeys(("tag_layer", "tag_embedding", "relation_layers.marks"), tags)
    rows |= dict.fromkeys(("bilinear", "linear", "context_output"), classes)
    layer_of = {name: name.rpartition(".")[0] for name in weights}
    return {
        name: tensor[rows[layer_of[name]].to(tensor.device)] if layer_of[name] in rows else tensor
        for name, tensor in weights.items()
    }


def _tag_rows(whole: JointConfig, part: JointConfig) -> list[int]:
    """Return the row of each tag of the part among the tags of the whole, layer after layer."""
    rows = []
    for tags in part.layers:
        index, layer = next((index, layer) for index, layer in enumerate(whole.layers) if set(tags) <= set(layer))
        rows += [index * len(layer) + layer.index(tag) for tag in tags]
    return rows
