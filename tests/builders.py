"""Small hand-made values that many tests share; nothing is downloaded."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from core.domain import EntityType, Instance, Mention, RelationLabel, Schema, Span
from core.errors import ParserNotFoundError
from core.models.encoder import Encoder, load_encoder
from core.nlp.dependency import Parser

WORDS = (
    "aspirin caused induced treated relieved nausea headache fever rash cough ibuprofen codeine in the two patients "
    "with and of after severe mild not by was . , - ( )"
).split()


def make_schema() -> Schema:
    """Chemical–disease with one directed label."""
    return Schema((EntityType("Chemical"), EntityType("Disease")), (RelationLabel("CID", (("Chemical", "Disease"),)),))


def make_drug_schema() -> Schema:
    """Drug–drug with a directed and a symmetric label: both masks carry a suffix."""
    pair = (("Drug", "Drug"),)
    return Schema((EntityType("Drug"),), (RelationLabel("EFFECT", pair), RelationLabel("INT", pair, is_symmetric=True)))


def find_mention(text: str, surface: str, entity_type: str) -> Mention:
    """Return the mention at the first occurrence of `surface`."""
    start = text.index(surface)
    return Mention(Span(start, start + len(surface)), entity_type)


def make_instance(text: str, chemical: str, disease: str, label: str | None, *, instance_id: str = "") -> Instance:
    """Return a chemical–disease instance of a sentence."""
    head, tail = find_mention(text, chemical, "Chemical"), find_mention(text, disease, "Disease")
    return Instance(instance_id or text, text, head, tail, label)


def write_tiny_encoder(
    path: Path, *, is_cased: bool = False, is_byte_level: bool = False, has_mask: bool = False
) -> Path:
    """Write a random two-layer BERT whose tokenizer knows a few words and all letters, or all bytes."""
    fast = _byte_level_tokenizer() if is_byte_level else _wordpiece_tokenizer(is_cased=is_cased)
    if has_mask:
        fast.add_special_tokens({"mask_token": "[MASK]"})
    config = BertConfig(
        vocab_size=len(fast), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64,
    )  # fmt: skip
    torch.manual_seed(0)
    BertModel(config, add_pooling_layer=False).save_pretrained(path)
    fast.save_pretrained(path)
    return path


def _byte_level_tokenizer() -> PreTrainedTokenizerFast:
    """One piece a byte, as GPT-2 and RoBERTa cut a text without merges."""
    alphabet = ["<pad>", "<unk>", "<s>", "</s>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    vocabulary = {piece: index for index, piece in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", vocabulary["<s>"]), ("</s>", vocabulary["</s>"])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>", cls_token="<s>", sep_token="</s>"
    )


def _wordpiece_tokenizer(*, is_cased: bool) -> PreTrainedTokenizerFast:
    letters = [chr(code) for code in range(33, 127)]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *letters, *(f"##{letter}" for letter in letters)]
    vocabulary = {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=not is_cased)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )


def load_tiny_encoder(path: Path) -> Encoder:
    """Write and load the tiny encoder."""
    return load_encoder(str(write_tiny_encoder(path)))


def ignore_progress(_fraction: float, _message: str = "", **_values: float) -> None:
    """Take progress and forget it."""


def find_no_parser() -> Parser:
    """Stand for an installation without a dependency parser."""
    raise ParserNotFoundError("No dependency parser is installed.")
