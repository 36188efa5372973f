"""Sentences ↔ pieces of a causal language model, with masks that stay one piece each way."""

import re
from collections.abc import Collection, Iterable, Sequence

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from core.errors import AlignmentError
from core.pretraining.packing import boundary_ids

END_OF_TEXT = "<|endoftext|>"

# A mask swallows the space before it (lstrip), so decoding puts one back, except after these.
_OPENING = r"(\[{\"'“‘/\-–—~<>=±+"


def train_tokenizer(texts: Iterable[str], *, vocabulary_size: int) -> PreTrainedTokenizerFast:
    """Learn a byte-level BPE, which can write any text, from sentences without masks."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        min_frequency=2,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, bos_token=END_OF_TEXT, eos_token=END_OF_TEXT
    )


def add_masks(tokenizer: PreTrainedTokenizerFast, masks: Sequence[str]) -> int:
    """Add masks to the vocabulary, one piece each; returns how many were new.

    Raises:
        AlignmentError: The tokenizer still splits a mask.
    """
    tokens = [AddedToken(mask, special=True, normalized=False, lstrip=True) for mask in masks]
    num_added = int(tokenizer.add_tokens(tokens, special_tokens=True))
    for mask in masks:
        ids = tokenizer.encode(f"({mask}", add_special_tokens=False)
        if ids[-1:] != [tokenizer.convert_tokens_to_ids(mask)]:
            raise AlignmentError(f"The tokenizer splits the mask {mask} into {tokenizer.tokenize(mask)}.")
    return num_added


def find_word_pieces(tokenizer: PreTrainedTokenizerFast, words: Collection[str]) -> list[int]:
    """Return the pieces that begin one of these words after a space; what only goes on with a word is none of them.

    Args:
        tokenizer: Of any kind.
        words: In lower case.
    """
    before = tokenizer.encode("a", add_special_tokens=False)
    wanted = {str(tokenizer.decode(before)).lower() + f" {word}" for word in words}
    like = [piece for token, piece in tokenizer.get_vocab().items() if any(word in token.lower() for word in words)]
    return sorted(piece for piece in like if str(tokenizer.decode([*before, piece])).lower() in wanted)


def encode_sentences(
    tokenizer: PreTrainedTokenizerFast, sentences: Sequence[str], *, max_pieces: int
) -> list[tuple[int, ...]]:
    """Return each sentence's pieces between begin and end; one that is cut gets no end, for it has none."""
    begin, end = boundary_ids(tokenizer)
    encoded = tokenizer(list(sentences), add_special_tokens=False)["input_ids"] if sentences else []
    return [(begin, *ids, end)[:max_pieces] for ids in encoded]


def decode_sentence(tokenizer: PreTrainedTokenizerFast, ids: Sequence[int], *, masks: Sequence[str]) -> str:
    """Return the text of the pieces up to the end piece, masks kept and set off by spaces, on one line."""
    begin, end = boundary_ids(tokenizer)
    body = list(ids)[1:] if ids and ids[0] == begin else list(ids)
    body = body[: body.index(end)] if end in body else body
    text = tokenizer.decode(body, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    if masks:
        pattern = "|".join(map(re.escape, sorted(masks, key=len, reverse=True)))
        text = re.sub(rf"(?<=[^\s{_OPENING}])({pattern})", r" \1", str(text))
    return " ".join(str(text).split())
