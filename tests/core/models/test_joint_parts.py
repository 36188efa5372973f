"""A joint model of several corpora: what one does not annotate teaches nothing, and a part of it is a model."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.domain import EntityType, RelationLabel, Schema
from core.errors import ModelError
from core.models.encoder import load_encoder
from core.models.joint import JointModel
from core.models.joint_data import JointConfig, JointItem, JointScope, make_item
from core.models.joint_mentions import make_table
from core.training.checkpoints import CONFIG_NAME, WEIGHTS_OF, find_weights_folder, save_config
from tests.builders import find_mention, load_tiny_encoder

SCHEMA = Schema(
    (EntityType("Chemical"), EntityType("Disease"), EntityType("Gene")),
    (RelationLabel("CID", (("Chemical", "Disease"),)), RelationLabel("CPR:4", (("Chemical", "Gene"),))),
)
TEXT = "aspirin caused severe nausea and rash in two patients ."
DISEASES = JointScope(("Chemical", "Disease"), ("CID",))


@pytest.fixture(params=[True, False], ids=["nesting", "paper"])
def model(tmp_path: Path, request: pytest.FixtureRequest) -> JointModel:
    torch.manual_seed(0)
    config = JointConfig.from_schema(SCHEMA, dropout=0.0, has_nesting=request.param)
    return JointModel(load_tiny_encoder(tmp_path / "encoder"), config).eval()


def make_scoped(model: JointModel, scope: JointScope | None) -> JointItem:
    head, tail = find_mention(TEXT, "aspirin", "Chemical"), find_mention(TEXT, "nausea", "Disease")
    return replace(make_item(model.config, model.encode([TEXT])[0], [head, tail], []), scope=scope)


def list_tags(model: JointModel) -> list[str]:
    return [tag for layer in model.config.layers for tag in layer]


@pytest.mark.parametrize("has_nesting", [True, False])
def test_tags_and_labels_outside_the_scope_are_unknown(has_nesting: bool) -> None:  # noqa: FBT001
    config = JointConfig.from_schema(SCHEMA, has_nesting=has_nesting)
    unknown = [
        tag
        for tags, flags in zip(config.layers, DISEASES.unknown_tags(config), strict=True)
        for tag, is_unknown in zip(tags, flags, strict=True)
        if is_unknown
    ]
    assert unknown == ["B-Gene", "I-Gene", "E-Gene", "S-Gene"]
    assert DISEASES.unknown_classes(config) == [False, False, True]


def test_what_a_corpus_does_not_annotate_gets_no_gradient(model: JointModel) -> None:
    model.loss(model.collate([make_scoped(model, DISEASES)]), 1.0).backward()
    genes = [index for index, tag in enumerate(list_tags(model)) if tag.endswith("Gene")]
    gradient = model.tag_layer.weight.grad
    assert gradient is not None and torch.equal(gradient[genes], torch.zeros_like(gradient[genes]))
    assert gradient[1:9].abs().sum() > 0
    label = model.linear.weight.grad
    assert label is not None and label[2].abs().sum() == 0 and label[1].abs().sum() > 0


def test_without_a_scope_an_unmarked_type_is_absent_and_teaches_so(model: JointModel) -> None:
    model.loss(model.collate([make_scoped(model, None)]), 1.0).backward()
    genes = [index for index, tag in enumerate(list_tags(model)) if tag.endswith("Gene")]
    gradient = model.tag_layer.weight.grad
    assert gradient is not None and gradient[genes].abs().sum() > 0


def test_sentences_of_two_corpora_learn_in_one_batch_as_they_do_alone(model: JointModel) -> None:
    items = [make_scoped(model, DISEASES), make_scoped(model, None)]
    alone = [model.loss(model.collate([item]), 0.0).item() for item in items]
    assert model.loss(model.collate(items), 0.0).item() == pytest.approx(sum(alone) / 2, rel=1e-5)


def test_sentences_without_annotated_labels_take_nothing_from_what_the_others_teach(model: JointModel) -> None:
    bare = make_scoped(model, JointScope(("Chemical", "Disease"), ()))

    def pair_loss(*items: JointItem) -> float:
        batch = model.collate(items)
        return (model.loss(batch, 1.0) - model.loss(batch, 0.0)).item()

    alone = pair_loss(make_scoped(model, None))
    assert alone > 0
    assert pair_loss(make_scoped(model, None), bare, bare) == pytest.approx(alone, rel=1e-4)
    assert pair_loss(bare) == 0.0


def test_a_part_knows_its_types_and_labels_and_scores_them_as_the_whole_does(model: JointModel) -> None:
    part = model.restrict(["Gene", "Chemical"], ["CPR:4"])
    assert part.config.entity_types == ("Chemical", "Gene")
    assert part.config.labels == ("CPR:4",)
    assert [one.legal_types for one in part.config.relation_labels] == [(("Chemical", "Gene"),)]
    batch = model.collate([make_scoped(model, None)])
    with torch.inference_mode():
        whole, own = model.tag_words(batch)[1], part.tag_words(batch)[1]
    kept = [index for index, tag in enumerate(list_tags(model)) if not tag.endswith("Disease")]
    kept = [index for index in kept if not model.config.has_nesting or index // 5 != 1]  # "O" of diseases
    torch.testing.assert_close(own.flatten(2), whole.flatten(2)[..., kept])


def test_a_part_scores_pairs_as_the_whole_does(model: JointModel) -> None:
    part = model.restrict(["Chemical", "Gene"], ["CPR:4"])
    words = torch.randn(1, 5, model.tag_layer.in_features)
    tags = ["S-Chemical", "O", "O", "S-Gene", "O"]
    in_whole, in_part = (
        torch.tensor([[[names.index(tag) if tag in names else 0 for names in one.config.layers] for tag in tags]])
        for one in (model, part)
    )
    assert not torch.equal(in_whole, in_part)
    pairs = torch.tensor([[0, 1]])
    of_whole, of_part = (
        make_table([(0, 0, 1, 0), (0, 3, 4, gene)], [5], device=torch.device("cpu")) for gene in (2, 1)
    )
    with torch.inference_mode():
        whole = model.score_pairs(words, in_whole, of_whole, pairs)
        own = part.score_pairs(words, in_part, of_part, pairs)
    torch.testing.assert_close(own, whole[:, [0, 2]])


def test_a_part_reads_marked_words_as_the_whole_does(model: JointModel) -> None:
    part = model.restrict(["Chemical", "Disease"], ["CID"])
    batches = [one.collate([make_scoped(one, None)]) for one in (model, part)]
    with torch.inference_mode():
        model.relation_layers.marks.weight.normal_()
        part = model.restrict(["Chemical", "Disease"], ["CID"])
        words = [
            one.mark_words(batch, one.tag_words(batch)[0], batch.tag_ids, torch.tensor([0]))
            for one, batch in zip((model, part), batches, strict=True)
        ]
        states = model.tag_words(batches[0])[0]
        unmarked = model.mark_words(batches[0], states, torch.zeros_like(batches[0].tag_ids), torch.tensor([0]))
    torch.testing.assert_close(words[1], words[0])
    assert not torch.allclose(words[0], unmarked)


def test_a_part_without_labels_finds_mentions_only(model: JointModel) -> None:
    part = model.restrict(["Chemical", "Disease", "Gene"], [])
    assert part.config.relation_labels == ()
    assert all(not prediction.relations for prediction in part.predict([TEXT], threshold=0.0))


def test_a_part_without_types_is_refused(model: JointModel) -> None:
    with pytest.raises(ModelError, match="needs an entity type"):
        model.restrict([], [])


def test_a_part_of_what_is_not_known_is_refused(model: JointModel) -> None:
    with pytest.raises(ModelError, match="knows no CellLine, INT"):
        model.restrict(["Chemical", "CellLine"], ["INT"])


def test_a_folder_of_a_part_takes_weights_and_encoder_from_the_folder_beside_it(
    model: JointModel, tmp_path: Path
) -> None:
    for name in ("whole", "part"):
        (tmp_path / name).mkdir()
    model.save(tmp_path / "whole")
    model.save_part(tmp_path / "part", weights_of="whole", entity_types=["Chemical", "Disease"], labels=["CID"])
    assert [path.name for path in (tmp_path / "part").iterdir()] == [CONFIG_NAME]
    loaded = JointModel.load(tmp_path / "part")
    assert loaded.config.entity_types == ("Chemical", "Disease")
    expected = model.restrict(["Chemical", "Disease"], ["CID"])
    assert loaded.predict([TEXT], threshold=0.0) == expected.predict([TEXT], threshold=0.0)
    torch.testing.assert_close(
        load_encoder(str(tmp_path / "part")).vectors, load_encoder(str(tmp_path / "whole")).vectors
    )


def test_a_part_may_call_types_by_other_names(model: JointModel, tmp_path: Path) -> None:
    for name in ("whole", "part"):
        (tmp_path / name).mkdir()
    model.save(tmp_path / "whole")
    known_as = {"Drug": "Chemical", "Illness": "Disease"}
    model.save_part(
        tmp_path / "part", weights_of="whole", entity_types=["Drug", "Illness"], labels=["CID"], known_as=known_as
    )
    part = JointModel.load(tmp_path / "part")
    assert part.config.entity_types == ("Drug", "Illness")
    assert [one.legal_types for one in part.config.relation_labels] == [(("Drug", "Illness"),)]
    expected = model.restrict(["Chemical", "Disease"], ["CID"]).predict([TEXT], threshold=0.0)[0]
    found = part.predict([TEXT], threshold=0.0)[0]
    assert [(one.span, known_as[one.entity_type], one.score) for one in found.mentions] == [
        (one.span, one.entity_type, one.score) for one in expected.mentions
    ]
    assert len(found.relations) == len(expected.relations)


def test_a_part_decides_by_what_is_its_own_and_as_the_whole_where_nothing_was_written(
    model: JointModel, tmp_path: Path
) -> None:
    for name in ("whole", "part", "other"):
        (tmp_path / name).mkdir()
    model.decide(temperature=1.5, threshold=0.7)
    model.save(tmp_path / "whole")
    names = {"entity_types": ["Chemical", "Disease"], "labels": ["CID"]}
    model.save_part(tmp_path / "part", weights_of="whole", temperature=2.0, threshold=0.3, **names)
    save_config(tmp_path / "other", {"architecture": "joint", WEIGHTS_OF: "whole", **names})
    loaded = [JointModel.load(tmp_path / name).config for name in ("whole", "part", "other")]
    assert [(one.temperature, one.threshold) for one in loaded] == [(1.5, 0.7), (2.0, 0.3), (1.5, 0.7)]


@pytest.mark.parametrize("name", ["../whole", "nothing", "/etc"])
def test_weights_are_looked_for_beside_the_folder_only(model: JointModel, tmp_path: Path, name: str) -> None:
    (tmp_path / "part").mkdir()
    model.save_part(tmp_path / "part", weights_of=name, entity_types=["Chemical"], labels=[])
    with pytest.raises(ModelError, match="no such model lies beside"):
        find_weights_folder(tmp_path / "part")
