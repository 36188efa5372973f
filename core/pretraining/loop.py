"""Training on a stream of text, with a budget, checkpoints and validation; DARE's domain stage is one (sec. 4.4).

It has a loop of its own because the common one holds its items in memory and counts epochs; optimiser, schedule and
precision are the common ones.
"""

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from transformers.utils import logging as transformers_logging

from core.errors import ModelError, TrainingDivergedError
from core.pretraining.ahead import AheadStream
from core.pretraining.config import PretrainingConfig
from core.pretraining.learner import Learner
from core.pretraining.packing import BlockStream
from core.pretraining.state import (
    Checkpoint,
    Counters,
    ValidationScores,
    find_best,
    save_best,
    save_checkpoint,
)
from core.pretraining.validation import HeldOutText, seeded_rng
from core.training.optimizers import make_optimizer, restore_moments, set_rate
from core.training.out_of_memory import is_out_of_memory, release_memory
from core.training.precision import resolve_precision
from core.training.trainer import Report, pick_device

log = logging.getLogger(__name__)

_REPORT_SECONDS = 1.0
# A budget is as fine as this where the learning rate follows it.
_SCHEDULE_STEPS = 10_000
# Validation comes at least so often in a budget, but it and its checkpoint take at most a tenth of the time.
_CHECKPOINT_FRACTION = 0.1
_REST_RATIO = 9


@dataclass(frozen=True, slots=True)
class PretrainingResult:
    """What a pretraining did, over all its runs; the best model lies in its work folder.

    Args:
        best: Scores of that model.
        last: Scores of the last weights.
        counters: Steps, pieces and seconds.
        passes: Finished passes over the text.
        precision: Number format of the last run.
        device: Where the last run was.
        num_weights: Size of the model.
        validation_pieces: Pieces that the scores are means over.
    """

    best: ValidationScores
    last: ValidationScores
    counters: Counters
    passes: int
    precision: str
    device: str
    num_weights: int
    validation_pieces: int


