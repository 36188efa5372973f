"""What an error says when the device has no memory left: CUDA has a class for it, the CPU's allocator only words."""

import torch

_CPU_WORDS = ("DefaultCPUAllocator", "not enough memory")


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether a smaller batch could have succeeded."""
    return isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in _CPU_WORDS)


def release_memory(device: torch.device) -> None:
    """Give memory that nothing uses back to the device, so that a smaller batch finds it in one piece."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
