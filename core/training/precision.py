"""Which number format to train in: measured here, since bf16 is twice as fast on some machines and slower on others."""

import time
from functools import cache

import torch

from core.training.config import Precision

_REPEATS = 3
# Half precision must pay clearly before it is worth its rounding.
_WORTHWHILE_RATIO = 1.2
# Enough for the arithmetic to take longer than starting it: with 1024 pieces a data-centre GPU showed no difference.
_PIECES = {"cuda": 32_768}
_USUAL_PIECES = 1024


def resolve_precision(precision: Precision, device: torch.device) -> Precision:
    """Return "fp32" or "bf16"; "auto" is decided by a short probe, once a process and device."""
    if precision != "auto":
        return precision
    return "bf16" if probe_bf16_ratio(device.type) >= _WORTHWHILE_RATIO else "fp32"


@cache
def probe_bf16_ratio(device_type: str) -> float:
    """Measure fp32 seconds over bf16 seconds for a transformer-sized step; > 1 means bf16 is faster."""
    if device_type == "cuda" and not torch.cuda.is_bf16_supported():
        return 0.0
    return _step_seconds(device_type, is_bf16=False) / _step_seconds(device_type, is_bf16=True)


def _step_seconds(device_type: str, *, is_bf16: bool) -> float:
    """Time the fastest of a few forward and backward passes through two wide layers."""
    device = torch.device(device_type)
    layers = torch.nn.Sequential(torch.nn.Linear(384, 1536), torch.nn.GELU(), torch.nn.Linear(1536, 384)).to(device)
    hidden = torch.ones(_PIECES.get(device_type, _USUAL_PIECES), 384, device=device)  # (pieces, width)
    seconds = []
    for _ in range(_REPEATS + 1):
        start = time.perf_counter()
        with torch.autocast(device_type, dtype=torch.bfloat16, enabled=is_bf16):
            loss = layers(hidden).float().sum()
        loss.backward()
        if device_type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])