def pretrain(
    learner: Learner,
    paths: Sequence[Path],
    *,
    config: PretrainingConfig,
    work_path: Path,
    checkpoint: Checkpoint | None = None,
    report: Report | None = None,
    device: torch.device | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> PretrainingResult:
    """Train until the budget is spent; leave the best model and the last checkpoint in `work_path`.

    A training that is killed goes on from its last checkpoint with the same weights, moments, rate and text: no
    document is skipped, none but those since the checkpoint are read again.

    Args:
        learner: Its weights are those of `checkpoint` if there is one.
        paths: Text files, one document a line.
        config: Budget and hyper-parameters.
        work_path: Folder of checkpoints.
        checkpoint: Where to go on.
        report: Progress sink.
        device: Where to train; picked automatically if None.
        clock: Seconds, for the budget.

    Raises:
        NotEnoughDataError: There is no document to train on, or none is held out.
        FormatError: A file cannot be read.
        TrainingDivergedError: The loss became NaN or infinite.
        ModelError: Memory does not suffice for one block, or a checkpoint cannot be written.
    """
    # It would be drawn anew for each checkpoint.
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    loop = _Loop(learner, paths, config, work_path, checkpoint, report, device or pick_device(), clock)
    if checkpoint and report:
        report(loop.fraction, f"going on after {loop.counters.pieces:,} pieces")
    with loop.stream:
        while loop.fraction < 1:
            loop.run_step()
            if loop.is_checkpoint_due:
                loop.save()
    if loop.is_unsaved or find_best(work_path) is None:
        loop.save()
    last = loop.scores or loop.validate()
    return PretrainingResult(
        best=find_best(work_path) or last,
        last=last,
        counters=loop.counters,
        passes=loop.stream.place.passes,
        precision=loop.precision,
        device=_name_device(loop.device),
        num_weights=sum(weights.numel() for weights in learner.model.parameters()),
        validation_pieces=loop.validation.num_pieces,
    )


class _Loop:
    """The state of one training.

    Dropout stays off: hardly a document is read twice, so there is nothing for it to prevent, and no other random
    number is drawn but the order of the blocks.
    """

    def __init__(
        self,
        learner: Learner,
        paths: Sequence[Path],
        config: PretrainingConfig,
        work_path: Path,
        checkpoint: Checkpoint | None,
        report: Report | None,
        device: torch.device,
        clock: Callable[[], float],
    ) -> None:
        self.learner, self.config, self.work_path, self.report = learner, config, work_path, report
        self.device, self._clock = device, clock
        context = min(config.context, learner.max_pieces)
        self.validation = HeldOutText(learner, paths, config, context=context)
        stream = BlockStream(
            paths,
            learner.tokenizer,
            context=context,
            held_out_one_in=config.held_out_one_in,
            buffer_blocks=config.buffer_blocks,
            place=checkpoint.place if checkpoint else None,
            seed=config.training.seed,
        )
        training = config.training
        self.stream = AheadStream(stream, count=training.batch_size * training.gradient_accumulation)
        self.precision = resolve_precision(config.training.precision, device)
        learner.model.to(device).eval()  # type: ignore[arg-type]
        self.optimizer = make_optimizer(learner.model, config.training)
        self.counters = checkpoint.counters if checkpoint else Counters()
        if checkpoint:
            restore_moments(self.optimizer, checkpoint.optimizer)
        self.is_unsaved = checkpoint is None
        self.scores: ValidationScores | None = None
        self.batch_size = config.training.batch_size
        self._last_tick = clock()
        self._told_seconds, self._told_pieces = self.counters.seconds, self.counters.pieces
        self._saved_seconds, self._saved_fraction, self._save_cost = self.counters.seconds, self.fraction, 0.0

    @property
    def fraction(self) -> float:
        """Share of the budget that is spent, in [0, 1]."""
        return self.config.fraction(seconds=self.counters.seconds, pieces=self.counters.pieces)

    @property
    def is_checkpoint_due(self) -> bool:
        """Whether it is time to validate and save."""
        since = self.counters.seconds - self._saved_seconds
        is_share_done = self.fraction - self._saved_fraction >= _CHECKPOINT_FRACTION
        is_time = is_share_done or since >= self.config.checkpoint_seconds
        return is_time and since >= _REST_RATIO * self._save_cost

    def run_step(self) -> None:
        """Take one optimiser step at the rate that the spent budget gives."""
        training = self.config.training
        rows = self.stream.take()  # (rows, context)
        set_rate(self.optimizer, training, step=int(self.fraction * _SCHEDULE_STEPS), num_steps=_SCHEDULE_STEPS)
        loss = self._backward(rows)
        torch.nn.utils.clip_grad_norm_(self.learner.model.parameters(), training.max_gradient_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.counters.steps += 1
        self.counters.pieces += rows.numel()
        self._tick()
        self.is_unsaved = True
        if self.counters.seconds - self._told_seconds >= _REPORT_SECONDS:
            self._tell_speed(loss)

    def save(self) -> None:
        """Validate, keep the model if it is the best so far, and write a checkpoint."""
        self._tick()
        before = self.counters.seconds
        scores = self.validate()
        best = find_best(self.work_path)
        if best is None or scores.loss < best.loss:
            save_best(self.work_path, self.learner, scores)
        self._tick()
        save_checkpoint(self.work_path, self.learner, self.optimizer, self.counters, self.stream.place)
        self._tick()
        self._save_cost = self.counters.seconds - before
        self._saved_seconds, self._saved_fraction = self.counters.seconds, self.fraction
        self._told_seconds, self._told_pieces = self.counters.seconds, self.counters.pieces
        self.scores, self.is_unsaved = scores, False

    def validate(self) -> ValidationScores:
        """Return the scores on held-out text, and tell them."""
        scores = self.validation.score(
            self.learner, device=self.device, batch_size=self.batch_size, is_bf16=self.precision == "bf16"
        )
        scores = replace(scores, pieces=self.counters.pieces)
        self._require_finite(scores.loss, "validation loss")
        speed = self.counters.pieces / max(self.counters.seconds, 1e-9)
        values = {"validation_loss": scores.loss, "perplexity": scores.perplexity, "pieces_per_second": speed}
        if scores.bits_per_character is not None:
            values["bits_per_character"] = scores.bits_per_character
        log.info("%d pieces: %s", self.counters.pieces, values)
        self._tell(f"{self.counters.pieces:,} pieces, validated", **values)
        return scores

    def _backward(self, rows: Tensor) -> float:
        """Return the mean loss of the rows and leave its gradients; smaller batches where memory runs out."""
        while True:
            try:
                return self._accumulate(rows)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                if self.batch_size == 1:
                    raise ModelError(
                        f"Memory does not suffice for one block of {rows.shape[1]} pieces; use a shorter context or "
                        "a smaller model."
                    ) from error
            # Outside the handler: the error holds on to the tensors that filled the memory.
            self.batch_size = (self.batch_size + 1) // 2
            log.warning("out of memory: going on with %d blocks a pass, steps stay the same", self.batch_size)
            self.optimizer.zero_grad(set_to_none=True)
            release_memory(self.device)

    def _accumulate(self, rows: Tensor) -> float:
        total, rng = 0.0, seeded_rng(self.config.training.seed, self.counters.steps + 1)
        for part in torch.split(rows, self.batch_size):  # (blocks of a pass, context)
            with self._autocast():
                value = self.learner.losses(part.to(self.device), rng).mean() * (len(part) / len(rows))
            value.backward()  # type: ignore[no-untyped-call]
            total += value.item()
        self._require_finite(total, "loss")
        return total

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16")

    def _require_finite(self, loss: float, name: str) -> None:
        if not math.isfinite(loss):
            raise TrainingDivergedError(
                f"The {name} became {loss} after {self.counters.pieces} pieces; "
                f"lower the learning rate (now {self.config.training.learning_rate:g})."
            )

    def _tick(self) -> None:
        now = self._clock()
        self.counters.seconds += now - self._last_tick
        self._last_tick = now

    def _tell_speed(self, loss: float) -> None:
        seconds = self.counters.seconds - self._told_seconds
        speed = (self.counters.pieces - self._told_pieces) / seconds
        self._told_seconds, self._told_pieces = self.counters.seconds, self.counters.pieces
        self._tell(f"{self.counters.pieces:,} pieces", loss=loss, pieces_per_second=speed)

    def _tell(self, message: str, **values: float) -> None:
        if self.report:
            self.report(self.fraction, message, **values)


def _name_device(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
