"""Two processes that train one model go on together: one checkpoint, a random state for each."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STOPPED = 3

# os._exit, because now and then a thread of torch aborts an interpreter that is ending.
PROGRAM = """
import json, os, sys
from pathlib import Path
import torch
from torch import nn
from core.training import state
from core.training.config import TrainingConfig
from core.training.trainer import train

state._REST_RATIO = state._REST_SECONDS = 0
folder, num_epochs_to_run = Path(sys.argv[1]), int(sys.argv[2])

class Points(tuple):
    def to(self, device):
        return Points(part.to(device) for part in self)

def collate(items):
    table = torch.tensor(items)
    return Points((table[:, :1], table[:, 1:]))

drawn = []

def loss(model, batch, epochs_done):
    drawn.append(torch.get_rng_state().sum().item())
    return ((model(batch[0]) - batch[1]) ** 2).mean()

calls = []

def validate(model):
    calls.append(1)
    if len(calls) > num_epochs_to_run:
        os._exit(3)
    return ((model(torch.ones(1, 1)) - 4) ** 2).item()

torch.manual_seed(int(sys.argv[3]))
model = nn.Sequential(nn.Linear(1, 8), nn.Dropout(0.5), nn.Linear(8, 1))
items = [(x / 10, 3 * x / 10 + 1) for x in range(21)]
config = TrainingConfig(num_epochs=4, learning_rate=0.05, batch_size=3, precision="fp32")
result = train(model, items, lengths=[1] * 21, collate=collate, loss=loss, config=config, validate=validate,
               device=torch.device("cpu"), checkpoints=folder)
weights = [value for tensor in model.state_dict().values() for value in tensor.flatten().tolist()]
losses = [[epoch.training_loss, epoch.validation_loss] for epoch in result.epochs]
print(json.dumps({"weights": weights, "losses": losses, "epochs": len(calls), "drawn": drawn}), flush=True)
os._exit(0)
"""


def run_together(folder: Path, *, num_epochs: int, returncode: int = 0) -> list[dict[str, list[float]]]:
    """Return what each process says; they start from different weights, of which the first one's count."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = str(listener.getsockname()[1])
    common = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    common |= {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder), str(num_epochs), str(rank)],
            env={**common, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
        )
        for rank in range(2)
    ]
    try:
        outputs = [process.communicate(timeout=300)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [returncode] * 2
    return [] if returncode else [json.loads(output.splitlines()[-1]) for output in outputs]


@pytest.mark.slow
def test_two_stopped_processes_end_with_the_very_weights_of_two_that_ran_through(tmp_path: Path) -> None:
    whole = run_together(tmp_path / "whole", num_epochs=4)
    run_together(tmp_path / "work", num_epochs=2, returncode=STOPPED)
    resumed = run_together(tmp_path / "work", num_epochs=4)
    for one, other in zip(resumed, whole, strict=True):
        assert one["epochs"] == 2
        assert one["losses"] == other["losses"]
        assert one["weights"] == other["weights"]
        # Each goes on with its own random numbers: those of the last two of four epochs.
        assert one["drawn"] == other["drawn"][len(other["drawn"]) // 2 :]
    assert resumed[0]["drawn"] != resumed[1]["drawn"]
