"""One joint model from several corpora: what it learns from, how an epoch is chosen, and the folders it leaves."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from core.artifacts import hash_file
from core.domain import Document, EntityType, Relation, RelationLabel, Schema, Sentence, Span, State
from core.models.joint import JointModel
from core.training.checkpoints import WEIGHTS_NAME
from core.training.config import TrainingConfig
from core.workflows.retraining.train_joint import LOG_NAME, JointRecipe
from core.workflows.starter_builds import gold_sets
from core.workflows.starter_builds import train_starter as workflow
from core.workflows.starter_builds.gold_sets import GoldSet, read_gold_sets
from core.workflows.starter_builds.pretrain_encoder import pretrain_encoder
from core.workflows.starter_builds.train_starter import Part, join_schemas, make_recipe, train_starter
from tests.builders import find_mention, ignore_progress, write_tiny_encoder
from tests.core.pretraining.pretraining_text import write_corpus

CHEMICAL, DISEASE, GENE = EntityType("Chemical"), EntityType("Disease"), EntityType("Gene")
CID = RelationLabel("CID", (("Chemical", "Disease"),))
CPR = RelationLabel("CPR:4", (("Chemical", "Gene"),))
DISEASES, GENES = Schema((CHEMICAL, DISEASE), (CID,)), Schema((CHEMICAL, GENE), (CPR,))
CAUSED, INHIBITED = "aspirin caused nausea .", "ibuprofen treated codeine ."


def make_document(number: int, text: str, head: str, tail: str, schema: Schema) -> Document:
    label = schema.relation_labels[0]
    mentions = tuple(
        replace(find_mention(text, word, name), state=State.ACCEPTED)
        for word, name in zip((head, tail), label.legal_types[0], strict=True)
    )
    relation = Relation(*mentions, label.name, state=State.ACCEPTED)
    return Document(f"d{number}", text, (Sentence(Span(0, len(text)), State.ACCEPTED),), mentions, (relation,))


@pytest.fixture
def sets() -> list[GoldSet]:
    diseases = tuple(make_document(n, CAUSED, "aspirin", "nausea", DISEASES) for n in range(6))
    genes = tuple(make_document(n, INHIBITED, "ibuprofen", "codeine", GENES) for n in range(6, 12))
    return [GoldSet("bc5cdr", DISEASES, diseases, diseases[:2]), GoldSet("chemprot", GENES, genes, genes[:2])]


def run(
    sets: list[GoldSet], tmp_path: Path, *, num_epochs: int = 1, num_members: int = 1, seed: int = 0
) -> dict[str, Any]:
    recipe = JointRecipe(
        encoder=str(write_tiny_encoder(tmp_path / "encoder")),
        training=TrainingConfig(num_epochs=num_epochs, batch_size=4, learning_rate=3e-3, seed=seed, precision="fp32"),
        dropout=0.0,
    )
    out_path = tmp_path / "out"
    return train_starter(recipe, sets, out_path=out_path, num_members=num_members, report=ignore_progress, device="cpu")


def test_it_learns_each_corpus_though_the_other_does_not_annotate_its_types(
    sets: list[GoldSet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus_of = {"Chemical": "chemprot", "Gene": "chemprot"}
    monkeypatch.setattr(workflow, "PARTS", {"genes": Part("starter-genes", corpus_of, ("CPR:4",))})
    summary = run(sets, tmp_path, num_epochs=40)
    best = summary["epochs"][0][summary["best_epochs"][0] - 1]
    assert (best["bc5cdr strict"], best["chemprot strict"]) == (1.0, 1.0)
    part = JointModel.load(tmp_path / "out" / "genes")
    (prediction,) = part.predict([INHIBITED])
    assert [relation.label for relation in prediction.relations] == ["CPR:4"]
    assert {mention.entity_type for mention in part.predict([CAUSED])[0].mentions} <= {"Chemical", "Gene"}


def test_the_log_names_every_corpus_with_its_hashes_and_the_scores_of_every_epoch(
    sets: list[GoldSet], tmp_path: Path
) -> None:
    summary = run(sets, tmp_path)
    log = json.loads((tmp_path / "out" / "biomedical" / LOG_NAME).read_text())
    assert log == json.loads(json.dumps(summary))
    assert [corpus["name"] for corpus in log["corpora"]] == ["bc5cdr", "chemprot"]
    assert log["corpora"][0]["train_hash"] != log["corpora"][1]["train_hash"]
    assert {"bc5cdr mentions", "chemprot strict"} <= log["epochs"][0][0].keys()


def test_each_part_has_a_card_with_the_scores_of_its_own_corpus(sets: list[GoldSet], tmp_path: Path) -> None:
    named = [replace(one, name=name) for one, name in zip(sets, ("bc5cdr", "chemprot"), strict=True)]
    summary = run(named, tmp_path, num_epochs=40)
    assert summary["part_scores"]["chemical_disease"]["bc5cdr"]["classification"]["micro"]["f1"] == 1.0
    card = (tmp_path / "out" / "chemical_disease" / "README.md").read_text()
    assert card.startswith("# starter-chemical-disease\n")
    assert "| relations, mention-pair classification (mentions given) | 1.000 | 1.000 | 1.000 |" in card
    assert "| types | Chemical and Disease as BC5CDR marks them |" in card
    own = JointModel.load(tmp_path / "out" / "chemical_disease").config
    decision = {"temperature": own.temperature, "threshold": own.threshold}
    assert summary["part_decisions"]["chemical_disease"] == decision
    assert "from a probability of {threshold:.2f} on, at temperature {temperature:.2f};".format(**decision) in card
    assert "ChemProt (6 abstracts)" in card and "development split of ChemProt" not in card
    whole = (tmp_path / "out" / "biomedical" / "README.md").read_text()
    assert "dare build-starter --corpora FOLDER_OF_THE_CORPORA" in whole and "--epochs 40" in whole
    assert summary["has_nesting"] and "a BIOES sequence for each entity type" in whole
    assert summary["num_relation_layers"] == 1 and "the encoder's last layer once more" in whole
    assert summary["word_dropout"] == 0.1 and "dropout 0, 10% of the pieces hidden, seed 0" in whole
    assert summary["has_context"] and "the words before, between and after them" in whole


def test_the_card_tells_what_the_encoder_read_before(sets: list[GoldSet], tmp_path: Path) -> None:
    encoder = write_tiny_encoder(tmp_path / "encoder", has_mask=True)
    training = TrainingConfig(learning_rate=1e-3, batch_size=8, precision="fp32")
    pretrain_encoder(
        [write_corpus(tmp_path / "text.txt")], encoder=str(encoder), out_path=tmp_path / "read",
        training=training, context=32, pieces=1_000, device="cpu",
    )  # fmt: skip
    recipe = JointRecipe(encoder=str(tmp_path / "read"), training=replace(training, num_epochs=1))
    train_starter(recipe, sets, out_path=tmp_path / "out", report=ignore_progress, device="cpu")
    card = (tmp_path / "out" / "biomedical" / "README.md").read_text()
    assert "| step 1 | all-MiniLM-L6-v2, masked-LM on 1," in card
    assert "dare pretrain-encoder --text text.txt --encoder FOLDER_OF_ALL_MINILM_L6_V2 --out step1" in card


def test_a_second_training_tells_of_the_first_whose_encoder_it_began_with(sets: list[GoldSet], tmp_path: Path) -> None:
    run(sets, tmp_path, num_epochs=2)
    first = tmp_path / "out" / "biomedical"
    recipe = JointRecipe(
        encoder=str(tmp_path / "out" / "chemical_disease"),
        training=TrainingConfig(num_epochs=1, batch_size=4, learning_rate=1e-3, precision="fp32"),
        relation_weight=1.0, word_dropout=0.0, num_relation_layers=0, has_nesting=False,
    )  # fmt: skip
    summary = train_starter(recipe, sets, out_path=tmp_path / "again", report=ignore_progress, device="cpu")
    assert summary["encoder_sha256"] == hash_file(first / WEIGHTS_NAME)
    assert summary["earlier"]["training"]["num_epochs"] == 2
    card = (tmp_path / "again" / "biomedical" / "README.md").read_text()
    assert "| step 1 | all-MiniLM-L6-v2 with new tag and pair layers, taught the corpora: 2 epochs" in card
    assert "| step 2 | the encoder of step 1 with new tag and pair layers, taught the corpora: 1 epochs" in card
    builds = [line for line in card.splitlines() if line.startswith("dare build-starter")]
    assert ["--out step1" in line for line in builds] == [True, False]
    assert builds[0].endswith("--relation-weight 0.3 --word-dropout 0.1 --relation-layers 1 --nesting")
    assert "--encoder step1/biomedical --out core/starter --epochs 1" in builds[1]
    assert builds[1].endswith("--relation-weight 1 --word-dropout 0 --relation-layers 0 --no-nesting")


def test_a_card_names_every_step_of_an_encoder_that_was_taught_between_two_readings(
    sets: list[GoldSet], tmp_path: Path
) -> None:
    encoder, text = write_tiny_encoder(tmp_path / "encoder", has_mask=True), write_corpus(tmp_path / "text.txt")
    training = TrainingConfig(num_epochs=1, learning_rate=1e-3, batch_size=8, precision="fp32")

    def read(source: Path, out: str) -> Path:
        pretrain_encoder(
            [text], encoder=str(source), out_path=tmp_path / out, training=training, context=32, pieces=500,
            device="cpu",
        )  # fmt: skip
        return tmp_path / out

    def teach(source: Path, out: str) -> Path:
        recipe = JointRecipe(encoder=str(source), training=training)
        train_starter(recipe, sets, out_path=tmp_path / out, report=ignore_progress, device="cpu")
        return tmp_path / out / "biomedical"

    last = teach(read(teach(read(encoder, "first"), "taught"), "again"), "last")
    card = (last / "README.md").read_text()
    facts = [line.split("|")[2].split(",")[0].strip() for line in card.splitlines() if line.startswith("| step ")]
    taught = "with new tag and pair layers"
    first, *others = (f"the encoder of step {number}" for number in (1, 2, 3))
    assert facts == ["all-MiniLM-L6-v2", f"{first} {taught}", others[0], f"{others[1]} {taught}"]
    commands = [line.split() for line in card.splitlines() if line.startswith("dare ")]
    assert [one[1] for one in commands] == ["pretrain-encoder", "build-starter", "pretrain-encoder", "build-starter"]
    used = [(one[one.index("--encoder") + 1], one[one.index("--out") + 1]) for one in commands]
    assert used == [
        ("FOLDER_OF_ALL_MINILM_L6_V2", "step1"),
        ("step1", "step2"),
        ("step2/biomedical", "step3"),
        ("step3", "core/starter"),
    ]


def test_the_mean_of_trainings_that_began_alike_is_written(sets: list[GoldSet], tmp_path: Path) -> None:
    summary = run(sets, tmp_path, num_members=2)
    weights = load_file(tmp_path / "out" / "biomedical" / WEIGHTS_NAME)
    assert len(summary["epochs"]) == 2 and summary["epochs"][0] != summary["epochs"][1]
    assert (
        summary["scores"]["bc5cdr mentions"]
        == summary["part_scores"]["chemical_disease"]["bc5cdr"]["mentions"]["micro"]["f1"]
    )
    card = (tmp_path / "out" / "biomedical" / "README.md").read_text()
    assert "1 epochs (best: 1 and 1)" in card and "the mean of the weights of 2 trainings" in card
    assert "--seed 0 --members 2 " in card
    alone = run(sets, tmp_path / "alone")
    assert alone["epochs"][0] == summary["epochs"][0]
    first = load_file(tmp_path / "alone" / "out" / "biomedical" / WEIGHTS_NAME)
    assert any(not torch.equal(first[name], tensor) for name, tensor in weights.items())


def test_a_recipe_is_the_usual_one_but_for_what_is_given() -> None:
    usual = make_recipe("bert", num_epochs=None, relation_weight=None)
    assert usual == JointRecipe(encoder="bert")
    recipe = make_recipe("bert", num_epochs=3, seed=5, relation_weight=1.0, has_nesting=False)
    assert (recipe.training.num_epochs, recipe.training.seed) == (3, 5)
    assert (recipe.relation_weight, recipe.has_nesting) == (1.0, False)
    assert recipe.training.learning_rate == usual.training.learning_rate


def test_parts_that_the_model_does_not_know_are_not_written(sets: list[GoldSet], tmp_path: Path) -> None:
    run(sets[:1], tmp_path)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["biomedical", "chemical_disease"]


def test_schemas_are_joined_without_repeats() -> None:
    joined = join_schemas([DISEASES, GENES, DISEASES])
    assert joined.type_names == ("Chemical", "Disease", "Gene")
    assert joined.label_names == ("CID", "CPR:4")


def test_a_dev_document_of_one_corpus_is_no_training_document_of_another(
    sets: list[GoldSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(sets[1], train=(*sets[1].train[2:], sets[0].dev[0]))
    found = {"one": replace(sets[0], train=sets[0].train[2:]), "two": other}
    monkeypatch.setattr(gold_sets, "_read_gold_set", lambda name, _: found[name])
    kept = read_gold_sets(Path("anywhere"), ["one", "two"])
    # The six documents of a set have one text, so that only ids tell them apart within it.
    assert [one.num_left_out for one in kept] == [4, 5]
