"""The syntax GCN: shape, direction, learning, files, padding, its graph, and its equations against plain loops."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from core.domain import NO_RELATION, Instance
from core.errors import ParserNotFoundError
from core.models.encoder import Encoder
from core.models.syntax_gcn import SyntaxGcnModel
from core.models.syntax_gcn_data import SyntaxGcnBatch, SyntaxGcnConfig
from core.nlp.alignment import split_words
from core.nlp.dependency import Parse
from core.training.config import TrainingConfig
from core.training.trainer import train
from tests.builders import find_mention, load_tiny_encoder, make_drug_schema, make_instance, make_schema

POSITIVE = [
    "aspirin caused nausea .",
    "codeine induced rash .",
    "ibuprofen caused severe headache .",
    "the aspirin induced severe fever .",
]
NEGATIVE = [
    "aspirin treated headache .",
    "codeine relieved cough .",
    "ibuprofen treated mild fever .",
    "the codeine relieved mild nausea .",
]


class FirstVerbParser:
    """Hangs every word on the first verb it knows, and a verb-less sentence on its first word."""

    name = "first-verb"
    version = "1"

    def __init__(self) -> None:
        self.texts: list[str] = []

    def parse(self, texts: Sequence[str]) -> list[Parse]:
        self.texts += texts
        parses = []
        for text in texts:
            tokens = split_words(text)
            names = [token.text(text) for token in tokens]
            verbs = {"caused", "induced", "treated", "relieved"}
            root = next((index for index, name in enumerate(names) if name in verbs), 0)
            parses.append(Parse(tuple(tokens), (root,) * len(tokens)))
        return parses


class FixedParser(FirstVerbParser):
    """Gives every sentence the same heads."""

    def __init__(self, heads: Sequence[int]) -> None:
        super().__init__()
        self.heads = tuple(heads)

    def parse(self, texts: Sequence[str]) -> list[Parse]:
        return [Parse(tuple(split_words(text)), self.heads) for text in texts]


def make_items() -> list[Instance]:
    rows = [(text, "CID") for text in POSITIVE] + [(text, NO_RELATION) for text in NEGATIVE]
    return [make_instance(text, text.removeprefix("the ").split()[0], text.split()[-2], label) for text, label in rows]


@pytest.fixture
def encoder(tmp_path: Path) -> Encoder:
    return load_tiny_encoder(tmp_path / "encoder")


def make_model(encoder: Encoder, parser: FirstVerbParser | None = None, **options: object) -> SyntaxGcnModel:
    options = {"hidden_width": 16, "position_width": 4, **options}
    config = SyntaxGcnConfig(schema=make_schema(), **options)  # type: ignore[arg-type]
    return SyntaxGcnModel.create(encoder, config, seed=0, parser=parser or FirstVerbParser())


def node_names(model: SyntaxGcnModel, instance: Instance) -> list[str]:
    """Return the first piece of every node."""
    (item,) = model.encode([instance])
    pieces: list[str] = model.tokenizer.convert_ids_to_tokens(list(item.piece_ids))
    return [pieces[index] for index in item.graph.first_pieces]


def test_there_is_one_logit_for_each_class_no_relation_first(encoder: Encoder) -> None:
    model = make_model(encoder)
    assert model.config.classes == (NO_RELATION, "CID")
    assert model.score(model.encode(make_items())).shape == (8, 2)


def test_the_batch_has_the_shapes_it_states(encoder: Encoder) -> None:
    model = make_model(encoder)
    batch = model.collate(model.encode(make_items()[1:3]))
    assert batch.piece_ids.shape == batch.attention_mask.shape == (2, 7)
    assert batch.first_pieces.shape == batch.is_node.shape == (2, 5)
    assert batch.adjacency.shape == (2, 5, 5)
    assert batch.is_node.sum(1).tolist() == [4, 5]
    assert batch.head_nodes.tolist() == [0, 0] and batch.tail_nodes.tolist() == [2, 3]
    assert batch.targets.tolist() == [[0, 1], [0, 1]]


def test_swapping_head_and_tail_changes_the_score(encoder: Encoder) -> None:
    config = SyntaxGcnConfig(schema=make_drug_schema())
    model = SyntaxGcnModel.create(encoder, config, seed=0, parser=FirstVerbParser())
    text = "aspirin induced codeine ."
    aspirin, codeine = find_mention(text, "aspirin", "Drug"), find_mention(text, "codeine", "Drug")
    logits = model.score(model.encode([Instance("a", text, aspirin, codeine), Instance("b", text, codeine, aspirin)]))
    assert not torch.allclose(logits[0], logits[1])


@pytest.mark.parametrize("options", [{}, {"loss": "cross_entropy", "has_auxiliary": False}])
def test_it_learns_eight_instances_by_heart(encoder: Encoder, options: dict[str, object]) -> None:
    model = make_model(encoder, dropout=0.0, **options)
    items = model.encode(make_items())
    config = TrainingConfig(num_epochs=40, learning_rate=3e-3, batch_size=8, precision="fp32")
    train(
        model, items, lengths=[len(item.piece_ids) for item in items], collate=model.collate,
        loss=lambda _, batch, epochs: model.loss(batch, epochs), config=config, device=torch.device("cpu"),
    )  # fmt: skip
    assert model.score(items).argmax(-1).tolist() == [1] * 4 + [0] * 4


def test_a_saved_model_gives_equal_scores_after_loading(encoder: Encoder, tmp_path: Path) -> None:
    model = make_model(encoder)
    before = model.score(model.encode(make_items()))
    (tmp_path / "saved").mkdir()
    model.save(tmp_path / "saved")
    loaded = SyntaxGcnModel.load(tmp_path / "saved", parser=FirstVerbParser())
    assert loaded.config == model.config
    assert loaded.config.parser == "first-verb 1"
    assert torch.equal(loaded.score(loaded.encode(make_items())), before)


def test_padding_and_order_do_not_change_scores(encoder: Encoder) -> None:
    model = make_model(encoder)
    items = model.encode(make_items())
    together = model.score(items)
    alone = torch.cat([model.score([item]) for item in items])
    backwards = model.score(items[::-1]).flip(0)
    assert torch.allclose(together, alone, atol=1e-5)
    assert torch.allclose(together, backwards, atol=1e-5)


def score_by_loops(model: SyntaxGcnModel, batch: SyntaxGcnBatch, edges: Sequence[tuple[int, int]]) -> Tensor:
    """Compute the paper's equations for one sentence of five nodes, node by node."""
    num_nodes, limit = 5, model.config.max_distance
    states = model.encoder(batch.piece_ids, attention_mask=batch.attention_mask).last_hidden_state[0]
    head, tail = int(batch.head_nodes[0]), int(batch.tail_nodes[0])
    nodes = []
    for i in range(num_nodes):
        to_head = model.head_distance(torch.tensor(i - head + limit))
        to_tail = model.tail_distance(torch.tensor(i - tail + limit))
        nodes.append(torch.cat([states[int(batch.first_pieces[0, i])], to_head, to_tail]))
    for layer in model.layers:
        after = []
        for i in range(num_nodes):
            neighbours = [j for j in range(num_nodes) if i == j or (i, j) in edges or (j, i) in edges]
            total = sum((layer.weight @ nodes[j] / len(neighbours) for j in neighbours), torch.zeros(16))
            after.append(torch.relu(total + layer.bias))
        nodes = after
    weights = [math.exp(float(model.attention.weight[0] @ torch.tanh(node))) for node in nodes]
    pooled = sum((weight / sum(weights) * node for weight, node in zip(weights, nodes, strict=True)), torch.zeros(16))
    represented = torch.cat([pooled, nodes[head], nodes[tail]])
    return model.output.weight @ represented + model.output.bias


