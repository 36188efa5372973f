"""Wilson's interval against values computed by hand."""

import pytest

from core.evaluation.intervals import wilson_interval


def test_half_of_ten_is_between_a_quarter_and_three_quarters() -> None:
    # z = 1.96: centre 0.5; half-width 1.96 * sqrt((0.25 + 3.8416 / 40) / 10) / 1.38416 = 0.2634
    assert wilson_interval(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)


def test_all_of_three_does_not_pretend_to_be_certain() -> None:
    # With every success the lower end is n / (n + z^2) = 3 / 6.8415.
    low, high = wilson_interval(3, 3)
    assert (low, high) == (pytest.approx(0.4385, abs=1e-4), pytest.approx(1.0))
    assert wilson_interval(0, 3) == (pytest.approx(0.0), pytest.approx(1 - low))


def test_more_items_give_a_narrower_interval() -> None:
    widths = [high - low for low, high in (wilson_interval(7 * n, 10 * n) for n in (1, 10, 100))]
    assert widths == sorted(widths, reverse=True)


def test_nothing_decided_means_nothing_known() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "total"), [(-1, 3), (4, 3)])
def test_contradicting_counts_are_refused(successes: int, total: int) -> None:
    with pytest.raises(ValueError, match=f"got {successes} of {total}"):
        wilson_interval(successes, total)
