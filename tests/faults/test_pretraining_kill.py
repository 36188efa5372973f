"""A domain stage that is killed goes on where its last checkpoint was, by the same command."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.pretraining.state import load_checkpoint
from core.training.work_folder import find_checkpoint
from tests.core.pretraining.pretraining_text import write_corpus

ROOT = Path(__file__).parents[2]

# The command, with a vocabulary and a model small enough for a test.
LAUNCHER = """
from core.cli.main import main
from core.workflows.synthesis import pretrain
from tests.core.pretraining.pretraining_text import TINY

pretrain.SIZES = {"tiny": TINY}
main()
"""


def start(folder: Path, *, pieces: int) -> "subprocess.Popen[str]":
    launcher = folder / "launcher.py"
    launcher.write_text(LAUNCHER)
    arguments = ["pretrain-generator", "--text", str(folder / "corpus.txt"), "--out", "mine", "--pieces", str(pieces)]
    options = ["--context", "32", "--held-out-one-in", "10", "--precision", "fp32", "--json"]
    return subprocess.Popen(
        [sys.executable, str(launcher), *arguments, *options],
        env={**os.environ, "DARE_HOME": str(folder / "home"), "DARE_DEVICE": "cpu", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_checkpoint(process: "subprocess.Popen[str]", work_path: Path) -> Path:
    deadline = time.monotonic() + 300
    while (found := find_checkpoint(work_path)) is None:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "no checkpoint appeared"
        time.sleep(0.02)
    return found


@pytest.mark.slow
def test_a_killed_training_is_taken_up_by_the_same_command_and_not_begun_again(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus.txt")
    work_path = tmp_path / "home" / "artifacts" / "generators" / ".mine.training"
    pieces = 30_000
    killed = start(tmp_path, pieces=pieces)
    wait_for_checkpoint(killed, work_path)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    left = find_checkpoint(work_path)
    assert left is not None
    done = load_checkpoint(left).counters
    assert 0 < done.pieces < pieces
    (work_path / ".step-000000099.4711").mkdir()  # what a kill in the middle of a write leaves

    resumed = start(tmp_path, pieces=pieces)
    output, errors = resumed.communicate(timeout=300)
    assert resumed.returncode == 0, errors
    record = json.loads(output)
    assert record["pieces_read"] >= pieces
    assert f"going on after {done.pieces:,} pieces" in errors
    assert "learning a vocabulary" not in errors
    assert record["steps"] == -(-pieces // (8 * 32))  # as many as in a single run
    assert not work_path.exists()