@torch.inference_mode()
def test_it_equals_plain_loops_on_a_graph_of_five_nodes(encoder: Encoder) -> None:
    model = make_model(encoder, FixedParser([1, 1, 3, 1, 1])).eval()
    items = model.encode([make_instance("aspirin caused severe nausea .", "aspirin", "nausea", "CID")])
    assert items[0].graph.edges == ((0, 1), (1, 3), (1, 4), (2, 3))
    batch = model.collate(items)
    expected = score_by_loops(model, batch, items[0].graph.edges)
    assert torch.allclose(model(batch)[0], expected, atol=1e-5)


def test_the_tree_matters(encoder: Encoder) -> None:
    instance = make_instance("aspirin caused severe nausea .", "aspirin", "nausea", "CID")
    model = make_model(encoder, FixedParser([1, 1, 3, 1, 1]))
    before = model.score(model.encode([instance]))
    model.parser = FixedParser([1, 2, 2, 2, 3])
    assert not torch.allclose(model.score(model.encode([instance])), before)


def test_a_mention_of_several_words_is_one_node_with_the_edges_of_all(encoder: Encoder) -> None:
    text = "the aspirin and codeine caused severe headache ."
    instance = make_instance(text, "aspirin and codeine", "severe headache", "CID")
    model = make_model(encoder)
    (item,) = model.encode([instance])
    assert node_names(model, instance) == ["the", "$CHEMICAL$", "caused", "$DISEASE$", "."]
    assert item.graph.edges == ((0, 2), (1, 2), (2, 3), (2, 4))
    assert (item.graph.head_node, item.graph.tail_node) == (1, 3)


