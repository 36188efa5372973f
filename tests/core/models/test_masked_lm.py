"""An encoder learns a field's language by foretelling hidden pieces, and is an encoder again afterwards."""

from pathlib import Path

import pytest
import torch

from core.errors import EncoderNotFoundError, ModelError
from core.models.encoder import load_encoder
from core.models.masked_lm import MaskedLearner, load_masked_learner
from core.pretraining.config import PretrainingConfig
from core.pretraining.loop import pretrain
from core.pretraining.state import BEST_NAME, load_checkpoint
from core.training.config import TrainingConfig
from core.training.work_folder import find_checkpoint
from tests.builders import write_tiny_encoder
from tests.core.pretraining.pretraining_text import write_corpus

CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_encoder(tmp_path / "encoder", has_mask=True)


def config(pieces: int) -> PretrainingConfig:
    training = TrainingConfig(learning_rate=5e-3, batch_size=8, precision="fp32")
    return PretrainingConfig(training=training, context=32, pieces=pieces, held_out_one_in=10, buffer_blocks=50)


def test_chosen_pieces_are_hidden_replaced_or_left_and_special_ones_never_chosen(folder: Path) -> None:
    learner = load_masked_learner(str(folder), seed=0)
    rows = torch.randint(5, len(learner.tokenizer) - 1, (64, 128))  # the last piece is the mask
    rows[:, 0] = learner.tokenizer.cls_token_id
    chosen, shown = learner.hide(rows, torch.Generator().manual_seed(0))
    hidden = shown == learner.tokenizer.mask_token_id
    assert not chosen[:, 0].any()
    assert chosen.float().mean().item() == pytest.approx(0.15, abs=0.01)
    assert (hidden & ~chosen).sum() == 0
    assert hidden.sum().item() / chosen.sum().item() == pytest.approx(0.8, abs=0.05)
    changed = (shown != rows) & ~hidden
    assert changed.sum().item() / chosen.sum().item() == pytest.approx(0.1, abs=0.04)
    assert torch.equal(shown[~chosen], rows[~chosen])


def test_the_same_seed_hides_the_same_pieces_and_another_one_does_not(folder: Path) -> None:
    learner = load_masked_learner(str(folder), seed=0)
    rows = torch.randint(5, len(learner.tokenizer), (8, 32))
    draws = [learner.hide(rows, torch.Generator().manual_seed(seed))[1] for seed in (0, 0, 1)]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def test_only_the_chosen_pieces_are_scored_and_as_the_whole_model_scores_them(folder: Path) -> None:
    learner = load_masked_learner(str(folder), seed=0)
    learner.model.eval()
    rows = torch.randint(5, len(learner.tokenizer), (4, 32))
    chosen, shown = learner.hide(rows, torch.Generator().manual_seed(3))
    with torch.inference_mode():
        losses = learner.losses(rows, torch.Generator().manual_seed(3))
        logits = learner.model(input_ids=shown).logits
    expected = torch.nn.functional.cross_entropy(logits[chosen], rows[chosen], reduction="none")
    torch.testing.assert_close(losses, expected)


def test_reading_text_lowers_the_loss_and_leaves_an_encoder(folder: Path, tmp_path: Path) -> None:
    corpus, work_path = write_corpus(tmp_path / "corpus.txt"), tmp_path / "work"
    before = load_encoder(str(folder)).vectors.clone()
    learner = load_masked_learner(str(folder), seed=0)
    start = pretrain(learner, [corpus], config=config(1), work_path=tmp_path / "start", device=CPU)
    result = pretrain(learner, [corpus], config=config(60_000), work_path=work_path, device=CPU)
    assert result.best.loss < 0.8 * start.best.loss
    assert result.best.bits_per_character is None
    encoder = load_encoder(str(work_path / BEST_NAME))
    assert not torch.equal(encoder.vectors, before)
    torch.testing.assert_close(encoder.vectors, learner.model.get_input_embeddings().weight.detach())


def test_a_checkpoint_keeps_the_layer_that_foretells(folder: Path, tmp_path: Path) -> None:
    corpus, work_path = write_corpus(tmp_path / "corpus.txt"), tmp_path / "work"
    learner = load_masked_learner(str(folder), seed=0)
    pretrain(learner, [corpus], config=config(3_000), work_path=work_path, device=CPU)
    path = find_checkpoint(work_path)
    assert path is not None
    again = load_masked_learner(str(path), seed=7)
    assert state(again).keys() == state(learner).keys()
    for name, tensor in state(again).items():
        torch.testing.assert_close(tensor, state(learner)[name])
    assert load_checkpoint(path).counters.pieces >= 3_000


def state(learner: MaskedLearner) -> dict[str, torch.Tensor]:
    return learner.model.state_dict()


def test_a_tokenizer_without_a_mask_piece_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has no mask piece"):
        load_masked_learner(str(write_tiny_encoder(tmp_path / "plain")), seed=0)


def test_a_folder_without_an_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderNotFoundError, match="No encoder"):
        load_masked_learner(str(tmp_path / "nothing"), seed=0)
