"""REDN: shape, direction, learning, files, padding, and equality with the dense matrices of the paper."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from core.domain import NO_RELATION, Instance, Mention
from core.models.classifier import join_targets
from core.models.encoder import Encoder
from core.models.redn import RednConfig, RednModel, masked_bce
from core.models.redn_data import RednItem, list_cells
from core.training.config import TrainingConfig
from core.training.trainer import train
from tests.builders import find_mention, load_tiny_encoder, make_drug_schema

SHARED = "aspirin induced codeine and ibuprofen ."
TWICE = "codeine caused severe aspirin ."
CPU = torch.device("cpu")


def make_pair(text: str, head: str, tail: str, *labels: str) -> Instance:
    """Return a drug–drug instance; its first label is the main one, and without any it is unlabelled."""
    first, *others = labels or (None,)
    return Instance(
        f"{text}:{head}:{tail}", text, find_mention(text, head, "Drug"), find_mention(text, tail, "Drug"), first,
        other_labels=tuple(name for name in others if name),
    )  # fmt: skip


def make_pairs() -> list[Instance]:
    """Eight pairs in three sentences: entities are shared, a reversed pair differs, one pair has two labels."""
    return [
        make_pair(SHARED, "aspirin", "codeine", "EFFECT"),
        make_pair(SHARED, "codeine", "aspirin", NO_RELATION),
        make_pair(SHARED, "aspirin", "ibuprofen", "EFFECT", "INT"),
        make_pair(SHARED, "codeine", "ibuprofen", NO_RELATION),
        make_pair(TWICE, "codeine", "severe aspirin", "INT"),
        make_pair(TWICE, "severe aspirin", "codeine", "EFFECT"),
        make_pair("ibuprofen treated codeine .", "ibuprofen", "codeine", NO_RELATION),
        make_pair("ibuprofen treated codeine .", "codeine", "ibuprofen", "INT"),
    ]


@pytest.fixture
def encoder(tmp_path: Path) -> Encoder:
    return load_tiny_encoder(tmp_path / "encoder")


def make_model(encoder: Encoder, **options: object) -> RednModel:
    config = RednConfig(schema=make_drug_schema(), **options)  # type: ignore[arg-type]
    return RednModel.create(encoder, config, seed=0)


def score_one(model: RednModel, instance: Instance) -> Tensor:
    return model.score(model.encode([instance]))[0]  # (classes,)


def test_there_is_one_logit_for_each_class_of_each_pair(encoder: Encoder) -> None:
    model = make_model(encoder)
    items = model.encode(make_pairs())
    logits = model.score(items)
    assert [len(item.instance_ids) for item in items] == [4, 2, 2]
    assert logits.shape == (8, 3)
    assert logits[:, 0].tolist() == [0.0] * 8


def test_pairs_of_one_sentence_share_its_pieces_wherever_they_stand_in_the_list(encoder: Encoder) -> None:
    pairs = make_pairs()
    items = make_model(encoder).encode([pairs[2], pairs[4], pairs[0]])
    assert [item.instance_ids for item in items] == [(pairs[2].id, pairs[0].id), (pairs[4].id,)]
    assert items[0].heads == ((1, 2),)
    assert items[0].tails == ((3, 4), (5, 6))
    assert items[0].pairs == ((0, 1), (0, 0))


def test_swapping_head_and_tail_changes_the_score(encoder: Encoder) -> None:
    model = make_model(encoder)
    forwards = score_one(model, make_pair(SHARED, "aspirin", "codeine"))
    assert not torch.allclose(forwards, score_one(model, make_pair(SHARED, "codeine", "aspirin")))


def test_it_learns_eight_pairs_by_heart_with_two_labels_on_one_of_them(encoder: Encoder) -> None:
    model = make_model(encoder, dropout=0.0)
    items = model.encode(make_pairs())
    config = TrainingConfig(num_epochs=40, learning_rate=3e-3, batch_size=3, precision="fp32")
    train(
        model, items, lengths=[len(item.piece_ids) for item in items], collate=model.collate,
        loss=lambda _, batch, epochs: model.loss(batch, epochs), config=config, device=CPU,
    )  # fmt: skip
    given = (model.score(items) >= 0).float()  # (pairs, classes)
    assert torch.equal(given[:, 1:], join_targets(items, num_classes=3)[:, 1:])


@pytest.mark.parametrize("context", ["pooled", "cls"])
@pytest.mark.parametrize("kernel_rank", [None, 5])
def test_a_saved_model_gives_equal_scores_after_loading(
    encoder: Encoder, tmp_path: Path, context: str, kernel_rank: int | None
) -> None:
    model = make_model(encoder, context=context, kernel_rank=kernel_rank)
    before = model.score(model.encode(make_pairs()))
    (tmp_path / "saved").mkdir()
    model.save(tmp_path / "saved")
    loaded = RednModel.load(tmp_path / "saved")
    assert loaded.config == model.config
    assert torch.equal(loaded.score(loaded.encode(make_pairs())), before)


def test_padding_order_and_other_pairs_do_not_change_scores(encoder: Encoder) -> None:
    model = make_model(encoder)
    pairs = make_pairs()
    together = model.score(model.encode(pairs))
    backwards = model.score(model.encode(pairs)[::-1])
    alone = torch.stack([score_one(model, pair) for pair in pairs])
    assert torch.allclose(together, alone, atol=1e-5)
    assert torch.allclose(together, torch.cat([backwards[4:], backwards[2:4], backwards[:2]]), atol=1e-5)


def dense_matrices(model: RednModel, item: RednItem) -> Tensor:
    """Compute S_i of eq. 2-4 between all pieces of a sentence, one label at a time: (labels, pieces, pieces)."""
    states = model.encoder(torch.tensor([item.piece_ids]), output_hidden_states=True).hidden_states
    e_w, e_p = states[-2][0], states[-1][0]  # (pieces, width) each
    e_a = e_p[0] if model.context is None else torch.tanh(model.context(e_p[0]))  # (width,)
    e_b = e_w + e_a  # (pieces, width)
    num_labels, kernel = len(model.config.schema.label_names), model.config.kernel_rank or e_w.shape[1]
    matrices = []
    for label in range(num_labels):
        rows = slice(label * kernel, (label + 1) * kernel)
        head = e_b @ model.head_kernels.weight[rows].T + model.head_kernels.bias[rows]  # (pieces, kernel)
        tail = e_p @ model.tail_kernels.weight[rows].T + model.tail_kernels.bias[rows]  # (pieces, kernel)
        matrices.append(head @ tail.T / kernel**0.5)
    return torch.stack(matrices)


def make_random_pairs() -> list[Instance]:
    """Sentences of letters, which are one piece each, with mentions of one to four pieces and random labels."""
    generator = torch.Generator().manual_seed(3)
    pairs = []
    for sentence in range(6):
        sizes = torch.randint(1, 5, (5,), generator=generator).tolist()
        letters = [chr(97 + int(i)) for i in torch.randint(0, 26, (sum(sizes),), generator=generator)]
        text = f"{sentence} " + " ".join(letters)
        starts = [2 + 2 * sum(sizes[:index]) for index in range(5)]
        spans = [(start, start + 2 * size - 1) for start, size in zip(starts, sizes, strict=True)]
        names = [make_mention(start, end) for start, end in spans]
        for head, tail in [(0, 1), (1, 0), (0, 4), (3, 1)][: 1 + sentence % 4]:
            label = (NO_RELATION, "EFFECT", "INT")[int(torch.randint(0, 3, (1,), generator=generator))]
            pairs.append(Instance(f"{sentence}:{head}:{tail}", text, names[head], names[tail], label))
    return pairs


def make_mention(start: int, end: int) -> Mention:
    text = " " * start + "x" * (end - start)
    return find_mention(text, "x" * (end - start), "Drug")


@pytest.mark.parametrize("context", ["pooled", "cls"])
@pytest.mark.parametrize("kernel_rank", [None, 5])
def test_scores_and_loss_equal_those_of_the_dense_matrices(
    encoder: Encoder, context: str, kernel_rank: int | None
) -> None:
    model = make_model(encoder, context=context, kernel_rank=kernel_rank).eval()
    items = model.encode(make_random_pairs())
    probabilities, losses, num_cells = [], torch.zeros(()), torch.zeros(())
    for item in items:
        scores = dense_matrices(model, item)  # (labels, pieces, pieces)
        mask, gold = torch.zeros_like(scores), torch.zeros_like(scores)  # M of eq. 6, Y of eq. 7
        for (head, tail), row in zip(item.pairs, item.targets, strict=True):
            block = (slice(None), slice(*item.heads[head]), slice(*item.tails[tail]))
            mask[block], gold[block] = 1.0, row[1:, None, None].expand_as(gold[block])
            probabilities.append(scores.sigmoid()[block].mean((1, 2)))  # (labels,)
        cells = functional.binary_cross_entropy(scores.sigmoid(), gold, reduction="none")  # (labels, pieces, pieces)
        losses, num_cells = losses + (cells * mask).sum(), num_cells + mask[0].sum()
    batch = model.collate(items)
    assert torch.allclose(model(batch)[:, 1:].sigmoid(), torch.stack(probabilities), atol=1e-6)
    assert torch.allclose(model.loss(batch, 0.0), losses / num_cells, atol=1e-5)


def test_the_cells_of_a_pair_are_its_head_pieces_by_its_tail_pieces() -> None:
    # Heads in rows 1-2 and tails in columns 0-1 of a table with three columns, then one cell at row 4, column 2.
    cells, pairs = list_cells(torch.tensor([[1, 2, 0, 2], [4, 1, 2, 1]]), most_tails=3)
    assert cells.tolist() == [3, 4, 6, 7, 14]
    assert pairs.tolist() == [0, 0, 0, 0, 1]


def test_the_loss_is_a_mean_over_labelled_cells_and_a_sum_over_labels() -> None:
    # At score 0 every cell of every label costs log 2, whatever its target is.
    scores = torch.zeros(3, 2)
    targets = torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    log2 = torch.log(torch.tensor(2.0))
    for weights in (torch.ones(3), torch.tensor([0.25, 1.0, 1.0])):
        assert torch.allclose(masked_bce(scores, targets, weights), 2 * log2)


def test_cells_weigh_as_much_as_the_class_of_their_pair() -> None:
    # One related pair, whose cell is right, and three that are not, whose cells cost log 2 each.
    scores, targets = torch.tensor([[50.0], [0.0], [0.0], [0.0]]), torch.tensor([[0.0, 1.0], *[[1.0, 0.0]] * 3])
    log2 = torch.log(torch.tensor(2.0))
    assert torch.allclose(masked_bce(scores, targets, torch.tensor([1.0, 1.0])), 3 / 4 * log2)
    assert torch.allclose(masked_bce(scores, targets, torch.tensor([1 / 3, 1.0])), 1 / 2 * log2)
    both = torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    weighted = masked_bce(torch.tensor([[0.0, 0.0], [50.0, 50.0]]), both, torch.tensor([0.0, 1.0, 0.5]))
    assert torch.allclose(weighted, 2 * log2)  # the weight of a pair with two labels is the mean of theirs


def test_a_soft_label_is_best_met_by_its_own_probability() -> None:
    scores = torch.zeros(1, 1, requires_grad=True)
    masked_bce(scores, torch.tensor([[0.25, 0.75]]), torch.ones(2)).backward()
    assert scores.grad is not None
    assert scores.grad.item() == pytest.approx(0.5 - 0.75)


def test_pairs_without_a_label_add_nothing_to_the_loss(encoder: Encoder) -> None:
    model = make_model(encoder).eval()
    labelled = [make_pair(SHARED, "aspirin", "codeine", "EFFECT")]
    both = [*labelled, make_pair(SHARED, "aspirin", "ibuprofen")]
    with_unlabelled = model.loss(model.collate(model.encode(both)), 0.0)
    assert torch.allclose(with_unlabelled, model.loss(model.collate(model.encode(labelled)), 0.0))
    assert model.loss(model.collate(model.encode(both[1:])), 0.0).item() == 0.0


def test_given_soft_labels_replace_the_pairs_own(encoder: Encoder) -> None:
    pairs = make_pairs()[:2]
    (item,) = make_model(encoder).encode(pairs, {pairs[1].id: (0.5, 0.25, 0.25)})
    assert item.targets.tolist() == [[0.0, 1.0, 0.0], [0.5, 0.25, 0.25]]


def test_class_weights_follow_the_names_of_the_labels(encoder: Encoder) -> None:
    weights = {"INT": 0.5, NO_RELATION: 9.0}
    model = RednModel.create(encoder, RednConfig(schema=make_drug_schema()), seed=0, class_weights=weights)
    assert model.class_weights.tolist() == [9.0, 1.0, 0.5]


def test_a_mention_beyond_the_limit_leaves_out_its_own_pairs_only(encoder: Encoder) -> None:
    text = "aspirin caused codeine in severe ibuprofen ."
    near, far = make_pair(text, "aspirin", "codeine"), make_pair(text, "aspirin", "severe ibuprofen")
    # [CLS] and six pieces fit before [SEP]: "ibuprofen", piece 6, is the last that does.
    whole = make_model(encoder, max_pieces=8).encode([near, far])
    assert [item.instance_ids for item in whole] == [(near.id, far.id)]
    assert whole[0].tails == ((3, 4), (5, 7))
    (cut,) = make_model(encoder, max_pieces=7).encode([near, far])
    assert cut.instance_ids == (near.id,)
    assert cut.targets.shape == (1, 3)
    assert make_model(encoder, max_pieces=7).tokenizer.convert_ids_to_tokens(list(cut.piece_ids))[-2:] == [
        "severe",
        "[SEP]",
    ]
    assert make_model(encoder, max_pieces=7).encode([far]) == []


def test_a_sentence_as_long_as_the_encoder_is_read_and_a_longer_one_is_cut(encoder: Encoder) -> None:
    model = make_model(encoder, max_pieces=1000)
    for num_fillers in (59, 60, 200):
        text = "aspirin codeine " + "and " * num_fillers + "."
        (item,) = model.encode([make_pair(text, "aspirin", "codeine")])
        assert len(item.piece_ids) == 64
        assert model.score([item]).isfinite().all()


def test_overlapping_mentions_are_scored(encoder: Encoder) -> None:
    model = make_model(encoder)
    inside = make_pair(TWICE, "severe aspirin", "aspirin", "INT")
    (item,) = model.encode([inside, make_pair(TWICE, "codeine", "aspirin")])
    assert item.heads == ((1, 2), (3, 5))
    assert item.tails == ((4, 5),)
    scores = model.score([item])
    assert torch.allclose(scores[0], score_one(model, inside), atol=1e-5)


def test_each_mask_of_a_synthetic_sentence_is_one_piece(encoder: Encoder) -> None:
    model = make_model(encoder)
    (item,) = model.encode([make_pair("the ($DRUG_A$)-induced $DRUG_B$.", "$DRUG_A$", "$DRUG_B$", "EFFECT")])
    pieces = model.tokenizer.convert_ids_to_tokens(list(item.piece_ids))
    assert [pieces[slice(*item.heads[0])], pieces[slice(*item.tails[0])]] == [["$DRUG_A$"], ["$DRUG_B$"]]


def test_the_same_seed_gives_the_same_weights(encoder: Encoder) -> None:
    first, second = make_model(encoder), make_model(encoder)
    assert torch.equal(first.head_kernels.weight, second.head_kernels.weight)
    assert not torch.equal(first.head_kernels.weight, first.tail_kernels.weight)


def test_nothing_to_encode_gives_no_items(encoder: Encoder) -> None:
    model = make_model(encoder)
    assert model.encode([]) == []
    assert model.score([]).shape == (0, 3)
