"""Measures the peak memory of a few training steps, alone in a process: `python -m tests.benchmarks.training_memory`.

The encoder is new and random, its inputs too: neither changes what memory a step takes. Prints one JSON object:
the estimate and the measured peak beyond what the process held before the model was built, in bytes.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, BertConfig

from core.models.encoder import keep_first_state
from core.training.config import TrainingConfig
from core.training.memory import EncoderShape, estimate_training_memory
from core.training.trainer import train

NUM_STEPS = 3  # the optimiser's memory is there from the second on


@dataclass(frozen=True)
class Pieces:
    """Random inputs, (batch, pieces)."""

    piece_ids: Tensor

    def to(self, device: torch.device) -> "Pieces":
        """Return the batch on `device`."""
        return Pieces(self.piece_ids.to(device))


class FirstStateClassifier(nn.Module):
    """An encoder and one linear layer over its first state, as `cls` has them."""

    def __init__(self, folder: Path | None) -> None:
        super().__init__()
        config = AutoConfig.from_pretrained(folder, local_files_only=True) if folder else BertConfig()
        options: dict[str, Any] = {"attn_implementation": "sdpa", "add_pooling_layer": False, "dtype": torch.float32}
        self.encoder = AutoModel.from_config(config, **options)  # type: ignore[no-untyped-call]
        keep_first_state(self.encoder)
        self.output = nn.Linear(config.hidden_size, 2)

    def loss(self, batch: Pieces) -> Tensor:
        """Return a loss of random inputs."""
        mask = torch.ones_like(batch.piece_ids)  # (batch, pieces)
        mask[:, -1] = 0  # a real batch has padding, which some kernels treat differently
        first = self.encoder(batch.piece_ids, attention_mask=mask).last_hidden_state[:, 0]  # (batch, width)
        return nn.functional.cross_entropy(self.output(first), batch.piece_ids[:, 0] % 2)


def read_bytes(name: str) -> int:
    """Return one of Linux's figures about this process: VmRSS now, VmHWM at its highest."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {name}; this measurement needs Linux.")


def measure(folder: Path | None, config: TrainingConfig, *, num_pieces: int) -> dict[str, object]:
    """Train a few steps and return estimate and measured peak, in bytes."""
    before = read_bytes("VmRSS")
    model = FirstStateClassifier(folder)
    shape = EncoderShape.from_config(model.encoder.config.to_dict())
    rows = torch.randint(0, shape.vocabulary, (NUM_STEPS * config.batch_size, num_pieces))  # (items, pieces)
    train(
        model,
        list(rows),
        lengths=[num_pieces] * len(rows),
        collate=lambda items: Pieces(torch.stack(list(items))),
        loss=lambda _, batch, __: model.loss(batch),
        config=config,
        device=torch.device("cpu"),
    )
    estimate = estimate_training_memory(
        shape, config, num_pieces=num_pieces, has_validation=False, reads_first_state=True
    )
    return {
        "num_parameters": sum(parameter.numel() for parameter in model.parameters()),
        "estimate": asdict(estimate),
        "measured": read_bytes("VmHWM") - before,
    }


def main(arguments: Sequence[str] | None = None, say: Callable[[str], object] = sys.stdout.write) -> None:
    """Measure one training and print its figures."""
    parser = argparse.ArgumentParser(description="Measure the peak memory of a training.")
    parser.add_argument("--encoder", type=Path, help="folder with the encoder's config.json; a 110M BERT without it")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--pieces", type=int, default=128)
    parser.add_argument("--checkpointing", action="store_true")
    options = parser.parse_args(arguments)
    config = TrainingConfig(
        num_epochs=1,
        batch_size=options.batch_size,
        precision="fp32",
        has_gradient_checkpointing=options.checkpointing,
    )
    say(json.dumps(measure(options.encoder, config, num_pieces=options.pieces)) + "\n")


if __name__ == "__main__":
    main()
