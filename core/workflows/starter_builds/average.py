"""The mean of builds that began alike: of whole joint starters, or of their encoders alone (Wortsman et al. 2022)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.models.encoder import load_encoder
from core.models.joint import JointModel
from core.models.joint_data import JointConfig
from core.training.averaging import mean_weights
from core.training.checkpoints import write_folder
from core.workflows.starter_builds.gold_sets import GoldSet
from core.workflows.starter_builds.origins import AVERAGING_LOG, BUILD_LOG, BUILD_OPTIONS, WHOLE, read_origin
from core.workflows.starter_builds.starter_record import describe_corpora, list_versions
from core.workflows.starter_builds.train_starter import finish, write_parts


def average_starters(
    paths: Sequence[Path], sets: Sequence[GoldSet], *, out_path: Path, device: str = "auto"
) -> dict[str, Any]:
    """Write the starter whose weights are the mean of those of several builds, each as often as it has members.

    Args:
        paths: Folders that `build-starter` wrote, with the same corpora and options.
        sets: Those corpora; their dev splits choose how the parts decide, and are scored.
        out_path: Folder in which `WHOLE` and a folder for each part are written, each replaced as a whole.
        device: "auto", "cpu" or "cuda".

    Returns:
        Scores of the written fp16 weights on the dev splits, by part, and the origin of each build.

    Raises:
        ModelError: A folder is no build, or two builds know different things or have different shapes.
    """
    logs = [_read_build(path / WHOLE) for path in paths]
    models = [JointModel.load(path / WHOLE) for path in paths]
    model = models[0]
    if any(_say_what_is_known(one) != _say_what_is_known(model) for one in models):
        raise ModelError("Builds of different types or labels have no mean; name builds of the same corpora.")
    members = [
        one.state_dict() for one, log in zip(models, logs, strict=True) for _ in range(log.get("num_members", 1))
    ]
    model.load_state_dict(mean_weights(members))
    write_folder(out_path / WHOLE, lambda path: model.save(path, is_half=True))
    write_parts(model, sets, out_path)
    record = {
        "date": datetime.now(UTC).date().isoformat(),
        "averaged": [read_origin(path / WHOLE) for path in paths],
        "num_members": len(members),
        **{name: logs[0][name] for name in BUILD_OPTIONS if name in logs[0]},
        "corpora": describe_corpora(sets),
        "versions": list_versions(),
    }
    return finish(out_path, record, sets, device=device)


def average_encoders(paths: Sequence[Path], *, out_path: Path) -> dict[str, Any]:
    """Write the encoder whose weights are the mean of those of several encoders, with a log of their origins.

    Args:
        paths: Folders of encoders, or of models with one, of the same shape and vocabulary.
        out_path: Folder of the encoder; replaced as a whole.

    Returns:
        What the log keeps.

    Raises:
        EncoderNotFoundError: A folder holds no encoder.
        ModelError: Two encoders have different shapes.
    """
    encoders = [load_encoder(str(path)) for path in paths]
    first = encoders[0]
    first.model.load_state_dict(mean_weights([one.model.state_dict() for one in encoders]))
    record = {
        "date": datetime.now(UTC).date().isoformat(),
        "averaged": [read_origin(path) for path in paths],
        "versions": list_versions(),
    }

    def fill(path: Path) -> None:
        first.model.save_pretrained(path)
        first.tokenizer.save_pretrained(path)
        (path / AVERAGING_LOG).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")

    write_folder(out_path, fill)
    return record


def _read_build(path: Path) -> Mapping[str, Any]:
    log = path / BUILD_LOG
    if not log.is_file():
        raise ModelError(f"{str(path)!r} has no {BUILD_LOG}; name folders that `dare build-starter` wrote.")
    content: Mapping[str, Any] = json.loads(log.read_text(encoding="utf-8"))
    return content


def _say_what_is_known(model: JointModel) -> JointConfig:
    """Return all that a mean cannot mix: types, labels, and what words and pairs are read by."""
    usual = JointConfig(entity_types=(), relation_labels=())
    free = ("dropout", "word_dropout", "relation_weight", "has_teacher_forcing", "temperature", "threshold")
    return replace(model.config, **{name: getattr(usual, name) for name in free})
