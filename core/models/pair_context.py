"""What a sentence says before, between and after two mentions: each of the three segments pooled by its maximum.

Zeng et al. 2015, "Distant Supervision for Relation Extraction via Piecewise Convolutional Neural Networks",
sec. 3.3 (piecewise max pooling), over the encoder's states in place of a convolution's.
"""

import torch
from torch import Tensor

from core.models.joint_mentions import MentionTable

NUM_SEGMENTS = 3


def pool_segments(words: Tensor, table: MentionTable, pairs: Tensor) -> Tensor:
    """Return the maxima over the words before, between and after the mentions of pairs; 0 where there is no word.

    Shape:
        words: (batch, words, width).
        pairs: (pairs, 2), int64; rows of `table`.
        returns: (pairs, 3 * width).
    """
    firsts, ends = table.first_words[pairs], table.last_words[pairs] + 1  # (pairs, 2)
    sentences, num_words = table.sentences[pairs[:, 0]], table.num_words[pairs[:, 0]]  # (pairs,)
    starts = torch.stack([torch.zeros_like(num_words), ends.amin(1), ends.amax(1)], dim=1)  # (pairs, segments)
    stops = torch.stack([firsts.amin(1), firsts.amax(1), num_words], dim=1)  # (pairs, segments)
    return max_over_ranges(words, sentences.unsqueeze(1).expand_as(starts), starts, stops).flatten(1)


def max_over_ranges(states: Tensor, sentences: Tensor, starts: Tensor, stops: Tensor) -> Tensor:
    """Return the maxima over ranges of words; 0 for an empty range.

    Two lookups a range, however long: a table holds the maxima over every run of 1, 2, 4, ... words, and two
    overlapping runs cover any range. A mask over the words of each pair would need words times as much memory.

    Shape:
        states: (batch, words, width).
        sentences, starts, stops: (...), int64; `stops` are exclusive.
        returns: (..., width).
    """
    runs = _max_over_runs(states)  # (levels, batch, words, width)
    lengths = stops - starts  # (...)
    levels = torch.frexp(lengths.clamp(min=1).float()).exponent.long() - 1  # (...); the longest run that fits
    last_starts = stops - (1 << levels)  # (...)
    is_empty = lengths <= 0  # (...)
    starts, last_starts = starts.masked_fill(is_empty, 0), last_starts.masked_fill(is_empty, 0)
    maxima = torch.maximum(runs[levels, sentences, starts], runs[levels, sentences, last_starts])  # (..., width)
    return maxima.masked_fill(is_empty.unsqueeze(-1), 0.0)


def _max_over_runs(states: Tensor) -> Tensor:
    """Return at [k, b, i] the maximum over the words i to i + 2^k - 1 of sentence b; less where the sentence ends.

    Shape:
        states: (batch, words, width).
        returns: (levels, batch, words, width).
    """
    levels, run = [states], 1
    while 2 * run <= states.shape[1]:
        longer = torch.maximum(levels[-1][:, :-run], levels[-1][:, run:])  # (batch, words - run, width)
        levels.append(torch.cat([longer, levels[-1][:, -run:]], dim=1))
        run *= 2
    return torch.stack(levels)
