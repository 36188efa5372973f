"""Layers that pairs have to themselves: they read the words once more, with a mark of the tags the words got.

In Giorgi et al. 2019 every layer of the encoder serves both tasks. What helps to find a mention and what helps to
relate two is not the same (Zhong & Chen 2021, "A Frustratingly Easy Approach for Entity and Relation Extraction",
train two encoders, and write markers of the types around the mentions of the second one's input). Here the last
layers alone are doubled, and all mentions of a sentence are marked at once, by vectors added to their words.
"""

import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig, PreTrainedModel

from core.errors import ModelError

NO_MARK = -1
_ACTIVATION = "gelu"
# Parameters of torch's layer, and those of BERT's that are joined to make each.
_BERT_NAMES = {
    "self_attn.in_proj": ("attention.self.query", "attention.self.key", "attention.self.value"),
    "self_attn.out_proj": ("attention.output.dense",),
    "norm1": ("attention.output.LayerNorm",),
    "linear1": ("intermediate.dense",),
    "linear2": ("output.dense",),
    "norm2": ("output.LayerNorm",),
}


class RelationLayers(nn.Module):
    """Transformer layers, and a vector for each tag.

    They begin as copies of the encoder's last layers where those are built as BERT's are, else as chance draws them;
    the vectors begin at zero.

    Args:
        encoder: Its last layers are copied, not shared.
        num_layers: How many, >= 1.
        num_tags: Tags of all layers of tags together.

    Raises:
        ModelError: The encoder has fewer layers.
    """

    def __init__(self, encoder: PreTrainedModel, *, num_layers: int, num_tags: int) -> None:
        super().__init__()
        first = encoder.config.num_hidden_layers - num_layers
        if first < 0:
            raise ModelError(f"The encoder has {encoder.config.num_hidden_layers} layers, fewer than {num_layers}.")
        self.marks = nn.Embedding(num_tags, encoder.config.hidden_size)
        nn.init.zeros_(self.marks.weight)
        layers = [_make_layer(encoder.config) for _ in range(num_layers)]
        if getattr(encoder.config, "hidden_act", "") == _ACTIVATION:
            weights = encoder.state_dict()
            for index, layer in enumerate(layers):
                _copy_layer(weights, f"encoder.layer.{first + index}.", layer)
        self.layers = nn.ModuleList(layers)

    def forward(self, states: Tensor, attention_mask: Tensor, first_pieces: Tensor, tags: Tensor) -> Tensor:
        """Read marked words.

        Shape:
            states: (batch, pieces, width), what the encoder's layer before the copied ones gave.
            attention_mask: (batch, pieces), int64 of 0 and 1.
            first_pieces: (batch, words), int64; the piece of each word that is marked and read.
            tags: (batch, words, layers), int64, rows of the vectors; `NO_MARK` for none.
            returns: (batch, words, width).
        """
        marks = (self.marks(tags.clamp(min=0)) * (tags != NO_MARK).unsqueeze(-1)).sum(2)  # (batch, words, width)
        index = first_pieces.unsqueeze(-1).expand(-1, -1, states.shape[-1])  # (batch, words, width)
        states = states.scatter_add(1, index, marks.to(states.dtype))
        for layer in self.layers:
            states = layer(states, src_key_padding_mask=attention_mask == 0)
        return states.gather(1, index)


def _make_layer(config: PreTrainedConfig) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(
        config.hidden_size,
        config.num_attention_heads,
        getattr(config, "intermediate_size", 4 * config.hidden_size),
        dropout=getattr(config, "hidden_dropout_prob", 0.1),
        activation=_ACTIVATION,
        layer_norm_eps=getattr(config, "layer_norm_eps", 1e-12),
        batch_first=True,
    )


def _copy_layer(weights: dict[str, Tensor], prefix: str, layer: nn.TransformerEncoderLayer) -> None:
    """Give a layer BERT's parameters, if there are such under the prefix."""
    own = layer.state_dict()
    for name, sources in _BERT_NAMES.items():
        for kind in ("weight", "bias"):
            parts = [weights.get(f"{prefix}{source}.{kind}") for source in sources]
            key = f"{name}_{kind}" if name.endswith("in_proj") else f"{name}.{kind}"
            if any(part is None for part in parts):
                return
            own[key] = torch.cat([part for part in parts if part is not None])
    layer.load_state_dict(own)
