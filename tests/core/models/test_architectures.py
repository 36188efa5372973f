"""Every pair classifier by name: made, trained, read back in a fresh process, the same for the same seed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.domain import NO_RELATION, Instance, SentencePrediction
from core.errors import ModelError, ParserNotFoundError
from core.models.architectures import ARCHITECTURES, create_classifier, load_classifier
from core.models.classifier import Classifier, join_ids, join_targets
from core.models.joint import JointModel
from core.models.joint_data import JointConfig
from core.nlp.alignment import split_words
from core.nlp.dependency import Parse, Parser
from core.training.config import Precision, TrainingConfig
from core.training.trainer import train
from tests.builders import find_no_parser, load_tiny_encoder, make_instance, make_schema

TEXTS = {
    "aspirin caused nausea .": "CID",
    "codeine treated mild cough .": NO_RELATION,
    "ibuprofen induced rash .": "CID",
}
CPU = torch.device("cpu")
SCORE_AGAIN = """
import json, sys
from pathlib import Path
from core.models.architectures import load_classifier
from core.models.joint import JointModel
from tests.core.models.test_architectures import TEXTS, make_instances, get_chain_parser, say_found
scores = {"joint": say_found(JointModel.load(Path(sys.argv[1]) / "joint").predict(list(TEXTS), threshold=0.0))}
for name in sys.argv[2:]:
    model = load_classifier(Path(sys.argv[1]) / name, get_parser=get_chain_parser)
    scores[name] = model.score(model.encode(make_instances())).tolist()
print(json.dumps(scores))
"""


class ChainParser:
    """Hangs every word on the one before it."""

    name, version = "chain", "1"

    def parse(self, texts: list[str]) -> list[Parse]:
        return [_chain(text) for text in texts]


def _chain(text: str) -> Parse:
    words = split_words(text)
    return Parse(tuple(words), tuple(max(0, index - 1) for index in range(len(words))))


def get_chain_parser() -> Parser:
    return ChainParser()


def make_instances() -> list[Instance]:
    return [make_instance(text, text.split()[0], text.split()[-2], label) for text, label in TEXTS.items()]


def make_model(path: Path, architecture: str, *, seed: int = 0) -> Classifier:
    return create_classifier(
        architecture, load_tiny_encoder(path / "encoder"), make_schema(),
        options={}, seed=seed, class_weights=None, get_parser=get_chain_parser,
    )  # fmt: skip


def train_model(path: Path, architecture: str, *, seed: int = 0, precision: Precision = "fp32") -> list[list[float]]:
    model = make_model(path, architecture, seed=seed)
    items = model.encode(make_instances())
    config = TrainingConfig(num_epochs=2, learning_rate=1e-3, batch_size=2, precision=precision, seed=seed)
    train(
        model, items, lengths=[len(item.piece_ids) for item in items], collate=model.collate,
        loss=lambda _, batch, epochs_done: model.loss(batch, epochs_done), config=config, device=CPU,
    )  # fmt: skip
    scores: list[list[float]] = model.score(items).tolist()
    return scores


def say_found(predictions: list[SentencePrediction]) -> list[list[object]]:
    """Return spans, types and rounded scores of what a joint model found, as JSON gives them back."""
    return [
        [[m.span.start, m.span.end, m.entity_type, round(m.score or 0.0, 5)] for m in one.mentions]
        + [[r.head.span.start, r.tail.span.start, r.label, round(r.score or 0.0, 5)] for r in one.relations]
        for one in predictions
    ]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_items_answer_for_all_instances_in_the_order_of_their_scores(tmp_path: Path, architecture: str) -> None:
    model = make_model(tmp_path, architecture)
    items = model.encode(make_instances())
    assert sorted(join_ids(items)) == sorted(TEXTS)
    assert join_targets(items, num_classes=2).shape == model.score(items).shape == (3, 2)
    assert join_targets([], num_classes=2).shape == model.score([]).shape == (0, 2)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_run_repeated_with_the_same_seed_gives_identical_scores(tmp_path: Path, architecture: str) -> None:
    first, again, other = (
        train_model(tmp_path / name, architecture, seed=seed) for name, seed in zip("abc", (3, 3, 4), strict=True)
    )
    assert first == again != other


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_half_precision_trains_and_scores_like_single_precision(tmp_path: Path, architecture: str) -> None:
    single = train_model(tmp_path / "single", architecture, precision="fp32")
    half = train_model(tmp_path / "half", architecture, precision="bf16")
    assert torch.allclose(torch.tensor(half), torch.tensor(single), atol=0.1)
    assert half != single


def test_saved_models_give_equal_scores_in_a_fresh_process(tmp_path: Path) -> None:
    before = {}
    for architecture in ARCHITECTURES:
        model = make_model(tmp_path / architecture, architecture)
        (tmp_path / "saved" / architecture).mkdir(parents=True)
        model.save(tmp_path / "saved" / architecture)
        before[architecture] = model.score(model.encode(make_instances()))
    joint = JointModel.create(load_tiny_encoder(tmp_path / "encoder"), JointConfig.from_schema(make_schema()), seed=0)
    (tmp_path / "saved" / "joint").mkdir()
    joint.save(tmp_path / "saved" / "joint")
    found = say_found(joint.predict(list(TEXTS), threshold=0.0))
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", SCORE_AGAIN, str(tmp_path / "saved"), *ARCHITECTURES]
    output = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=300).stdout
    after = json.loads(output)
    assert after.pop("joint") == found
    for architecture, scores in after.items():
        assert torch.allclose(torch.tensor(scores), before[architecture], atol=1e-6)


def test_an_unknown_architecture_or_option_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No pair classifier 'lstm'; known: cls, redn, syntax_gcn"):
        make_model(tmp_path, "lstm")
    with pytest.raises(ModelError, match="'redn' does not take these options: .*marking"):
        create_classifier(
            "redn", load_tiny_encoder(tmp_path / "x"), make_schema(),
            options={"marking": "masks"}, seed=0, class_weights=None, get_parser=find_no_parser,
        )  # fmt: skip


def test_only_the_architecture_that_reads_parses_needs_a_parser(tmp_path: Path) -> None:
    make_model(tmp_path, "syntax_gcn").save(tmp_path / "encoder")
    with pytest.raises(ParserNotFoundError):
        load_classifier(tmp_path / "encoder", get_parser=find_no_parser)
    make_model(tmp_path / "cls", "cls").save(tmp_path / "cls")
    assert load_classifier(tmp_path / "cls", get_parser=find_no_parser).is_multilabel is False
