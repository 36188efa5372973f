"""From tag logits to the best legal BIOES sequence."""

from collections.abc import Sequence

import torch
from torch import Tensor

_FORBIDDEN = -1e4


def legal_transitions(tags: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
    """Return what a BIOES sequence allows.

    Shape:
        returns: may start (tags,), may follow (previous tags, tags), may end (tags,); all bool.
    """
    may_start = torch.tensor([tag == "O" or tag[0] in "BS" for tag in tags])
    may_end = torch.tensor([tag == "O" or tag[0] in "ES" for tag in tags])
    may_follow = torch.tensor([[_may_follow(before, after) for after in tags] for before in tags])
    return may_start, may_follow, may_end


def _may_follow(before: str, after: str) -> bool:
    """Inside a mention only I or E of its type may come; outside only O, B or S."""
    if before[0] in "BI":
        return after[0] in "IE" and before[1:] == after[1:]
    return after == "O" or after[0] in "BS"


def decode_tags(logits: Tensor, num_words: Sequence[int], tags: Sequence[str]) -> Tensor:
    """Find the likeliest legal tag sequence of each sentence (Viterbi without learnt transitions).

    Giorgi et al. 2019 take the argmax of each word, which loses every mention with one wrong tag inside.

    Shape:
        logits: (batch, words, tags).
        num_words: words of each sentence; later columns are padding.
        returns: (batch, words), int64; "O" (index 0) in the padding.
    """
    may_start, may_follow, may_end = (table.to(logits.device) for table in legal_transitions(tags))
    scores = logits.float().log_softmax(-1)  # (batch, words, tags)
    lengths = torch.tensor(num_words, device=logits.device)  # (batch,)
    best = scores[:, 0] + _penalty(may_start)  # (batch, tags); score of the best sequence that ends here
    pointers = []
    for word in range(1, scores.shape[1]):
        paths = best.unsqueeze(2) + _penalty(may_follow)  # (batch, previous tags, tags)
        values, previous = paths.max(1)  # (batch, tags) each
        is_inside = (word < lengths).unsqueeze(1)  # (batch, 1)
        best = torch.where(is_inside, values + scores[:, word], best)
        stay = torch.arange(best.shape[1], device=logits.device).expand_as(previous)  # (batch, tags)
        pointers.append(torch.where(is_inside, previous, stay))
    current = (best + _penalty(may_end)).argmax(-1)  # (batch,)
    sequence = [current]
    for previous in reversed(pointers):
        current = previous.gather(1, current.unsqueeze(1)).squeeze(1)  # (batch,)
        sequence.append(current)
    decoded = torch.stack(sequence[::-1], dim=1)  # (batch, words)
    columns = torch.arange(decoded.shape[1], device=logits.device)  # (words,)
    return torch.where(columns < lengths.unsqueeze(1), decoded, torch.zeros_like(decoded))


def decode_layers(logits: Tensor, num_words: Sequence[int], tags: Sequence[str]) -> Tensor:
    """Find the likeliest legal tag sequence of each layer of each sentence.

    Shape:
        logits: (batch, words, layers, tags).
        num_words: words of each sentence; later columns are padding.
        tags: those of any layer; which may follow which is the same in all.
        returns: (batch, words, layers), int64; "O" (index 0) in the padding.
    """
    num_layers = logits.shape[2]
    rows = logits.transpose(1, 2).flatten(0, 1)  # (batch * layers, words, tags)
    decoded = decode_tags(rows, [count for count in num_words for _ in range(num_layers)], tags)
    return decoded.view(-1, num_layers, decoded.shape[1]).transpose(1, 2)


def _penalty(allowed: Tensor) -> Tensor:
    """Return 0 where allowed and a large negative number elsewhere."""
    return torch.where(allowed, 0.0, _FORBIDDEN)
