"""What the recorded walk shares: the app as a process of its own, its data, and its worker to be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from sqlmodel import Session

from core.domain import Corpus, Split
from core.formats import write_corpus
from core.starter.demo import read_demo
from db.session import make_engine, session_scope
from tests.browser.conftest import ROOT, free_port, wait_until_healthy

Found = TypeVar("Found")


@dataclass
class App:
    """A running `dare` with a home of its own."""

    home: Path
    address: str = ""
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start `dare` and wait until its page answers."""
        port = free_port()
        log = self.home / "dare.log"
        self.home.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "DARE_HOME": str(self.home), "HF_HUB_OFFLINE": "1"}
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "core.cli", "--port", str(port), "--no-browser"],
                cwd=ROOT,
                stdout=sink,
                stderr=sink,
                env=environment,
            )
        self.address = f"http://127.0.0.1:{port}"
        wait_until_healthy(self.address, self.process, log)

    def stop(self) -> None:
        """Stop `dare` as Ctrl-C does, and wait for its end."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)  # a machine with other work ends its workers slowly
            self.process = None

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Yield a session on the app's database, from outside the app."""
        engine = make_engine(f"sqlite:///{self.home / 'curator.db'}")
        try:
            with session_scope(engine) as session:
                yield session
        finally:
            engine.dispose()

    def wait_for(self, read: Callable[[Session], Found | None], *, seconds: float) -> Found:
        """Wait until the database gives something true, and return it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self.session() as session:
                found = read(session)
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"The database never showed it within {seconds} s.")

    def find_worker(self) -> int:
        """Return the process id of the worker of this home."""
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                environment = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue  # it has ended meanwhile, or is somebody else's
            if b"core.jobs.worker" in words and f"DARE_HOME={self.home}".encode() in environment:
                return int(folder.name)
        raise AssertionError(f"No worker of {self.home} is running.")


def write_gold_files(folder: Path) -> dict[Split, Path]:
    """Write the reviewed demo documents as one PubTator file a split."""
    documents = [one for one in read_demo().documents if all(s.state.is_gold for s in one.sentences)]
    paths = {}
    for split in Split:
        part = tuple(replace(one, sentences=()) for one in documents if one.split is split)
        paths[split] = folder / f"{split}.pubtator"
        paths[split].write_bytes(write_corpus(Corpus(part), format_name="pubtator").data)
    return paths
