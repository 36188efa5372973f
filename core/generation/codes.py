"""One generator for all labels, told by a code which to write for: the cheaper way that DARE found worse.

Each label's code is one piece, put before its sentences in training and after the begin piece in drawing.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from core.generation.generator import Generator


def make_codes(num_labels: int) -> tuple[str, ...]:
    """Return a code for each label, written as masks are, so that the vocabulary takes them the same way."""
    return tuple(f"$LABEL_{number}$" for number in range(1, num_labels + 1))


def code_sentences(sentences_by_code: Mapping[str, Sequence[str]]) -> list[str]:
    """Put each label's code before its sentences."""
    return [f"{code} {sentence}" for code, sentences in sentences_by_code.items() for sentence in sentences]


@torch.no_grad()
def spread_codes(generator: Generator, codes: Sequence[str], *, seed: int) -> None:
    """Move the codes' embeddings apart by the spread of the vocabulary's, in place.

    New pieces start at the mean of all others, so two codes would be one to the model until training has told
    them apart; a label has too few sentences for that.
    """
    if not codes:
        return
    table: Tensor = next(generator.model.get_input_embeddings().parameters())  # (pieces, width)
    rows = [generator.tokenizer.convert_tokens_to_ids(code) for code in codes]
    noise = torch.randn(len(rows), table.shape[1], generator=torch.Generator().manual_seed(seed))  # (codes, width)
    table[rows] += (noise * table.std(0).cpu()).to(table)
