"""The shipped model on the pairs that an ensemble is scored on: what a first training gained."""

from typing import Any

from core.domain import Split
from core.ensemble.dataset import Dataset
from core.ensemble.extraction import Extractor
from core.evaluation.protocols import score_classification
from core.models.joint import JointModel
from core.training.trainer import pick_device
from core.workflows.model_library.starters import choose_starter


def label_as_shipped(dataset: Dataset, split: Split, *, device: str) -> dict[str, Any] | None:
    """Let the shipped model that knows most of a schema label the pairs of a split.

    Args:
        dataset: What the ensemble learnt from and is scored on.
        split: The split that it is scored on.
        device: "auto", "cpu" or "cuda".

    Returns:
        Its name, its scores and the labels that it gave to every item, as plain values; None where no shipped model
        knows a label of the schema.
    """
    starter = choose_starter(dataset.schema)
    if starter is None:
        return None
    model = JointModel.load(starter.path).to(pick_device(device))
    labels = dataset.schema.label_names
    if not {*labels} & {*model.config.labels}:
        return None
    given = Extractor(dataset.schema, model, None).classify(dataset.instances(split))
    known = {item: found & {*labels} for item, found in given.items()}
    return {
        "name": starter.name,
        "scores": score_classification(dataset.gold_labels(split), known, labels).to_json(),
        "labels": {item: sorted(found) for item, found in known.items()},
    }
