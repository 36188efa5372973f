"""Fine progress: few writes, the last one always, and no failure that matters."""

import time

from core.jobs.progress import Progress, ProgressWriter, make_progress, parse_progress


class Store:
    """Takes note of writes; `fails` makes each one raise."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.writes: list[tuple[Progress, list[dict[str, float]]]] = []

    def __call__(self, progress: Progress, points: list[dict[str, float]]) -> None:
        if self.fails:
            raise OSError("database is locked")
        self.writes.append((progress, points))


def test_many_lines_become_few_writes_and_the_last_line_is_written() -> None:
    store = Store()
    writer = ProgressWriter(store, interval_seconds=0.05)
    started = time.monotonic()
    for step in range(200):
        writer(Progress(step / 200))
        time.sleep(0.001)
    writer(Progress(1.0, "done"))
    writer.close()
    assert len(store.writes) <= (time.monotonic() - started) / 0.05 + 2
    assert store.writes[-1][0] == Progress(1.0, "done")


def test_no_point_of_a_curve_is_lost_between_writes() -> None:
    store = Store()
    writer = ProgressWriter(store, interval_seconds=0.05)
    for step in range(10):
        writer(make_progress(step / 10, "", {"loss": step}))
    writer.close()
    points = [point for _, points in store.writes for point in points]
    assert points == [{"fraction": step / 10, "loss": float(step)} for step in range(10)]


def test_failed_writes_are_counted_and_raise_nothing() -> None:
    writer = ProgressWriter(Store(fails=True), interval_seconds=0.01)
    writer(Progress(0.5))
    writer.close()
    assert writer.num_lost >= 1


def test_nothing_is_written_where_nothing_was_reported() -> None:
    store = Store()
    ProgressWriter(store).close()
    assert store.writes == []


def test_numbers_that_json_cannot_hold_are_left_out_and_the_fraction_is_clipped() -> None:
    progress = make_progress(1.5, "epoch 2", {"loss": float("nan"), "f1": 0.5})
    assert progress == Progress(1.0, "epoch 2", (("f1", 0.5),))
    assert parse_progress(progress.to_message()) == progress


def test_message_without_a_fraction_is_no_progress() -> None:
    assert parse_progress({"error": "failed"}) is None
    assert parse_progress({"fraction": "half"}) is None
