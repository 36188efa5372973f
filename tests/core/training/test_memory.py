"""Estimates of memory: counted by hand, compared with what autograd keeps, and readable without torch."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import BertConfig, BertModel

from core.errors import EncoderNotFoundError
from core.training.config import TrainingConfig
from core.training.memory import EncoderShape, estimate_training_memory, read_encoder_shape

ROOT = Path(__file__).parents[3]
SMALL = EncoderShape(hidden=8, num_layers=2, num_heads=2, intermediate=16, vocabulary=11, max_pieces=32)
BASE = EncoderShape(hidden=768, num_layers=12, num_heads=12, intermediate=3072, vocabulary=30522)


def make_config(**options: object) -> TrainingConfig:
    return TrainingConfig(**{"precision": "fp32", "batch_size": 4, **options})  # type: ignore[arg-type]


def make_bert(shape: EncoderShape) -> BertModel:
    config = BertConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.num_layers,
        num_attention_heads=shape.num_heads,
        intermediate_size=shape.intermediate,
        max_position_embeddings=shape.max_pieces,
    )
    return BertModel(config, add_pooling_layer=False)


def bytes_kept(shape: EncoderShape, *, batch_size: int, num_pieces: int) -> int:
    """Run a forward pass and return the bytes of the distinct tensors that autograd keeps, weights apart."""
    model = make_bert(shape).train()
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    mask = torch.ones(batch_size, num_pieces)  # (batch, pieces)
    mask[:, -1] = 0
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        states = model(torch.ones(batch_size, num_pieces, dtype=torch.long), attention_mask=mask)
        assert states.last_hidden_state.requires_grad
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


def test_parameters_are_those_of_the_encoder() -> None:
    assert SMALL.num_parameters == sum(parameter.numel() for parameter in make_bert(SMALL).parameters())
    assert BASE.num_parameters == 108_891_648


def test_activations_are_what_autograd_keeps() -> None:
    shape = EncoderShape(hidden=64, num_layers=3, num_heads=4, intermediate=256, vocabulary=50, max_pieces=64)
    estimate = estimate_training_memory(shape, make_config(), num_pieces=48)
    widest_step = 4 * 48 * 2 * 256 * 4
    assert estimate.activations - widest_step == pytest.approx(bytes_kept(shape, batch_size=4, num_pieces=48), rel=0.05)


def test_the_parts_of_a_small_encoder_counted_by_hand() -> None:
    estimate = estimate_training_memory(SMALL, make_config(), num_pieces=10, has_validation=False)
    weights = 4 * ((11 + 32 + 2) * 8 + 16 + 2 * (4 * 8 * 9 + 2 * 8 * 16 + 24 + 32))
    # A token of a layer keeps 10 states, 2 middles and 3 rows of scores for each head.
    layer = 4 * (10 * 8 + 2 * 16 + 3 * 2 * 10)
    assert (estimate.parameters, estimate.gradients, estimate.optimizer) == (weights, weights, 2 * weights)
    assert estimate.activations == 40 * (2 * layer + 4 * (2 * 8 + 2 * 16))
    assert estimate.gaps == 40 * layer
    assert estimate.total == 3 * weights + max(estimate.activations, weights) + estimate.gaps


def test_what_saves_memory_saves_it() -> None:
    def total(**options: object) -> int:
        return estimate_training_memory(BASE, make_config(batch_size=32, **options), num_pieces=128).total

    usual = total()
    assert total(precision="auto") == usual
    assert total(gradient_accumulation=2) == usual + 4 * BASE.num_parameters
    assert total(optimizer="sgd") == usual - 8 * BASE.num_parameters
    assert total(has_gradient_checkpointing=True) < 0.6 * usual
    assert total(is_encoder_frozen=True) < 0.2 * usual


def test_cuda_keeps_no_scores_and_no_copy_of_the_best_weights() -> None:
    on_cpu = estimate_training_memory(BASE, make_config(), num_pieces=128)
    on_cuda = estimate_training_memory(BASE, make_config(), num_pieces=128, device="cuda")
    assert on_cuda.parameters == on_cpu.parameters / 2
    assert on_cuda.activations < on_cpu.activations
    assert on_cuda.gaps == 0


def test_half_precision_keeps_casts_of_the_weights_and_smaller_states() -> None:
    full = estimate_training_memory(BASE, make_config(), num_pieces=128, device="cuda")
    half = estimate_training_memory(BASE, make_config(precision="bf16"), num_pieces=128, device="cuda")
    assert half.parameters == full.parameters * 1.5
    assert half.activations < 0.7 * full.activations


def test_a_last_layer_of_one_state_is_counted_as_such() -> None:
    whole = estimate_training_memory(SMALL, make_config(), num_pieces=10)
    first = estimate_training_memory(SMALL, make_config(), num_pieces=10, reads_first_state=True)
    assert whole.activations - first.activations == 40 * 4 * (6 * 8 + 2 * 16)


def test_shapes_are_read_from_an_encoder_and_from_a_model_of_ours(tmp_path: Path) -> None:
    values = {
        "hidden_size": 8,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "vocab_size": 11,
        "max_position_embeddings": 32,
    }
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "config.json").write_text(json.dumps(values))
    assert read_encoder_shape(tmp_path) == read_encoder_shape(tmp_path / "encoder") == SMALL


def test_distilbert_has_other_names_for_the_same_numbers() -> None:
    values = {"dim": 8, "n_layers": 2, "n_heads": 2, "hidden_dim": 16, "vocab_size": 11, "max_position_embeddings": 32}
    assert EncoderShape.from_config(values) == SMALL


def test_a_folder_without_an_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderNotFoundError, match="has no config.json"):
        read_encoder_shape(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(EncoderNotFoundError, match="is not JSON"):
        read_encoder_shape(tmp_path)
    (tmp_path / "config.json").write_text('{"vocab_size": 9}')
    with pytest.raises(EncoderNotFoundError, match="says nothing of hidden, intermediate, max_pieces"):
        read_encoder_shape(tmp_path)


def test_a_page_can_estimate_without_loading_torch() -> None:
    code = "import sys, core.training.memory; sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
