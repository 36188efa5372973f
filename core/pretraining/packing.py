"""Documents → blocks of pieces without padding, in a random order, from a place that can be saved and found again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from core.errors import ModelError, NotEnoughDataError
from core.pretraining.text_stream import training_documents

# Documents cut into pieces at a time; the tokenizer is several times faster on many than on one.
_DOCUMENTS_AT_ONCE = 64


def boundary_ids(tokenizer: PreTrainedTokenizerFast) -> tuple[int, int]:
    """Return the pieces that begin and end a text; BERT-like tokenizers call them [CLS] and [SEP].

    Raises:
        ModelError: The tokenizer has no piece that ends a text.
    """
    end = tokenizer.eos_token_id if tokenizer.eos_token_id is not None else tokenizer.sep_token_id
    begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.cls_token_id
    if end is None:
        raise ModelError("The model's tokenizer has no end-of-text token, so it could never stop; name another model.")
    return int(end if begin is None else begin), int(end)


def encode_documents(tokenizer: PreTrainedTokenizerFast, documents: Sequence[str]) -> list[int]:
    """Return the pieces of documents joined by the piece that ends a text."""
    begin, end = boundary_ids(tokenizer)
    start = [] if begin == end else [begin]
    encoded = tokenizer(list(documents), add_special_tokens=False, verbose=False)["input_ids"]
    return [piece for ids in encoded for piece in (*start, *ids, end)]


def cut_blocks(pieces: Sequence[int], *, context: int) -> list[list[int]]:
    """Return the pieces in blocks of `context`; the last one may be shorter."""
    return [list(pieces[start : start + context]) for start in range(0, len(pieces), context)]


@dataclass(slots=True)
class StreamPlace:
    """Where a stream stands.

    Args:
        passes: Finished passes over the files.
        num_read: Documents read in this pass.
        rest: Pieces that have not filled a block yet.
        blocks: The buffer.
        rng: Draws from the buffer.

    Shape:
        blocks: each (context,), int32.
    """

    rng: Random
    passes: int
    num_read: int
    rest: list[int]
    blocks: list[Tensor]

    def copy(self) -> "StreamPlace":
        """Return a place that stays as it is while the stream goes on."""
        rng = Random()
        rng.setstate(self.rng.getstate())
        return StreamPlace(rng, self.passes, self.num_read, list(self.rest), list(self.blocks))

    def to_json(self) -> dict[str, Any]:
        """Return all but the blocks as JSON."""
        return {
            "passes": self.passes,
            "num_read": self.num_read,
            "rest": self.rest,
            "rng": self.rng.getstate(),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any], blocks: Tensor) -> "StreamPlace":
        """Read a place back.

        Shape:
            blocks: (blocks, context), int32.
        """
        rng = Random()
        version, numbers, gauss = values["rng"]
        rng.setstate((version, tuple(numbers), gauss))
        return cls(rng, values["passes"], values["num_read"], list(values["rest"]), list(blocks.unbind()))


class BlockStream:
    """An endless stream of blocks over the training documents of files.

    Within a pass each block comes once: the buffer runs empty before the next pass begins. Memory is bounded by
    the buffer.

    Args:
        paths: The files.
        tokenizer: Cuts documents into pieces.
        context: Pieces of a block.
        held_out_one_in: See `PretrainingConfig`.
        buffer_blocks: Blocks kept in memory.
        place: Where to go on, or None to begin.
        seed: Seed of the order when it begins.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        tokenizer: PreTrainedTokenizerFast,
        *,
        context: int,
        held_out_one_in: int,
        buffer_blocks: int,
        place: StreamPlace | None = None,
        seed: int = 0,
    ) -> None:
        self._paths, self._tokenizer = paths, tokenizer
        self._context, self._one_in, self._size = context, held_out_one_in, buffer_blocks
        self.place = place or StreamPlace(Random(seed), 0, 0, [], [])
        self._documents = self._open(skip=self.place.num_read)
        self._is_at_end = False

    def take(self, count: int) -> Tensor:
        """Return the next blocks.

        Shape:
            returns: (count, context), int64.

        Raises:
            NotEnoughDataError: The files hold no document to train on.
            FormatError: A file cannot be read.
        """
        return torch.stack([self._draw() for _ in range(count)]).long()

    def _open(self, *, skip: int) -> Iterator[str]:
        return islice(training_documents(self._paths, one_in=self._one_in), skip, None)

    def _draw(self) -> Tensor:
        place = self.place
        while not place.blocks or (len(place.blocks) < self._size and not self._is_at_end):
            self._read_more()
        index = place.rng.randrange(len(place.blocks))
        place.blocks[index], place.blocks[-1] = place.blocks[-1], place.blocks[index]
        return place.blocks.pop()

    def _read_more(self) -> None:
        """Read a few documents into the buffer; at the end of a pass begin the next once the buffer is empty."""
        place = self.place
        if self._is_at_end:
            if not place.num_read:
                raise NotEnoughDataError("The text files hold no document to train on; give more text.")
            place.passes, place.num_read = place.passes + 1, 0
            self._documents, self._is_at_end = self._open(skip=0), False
        documents = list(islice(self._documents, _DOCUMENTS_AT_ONCE))
        self._is_at_end = len(documents) < _DOCUMENTS_AT_ONCE
        place.num_read += len(documents)
        pieces = [*place.rest, *encode_documents(self._tokenizer, documents)] if documents else place.rest
        full = len(pieces) - len(pieces) % self._context
        if full:
            place.blocks += torch.tensor(pieces[:full], dtype=torch.int32).view(-1, self._context).unbind()
        place.rest = list(pieces[full:])
