"""A large import that is killed while it writes leaves nothing, and the same command then stores everything."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.settings import Settings
from core.workflows.projects import create_project
from db.queries import documents
from db.session import make_engine, migrate, session_scope
from tests.benchmarks.scale import write_file

ROOT = Path(__file__).parents[2]
NUM_SENTENCES = 20_000
WRITTEN_BYTES = 2_000_000  # of the journal, long before the last document
WAIT_SECONDS = 120


def start_import(home: Path, file: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "core.cli", "import", "p", str(file)]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DARE_HOME": str(home)}, stdout=subprocess.DEVNULL)


def count_stored(home: Path) -> int:
    engine = make_engine(Settings(home=home).resolved_database_url)
    with session_scope(engine) as session:
        found = sum(documents.count_documents(session, 1).values())
    engine.dispose()
    return found


@pytest.mark.slow
def test_a_killed_import_leaves_nothing_and_can_be_repeated(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "many.jsonl"
    write_file(file, NUM_SENTENCES)
    url = Settings(home=home).resolved_database_url
    engine = make_engine(url)
    migrate(engine)
    with session_scope(engine) as session:
        create_project(session, "p", template="chemical-disease")
    engine.dispose()
    journal = Path(f"{url.removeprefix('sqlite:///')}-wal")
    process = start_import(home, file)
    deadline = time.monotonic() + WAIT_SECONDS
    while not journal.exists() or journal.stat().st_size < WRITTEN_BYTES:
        assert process.poll() is None and time.monotonic() < deadline, "it ended before it could be killed"
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert count_stored(home) == 0
    assert start_import(home, file).wait(WAIT_SECONDS) == 0
    assert count_stored(home) == NUM_SENTENCES // 10
