"""The [CLS] classifier: shape, direction, learning, files, padding."""

from pathlib import Path

import pytest
import torch

from core.domain import NO_RELATION, Instance
from core.errors import EncoderNotFoundError
from core.models.cls import ClsConfig, ClsModel
from core.models.encoder import Encoder, add_mask_tokens, keep_first_state, load_encoder
from core.training.config import TrainingConfig
from core.training.trainer import train
from tests.builders import (
    find_mention,
    load_tiny_encoder,
    make_drug_schema,
    make_instance,
    make_schema,
    write_tiny_encoder,
)

POSITIVE = ["aspirin caused nausea .", "codeine induced rash .", "ibuprofen caused severe headache ."]
NEGATIVE = ["aspirin treated headache .", "codeine relieved cough .", "ibuprofen treated mild fever ."]
CPU = torch.device("cpu")


def make_items() -> list[Instance]:
    sides = [(POSITIVE, "CID"), (NEGATIVE, NO_RELATION)]
    rows = [(text, text.split()[0], text.split()[-2], label) for texts, label in sides for text in texts]
    return [make_instance(text, chemical, disease, label) for text, chemical, disease, label in rows]


@pytest.fixture
def encoder(tmp_path: Path) -> Encoder:
    return load_tiny_encoder(tmp_path / "encoder")


def make_model(encoder: Encoder, **options: object) -> ClsModel:
    return ClsModel.create(encoder, ClsConfig(schema=make_schema(), **options), seed=0)  # type: ignore[arg-type]


def test_there_is_one_logit_for_each_class_no_relation_first(encoder: Encoder) -> None:
    model = make_model(encoder)
    assert model.config.classes == (NO_RELATION, "CID")
    assert model.score(model.encode(make_items())).shape == (6, 2)


@pytest.mark.parametrize(
    "tokenizer", [{"is_cased": True}, {"is_cased": False}, {"is_byte_level": True}], ids=["cased", "uncased", "bytes"]
)
def test_each_mask_is_one_piece(tmp_path: Path, tokenizer: dict[str, bool]) -> None:
    encoder = load_encoder(str(write_tiny_encoder(tmp_path, **tokenizer)))
    masks = ("$CHEMICAL$", "$DISEASE$")
    add_mask_tokens(encoder, masks, seed=0)
    ids = encoder.tokenizer("the ($CHEMICAL$)-induced $DISEASE$.", add_special_tokens=False)["input_ids"]
    assert [encoder.tokenizer.convert_ids_to_tokens(i) for i in ids if i >= len(encoder.tokenizer) - 2] == list(masks)


def test_swapping_head_and_tail_changes_the_score(encoder: Encoder) -> None:
    model = ClsModel.create(encoder, ClsConfig(schema=make_drug_schema()), seed=0)
    text = "aspirin induced codeine ."
    aspirin, codeine = find_mention(text, "aspirin", "Drug"), find_mention(text, "codeine", "Drug")
    logits = model.score(model.encode([Instance("a", text, aspirin, codeine), Instance("b", text, codeine, aspirin)]))
    assert not torch.allclose(logits[0], logits[1])


def test_it_learns_six_instances_by_heart(encoder: Encoder) -> None:
    model = make_model(encoder, dropout=0.0)
    items = model.encode(make_items())
    config = TrainingConfig(num_epochs=40, learning_rate=3e-3, batch_size=6, precision="fp32")
    train(
        model, items, lengths=[len(item.piece_ids) for item in items], collate=model.collate,
        loss=lambda _, batch, epochs: model.loss(batch, epochs), config=config, device=CPU,
    )  # fmt: skip
    assert model.score(items).argmax(-1).tolist() == [1, 1, 1, 0, 0, 0]


def test_a_saved_model_gives_equal_scores_after_loading(encoder: Encoder, tmp_path: Path) -> None:
    model = make_model(encoder)
    before = model.score(model.encode(make_items()))
    (tmp_path / "saved").mkdir()
    model.save(tmp_path / "saved")
    loaded = ClsModel.load(tmp_path / "saved")
    assert torch.equal(loaded.score(loaded.encode(make_items())), before)


def test_padding_and_order_do_not_change_scores(encoder: Encoder) -> None:
    model = make_model(encoder)
    items = model.encode(make_items())
    together = model.score(items)
    alone = torch.cat([model.score([item]) for item in items])
    backwards = model.score(items[::-1]).flip(0)
    assert torch.allclose(together, alone, atol=1e-5)
    assert torch.allclose(together, backwards, atol=1e-5)