def test_a_tail_before_the_head_keeps_its_place(encoder: Encoder) -> None:
    instance = make_instance("severe nausea followed aspirin in patients .", "aspirin", "severe nausea", "CID")
    model = make_model(encoder)
    (item,) = model.encode([instance])
    assert node_names(model, instance) == ["$DISEASE$", "f", "$CHEMICAL$", "in", "patients", "."]
    assert (item.graph.head_node, item.graph.tail_node) == (2, 0)


def test_a_long_sentence_is_cut_to_a_window_and_its_graph_with_it(encoder: Encoder) -> None:
    text = "the " * 80 + "aspirin caused nausea " + "and " * 80
    instance = make_instance(text, "aspirin", "nausea", "CID")
    model = make_model(encoder, max_pieces=16)
    (item,) = model.encode([instance])
    names = node_names(model, instance)
    assert len(item.piece_ids) == 16 and len(names) == 14
    assert names[item.graph.head_node] == "$CHEMICAL$" and names[item.graph.tail_node] == "$DISEASE$"
    verb = names.index("caused")
    assert len(item.graph.edges) == 13 and all(verb in edge for edge in item.graph.edges)


def test_masks_too_far_apart_and_overlapping_mentions_are_left_out(encoder: Encoder) -> None:
    model = make_model(encoder, max_pieces=16)
    far = make_instance("aspirin " + "and " * 40 + "nausea .", "aspirin", "nausea", "CID")
    overlapping = make_instance("aspirin nausea .", "aspirin nausea", "nausea", "CID")
    assert model.encode([far, overlapping]) == []


def test_a_sentence_is_parsed_once_for_all_its_pairs(encoder: Encoder) -> None:
    parser = FirstVerbParser()
    text = "aspirin caused nausea and fever ."
    pairs = [make_instance(text, "aspirin", name, "CID", instance_id=name) for name in ("nausea", "fever")]
    assert len(make_model(encoder, parser).encode(pairs)) == 2
    assert parser.texts == [text]


def test_without_a_parser_it_scores_but_cannot_encode(encoder: Encoder, tmp_path: Path) -> None:
    model = make_model(encoder)
    items = model.encode(make_items())
    (tmp_path / "saved").mkdir()
    model.save(tmp_path / "saved")
    loaded = SyntaxGcnModel.load(tmp_path / "saved")
    assert torch.equal(loaded.score(items), model.score(items))
    assert loaded.loss(loaded.collate(items), 0.0).ndim == 0
    with pytest.raises(ParserNotFoundError, match="no parser; load it with one .trained with: first-verb 1."):
        loaded.encode(make_items())


def test_soft_labels_replace_the_labels(encoder: Encoder) -> None:
    instance = make_items()[0]
    (item,) = make_model(encoder).encode([instance], {instance.id: (0.25, 0.75)})
    assert item.targets.tolist() == [[0.25, 0.75]]


@torch.inference_mode()
def test_a_second_head_adds_its_loss(encoder: Encoder) -> None:
    model = make_model(encoder).eval()
    batch = model.collate(model.encode(make_items()))
    assert model.auxiliary is not None
    with_both = float(model.loss(batch, 0.0))
    torch.nn.init.zeros_(model.auxiliary.weight)
    torch.nn.init.zeros_(model.auxiliary.bias)
    # An undecided second head has p = 1/2 everywhere: (1 - p) * -log p.
    undecided = float(model.loss(batch, 0.0))
    model.auxiliary = None
    assert undecided == pytest.approx(float(model.loss(batch, 0.0)) + 0.5 * math.log(2), abs=1e-5)
    assert with_both != pytest.approx(undecided)


def test_another_parser_than_that_of_the_training_is_named_in_one_warning(
    encoder: Encoder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trained, given = FirstVerbParser(), FirstVerbParser()
    given.version = "2"
    make_model(encoder, trained).save(tmp_path)
    SyntaxGcnModel.load(tmp_path, parser=trained)
    assert not caplog.messages
    for _ in range(2):
        SyntaxGcnModel.load(tmp_path, parser=given)
    (message,) = caplog.messages
    assert "trained on trees of the parser 'first-verb 1'" in message and "'first-verb 2'" in message
