"""Pipes, signals and environment of the processes that run jobs."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from core.errors import DareError
from core.settings import Settings

GRACE_SECONDS = 5.0
MAX_ERROR_CHARACTERS = 1000
NICENESS = 10


def settings_environment(settings: Settings) -> dict[str, str]:
    """Return this process's environment with every setting spelled out, so that a new process has the same ones."""
    values = settings.model_dump(mode="json")
    spelled_out = {f"DARE_{name.upper()}": str(value) for name, value in values.items() if value is not None}
    # Threads that wait without spinning leave the cores to the pages; on a busy machine training is faster for it.
    return {"OMP_WAIT_POLICY": "PASSIVE", **os.environ, **spelled_out}


def take_stdout() -> TextIO:
    """Return stdout as the channel to the parent; whatever else this process prints goes to its log on stderr."""
    channel = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    return channel


def send(channel: TextIO, message: Mapping[str, object]) -> None:
    """Write one message as a JSON line; a parent that no longer listens is no error."""
    with suppress(OSError):
        channel.write(json.dumps(message, ensure_ascii=False) + "\n")


def parse_message(line: bytes | str) -> dict[str, object]:
    """Return the message on a line; empty where the line holds none."""
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def read_stdin_lines() -> Iterator[str]:
    """Yield the lines of stdin until the parent closes it or dies."""
    rest = b""
    # os.read, not sys.stdin: a background thread inside a buffered read aborts the interpreter's shutdown.
    while block := os.read(0, 65536):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield line.decode("utf-8")


def watch_parent(on_end: Callable[[], None]) -> None:
    """Call `on_end` in the background once stdin ends, which is how a process learns that its parent has died."""

    def watch() -> None:
        for _ in read_stdin_lines():
            pass
        on_end()

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()


def give_way() -> None:
    """Let other processes go first: a training takes every core, and a curator at the pages must not wait for it."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    # A process in a session of its own competes as a group on Linux, whatever its own niceness is.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")


def end_own_group() -> None:
    """End this process and all it has started, at once."""
    if os.getpgrp() == os.getpid():
        signal_group(os.getpid(), signal.SIGKILL)
    os._exit(97)


def signal_group(leader_id: int, signal_number: signal.Signals) -> None:
    """Send a signal to a process and all it has started; a group that is gone is no error."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader_id, signal_number)


def end_process(process: "subprocess.Popen[bytes]", *, grace_seconds: float = GRACE_SECONDS) -> None:
    """End a process that leads its group: ask, wait, then kill it and whatever it has left behind."""
    if process.poll() is None:
        signal_group(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
    signal_group(process.pid, signal.SIGKILL)
    process.wait()


def describe_error(error: BaseException) -> str:
    """Return an error as one line for people; an error that was not raised on purpose names its class."""
    text = " ".join(str(error).split())[:MAX_ERROR_CHARACTERS]
    if isinstance(error, DareError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def describe_exit(code: int) -> str:
    """Return how a process ended, for people."""
    if code >= 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name if -code in {member.value for member in signal.Signals} else str(-code)
    hint = " (often: out of memory)" if name == "SIGKILL" else ""
    return f"was ended by {name}{hint}"
