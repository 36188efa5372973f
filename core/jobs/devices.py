"""Which devices this machine has, found without importing torch, and the environment that selects one."""

import os
import shutil
import subprocess
from collections.abc import Mapping

from core.errors import JobError
from core.settings import Settings

CPU = "cpu"
QUERY_SECONDS = 10


def find_devices(settings: Settings) -> list[str]:
    """Return one entry for each worker to start: CUDA devices as CUDA_VISIBLE_DEVICES names them, or "cpu".

    Raises:
        JobError: The setting asks for CUDA, and the machine shows none.
    """
    if settings.device == CPU:
        return [CPU]
    devices = find_cuda_devices()
    if settings.device == "cuda" and not devices:
        raise JobError(
            "DARE_DEVICE is cuda, but no CUDA device is visible to nvidia-smi; "
            "check the driver and CUDA_VISIBLE_DEVICES, or set DARE_DEVICE=auto."
        )
    return devices or [CPU]


def select_device(environment: Mapping[str, str], device: str) -> dict[str, str]:
    """Return an environment in which a process sees one device only."""
    if device == CPU:
        return {**environment, "DARE_DEVICE": CPU, "CUDA_VISIBLE_DEVICES": ""}
    return {**environment, "DARE_DEVICE": "cuda", "CUDA_VISIBLE_DEVICES": device}


def worker_names(settings: Settings, devices: list[str]) -> list[str]:
    """Return one stable name a device: `local:0`, `local:1` … with the setting's own part before the colon."""
    prefix, colon, number = settings.worker_name.rpartition(":")
    if not colon or not number.isdigit():
        prefix, number = settings.worker_name, "0"
    if len(devices) == 1:
        return [settings.worker_name]
    return [f"{prefix}:{int(number) + index}" for index in range(len(devices))]


def find_cuda_devices() -> list[str]:
    """Return the CUDA devices that the environment allows, as nvidia-smi lists them."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is not None:
        return [device for device in allowed.replace(" ", "").split(",") if device and device != "-1"]
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    command = [program, "--query-gpu=index", "--format=csv,noheader"]
    try:
        listing = subprocess.run(command, capture_output=True, text=True, timeout=QUERY_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    if listing.returncode:
        return []
    return [line.strip() for line in listing.stdout.splitlines() if line.strip()]
