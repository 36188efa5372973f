"""Several processes train one model: two on the CPU, joined over the loopback interface."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.training.processes import Processes

ROOT = Path(__file__).parents[3]

# Two layers of which the second is left out at first, and 21 items, so that the last batch has an odd one.
# os._exit, because now and then a thread of torch aborts an interpreter that is ending.
PROGRAM = """
import os
import json, sys
import torch
from torch import nn
from core.training.config import TrainingConfig
from core.training.trainer import train

class Points(tuple):
    def to(self, device):
        return Points(part.to(device) for part in self)

def collate(items):
    table = torch.tensor(items)
    return Points((table[:, :1], table[:, 1:]))

def loss(model, batch, epochs_done):
    hidden = model[0](batch[0])
    outputs = hidden + model[1](hidden) if epochs_done >= 1 else hidden
    return ((outputs - batch[1]) ** 2).mean()

def validate(model):
    return ((model(torch.ones(1, 1)) - 4) ** 2).item()

batch_size, seed_of_weights = int(sys.argv[1]), int(sys.argv[2])
items = [(x / 10, 3 * x / 10 + 1) for x in range(21)]
torch.manual_seed(seed_of_weights)
model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
told = []
config = TrainingConfig(num_epochs=4, learning_rate=0.05, batch_size=batch_size, gradient_accumulation=2,
                        precision="fp32")
result = train(model, items, lengths=[1 + n % 5 for n in range(21)], collate=collate, loss=loss, config=config,
               validate=validate, report=lambda fraction, message="", **values: told.append(fraction),
               device=torch.device("cpu"))
weights = [value for tensor in model.state_dict().values() for value in tensor.flatten().tolist()]
losses = [[epoch.training_loss, epoch.validation_loss] for epoch in result.epochs]
print(json.dumps({"weights": weights, "steps": result.num_steps, "losses": losses, "reports": len(told)}), flush=True)
os._exit(0)
"""


def find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def train_together(*, num_processes: int, batch_size: int) -> list[dict[str, object]]:
    """Return what each process says; every one but the first starts from other weights."""
    place = {"WORLD_SIZE": str(num_processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(find_free_port())}
    inherited = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    processes = []
    for rank in range(num_processes):
        own = {**place, "RANK": str(rank), "LOCAL_RANK": str(rank)} if num_processes > 1 else {}
        command = [sys.executable, "-c", PROGRAM, str(batch_size), str(rank)]
        processes.append(subprocess.Popen(command, env={**inherited, **own}, stdout=subprocess.PIPE))
    try:
        outputs = [process.communicate(timeout=120)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0] * num_processes
    return [json.loads(output.splitlines()[-1]) for output in outputs]


@pytest.mark.slow
def test_two_processes_end_with_the_weights_of_one_with_the_doubled_batch() -> None:
    first, second = train_together(num_processes=2, batch_size=3)
    (alone,) = train_together(num_processes=1, batch_size=6)
    assert first["weights"] == second["weights"]
    assert first["losses"] == second["losses"]
    assert first["steps"] == alone["steps"] == 4 * 2  # four batches of at most six, two a step
    assert first["weights"] == pytest.approx(alone["weights"], abs=1e-5)
    assert first["reports"] == alone["reports"]
    assert second["reports"] == 0


def test_a_process_alone_takes_every_batch_whole() -> None:
    processes = Processes(torch.device("cpu"))
    assert (processes.index, processes.count) == (0, 1)
    assert processes.take_share([4, 5, 6]) == ([4, 5, 6], 1.0)
    assert processes.agree(0.25) == processes.average(0.25) == 0.25


def test_shares_of_a_batch_differ_in_size_and_weigh_accordingly(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = Processes(torch.device("cpu"))
    monkeypatch.setattr(processes, "count", 2)
    assert processes.take_share([4, 5, 6]) == ([4, 6], 4 / 3)
    monkeypatch.setattr(processes, "index", 1)
    assert processes.take_share([4, 5, 6]) == ([5], 2 / 3)


def test_a_process_without_a_share_reads_an_item_that_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = Processes(torch.device("cpu"))
    monkeypatch.setattr(processes, "count", 2)
    monkeypatch.setattr(processes, "index", 1)
    assert processes.take_share([7]) == ([7], 0.0)
