"""Masks are one piece and survive encoding and decoding, for byte-level and for uncased WordPiece tokenizers."""

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from core.errors import ModelError
from core.generation.pieces import add_masks, decode_sentence, encode_sentences, find_word_pieces, train_tokenizer
from core.pretraining.packing import boundary_ids

MASKS = ("$CHEMICAL$", "$DISEASE$")
SENTENCES = (
    "$CHEMICAL$-induced $DISEASE$ was found.",
    "Effects of $CHEMICAL$ ($DISEASE$) were non-$DISEASE$ or worse.",
    "“$DISEASE$” after $CHEMICAL$, then $CHEMICAL$.",
)


def byte_level() -> PreTrainedTokenizerFast:
    return train_tokenizer(["Effects were found after two weeks.", "worse or induced non"], vocabulary_size=300)


def word_pieces() -> PreTrainedTokenizerFast:
    words = "[PAD] [UNK] [CLS] [SEP] effects of after then were was found worse or non induced in ##duced . , ( ) - “ ”"
    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(words.split())}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )


def test_a_mask_is_one_piece() -> None:
    for tokenizer in (byte_level(), word_pieces()):
        assert add_masks(tokenizer, MASKS) == 2
        assert add_masks(tokenizer, MASKS) == 0
        for mask in MASKS:
            assert len(tokenizer.encode(mask, add_special_tokens=False)) == 1


@pytest.mark.parametrize("sentence", SENTENCES)
def test_byte_level_sentence_comes_back_unchanged(sentence: str) -> None:
    tokenizer = byte_level()
    add_masks(tokenizer, MASKS)
    ids = encode_sentences(tokenizer, [sentence], max_pieces=128)[0]
    assert decode_sentence(tokenizer, ids, masks=MASKS) == sentence


@pytest.mark.parametrize("sentence", SENTENCES)
def test_uncased_word_pieces_keep_the_masks_as_they_are(sentence: str) -> None:
    tokenizer = word_pieces()
    add_masks(tokenizer, MASKS)
    text = decode_sentence(tokenizer, encode_sentences(tokenizer, [sentence], max_pieces=128)[0], masks=MASKS)
    assert [text.count(mask) for mask in MASKS] == [sentence.count(mask) for mask in MASKS]
    assert "[" not in text


def test_the_pieces_of_a_word_are_those_that_begin_it_not_those_that_go_on_with_another() -> None:
    text = ["a chemical and a biochemical gave chemicals and Chemical things"] * 3
    learnt = train_tokenizer(text, vocabulary_size=400)
    found = learnt.convert_ids_to_tokens(find_word_pieces(learnt, {"chemical"}))
    assert "Ġchemical" in found and set(found) <= {"Ġchemical", "ĠChemical"}
    fixed = word_pieces()
    assert fixed.convert_ids_to_tokens(find_word_pieces(fixed, {"effects", "duced", "were", "absent"})) == [
        "effects",
        "were",
    ]
    assert find_word_pieces(fixed, ()) == []


def test_sentences_stand_between_begin_and_end() -> None:
    for tokenizer in (byte_level(), word_pieces()):
        begin, end = boundary_ids(tokenizer)
        ids = encode_sentences(tokenizer, ["found"], max_pieces=128)[0]
        assert (ids[0], ids[-1]) == (begin, end)


def test_sentence_that_is_cut_has_no_end() -> None:
    tokenizer = byte_level()
    ids = encode_sentences(tokenizer, ["found after two weeks."], max_pieces=3)[0]
    assert len(ids) == 3
    assert ids[-1] != boundary_ids(tokenizer)[1]


def test_text_after_the_end_is_dropped_and_line_breaks_become_spaces() -> None:
    tokenizer = byte_level()
    begin, end = boundary_ids(tokenizer)
    found, worse = (tokenizer.encode(text) for text in ("was\nfound", "worse"))
    assert decode_sentence(tokenizer, [begin, *found, end, *worse, end], masks=MASKS) == "was found"


def test_tokenizer_without_an_end_is_refused() -> None:
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()))
    with pytest.raises(ModelError, match="no end-of-text token"):
        boundary_ids(tokenizer)
