"""The domain stage: causal-LM training on a stream of text, with a budget, checkpoints and validation (DARE sec. 4.4).

It has a loop of its own because the common one holds its items in memory and counts epochs; optimiser, schedule and
precision are the common ones.
"""

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers.utils import logging as transformers_logging

from core.errors import ModelError, NotEnoughDataError, TrainingDivergedError
from core.generation.domain_config import DomainConfig, ModelSize
from core.generation.domain_state import (
    Checkpoint,
    Counters,
    ValidationScores,
    find_best,
    restore_optimizer,
    save_best,
    save_checkpoint,
)
from core.generation.generator import Generator, PieceBatch, mean_loss, next_piece_losses
from core.generation.gpt2 import make_gpt2
from core.generation.packing import BlockStream, cut_blocks, encode_documents
from core.generation.pieces import train_tokenizer
from core.generation.text_stream import held_out_documents, sample_for_tokenizer
from core.training.optimizers import make_optimizer, set_rate
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
class DomainResult:
    """What a domain stage did, over all its runs; the best model lies in its work folder.

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


def make_base(paths: Sequence[Path], size: ModelSize, config: DomainConfig) -> Generator:
    """Return a GPT-2 of random weights with a byte-level BPE learnt from a bounded sample of the text.

    Raises:
        NotEnoughDataError: There is no document to train on.
        FormatError: A file cannot be read.
    """
    sample = sample_for_tokenizer(paths, one_in=config.held_out_one_in, max_characters=config.max_tokenizer_characters)
    tokenizer = train_tokenizer(sample, vocabulary_size=size.vocabulary_size)
    model = make_gpt2(
        tokenizer,
        num_layers=size.num_layers,
        width=size.width,
        num_heads=size.num_heads,
        context=config.context,
        seed=config.training.seed,
    )
    return Generator(model, tokenizer, ())


def train_on_text(
    generator: Generator,
    paths: Sequence[Path],
    *,
    config: DomainConfig,
    work_path: Path,
    checkpoint: Checkpoint | None = None,
    report: Report | None = None,
    device: torch.device | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> DomainResult:
    """Train until the budget is spent; leave the best model and the last checkpoint in `work_path`.

    A training that is killed goes on from its last checkpoint with the same weights, moments, rate and text: no
    document is skipped, none but those since the checkpoint are read again.

    Args:
        generator: Float32 master weights; those of `checkpoint` if there is one.
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
    loop = _Loop(generator, paths, config, work_path, checkpoint, report, device or pick_device(), clock)
    if checkpoint and report:
        report(loop.fraction, f"going on after {loop.counters.pieces:,} pieces")
    while loop.fraction < 1:
        loop.run_step()
        if loop.is_checkpoint_due:
            loop.save()
    if loop.is_unsaved or find_best(work_path) is None:
        loop.save()
    last = loop.scores or loop.validate()
    return DomainResult(
        best=find_best(work_path) or last,
        last=last,
        counters=loop.counters,
        passes=loop.stream.place.passes,
        precision=loop.precision,
        device=_name_device(loop.device),
        num_weights=sum(weights.numel() for weights in generator.model.parameters()),
        validation_pieces=loop.validation.num_pieces,
    )


class _Validation:
    """Held-out text in blocks, and what is needed to count its loss by characters."""

    def __init__(self, generator: Generator, paths: Sequence[Path], config: DomainConfig, *, context: int) -> None:
        documents = held_out_documents(
            paths, one_in=config.held_out_one_in, max_documents=config.max_validation_documents
        )
        if not documents:
            raise NotEnoughDataError(
                f"No document is held out for validation: about one in {config.held_out_one_in} should be. "
                "Give more text, or hold out more."
            )
        pieces = encode_documents(generator.tokenizer, documents)
        self.pieces_per_character = len(pieces) / sum(len(document) + 1 for document in documents)
        self.blocks = cut_blocks(pieces[: config.max_validation_pieces], context=context)
        self.num_pieces = sum(len(block) for block in self.blocks)


