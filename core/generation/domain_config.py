"""Sizes of a GPT-2 made from nothing, and the rates that suit new and settled weights. Needs no torch."""

from collections.abc import Mapping
from dataclasses import dataclass

# A model's weights from nothing are far from settled; those of a pretrained one would be spoilt by such a rate.
SCRATCH_RATE = 1e-3
CONTINUED_RATE = 5e-5


@dataclass(frozen=True, slots=True)
class ModelSize:
    """Size of a GPT-2 made from nothing.

    Args:
        num_layers: Transformer blocks.
        width: Size of a hidden state; a multiple of `num_heads`.
        num_heads: Attention heads.
        vocabulary_size: Most pieces of the byte-level BPE that is learnt for it.
    """

    num_layers: int
    width: int
    num_heads: int
    vocabulary_size: int


# About 5, 17 and 19 million weights; the last has more of them in layers. For comparison, GPT-2 has 12 layers of 768
# and 50,257 pieces: 124 million.
SIZES: Mapping[str, ModelSize] = {
    "tiny": ModelSize(num_layers=4, width=256, num_heads=4, vocabulary_size=8192),
    "small": ModelSize(num_layers=6, width=384, num_heads=6, vocabulary_size=16384),
    "medium": ModelSize(num_layers=8, width=384, num_heads=6, vocabulary_size=12288),
}
