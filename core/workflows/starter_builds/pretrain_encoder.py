"""An encoder reads a field's texts: plain text → a folder that is named where an encoder is asked for."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.artifacts import hash_file
from core.errors import NotFoundError
from core.models.masked_lm import load_masked_learner
from core.pretraining.config import PretrainingConfig
from core.pretraining.loop import PretrainingResult, pretrain
from core.pretraining.state import copy_best, load_checkpoint
from core.training.checkpoints import WEIGHTS_NAME, write_folder
from core.training.config import TrainingConfig
from core.training.trainer import Report, pick_device
from core.workflows.starter_builds.origins import READING_LOG, read_origin
from core.workflows.unfinished import only_run, open_work

# What an earlier run of the same training may have been told differently.
_BUDGET = ("minutes", "pieces")


def pretrain_encoder(
    paths: Sequence[Path],
    *,
    encoder: str,
    out_path: Path,
    training: TrainingConfig,
    context: int,
    minutes: float | None = None,
    pieces: int | None = None,
    may_download: bool = False,
    device: str = "auto",
    is_replacing: bool = False,
    report: Report | None = None,
) -> dict[str, Any]:
    """Train an encoder on text, going on where an earlier run of the same command was stopped.

    Args:
        paths: Text files, one document a line.
        encoder: Name or folder of the encoder to start from.
        out_path: Folder of the encoder it becomes; replaced as a whole.
        training: Hyper-parameters.
        context: Pieces of a block.
        minutes: Budget of training time; None for no such limit.
        pieces: Budget of pieces read; None for no such limit. One of the two is needed.
        may_download: Whether a hub name may be fetched.
        device: "auto", "cpu" or "cuda".
        is_replacing: Whether an unfinished training with other settings is given up.
        report: Progress sink.

    Returns:
        Scores, length, speed, settings and hashes: what `pretraining.json` in the folder keeps.

    Raises:
        NotFoundError: A text file is missing.
        ConflictError: An unfinished training has other settings, or is running.
        EncoderNotFoundError, ModelError, FormatError: See `load_masked_learner` and `pretrain`.
    """
    config = PretrainingConfig(training=training, context=context, minutes=minutes, pieces=pieces)
    recipe = make_recipe(paths, encoder, config)
    work_path = out_path.with_name(f".{out_path.name}.training")
    work_path.parent.mkdir(parents=True, exist_ok=True)
    with only_run(work_path):
        path = open_work(work_path, recipe, is_replacing=is_replacing)
        checkpoint = load_checkpoint(path) if path else None
        source = str(checkpoint.path) if checkpoint else encoder
        learner = load_masked_learner(source, seed=config.training.seed, may_download=may_download)
        result = pretrain(
            learner,
            paths,
            config=config,
            work_path=work_path,
            checkpoint=checkpoint,
            report=report,
            device=pick_device(device),
        )
        record = _describe(recipe, config, result) | {"origin": read_origin(Path(encoder))}
        write_folder(out_path, lambda path: _fill(path, work_path, record))
        shutil.rmtree(work_path)
    return record


def make_recipe(paths: Sequence[Path], encoder: str, config: PretrainingConfig) -> dict[str, Any]:
    """Return what decides the weights but the budget, with the SHA-256 of each text file and of the encoder.

    Raises:
        NotFoundError: A file is missing.
    """
    for path in paths:
        if not path.is_file():
            raise NotFoundError(f"There is no file {str(path)!r}; name plain, .gz or .xz text.")
    weights = Path(encoder) / WEIGHTS_NAME
    values = {name: value for name, value in asdict(config).items() if name not in _BUDGET}
    return values | {
        "encoder": Path(encoder).name,
        "encoder_sha256": hash_file(weights) if weights.is_file() else "",
        "files": [{"name": path.name, "sha256": hash_file(path)} for path in paths],
    }


def _describe(recipe: dict[str, Any], config: PretrainingConfig, result: PretrainingResult) -> dict[str, Any]:
    counters, best = result.counters, result.best
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "recipe": recipe,
        "minutes": config.minutes,
        "pieces": config.pieces,
        "perplexity": best.perplexity,
        "validation_loss": best.loss,
        "validation_pieces": result.validation_pieces,
        "pieces_read": counters.pieces,
        "steps": counters.steps,
        "passes": result.passes,
        "seconds": counters.seconds,
        "pieces_per_second": counters.pieces / max(counters.seconds, 1e-9),
        "precision": result.precision,
        "device": result.device,
        "num_weights": result.num_weights,
        "versions": {name: version(name) for name in ("torch", "transformers", "tokenizers")},
    }


def _fill(path: Path, work_path: Path, record: dict[str, Any]) -> None:
    copy_best(work_path, path)
    (path / READING_LOG).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
