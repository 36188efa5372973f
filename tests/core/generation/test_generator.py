"""A generator learns sentences and their ends, loads only safetensors, and keeps its masks."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate.state import AcceleratorState
from transformers import BertConfig, BertLMHeadModel, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from core.errors import EncoderNotFoundError, NotEnoughDataError
from core.generation.config import SamplingConfig
from core.generation.generator import (
    Generator,
    fine_tune,
    load_generator,
    mean_loss,
    next_piece_losses,
    pad_sequences,
    save_generator,
)
from core.generation.pieces import encode_sentences, train_tokenizer
from core.generation.sampling import draw_sentences
from core.nlp.masking import mask_word
from core.pretraining.packing import boundary_ids
from core.training.config import TrainingConfig
from tests.builders import write_tiny_encoder

MASKS = ("$CHEMICAL$", "$DISEASE$")
TOY = [f"{start} of $CHEMICAL$ caused $DISEASE$ {end}." for start in ("A dose", "Use") for end in ("twice", "at once")]
CPU = torch.device("cpu")


def write_tiny_gpt2(path: Path) -> Path:
    tokenizer = train_tokenizer(TOY, vocabulary_size=300)
    begin, end = boundary_ids(tokenizer)
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(tokenizer), n_positions=64, n_embd=32, n_layer=1, n_head=2, bos_token_id=begin, eos_token_id=end
    )
    GPT2LMHeadModel(config).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture
def generator(tmp_path: Path) -> Generator:
    return load_generator(str(write_tiny_gpt2(tmp_path / "tiny")), masks=MASKS, seed=0)


def test_masks_get_embeddings_that_the_seed_decides(tmp_path: Path) -> None:
    path = str(write_tiny_gpt2(tmp_path / "tiny"))
    first, same, other = (load_generator(path, masks=MASKS, seed=seed) for seed in (1, 1, 2))
    weights = [one.model.get_input_embeddings().weight[-2:] for one in (first, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert first.model.dtype == torch.float32


def test_a_new_mask_begins_near_the_word_that_it_is_made_of_and_a_known_one_stays(tmp_path: Path) -> None:
    path = write_tiny_gpt2(tmp_path / "tiny")
    first = load_generator(str(path), masks=("$CHEMICAL$",), seed=0)
    table = first.model.get_input_embeddings().weight.detach()
    words = first.tokenizer.encode(" chemical", add_special_tokens=False)
    spread = table[: len(table) - 1].std(0)
    assert ((table[-1] - table[words].mean(0)).abs() <= 0.5 * spread).all()
    with torch.no_grad():
        table[-1] = 7.0
    save_generator(first, tmp_path / "learnt")
    again = load_generator(str(tmp_path / "learnt"), masks=("$CHEMICAL$", "$DISEASE$"), seed=0)
    assert (again.model.get_input_embeddings().weight[-2] == 7.0).all()


def test_the_bias_of_a_new_mask_is_that_of_its_word(tmp_path: Path) -> None:
    tokenizer = load_generator(str(write_tiny_gpt2(tmp_path / "tiny")), masks=(), seed=0).tokenizer
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    model = BertLMHeadModel(BertConfig(vocab_size=len(tokenizer), is_decoder=True, **shape))
    word = tokenizer.encode(" drug", add_special_tokens=False)
    with torch.no_grad():
        model.get_output_embeddings().bias.copy_(torch.arange(len(tokenizer), dtype=torch.float32))
    save_generator(Generator(model, tokenizer, ()), tmp_path / "bert")
    loaded = load_generator(str(tmp_path / "bert"), masks=("$DRUG_A$", "$DRUG_B$"), seed=0)
    bias = loaded.model.get_output_embeddings().bias
    assert bias[-2:].tolist() == pytest.approx([sum(word) / len(word)] * 2)
    rows = loaded.model.get_input_embeddings().weight[-2:]
    assert not torch.equal(rows[0], rows[1])


def test_end_of_text_is_learnt_so_that_sentences_become_short(generator: Generator) -> None:
    sampling = SamplingConfig(max_new_pieces=60, top_k=5)
    pieces = generator.tokenizer
    before = [len(pieces.encode(text)) for text in draw_sentences(generator, 16, config=sampling, seed=0)]
    training = TrainingConfig(num_epochs=30, learning_rate=1e-2, batch_size=8, precision="fp32")
    fine_tune(generator, TOY * 8, config=training, device=CPU)
    texts = draw_sentences(generator, 16, config=sampling, seed=0)
    after = [len(pieces.encode(text)) for text in texts]
    assert sum(after) / len(after) < 0.7 * sum(before) / len(before)
    assert sum(text in TOY for text in texts) >= 8


def test_accumulation_and_checkpointing_change_memory_but_no_loss_and_end_with_the_training(tmp_path: Path) -> None:
    path = str(write_tiny_gpt2(tmp_path / "tiny"))
    plain, saving = (load_generator(path, masks=MASKS, seed=0) for _ in range(2))
    config = TrainingConfig(
        num_epochs=3, learning_rate=1e-2, batch_size=4, gradient_accumulation=2, weight_decay=0.0, precision="fp32"
    )
    expected = fine_tune(plain, TOY * 6, config=config, device=CPU)
    result = fine_tune(saving, TOY * 6, config=replace(config, has_gradient_checkpointing=True), device=CPU)
    assert result.num_steps == expected.num_steps == 3 * 3  # 24 sentences in six batches, two a step
    losses = [epoch.training_loss for epoch in result.epochs]
    assert losses == pytest.approx([epoch.training_loss for epoch in expected.epochs], rel=1e-4)
    assert losses[-1] < losses[0]
    assert not any(getattr(module, "gradient_checkpointing", False) for module in saving.model.modules())
    assert len(draw_sentences(saving, 4, config=SamplingConfig(max_new_pieces=10), seed=0)) == 4


def test_padding_changes_no_loss_and_the_end_counts(generator: Generator) -> None:
    model = generator.model.train(False)
    short, long = encode_sentences(generator.tokenizer, ["A dose.", TOY[0]], max_pieces=64)
    end = boundary_ids(generator.tokenizer)[1]
    alone = next_piece_losses(model, pad_sequences([short], pad_id=end))
    together = next_piece_losses(model, pad_sequences([short, long], pad_id=end))
    assert alone.shape == (len(short) - 1,)
    assert together.shape == (len(short) + len(long) - 2,)
    torch.testing.assert_close(together[: len(alone)], alone)


def test_mean_loss_weighs_pieces_not_sentences(generator: Generator) -> None:
    generator.model.train(False)
    encoded = encode_sentences(generator.tokenizer, ["A dose.", TOY[0]], max_pieces=64)
    sums = [mean_loss(generator, [ids]) * (len(ids) - 1) for ids in encoded]
    expected = sum(sums) / sum(len(ids) - 1 for ids in encoded)
    assert mean_loss(generator, encoded, batch_size=1) == pytest.approx(expected, rel=1e-5)
    assert mean_loss(generator, encoded) == pytest.approx(expected, rel=1e-5)


def test_saved_generator_comes_back_with_masks_and_no_pickle(generator: Generator, tmp_path: Path) -> None:
    save_generator(generator, tmp_path / "saved")
    assert {path.suffix for path in (tmp_path / "saved").iterdir()} <= {".json", ".safetensors", ".jinja", ".txt"}
    loaded = load_generator(str(tmp_path / "saved"), masks=MASKS, seed=9)
    encoded = encode_sentences(loaded.tokenizer, TOY, max_pieces=64)
    assert encoded == encode_sentences(generator.tokenizer, TOY, max_pieces=64)
    assert mean_loss(loaded, encoded) == pytest.approx(mean_loss(generator, encoded), rel=1e-6)


def test_decoder_with_uncased_word_pieces_writes_masks(tmp_path: Path) -> None:
    folder = write_tiny_encoder(tmp_path / "bert")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64, is_decoder=True,
    )  # fmt: skip
    BertLMHeadModel(config).save_pretrained(folder)
    generator = load_generator(str(folder), masks=MASKS, seed=0)
    toy = ["$CHEMICAL$ caused severe $DISEASE$ in two patients.", "$DISEASE$ was relieved by $CHEMICAL$."]
    training = TrainingConfig(num_epochs=12, learning_rate=1e-2, batch_size=8, precision="fp32")
    fine_tune(generator, toy * 16, config=training, device=CPU)
    texts = draw_sentences(generator, 8, config=SamplingConfig(max_new_pieces=30, top_k=1), seed=0)
    assert all(text.count("$CHEMICAL$") == 1 and text.count("$DISEASE$") == 1 for text in texts)


def test_masks_begin_as_words_in_a_table_that_was_padded_too(tmp_path: Path) -> None:
    plain = load_generator(str(write_tiny_gpt2(tmp_path / "plain")), masks=(), seed=0)
    rows = len(plain.tokenizer) + 64
    plain.model.resize_token_embeddings(rows, mean_resizing=False)
    save_generator(plain, tmp_path / "padded")
    loaded = load_generator(str(tmp_path / "padded"), masks=MASKS, seed=0)
    table = loaded.model.get_input_embeddings().weight  # type: ignore[no-untyped-call]
    assert len(table) == rows
    for mask in MASKS:
        ids = loaded.tokenizer(f" {mask_word(mask)}", add_special_tokens=False)["input_ids"]
        row = table[loaded.tokenizer.convert_tokens_to_ids(mask)]
        assert torch.cosine_similarity(row, table[ids].mean(0), dim=0) > 0.9
    save_generator(loaded, tmp_path / "saved")
    again = load_generator(str(tmp_path / "saved"), masks=MASKS, seed=1)
    assert torch.equal(again.model.get_input_embeddings().weight, table)  # type: ignore[no-untyped-call]


def test_unknown_generator_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(EncoderNotFoundError, match=r"no-such-generator.*model\.safetensors.*scratch.*tiny"):
        load_generator(str(tmp_path / "no-such-generator"), masks=MASKS, seed=0)


def test_pickled_weights_are_never_read(tmp_path: Path) -> None:
    path = write_tiny_gpt2(tmp_path / "tiny")
    (path / "model.safetensors").rename(path / "pytorch_model.bin")
    with pytest.raises(EncoderNotFoundError, match="model.safetensors"):
        load_generator(str(path), masks=MASKS, seed=0)


def test_nothing_to_learn_from_is_refused(generator: Generator) -> None:
    with pytest.raises(NotEnoughDataError, match="0 items"):
        fine_tune(generator, [], config=TrainingConfig(), device=CPU)


@pytest.fixture
def fresh_accelerator() -> Iterator[None]:
    """Let one test train in another number format: Accelerate allows one a process."""
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.usefixtures("fresh_accelerator")
def test_generator_trained_in_half_precision_still_draws_and_is_saved_in_float32(
    generator: Generator, tmp_path: Path
) -> None:
    training = TrainingConfig(num_epochs=1, learning_rate=1e-3, batch_size=8, precision="bf16")
    assert fine_tune(generator, TOY, config=training, device=CPU).precision == "bf16"
    assert len(draw_sentences(generator, 4, config=SamplingConfig(max_new_pieces=10), seed=0)) == 4
    save_generator(generator, tmp_path / "saved")
    loaded = load_generator(str(tmp_path / "saved"), masks=MASKS, seed=0)
    for one, other in zip(loaded.model.parameters(), generator.model.parameters(), strict=True):
        assert torch.equal(one, other)
