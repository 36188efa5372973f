"""Blocks made ready while the device computes: cutting text into pieces takes as long as a step of a small model."""

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from torch import Tensor

from core.pretraining.packing import BlockStream, StreamPlace


class AheadStream:
    """A stream that is always one step ahead, though its place is that of the rows taken last.

    Args:
        stream: Where the blocks come from; nothing else may read it.
        count: Blocks of a step.
    """

    def __init__(self, stream: BlockStream, *, count: int) -> None:
        self._stream, self._count = stream, count
        self._pool = ThreadPoolExecutor(max_workers=1)
        self.place: StreamPlace = stream.place.copy()
        self._next: Future[Tensor] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def take(self) -> Tensor:
        """Return the blocks of the next step.

        Shape:
            returns: (count, context), int64.

        Raises:
            NotEnoughDataError: The files hold no document to train on.
            FormatError: A file cannot be read.
        """
        rows = self._next.result() if self._next else self._stream.take(self._count)
        self.place = self._stream.place.copy()
        self._next = self._pool.submit(self._stream.take, self._count)
        return rows
