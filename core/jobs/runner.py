"""The worker's side of a task's child process: start it, read its lines, end it with the task."""

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from core.errors import JobError
from core.jobs.processes import GRACE_SECONDS, describe_exit, parse_message, signal_group
from core.jobs.progress import Progress, parse_progress

MAX_LINE_BYTES = 1 << 20


async def run_child(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    log_path: Path,
    on_progress: Callable[[Progress], None],
) -> None:
    """Run a child to its end; a cancelled call ends the child and all it has started.

    Args:
        command: The child's command line.
        environment: Its environment, settings included.
        log_path: File that takes what the child prints; a rerun is appended.
        on_progress: Called with every line of progress; must return at once.

    Raises:
        JobError: The child failed; the message is its own line, or how it ended and where its log lies.
    """
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("ab") as log_file:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,  # held open: its end tells the child that the worker has died
            stdout=asyncio.subprocess.PIPE,
            stderr=log_file,
            env=dict(environment),
            start_new_session=True,
            limit=MAX_LINE_BYTES,
        )
    try:
        error = await _read_lines(process, on_progress)
        code = await process.wait()
    finally:
        await _end(process)
    if code:
        raise JobError(error or f"The process {describe_exit(code)}; see {log_path}.")


async def _read_lines(process: asyncio.subprocess.Process, on_progress: Callable[[Progress], None]) -> str:
    """Hand on the progress of a child until its output ends; returns its error line, or nothing."""
    error = ""
    if process.stdout is None:
        return error
    async for line in process.stdout:
        message = parse_message(line)
        if "error" in message:
            error = str(message["error"])
        elif progress := parse_progress(message):
            on_progress(progress)
    return error


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask the child's group to end, wait, then kill what is left of it."""
    if process.returncode is None:
        signal_group(process.pid, signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)
    # Even after the child has ended, processes that it started may not have.
    signal_group(process.pid, signal.SIGKILL)
    await process.wait()
