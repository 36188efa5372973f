"""What a table of figures says about where it was made."""

import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch

PACKAGES = ("torch", "transformers", "accelerate", "spacy")


def describe_machine(arguments: Sequence[str] | None = None) -> str:
    """Return date, machine, versions and command as one paragraph of Markdown.

    Args:
        arguments: Arguments of the command; those of this process if None.
    """
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{os.cpu_count()} CPU cores, no GPU"
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    module = Path(sys.argv[0]).stem
    command = " ".join(["python -m", f"tests.benchmarks.{module}", *(sys.argv[1:] if arguments is None else arguments)])
    return (
        f"{datetime.now(UTC).date()}; {device} ({processor_name()}); Python {platform.python_version()}, {versions}; "
        f"`{command}`"
    )


def processor_name() -> str:
    """Return the processor's model name where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
