"""The layers of pairs alone: copied from the encoder, moved by marks, padding, encoders of another build."""

from pathlib import Path

import pytest
import torch
from transformers import DistilBertConfig, DistilBertModel

from core.errors import ModelError
from core.models.relation_layers import NO_MARK, RelationLayers
from tests.builders import load_tiny_encoder

PIECE_IDS = torch.tensor([[2, 5, 6, 7, 8, 3], [2, 5, 6, 3, 0, 0]])
ATTENTION_MASK = (PIECE_IDS > 0).long()
FIRST_PIECES = torch.tensor([[1, 3, 4], [1, 2, 0]])
UNMARKED = torch.full((2, 3, 1), NO_MARK)
IS_WORD = torch.tensor([[True, True, True], [True, True, False]])


@pytest.mark.parametrize("num_layers", [1, 2])
def test_without_marks_the_copies_say_what_the_encoder_does(tmp_path: Path, num_layers: int) -> None:
    encoder = load_tiny_encoder(tmp_path / "encoder").model.eval()
    layers = RelationLayers(encoder, num_layers=num_layers, num_tags=5).eval()
    with torch.no_grad():
        output = encoder(PIECE_IDS, attention_mask=ATTENTION_MASK, output_hidden_states=True)
        words = layers(output.hidden_states[-1 - num_layers], ATTENTION_MASK, FIRST_PIECES, UNMARKED)
    for row in (0, 1):
        expected = output.last_hidden_state[row, FIRST_PIECES[row]]
        torch.testing.assert_close(words[row][IS_WORD[row]], expected[IS_WORD[row]], atol=1e-5, rtol=1e-4)


def test_training_them_leaves_the_encoder_as_it_is(tmp_path: Path) -> None:
    encoder = load_tiny_encoder(tmp_path / "encoder").model
    layers = RelationLayers(encoder, num_layers=1, num_tags=5)
    layers(torch.randn(2, 6, 32), ATTENTION_MASK, FIRST_PIECES, UNMARKED).sum().backward()
    assert all(parameter.grad is not None for parameter in layers.layers.parameters())
    assert all(parameter.grad is None for parameter in encoder.parameters())


def test_marks_begin_without_effect_and_learn_where_a_word_has_a_tag(tmp_path: Path) -> None:
    layers = RelationLayers(load_tiny_encoder(tmp_path / "encoder").model, num_layers=1, num_tags=5).eval()
    states, tags = torch.randn(2, 6, 32), UNMARKED.clone()
    tags[0, 1] = 4
    marked, unmarked = (layers(states, ATTENTION_MASK, FIRST_PIECES, one) for one in (tags, UNMARKED))
    torch.testing.assert_close(marked, unmarked)
    (marked[0] ** 2 * torch.arange(32)).sum().backward()
    gradient = layers.marks.weight.grad
    assert gradient is not None
    assert [bool(row.abs().sum() > 0) for row in gradient] == [False, False, False, False, True]


def test_a_mark_moves_the_words_of_its_own_sentence_alone(tmp_path: Path) -> None:
    layers = RelationLayers(load_tiny_encoder(tmp_path / "encoder").model, num_layers=1, num_tags=5).eval()
    states, tags = torch.randn(2, 6, 32), UNMARKED.clone()
    tags[0, 1] = 4
    with torch.no_grad():
        layers.marks.weight.normal_()
        marked, unmarked = (layers(states, ATTENTION_MASK, FIRST_PIECES, one) for one in (tags, UNMARKED))
    moved = (marked - unmarked).abs().amax(-1) > 1e-4
    assert moved[0].all() and not moved[1][:2].any()


def test_an_encoder_of_another_build_gets_layers_drawn_by_chance() -> None:
    encoder = DistilBertModel(DistilBertConfig(vocab_size=20, dim=32, n_layers=2, n_heads=2, hidden_dim=64))
    layers = RelationLayers(encoder, num_layers=1, num_tags=5)
    assert layers(torch.randn(2, 6, 32), ATTENTION_MASK, FIRST_PIECES, UNMARKED).shape == (2, 3, 32)


def test_more_layers_than_the_encoder_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has 2 layers, fewer than 3"):
        RelationLayers(load_tiny_encoder(tmp_path / "encoder").model, num_layers=3, num_tags=5)


def test_layers_of_another_activation_are_not_copied(tmp_path: Path) -> None:
    encoder = load_tiny_encoder(tmp_path / "encoder").model
    copied = RelationLayers(encoder, num_layers=1, num_tags=5)
    encoder.config.hidden_act = "relu"
    drawn = RelationLayers(encoder, num_layers=1, num_tags=5)
    weight = encoder.state_dict()["encoder.layer.1.intermediate.dense.weight"]
    for layers, is_equal in ((copied, True), (drawn, False)):
        assert torch.equal(layers.state_dict()["layers.0.linear1.weight"], weight) is is_equal
