"""Encoders of other designs than BERT's, and what is said where there is none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    DebertaV2Config,
    DebertaV2Model,
    DistilBertConfig,
    DistilBertModel,
    ElectraConfig,
    ElectraModel,
    PreTrainedModel,
)

from core.errors import EncoderNotFoundError
from core.models.cls import ClsConfig, ClsModel
from core.models.encoder import build_encoder, load_encoder
from tests.builders import load_tiny_encoder, make_instance, make_schema

SHAPE: dict[str, Any] = {"num_attention_heads": 2, "num_hidden_layers": 2, "hidden_size": 32, "intermediate_size": 64}


def make_distilbert(num_pieces: int) -> PreTrainedModel:
    shape: dict[str, Any] = {"vocab_size": num_pieces, "max_position_embeddings": 64}
    return DistilBertModel(DistilBertConfig(dim=32, n_layers=2, n_heads=2, hidden_dim=64, **shape))


def make_electra(num_pieces: int) -> PreTrainedModel:
    shape: dict[str, Any] = {"vocab_size": num_pieces, "max_position_embeddings": 64}
    return ElectraModel(ElectraConfig(embedding_size=16, **SHAPE, **shape))


def make_deberta(num_pieces: int) -> PreTrainedModel:
    shape: dict[str, Any] = {"vocab_size": num_pieces, "max_position_embeddings": 64, "relative_attention": True}
    return DebertaV2Model(DebertaV2Config(**SHAPE, **shape))


@pytest.mark.parametrize("make", [make_distilbert, make_electra, make_deberta])
def test_an_encoder_without_a_pooler_loads_scores_and_comes_back(
    tmp_path: Path, make: Callable[[int], PreTrainedModel]
) -> None:
    tokenizer = load_tiny_encoder(tmp_path / "encoder").tokenizer
    torch.manual_seed(0)
    make(len(tokenizer)).save_pretrained(tmp_path / "encoder")
    encoder = load_encoder(str(tmp_path / "encoder"))
    assert (encoder.width, encoder.max_pieces) == (32, 64)
    model = ClsModel.create(encoder, ClsConfig(schema=make_schema()), seed=0)
    items = model.encode([make_instance("aspirin caused nausea .", "aspirin", "nausea", "CID")])
    scores = model.score(items)
    assert scores.shape == (1, 2) and scores.isfinite().all()
    (tmp_path / "saved").mkdir()
    model.save(tmp_path / "saved")
    assert torch.equal(ClsModel.load(tmp_path / "saved").score(items), scores)
    if model.first_state_hook is not None:
        model.first_state_hook.remove()
        assert torch.allclose(model.score(items), scores, atol=1e-6)


def test_bert_is_loaded_with_fused_attention_and_without_its_pooler(tmp_path: Path) -> None:
    load_tiny_encoder(tmp_path / "encoder")
    for encoder in (load_encoder(str(tmp_path / "encoder")), build_encoder(tmp_path / "encoder")):
        assert encoder.model.config._attn_implementation == "sdpa"
        assert encoder.model.pooler is None


def test_a_model_that_is_no_encoder_is_refused_with_a_remedy(tmp_path: Path) -> None:
    load_tiny_encoder(tmp_path / "encoder")
    for config in ("{}", '{"model_type": "encoder-decoder"}', '{"model_type": "no-such-design"}'):
        (tmp_path / "encoder" / "config.json").write_text(config)
        with pytest.raises(
            EncoderNotFoundError, match=r"Name a folder that holds config\.json.*, or a starter model\.$"
        ):
            load_encoder(str(tmp_path / "encoder"))


def test_a_hub_name_that_is_not_here_may_be_downloaded() -> None:
    with pytest.raises(EncoderNotFoundError, match="or pull this hub name with `dare models pull`"):
        load_encoder("some-lab/some-bert")
