"""The pair classifiers by name: how one is made, and how one is read back."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.domain import Schema
from core.errors import ModelError
from core.models.classifier import Classifier
from core.models.cls import ClsConfig, ClsModel
from core.models.encoder import Encoder
from core.models.redn import RednConfig, RednModel
from core.models.syntax_gcn import SyntaxGcnModel
from core.models.syntax_gcn_data import SyntaxGcnConfig
from core.nlp.dependency import Parser
from core.training.checkpoints import load_config

GetParser = Callable[[], Parser]
"""Loads the dependency parser; called only by architectures that read parses."""

ARCHITECTURES: dict[str, tuple[type[Any], type[Classifier]]] = {
    "cls": (ClsConfig, ClsModel),
    "redn": (RednConfig, RednModel),
    "syntax_gcn": (SyntaxGcnConfig, SyntaxGcnModel),
}


def create_classifier(
    architecture: str,
    encoder: Encoder,
    schema: Schema,
    *,
    options: Mapping[str, Any],
    seed: int,
    class_weights: Mapping[str, float] | None,
    get_parser: GetParser,
) -> Classifier:
    """Build a new classifier on an encoder.

    Args:
        architecture: Key of `ARCHITECTURES`.
        encoder: Its vocabulary gets the schema's masks.
        schema: Types and labels.
        options: Fields of the architecture's config beside the schema.
        seed: Seed of new weights.
        class_weights: Weight of each class in the loss, by name; None weighs all alike.
        get_parser: Loads the dependency parser.

    Raises:
        ModelError: The architecture is unknown, or one of the options.
        ParserNotFoundError: The architecture needs a parser and there is none.
    """
    config_type, model_type = _find(architecture)
    try:
        config = config_type(schema=schema, **options)
    except TypeError as error:
        raise ModelError(f"Architecture {architecture!r} does not take these options: {error}.") from error
    made: Any = model_type
    if model_type is SyntaxGcnModel:
        classifier: Classifier = made.create(
            encoder, config, seed=seed, class_weights=class_weights, parser=get_parser()
        )
    else:
        classifier = made.create(encoder, config, seed=seed, class_weights=class_weights)
    return classifier


def load_classifier(path: Path, *, get_parser: GetParser) -> Classifier:
    """Read a classifier of any architecture.

    Raises:
        ModelError: The folder is incomplete, or holds another kind of model.
        ParserNotFoundError: The architecture needs a parser and there is none.
    """
    _, model_type = _find(str(load_config(path).get("architecture")))
    made: Any = model_type
    classifier: Classifier = made.load(path, parser=get_parser()) if model_type is SyntaxGcnModel else made.load(path)
    return classifier


def _find(architecture: str) -> tuple[type[Any], type[Classifier]]:
    if architecture not in ARCHITECTURES:
        raise ModelError(f"No pair classifier {architecture!r}; known: {', '.join(ARCHITECTURES)}.")
    return ARCHITECTURES[architecture]
