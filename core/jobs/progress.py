"""Fine progress on its way to the database: at most one write a second, and no failed write harms a job."""

import logging
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

log = logging.getLogger(__name__)

FLUSH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of progress: share done in [0, 1], words, and numbers for a curve."""

    fraction: float
    message: str = ""
    values: tuple[tuple[str, float], ...] = ()

    def to_message(self) -> dict[str, object]:
        """Return the progress as the JSON message that a child process sends."""
        return {"fraction": self.fraction, "message": self.message, "values": dict(self.values)}

    @property
    def point(self) -> dict[str, float]:
        """The progress as a point of a curve over the fraction."""
        return {"fraction": self.fraction, **dict(self.values)}


def make_progress(fraction: float, message: str, values: Mapping[str, float]) -> Progress:
    """Return progress with the fraction clipped to [0, 1]; numbers that JSON cannot hold are left out."""
    numbers = {name: float(value) for name, value in values.items() if math.isfinite(value)}
    clipped = min(max(float(fraction), 0.0), 1.0) if math.isfinite(fraction) else 0.0
    return Progress(clipped, message, tuple(numbers.items()))


def parse_progress(message: Mapping[str, object]) -> Progress | None:
    """Return the progress that a child's message tells, or None."""
    fraction, text, values = message.get("fraction"), message.get("message", ""), message.get("values", {})
    if not isinstance(fraction, int | float) or not isinstance(text, str) or not isinstance(values, dict):
        return None
    return make_progress(fraction, text, values)


class ProgressWriter:
    """Writes the progress of one part of a job in a thread of its own.

    Args:
        write: Stores the newest progress and the curve points that came since the last call.
        interval_seconds: Least time between two writes.
    """

    def __init__(
        self, write: Callable[[Progress, list[dict[str, float]]], None], *, interval_seconds: float = 1.0
    ) -> None:
        self._write = write
        self._interval_seconds = interval_seconds
        self._lock = threading.Lock()
        self._newest: Progress | None = None
        self._points: list[dict[str, float]] = []
        self._changed = threading.Event()
        self._closed = threading.Event()
        self.num_lost = 0
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
        self._thread.start()

    def __call__(self, progress: Progress) -> None:
        """Take progress; returns at once."""
        with self._lock:
            self._newest = progress
            if progress.values:
                self._points.append(progress.point)
        self._changed.set()

    def close(self) -> None:
        """Write what is left and end the thread; a database that hangs is left behind after ten seconds."""
        self._closed.set()
        self._changed.set()
        self._thread.join(FLUSH_SECONDS)
        if self.num_lost:
            log.warning("%d progress writes were lost", self.num_lost)

    def _run(self) -> None:
        while not self._closed.is_set():
            self._changed.wait()
            self._flush()
            self._closed.wait(self._interval_seconds)
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            newest, points = self._newest, self._points
            self._newest, self._points = None, []
            self._changed.clear()
        if newest is None:
            return
        try:
            self._write(newest, points)
        except Exception:  # whatever went wrong, progress is not worth a failed job
            self.num_lost += 1
            log.debug("a progress write was lost", exc_info=True)
