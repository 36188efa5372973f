"""Train the joint model on gold documents; the shipped starter is built with this and nothing else."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.artifacts import hash_file
from core.domain import Document, Schema, Split
from core.ensemble.extraction import Extractor
from core.errors import NotEnoughDataError
from core.evaluation.protocols import gold_by_sentence, score_predictions
from core.evaluation.scores import Scores
from core.models.encoder import load_encoder, locate_encoder
from core.models.joint import JointModel
from core.models.joint_data import JointConfig, JointItem, make_item
from core.training.checkpoints import WEIGHTS_NAME, write_folder
from core.training.config import TrainingConfig
from core.training.trainer import Report, TrainingResult, Validation, pick_device, train
from core.workflows.documents.gold_documents import orient_relations
from core.workflows.pipelines import ignore_progress
from core.workflows.prediction.evaluate import score_found
from core.workflows.retraining.joint_decision import choose_decision

LOG_NAME = "training.json"
# Giorgi et al. 2019, app. A.2, but for the rate and epochs: a 22M-parameter encoder needs more of both.
STARTER_TRAINING = TrainingConfig(num_epochs=12, learning_rate=1.5e-4, batch_size=16, weight_decay=0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class JointRecipe:
    """Everything that decides the weights of a joint model, beside the documents.

    Args:
        encoder: Name or folder of the encoder to start from.
        training: Hyper-parameters.
        dropout: Dropout of the new layers, in [0, 1).
        word_dropout: Share of the pieces that training hides, in [0, 1).
        max_pieces: Longest sentence in pieces.
        has_teacher_forcing: Whether gold mentions are candidates too while training.
        has_nesting: Whether mentions of different types may lie in each other.
        num_relation_layers: Layers that pairs have to themselves, >= 0.
        has_context: Whether a pair is also scored by the words around its mentions.
        relation_weight: What the loss of relations weighs beside that of mentions.
        may_download: Whether a hub name may be fetched.
    """

    encoder: str
    training: TrainingConfig = STARTER_TRAINING
    dropout: float = 0.1
    word_dropout: float = 0.1
    max_pieces: int = 256
    has_teacher_forcing: bool = True
    has_nesting: bool = True
    num_relation_layers: int = 1
    has_context: bool = True
    relation_weight: float = 0.3
    may_download: bool = False


def train_joint(
    recipe: JointRecipe,
    schema: Schema,
    *,
    train_documents: Sequence[Document],
    dev_documents: Sequence[Document],
    test_documents: Sequence[Document] = (),
    out_path: Path,
    report: Report,
    device: str = "auto",
    checkpoints: Path | None = None,
) -> dict[str, Any]:
    """Train, keep the epoch with the best dev scores, choose temperature and threshold, write fp16 weights and a log.

    Args:
        recipe: Encoder and hyper-parameters.
        schema: Types and labels to learn.
        train_documents: Gold documents, split into sentences.
        dev_documents: Gold documents that choose epoch, temperature and threshold, and are scored.
        test_documents: Gold documents that are scored once, at the end.
        out_path: Folder of the model; replaced as a whole.
        report: Progress sink.
        device: "auto", "cpu" or "cuda".
        checkpoints: Folder in which a killed training finds how far it was; see `core.training.trainer.train`.

    Returns:
        Scores of the written fp16 weights on dev and test, by protocol, with data hashes and settings.

    Raises:
        NotEnoughDataError: The training or dev documents have no mention.
        EncoderNotFoundError: The encoder is not on this machine.
        TrainingDivergedError: The loss became NaN.
    """
    train_gold, dev_gold = orient_relations(train_documents, schema), orient_relations(dev_documents, schema)
    _require_mentions(train_gold, Split.TRAIN)
    _require_mentions(dev_gold, Split.DEV)
    model = make_model(recipe, schema)
    items = make_items(model, train_gold)

    def validate(_: object) -> Validation:
        scores = {name: score.micro.f1 for name, score in score_model(model, dev_gold).items()}
        return Validation(-(scores["mentions"] + scores["strict"]), scores)

    result = fit(model, items, recipe, validate=validate, report=report, device=device, checkpoints=checkpoints)
    choice = choose_decision(model, schema, dev_gold)
    write_folder(out_path, lambda path: model.save(path, is_half=True))
    summary = _summarise(recipe, result, train_documents, dev_documents) | _count_unread(train_gold, items) | choice
    summary |= _score_written(out_path, schema, dev_documents, test_documents, device=device)
    (out_path / LOG_NAME).write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return summary


def _score_written(
    path: Path, schema: Schema, dev: Sequence[Document], test: Sequence[Document], *, device: str
) -> dict[str, dict[str, Any]]:
    """Score the weights as written, in half precision, reading whole documents as every prediction does."""
    model = JointModel.load(path)
    model.to(pick_device(device))
    extractor = Extractor(schema, model, None)
    return {
        name: {
            protocol: scores.to_json()
            for protocol, scores in score_found(extractor, documents, report=ignore_progress).items()
        }
        for name, documents in (("dev_scores", dev), ("test_scores", test))
        if documents
    }


def _require_mentions(documents: Sequence[Document], split: Split) -> None:
    if not any(mention.state.is_gold for document in documents for mention in document.mentions):
        raise NotEnoughDataError(
            f"The {split} documents ({len(documents)}) have no gold mention; review some of their sentences first."
        )


def make_model(recipe: JointRecipe, schema: Schema) -> JointModel:
    """Return a new joint model of a schema on the recipe's encoder.

    Raises:
        EncoderNotFoundError: The encoder is not on this machine.
    """
    config = JointConfig.from_schema(
        schema,
        dropout=recipe.dropout,
        word_dropout=recipe.word_dropout,
        max_pieces=recipe.max_pieces,
        has_teacher_forcing=recipe.has_teacher_forcing,
        has_nesting=recipe.has_nesting,
        num_relation_layers=recipe.num_relation_layers,
        has_context=recipe.has_context,
        relation_weight=recipe.relation_weight,
    )
    encoder = load_encoder(recipe.encoder, may_download=recipe.may_download)
    return JointModel.create(encoder, config, seed=recipe.training.seed)


def fit(
    model: JointModel,
    items: Sequence[JointItem],
    recipe: JointRecipe,
    *,
    validate: Callable[[object], Validation],
    report: Report,
    device: str,
    checkpoints: Path | None,
) -> TrainingResult:
    """Train a joint model in place and leave it with its best epoch; see `core.training.trainer.train`."""
    return train(
        model,
        items,
        lengths=[len(item.encoded.piece_ids) for item in items],
        collate=model.collate,
        loss=lambda _, batch, epochs_done: model.loss(batch, epochs_done),
        config=recipe.training,
        validate=validate,
        report=report,
        device=pick_device(device),
        checkpoints=checkpoints,
    )


def make_items(model: JointModel, documents: Sequence[Document]) -> list[JointItem]:
    """Turn the sentences of gold documents into training items."""
    rows = [row for document in documents for row in gold_by_sentence(document)]
    encoded = model.encode([text for text, _, _ in rows])
    return [
        make_item(model.config, one, mentions, relations)
        for one, (_, mentions, relations) in zip(encoded, rows, strict=True)
    ]


def score_model(model: JointModel, documents: Sequence[Document]) -> dict[str, Scores]:
    """Score end-to-end predictions on gold documents under every extraction protocol, each sentence read alone.

    It chooses the epoch; what is shown of a finished model is read by the document.
    """
    texts = [sentence.span.text(document.text) for document in documents for sentence in document.sentences]
    found = iter(model.predict(texts))
    predictions = [[next(found) for _ in document.sentences] for document in documents]
    return score_predictions(documents, predictions, types=model.config.entity_types, labels=model.config.labels)


def _summarise(
    recipe: JointRecipe,
    result: TrainingResult,
    train_documents: Sequence[Document],
    dev_documents: Sequence[Document],
) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "training": asdict(recipe.training),
        "dropout": recipe.dropout,
        "max_pieces": recipe.max_pieces,
        "encoder_sha256": hash_weights(recipe.encoder),
        "train_hash": hash_documents(train_documents),
        "dev_hash": hash_documents(dev_documents),
        "num_train_documents": len(train_documents),
        "num_dev_documents": len(dev_documents),
        "best_epoch": result.best_epoch + 1,
        "precision": result.precision,
        "epochs": [epoch.to_json() for epoch in result.epochs],
        "versions": {"torch": version("torch"), "transformers": version("transformers")},
    }


def _count_unread(documents: Sequence[Document], items: Sequence[JointItem]) -> dict[str, int]:
    """Count gold that takes no part in training: what no sentence can hold, second labels, mentions without tags."""
    mentions = sum(mention.state.is_gold for document in documents for mention in document.mentions)
    relations = sum(relation.state.is_gold for document in documents for relation in document.relations)
    return {
        "num_unread_mentions": mentions - sum(len(item.mentions) for item in items),
        "num_unread_relations": relations - sum(len(item.relations) for item in items),
        "num_untagged_mentions": sum(item.num_untagged for item in items),
    }


def hash_weights(encoder: str) -> str:
    """Return the SHA-256 of an encoder's weights; empty where it is no folder with weights."""
    path = locate_encoder(encoder) / WEIGHTS_NAME
    return hash_file(path) if path.is_file() else ""


def hash_documents(documents: Sequence[Document]) -> str:
    """Return a SHA-256 of ids, texts and annotations."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(repr((document.id, document.text, document.mentions, document.relations)).encode())
    return digest.hexdigest()
