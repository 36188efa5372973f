"""Several processes that train one model together, through `accelerate`; one process is the usual case.

Whoever starts them sets RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT in each one's environment.
"""

from contextlib import AbstractContextManager

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs, broadcast
from torch import Tensor, nn


class Processes:
    """This process's place among those that train together.

    Args:
        device: CPU or CUDA; on CUDA each process gets a device of its own.
    """

    def __init__(self, device: torch.device) -> None:
        # A loss may leave parts of a model out, such as those that a ramp has not switched on yet.
        handler = DistributedDataParallelKwargs(find_unused_parameters=True)
        self._accelerator = Accelerator(cpu=device.type == "cpu", kwargs_handlers=[handler])
        self.device: torch.device = self._accelerator.device
        self.index: int = self._accelerator.process_index
        self.count: int = self._accelerator.num_processes

    def join(self, module: nn.Module) -> nn.Module:
        """Return a module whose gradients are averaged over all processes, with the main one's weights in all."""
        joined: nn.Module = self._accelerator.prepare_model(module)
        return joined

    def unsynchronised(self, module: nn.Module) -> AbstractContextManager[None]:
        """Return a context in which gradients stay in this process, to be averaged with the next ones."""
        context: AbstractContextManager[None] = self._accelerator.no_sync(module)
        return context

    def take_share(self, indices: list[int]) -> tuple[list[int], float]:
        """Return this process's part of a batch, and the weight of its mean in the mean over the processes.

        The weights make that mean the one over the whole batch where the parts differ in size. A process that
        gets nothing of a batch reads one of its items with weight 0, so that all take equally many steps.
        """
        share = indices[self.index :: self.count]
        return share or indices[:1], len(share) * self.count / len(indices)

    def average(self, value: float) -> float:
        """Return the mean of a number over the processes."""
        return float(self._accelerator.reduce(self._make_tensor(value), reduction="mean"))

    def agree(self, value: float) -> float:
        """Return the main process's number in all: numbers that differ a little must not part their ways."""
        return float(broadcast(self._make_tensor(value)))

    def gather(self, values: Tensor) -> Tensor:
        """Return the tensor of every process, on the CPU; only where all call this and all shapes are equal.

        Shape:
            values: (n,).
            returns: (processes, n).
        """
        gathered: Tensor = self._accelerator.gather(values.to(self.device).unsqueeze(0))  # (processes, n)
        return gathered.cpu()

    def _make_tensor(self, value: float) -> Tensor:
        return torch.tensor(value, dtype=torch.float64, device=self.device)  # ()
