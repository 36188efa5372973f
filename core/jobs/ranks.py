"""A task that several processes do together: the ordinary child, and others beside it that help it train.

The processes find each other by what `torch.distributed` reads from the environment. The first one is the task's
child as any other: its progress is shown and its output kept. What the others write is thrown away.
"""

import asyncio
import os
import shutil
import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import JobError
from core.jobs.devices import CPU
from core.jobs.progress import Progress
from core.jobs.runner import run_child

LOOPBACK = "127.0.0.1"


def rank_environments(
    environment: Mapping[str, str], num_processes: int, *, devices: Sequence[str], port: int
) -> list[dict[str, str]]:
    """Return the environment of each process.

    Args:
        environment: The worker's environment for children; on CUDA it shows one device, the worker's own.
        num_processes: Processes of the task, >= 1.
        devices: All CUDA devices of this machine, as `find_cuda_devices` returns them.
        port: Free port on this machine, by which the processes meet.

    Raises:
        JobError: There are fewer CUDA devices than processes.
    """
    common = {**environment, "WORLD_SIZE": str(num_processes), "MASTER_ADDR": LOOPBACK, "MASTER_PORT": str(port)}
    if environment.get("DARE_DEVICE") == CPU:
        # Side by side on the same cores: each takes its part of them.
        common.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // num_processes)))
    else:
        own = environment["CUDA_VISIBLE_DEVICES"]
        visible = [own, *(device for device in devices if device != own)]
        if len(visible) < num_processes:
            raise JobError(
                f"A training in {num_processes} processes needs as many CUDA devices, and this machine has "
                f"{len(visible)}; set num_processes to {len(visible)} or less."
            )
        common["CUDA_VISIBLE_DEVICES"] = ",".join(visible[:num_processes])
    return [{**common, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(num_processes)]


def find_free_port() -> int:
    """Return a port on the loopback interface that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])


async def run_ranks(
    command: Sequence[str],
    *,
    environments: Sequence[Mapping[str, str]],
    log_path: Path,
    scratch_path: Path,
    on_progress: Callable[[Progress], None],
) -> None:
    """Run a task's processes to the end of the first; the first to fail ends them all.

    Args:
        command: Command line of the first; the others' has `--scratch-path` and a folder after it.
        environments: One a process, from `rank_environments`.
        log_path: Log of the first; the others' lie beside it.
        scratch_path: Folder for what the others write; deleted at the end.
        on_progress: Called with every line of progress of the first.

    Raises:
        JobError: A process failed; the message is its own.
    """
    runs = [run_child(command, environment=environments[0], log_path=log_path, on_progress=on_progress)]
    for rank, environment in enumerate(environments[1:], start=1):
        runs.append(
            run_child(
                [*command, "--scratch-path", str(scratch_path / str(rank))],
                environment=environment,
                log_path=log_path.with_suffix(f".{rank}{log_path.suffix}"),
                on_progress=_ignore,
            )
        )
    shutil.rmtree(scratch_path, ignore_errors=True)  # what a crash has left
    try:
        await _run_to_first_end(runs)
    finally:
        shutil.rmtree(scratch_path, ignore_errors=True)


async def _run_to_first_end(runs: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Wait until the first run has ended or any has failed; then end the others and raise the failure."""
    tasks = [asyncio.create_task(run) for run in runs]
    try:
        waiting = set(tasks)
        while tasks[0] in waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _ignore(_: Progress) -> None:
    """The first process speaks for all."""
