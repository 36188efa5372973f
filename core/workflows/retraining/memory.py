"""How much memory a retraining will take, told before it starts; needs no torch."""

from pathlib import Path
from typing import Literal

from core.errors import EncoderNotFoundError, NotFoundError
from core.settings import Settings
from core.starter import find_starter_weights
from core.training.config import TrainingConfig
from core.training.memory import estimate_training_memory, read_encoder_shape
from core.workflows.model_library.sources import resolve_encoder
from core.workflows.retraining.retrain_params import RetrainParams


def estimate_memory(params: RetrainParams, settings: Settings, *, device: Literal["cpu", "cuda"]) -> int | None:
    """Return the bytes that the training of one model takes in one process.

    Args:
        params: The retraining; its models are trained one after the other on a device.
        settings: Where pulled encoders lie.
        device: Where it will run.

    Returns:
        The peak where every batch is as long as the longest input; None where the encoder is not on this machine.
    """
    try:
        shipped = find_starter_weights(params.encoder)
        shape = read_encoder_shape(shipped or Path(resolve_encoder(settings, params.encoder)))
    except (EncoderNotFoundError, NotFoundError, OSError):
        return None
    config = TrainingConfig(
        batch_size=params.batch_size,
        gradient_accumulation=params.gradient_accumulation,
        optimizer=params.optimizer,
        precision=params.precision,
        has_gradient_checkpointing=params.has_gradient_checkpointing,
        is_encoder_frozen=params.is_encoder_frozen,
    )
    estimate = estimate_training_memory(
        shape,
        config,
        num_pieces=min(params.max_pieces, shape.max_pieces),
        device=device,
        reads_first_state=params.architecture == "cls",
    )
    return estimate.total
