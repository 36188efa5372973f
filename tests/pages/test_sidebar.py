"""The worker's line says what can be done now, and what to do where there is none."""

from datetime import UTC, datetime, timedelta

import pytest

from db.queries.jobs import WorkerStatus
from pages.shell.sidebar import describe_workers

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def worker(state: str, *, age_seconds: float = 1.0) -> WorkerStatus:
    seen = NOW - timedelta(seconds=age_seconds)
    return WorkerStatus(name=state, state=state, device="cpu", updated_at=seen)


@pytest.mark.parametrize(
    ("states", "line"),
    [
        (["starting"], "Worker is starting"),
        (["loading"], "Worker is loading models"),
        (["ready"], "Worker ready · cpu"),
        (["busy"], "Worker busy · cpu"),
        (["busy", "ready"], "Worker ready · cpu"),
        (["stopped"], "Worker not running"),
        ([], "Worker not running"),
    ],
)
def test_the_line_is_that_of_the_worker_that_can_do_most(states: list[str], line: str) -> None:
    assert describe_workers([worker(state) for state in states], now=NOW)[1] == line


def test_a_worker_that_fell_silent_counts_as_gone_and_the_remedy_is_said() -> None:
    _, line, remedy = describe_workers([worker("ready", age_seconds=60)], now=NOW)
    assert line == "Worker not running"
    assert "dare worker" in remedy
