"""Several seeds and cross-validation, against hand-computed means."""

import pytest

from core.errors import NotEnoughDataError
from core.evaluation.repeats import Summary, score_cross_validation, summarise_seeds
from core.evaluation.scores import Counts, Scores


def test_the_spread_of_seeds_is_the_sample_deviation() -> None:
    # Mean 0.6; squared distances 0.01, 0, 0.01; sd = sqrt(0.02 / 2) = 0.1.
    found = summarise_seeds([0.5, 0.6, 0.7])
    assert (found.mean, found.sd, found.n) == (pytest.approx(0.6), pytest.approx(0.1), 3)


def test_one_seed_has_no_spread_and_none_is_refused() -> None:
    assert summarise_seeds([0.5]) == Summary(0.5, 0.0, 1)
    with pytest.raises(NotEnoughDataError, match="at least 1 run"):
        summarise_seeds([])


def test_folds_count_the_same_whatever_their_size() -> None:
    # F1 of the folds is 1 (1 item) and 0.5 (of 200): mean 0.75, though pooled counts give 204 / 404 = 0.505.
    folds = [Scores("strict", {"AE": Counts(1, 0, 0)}), Scores("strict", {"AE": Counts(100, 100, 100)})]
    found = score_cross_validation(folds)
    assert found.f1 == found.macro_f1.mean == pytest.approx(0.75)
    assert found.macro_f1.sd == pytest.approx(0.125**0.5)  # (0.25^2 + 0.25^2) / 1
    assert found.protocol == "cross-validation, macro F1 averaged over 2 folds: strict"
    assert found.to_json()["f1"] == found.f1


def test_the_macro_average_of_each_fold_is_averaged() -> None:
    # Drug F1 1, Effect F1 0.5: macro 0.75; micro 2 * 11 / (22 + 10 + 10).
    fold = Scores("mentions", {"Drug": Counts(1, 0, 0), "Effect": Counts(10, 10, 10)})
    found = score_cross_validation([fold])
    assert (found.macro_f1.mean, found.micro_f1.mean) == (pytest.approx(0.75), pytest.approx(22 / 42))


def test_folds_of_different_protocols_are_refused() -> None:
    with pytest.raises(ValueError, match="share one protocol, got boundaries, strict"):
        score_cross_validation([Scores("strict", {}), Scores("boundaries", {})])
