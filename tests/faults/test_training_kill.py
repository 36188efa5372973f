"""A build of starters that is killed goes on after its last epoch, by the same command."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.training.work_folder import find_checkpoint
from tests.builders import write_tiny_encoder

ROOT = Path(__file__).parents[2]

# The command on a corpus small enough for a test; the run that will be killed stands still in its third epoch.
LAUNCHER = """
import sys
import time

from core.cli.main import main
from core.domain import Document, Relation, Sentence, Span, State
from core.training import state
from core.workflows.starter_builds import gold_sets, train_starter
from tests.builders import find_mention, make_schema


def make_document(number, text):
    head, tail = find_mention(text, text.split()[0], "Chemical"), find_mention(text, text.split()[2], "Disease")
    relations = (Relation(head, tail, "CID"),) if "caused" in text else ()
    return Document(str(number), text, (Sentence(Span(0, len(text)), State.ACCEPTED),), (head, tail), relations)


texts = [f"{drug} {verb} {ill} ." for drug in ("aspirin", "codeine") for verb in ("caused", "treated")
         for ill in ("nausea", "fever", "rash")]
documents = tuple(make_document(number, text) for number, text in enumerate(texts))
gold = gold_sets.GoldSet("bc5cdr", make_schema(), documents, documents[:4])
gold_sets.read_gold_sets = lambda folder: [gold]
state._REST_RATIO = state._REST_SECONDS = 0
if sys.argv.pop(1) == "hang":
    score, calls = train_starter.score_sets, []

    def hang_in_third_epoch(model, sets):
        calls.append(1)
        time.sleep(600 if len(calls) == 3 else 0)
        return score(model, sets)

    train_starter.score_sets = hang_in_third_epoch
main()
"""


def start(folder: Path, *, out: str, mode: str = "run") -> "subprocess.Popen[str]":
    launcher = folder / "launcher.py"
    launcher.write_text(LAUNCHER)
    options = ["--corpora", str(folder), "--encoder", str(folder / "encoder"), "--out", str(folder / out)]
    return subprocess.Popen(
        [sys.executable, str(launcher), mode, "build-starter", *options, "--epochs", "4", "--json"],
        env={**os.environ, "DARE_HOME": str(folder / "home"), "DARE_DEVICE": "cpu", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> tuple[str, str]:
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return output, errors


def wait_for_second_epoch(process: "subprocess.Popen[str]", work_path: Path) -> None:
    deadline = time.monotonic() + 300
    while (found := find_checkpoint(work_path)) is None or found.name != "step-000000002":
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "no second checkpoint appeared"
        time.sleep(0.02)


@pytest.mark.slow
def test_a_killed_build_is_taken_up_by_the_same_command_and_ends_as_one_that_ran_through(tmp_path: Path) -> None:
    write_tiny_encoder(tmp_path / "encoder")
    work_path = tmp_path / ".killed.training"
    killed = start(tmp_path, out="killed", mode="hang")
    wait_for_second_epoch(killed, work_path)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL

    output, errors = finish(start(tmp_path, out="killed"))
    assert "going on after epoch 2 of 4" in errors
    assert not work_path.exists()
    whole, errors = finish(start(tmp_path, out="whole"))
    assert "going on" not in errors
    assert json.loads(output) == json.loads(whole)
    assert len(json.loads(output)["epochs"][0]) == 4
    files = [sorted((tmp_path / name).rglob("*.safetensors")) for name in ("killed", "whole")]
    assert [file.read_bytes() for file in files[0]] == [file.read_bytes() for file in files[1]] != []
