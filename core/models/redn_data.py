"""What REDN reads: its shape, encoded sentences with the pieces of their mentions, padded batches of cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

import torch
from torch import Tensor

from core.domain import NO_RELATION, Instance, Schema, Span
from core.models.encoder import pad_pieces
from core.models.inputs import find_pieces

Context = Literal["pooled", "cls"]
Range = tuple[int, int]
"""First piece of a mention, and the one after its last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RednConfig:
    """Shape of a classifier.

    Args:
        schema: Labels and masks follow from it; class 0 is NO_RELATION.
        max_pieces: Longest sentence in pieces, special pieces included.
        dropout: Probability in [0, 1), on the pieces of mentions before the kernels.
        context: What eq. 2 adds to every head: "pooled" is tanh of a linear layer over [CLS] (the authors'
            code, though here the layer is new), "cls" is the last layer's [CLS] itself.
        kernel_rank: Columns of each kernel matrix; None makes it square, as in the paper. The kernels hold
            2 x labels x width x rank weights: 50 million at 171 labels and width 384, 8 million at rank 64.
    """

    schema: Schema
    max_pieces: int = 256
    dropout: float = 0.1
    context: Context = "pooled"
    kernel_rank: int | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Output classes, NO_RELATION first."""
        return (NO_RELATION, *self.schema.label_names)


@dataclass(frozen=True, slots=True, eq=False)
class RednItem:
    """One encoded sentence with its pairs.

    Args:
        instance_ids: One a pair.
        piece_ids: Vocabulary ids, special pieces included.
        heads: Each mention that is a head, once.
        tails: Each mention that is a tail, once.
        pairs: Indices into `heads` and `tails`.

    Shape:
        targets: (pairs, classes); all 0 where the label is unknown.
    """

    instance_ids: tuple[str, ...]
    piece_ids: tuple[int, ...]
    heads: tuple[Range, ...]
    tails: tuple[Range, ...]
    pairs: tuple[tuple[int, int], ...]
    targets: Tensor


@dataclass(frozen=True, slots=True)
class RednBatch:
    """Padded sentences, the pieces of their mentions, and the cells of their pairs.

    A cell is one piece of a head with one piece of a tail: a place where the mask M of eq. 6 is 1.

    Args:
        head_counts: Pieces of heads in each sentence.
        tail_counts: Pieces of tails in each sentence.

    Shape:
        piece_ids, attention_mask: (batch, pieces), int64.
        head_pieces, tail_pieces: (head pieces,), (tail pieces,), int64; rows of the flat (batch * pieces).
        cells: (cells,), int64; rows of the flat (batch * most head pieces * most tail pieces).
        cell_pairs: (cells,), int64; the pair that each cell belongs to.
        targets: (pairs, classes), float32.
    """

    piece_ids: Tensor
    attention_mask: Tensor
    head_pieces: Tensor
    tail_pieces: Tensor
    head_counts: tuple[int, ...]
    tail_counts: tuple[int, ...]
    cells: Tensor
    cell_pairs: Tensor
    targets: Tensor

    def to(self, device: torch.device) -> "RednBatch":
        """Return the batch on `device`."""
        return replace(
            self,
            piece_ids=self.piece_ids.to(device),
            attention_mask=self.attention_mask.to(device),
            head_pieces=self.head_pieces.to(device),
            tail_pieces=self.tail_pieces.to(device),
            cells=self.cells.to(device),
            cell_pairs=self.cell_pairs.to(device),
            targets=self.targets.to(device),
        )


def group_by_text(instances: Sequence[Instance]) -> dict[str, list[Instance]]:
    """Return the instances of each sentence, in order."""
    by_text: dict[str, list[Instance]] = {}
    for instance in instances:
        by_text.setdefault(instance.text, []).append(instance)
    return by_text


def find_ranges(
    instances: Sequence[Instance], offsets: Sequence[tuple[int, int]], *, num_pieces: int
) -> dict[Span, Range]:
    """Find the pieces of every mention that has pieces and lost none of them.

    Args:
        instances: Pairs of one sentence.
        offsets: (start, end) of each piece of the uncut sentence; empty for special pieces.
        num_pieces: Pieces that are left of it, the special one at the end included.
    """
    spans = {mention.span for instance in instances for mention in (instance.head, instance.tail)}
    found = {span: find_pieces(span, offsets) for span in spans}
    return {span: pieces for span, pieces in found.items() if pieces and pieces[1] < num_pieces}


def make_item(
    instances: Sequence[Instance], piece_ids: Sequence[int], ranges: Mapping[Span, Range], targets: Tensor
) -> RednItem:
    """Point the pairs of one sentence at the pieces of their mentions.

    Shape:
        targets: (instances, classes).
    """
    found = [(ranges[instance.head.span], ranges[instance.tail.span]) for instance in instances]
    heads = {head: row for row, head in enumerate(sorted({head for head, _ in found}))}
    tails = {tail: row for row, tail in enumerate(sorted({tail for _, tail in found}))}
    return RednItem(
        instance_ids=tuple(instance.id for instance in instances),
        piece_ids=tuple(piece_ids),
        heads=tuple(heads),
        tails=tuple(tails),
        pairs=tuple((heads[head], tails[tail]) for head, tail in found),
        targets=targets,
    )


def make_batch(items: Sequence[RednItem], *, pad_id: int) -> RednBatch:
    """Pad items to one batch and list the cells of their pairs."""
    piece_ids, attention_mask = pad_pieces([item.piece_ids for item in items], pad_id=pad_id)
    heads, tails = [item.heads for item in items], [item.tails for item in items]
    head_counts, tail_counts = _count_pieces(heads), _count_pieces(tails)
    cells, cell_pairs = list_cells(_list_blocks(items, most_heads=max(head_counts)), most_tails=max(tail_counts))
    return RednBatch(
        piece_ids,
        attention_mask,
        _list_pieces(heads, num_pieces=piece_ids.shape[1]),
        _list_pieces(tails, num_pieces=piece_ids.shape[1]),
        head_counts,
        tail_counts,
        cells,
        cell_pairs,
        torch.cat([item.targets for item in items]),
    )


def list_cells(blocks: Tensor, *, most_tails: int) -> tuple[Tensor, Tensor]:
    """List the cells of the blocks that pairs occupy among heads (rows) and tails (columns).

    Args:
        blocks: First head piece, number of head pieces, first tail piece, number of tail pieces; rows of
            all sentences are counted through, columns start at 0 in each.
        most_tails: Columns of one row.

    Shape:
        blocks: (pairs, 4), int64.
        returns: flat cells and the pair of each, (cells,), int64.
    """
    first_head, num_heads, first_tail, num_tails = blocks.unbind(1)  # (pairs,) each
    counts = num_heads * num_tails  # (pairs,)
    pairs = torch.arange(len(blocks)).repeat_interleave(counts)  # (cells,)
    starts = (counts.cumsum(0) - counts)[pairs]  # (cells,)
    offsets = torch.arange(len(pairs)) - starts  # (cells,); place inside the block, row by row
    heads = first_head[pairs] + offsets // num_tails[pairs]  # (cells,)
    tails = first_tail[pairs] + offsets % num_tails[pairs]  # (cells,)
    return heads * most_tails + tails, pairs


def _count_pieces(mentions: Sequence[Sequence[Range]]) -> tuple[int, ...]:
    """Return how many pieces the mentions of each sentence have together."""
    return tuple(sum(end - start for start, end in ranges) for ranges in mentions)


def _list_pieces(mentions: Sequence[Sequence[Range]], *, num_pieces: int) -> Tensor:
    """Return where the pieces of mentions stand in the flat (batch * pieces), (mention pieces,)."""
    firsts = [(row * num_pieces, ranges) for row, ranges in enumerate(mentions)]
    return torch.tensor([first + at for first, ranges in firsts for start, end in ranges for at in range(start, end)])


def _list_blocks(items: Sequence[RednItem], *, most_heads: int) -> Tensor:
    """Return the block of each pair as `list_cells` reads it, (pairs, 4)."""
    blocks = []
    for row, item in enumerate(items):
        heads = [end - start for start, end in item.heads]
        tails = [end - start for start, end in item.tails]
        first_heads = list(accumulate(heads, initial=row * most_heads))
        first_tails = list(accumulate(tails, initial=0))
        blocks += [(first_heads[head], heads[head], first_tails[tail], tails[tail]) for head, tail in item.pairs]
    return torch.tensor(blocks)
