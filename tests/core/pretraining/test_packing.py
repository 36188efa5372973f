"""Documents are packed into full blocks, each once a pass, and a saved place goes on as if nothing had happened."""

import json
from collections import Counter
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from core.errors import NotEnoughDataError
from core.generation.pieces import train_tokenizer
from core.pretraining.packing import BlockStream, StreamPlace, boundary_ids, cut_blocks, encode_documents
from core.pretraining.text_stream import training_documents

LINES = [f"Dose {number} caused a rash after {number * 7} days." for number in range(200)]
ONE_IN = 10


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_tokenizer(LINES, vocabulary_size=300)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return path


def make_stream(
    text: Path, tokenizer: PreTrainedTokenizerFast, *, place: StreamPlace | None = None, seed: int = 0
) -> BlockStream:
    return BlockStream([text], tokenizer, context=16, held_out_one_in=ONE_IN, buffer_blocks=20, place=place, seed=seed)


def test_documents_are_joined_by_the_piece_that_ends_a_text(tokenizer: PreTrainedTokenizerFast) -> None:
    end = boundary_ids(tokenizer)[1]
    pieces = encode_documents(tokenizer, LINES[:2])
    assert pieces == [*tokenizer.encode(LINES[0]), end, *tokenizer.encode(LINES[1]), end]


def test_blocks_are_full_but_for_the_last() -> None:
    assert cut_blocks([1, 2, 3, 4, 5], context=2) == [[1, 2], [3, 4], [5]]


def test_a_pass_gives_each_block_of_the_text_once(text: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    pieces = encode_documents(tokenizer, list(training_documents([text], one_in=ONE_IN)))
    expected = Counter(map(tuple, cut_blocks(pieces, context=16)[: len(pieces) // 16]))
    stream = make_stream(text, tokenizer)
    taken = stream.take(len(pieces) // 16)
    assert taken.shape == (len(pieces) // 16, 16)
    assert taken.dtype == torch.int64
    assert Counter(tuple(row.tolist()) for row in taken) == expected
    assert stream.place.passes == 0
    stream.take(1)
    assert stream.place.passes == 1


def test_the_seed_decides_the_order(text: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    first, same, other = (make_stream(text, tokenizer, seed=seed).take(30) for seed in (1, 1, 2))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_memory_is_bounded_by_the_buffer_not_by_the_text(text: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    stream = make_stream(text, tokenizer)
    most = 0
    for _ in range(100):
        stream.take(1)
        most = max(most, len(stream.place.blocks))
    longest = max(len(encode_documents(tokenizer, [line])) for line in LINES)
    assert most <= 20 + 64 * longest / 16  # the buffer, and what one reading brings


@pytest.mark.parametrize("num_taken", [1, 33, 250])
def test_a_saved_place_goes_on_with_the_same_blocks(
    text: Path, tokenizer: PreTrainedTokenizerFast, num_taken: int
) -> None:
    stream = make_stream(text, tokenizer)
    stream.take(num_taken)
    blocks = torch.stack(stream.place.blocks) if stream.place.blocks else torch.zeros(0, 0)
    saved = json.loads(json.dumps(stream.place.to_json()))
    expected = stream.take(300)
    again = make_stream(text, tokenizer, place=StreamPlace.from_json(saved, blocks), seed=9)
    assert torch.equal(again.take(300), expected)


def test_text_without_a_training_document_is_refused(tmp_path: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()
    with pytest.raises(NotEnoughDataError, match="no document to train on"):
        make_stream(empty, tokenizer).take(1)
