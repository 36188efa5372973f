"""What a worker says about itself, put together from its predictor and its running work."""

import threading

STARTING, LOADING, READY, BUSY, STOPPED = "starting", "loading", "ready", "busy", "stopped"


class StatusBoard:
    """Collects what the threads of a worker do; `changed` is set whenever the answer may be another one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._predictor = (LOADING, "starting the predictor")
        self._work: list[str] = []
        self.changed = threading.Event()

    def set_predictor(self, state: str, message: str) -> None:
        """Take the predictor's state: "loading" or "ready"."""
        with self._lock:
            self._predictor = (state, message)
        self.changed.set()

    def begin(self, work: str) -> None:
        """Take note of work that starts, named for people."""
        with self._lock:
            self._work.append(work)
        self.changed.set()

    def end(self, work: str) -> None:
        """Take note of work that has ended."""
        with self._lock:
            self._work.remove(work)
        self.changed.set()

    def current(self) -> tuple[str, str]:
        """Return state and message; loading comes first, for it is what a paste has to wait for."""
        with self._lock:
            state, message = self._predictor
            if state != READY:
                return state, message
            return (BUSY, ", ".join(self._work)) if self._work else (READY, message)