def test_a_long_sentence_is_cut_to_a_window_around_its_masks(encoder: Encoder) -> None:
    text = "the " * 80 + "aspirin caused nausea " + "and " * 80
    model = make_model(encoder, max_pieces=16)
    (item,) = model.encode([make_instance(text, "aspirin", "nausea", "CID")])
    pieces = model.tokenizer.convert_ids_to_tokens(list(item.piece_ids))
    assert len(pieces) == 16
    assert pieces[0] == "[CLS]" and pieces[-1] == "[SEP]"
    assert "$CHEMICAL$" in pieces and "$DISEASE$" in pieces


def test_masks_too_far_apart_and_overlapping_mentions_are_left_out(encoder: Encoder) -> None:
    model = make_model(encoder, max_pieces=16)
    far = make_instance("aspirin " + "and " * 40 + "nausea .", "aspirin", "nausea", "CID")
    overlapping = make_instance("aspirin nausea .", "aspirin nausea", "nausea", "CID")
    assert model.encode([far, overlapping]) == []


def test_markers_keep_the_names_and_write_the_types_beside_them(encoder: Encoder) -> None:
    instance = make_instance("nausea followed aspirin .", "aspirin", "nausea", "CID")
    masked = make_model(encoder).encode([instance])[0]
    marked = make_model(encoder, marking="markers").encode([instance])[0]
    text = encoder.tokenizer.decode(marked.piece_ids).replace(" ##", "")
    assert "# ^ disease ^ nausea #" in text and "@ * chemical * aspirin @" in text
    assert "nausea" not in encoder.tokenizer.decode(masked.piece_ids)


def test_a_window_around_markers_holds_both_names(encoder: Encoder) -> None:
    text = "the " * 80 + "aspirin caused nausea " + "and " * 80
    model = make_model(encoder, marking="markers", max_pieces=50)
    (item,) = model.encode([make_instance(text, "aspirin", "nausea", "CID")])
    decoded = encoder.tokenizer.decode(item.piece_ids)
    assert len(item.piece_ids) == 50
    assert "* aspirin @" in decoded and "^ nausea #" in decoded


def test_the_auxiliary_head_takes_part_in_the_loss_only(encoder: Encoder) -> None:
    plain, helped = make_model(encoder), make_model(encoder, has_auxiliary=True, loss="focal")
    batch = helped.collate(helped.encode(make_items()))
    helped.loss(batch, 0.0).backward()
    assert helped.auxiliary is not None and helped.auxiliary.weight.grad is not None
    assert plain.auxiliary is None
    assert helped.score(helped.encode(make_items())).shape == (6, 2)


def test_a_soft_label_takes_the_place_of_the_label(encoder: Encoder) -> None:
    model = make_model(encoder)
    first, second = model.encode(make_items()[:2], {make_items()[0].id: (0.25, 0.75)})
    assert first.targets.tolist() == [[0.25, 0.75]]
    assert second.targets.tolist() == [[0.0, 1.0]]


def test_only_the_first_state_of_the_last_layer_is_computed_and_it_is_the_same(tmp_path: Path) -> None:
    whole, cut = load_tiny_encoder(tmp_path / "a"), load_tiny_encoder(tmp_path / "b")
    keep_first_state(cut.model)
    piece_ids = torch.tensor([[2, 5, 6, 7, 3], [2, 5, 3, 0, 0]])
    mask = (piece_ids > 0).long()
    states = whole.model.eval()(piece_ids, attention_mask=mask).last_hidden_state
    first = cut.model.eval()(piece_ids, attention_mask=mask).last_hidden_state
    assert first.shape == (2, 1, 32)
    assert torch.allclose(first[:, 0], states[:, 0], atol=1e-6)


def test_an_encoder_that_is_not_here_is_named_and_not_downloaded() -> None:
    with pytest.raises(EncoderNotFoundError, match="No encoder 'some-lab/some-bert' on this machine"):
        load_encoder("some-lab/some-bert")


def test_an_encoder_reads_no_more_pieces_than_its_tokenizer_allows(encoder: Encoder) -> None:
    assert encoder.max_pieces == 64
    # RoBERTa: 514 rows of positions, 512 pieces.
    encoder.tokenizer.model_max_length = 62
    assert encoder.max_pieces == 62