class _Loop:
    """The state of one training.

    Dropout stays off: hardly a document is read twice, so there is nothing for it to prevent, and no other random
    number is drawn but the order of the blocks.
    """

    def __init__(
        self,
        generator: Generator,
        paths: Sequence[Path],
        config: DomainConfig,
        work_path: Path,
        checkpoint: Checkpoint | None,
        report: Report | None,
        device: torch.device,
        clock: Callable[[], float],
    ) -> None:
        self.generator, self.config, self.work_path, self.report = generator, config, work_path, report
        self.device, self._clock = device, clock
        context = min(config.context, generator.max_pieces)
        self.validation = _Validation(generator, paths, config, context=context)
        self.stream = BlockStream(
            paths,
            generator.tokenizer,
            context=context,
            held_out_one_in=config.held_out_one_in,
            buffer_blocks=config.buffer_blocks,
            place=checkpoint.place if checkpoint else None,
            seed=config.training.seed,
        )
        self.precision = resolve_precision(config.training.precision, device)
        generator.model.to(device).eval()  # type: ignore[arg-type]
        self.optimizer = make_optimizer(generator.model, config.training)
        self.counters = checkpoint.counters if checkpoint else Counters()
        if checkpoint:
            restore_optimizer(self.optimizer, checkpoint.optimizer)
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
        rows = self.stream.take(training.batch_size * training.gradient_accumulation)  # (rows, context)
        set_rate(self.optimizer, training, step=int(self.fraction * _SCHEDULE_STEPS), num_steps=_SCHEDULE_STEPS)
        loss = self._backward(rows)
        torch.nn.utils.clip_grad_norm_(self.generator.model.parameters(), training.max_gradient_norm)
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
            save_best(self.work_path, self.generator, scores)
        self._tick()
        save_checkpoint(self.work_path, self.generator, self.optimizer, self.counters, self.stream.place)
        self._tick()
        self._save_cost = self.counters.seconds - before
        self._saved_seconds, self._saved_fraction = self.counters.seconds, self.fraction
        self._told_seconds, self._told_pieces = self.counters.seconds, self.counters.pieces
        self.scores, self.is_unsaved = scores, False

    def validate(self) -> ValidationScores:
        """Return the scores on held-out text, and tell them."""
        with self._autocast():
            loss = mean_loss(self.generator, self.validation.blocks, batch_size=self.batch_size)
        self._require_finite(loss, "validation loss")
        bits = loss / math.log(2) * self.validation.pieces_per_character
        scores = ValidationScores(loss, math.exp(min(loss, 700.0)), bits, self.counters.pieces)
        speed = self.counters.pieces / max(self.counters.seconds, 1e-9)
        log.info(
            "%d pieces, %.0f pieces/s: validation perplexity %.2f, %.3f bits per character",
            self.counters.pieces,
            speed,
            scores.perplexity,
            scores.bits_per_character,
        )
        self._tell(
            f"{self.counters.pieces:,} pieces, validated",
            validation_loss=loss,
            perplexity=scores.perplexity,
            bits_per_character=bits,
            pieces_per_second=speed,
        )
        return scores

    def _backward(self, rows: Tensor) -> float:
        """Return the mean loss of the rows and leave its gradients; smaller batches where memory runs out."""
        while True:
            try:
                return self._accumulate(rows)
            except RuntimeError as error:
                if not _is_out_of_memory(error):
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
            if self.device.type == "cuda":
                torch.cuda.empty_cache()

    def _accumulate(self, rows: Tensor) -> float:
        total = 0.0
        for part in torch.split(rows, self.batch_size):  # (blocks of a pass, context)
            batch = PieceBatch(part, torch.ones_like(part)).to(self.device)
            with self._autocast():
                value = next_piece_losses(self.generator.model, batch).mean() * (len(part) / len(rows))
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


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
