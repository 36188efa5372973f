"""A GPT-2 with random weights, of any size."""

import torch
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from core.pretraining.packing import boundary_ids


def make_gpt2(
    tokenizer: PreTrainedTokenizerFast, *, num_layers: int, width: int, num_heads: int, context: int, seed: int
) -> GPT2LMHeadModel:
    """Return a GPT-2 for the pieces of a tokenizer; the seed decides its weights.

    Args:
        tokenizer: Knows where a text begins and ends.
        num_layers: Transformer blocks.
        width: Size of a hidden state; a multiple of `num_heads`.
        num_heads: Attention heads.
        context: Longest sequence in pieces.
        seed: Seed of the weights.
    """
    begin, end = boundary_ids(tokenizer)
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=context,
        n_embd=width,
        n_layer=num_layers,
        n_head=num_heads,
        bos_token_id=begin,
        eos_token_id=end,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return GPT2LMHeadModel(config)
