"""Devices, worker names and the environment that selects one device."""

import os
from pathlib import Path

import pytest

from core.errors import JobError
from core.jobs.devices import find_devices, select_device, worker_names
from core.settings import Settings


@pytest.fixture
def fake_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 0\necho 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.mark.usefixtures("fake_nvidia_smi")
def test_every_cuda_device_gets_a_worker() -> None:
    devices = find_devices(Settings())
    assert devices == ["0", "1"]
    assert worker_names(Settings(), devices) == ["local:0", "local:1"]
    assert worker_names(Settings(worker_name="host-a"), devices) == ["host-a:0", "host-a:1"]


@pytest.mark.usefixtures("fake_nvidia_smi")
def test_environment_narrows_the_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1, 3")
    assert find_devices(Settings()) == ["1", "3"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert find_devices(Settings()) == ["cpu"]


@pytest.mark.usefixtures("fake_nvidia_smi")
def test_cpu_is_one_worker_under_the_setting_s_name() -> None:
    settings = Settings(device="cpu", worker_name="desk:0")
    assert worker_names(settings, find_devices(settings)) == ["desk:0"]


def test_cuda_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(JobError, match="DARE_DEVICE is cuda, but no CUDA device is visible.*DARE_DEVICE=auto"):
        find_devices(Settings(device="cuda"))


def test_process_sees_its_own_device_only() -> None:
    assert select_device({}, "1") == {"DARE_DEVICE": "cuda", "CUDA_VISIBLE_DEVICES": "1"}
    assert select_device({}, "cpu") == {"DARE_DEVICE": "cpu", "CUDA_VISIBLE_DEVICES": ""}
