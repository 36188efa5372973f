"""Agreement between reviewers: the source's worked values, missing judgements, and when it cannot be told."""

import pytest

from core.evaluation.agreement import measure_agreement

# Four observers and twelve units of Krippendorff 2011, sec. C; a dot is no judgement.
OBSERVERS = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")


def test_alpha_of_two_reviewers_is_the_worked_value() -> None:
    found = measure_agreement(list(zip("aabbdcccedda", "babbbccceddd", strict=True)))
    assert found is not None and found.alpha == pytest.approx(0.692, abs=5e-4)
    assert (found.items, found.observed) == (12, pytest.approx(9 / 12))


def test_alpha_of_four_reviewers_with_missing_judgements_is_the_worked_value() -> None:
    units = [[one for one in unit if one != "."] for unit in zip(*OBSERVERS, strict=True)]
    found = measure_agreement(units)
    assert found is not None and found.alpha == pytest.approx(0.743, abs=5e-4)
    assert found.items == 11


def test_without_a_doubly_judged_item_agreement_is_not_told() -> None:
    assert measure_agreement([("x",), ("y",), ()]) is None


def test_alpha_is_undefined_where_every_judgement_is_the_same() -> None:
    found = measure_agreement([("x", "x"), ("x", "x")])
    assert found is not None and (found.observed, found.alpha) == (1.0, None)


def test_systematic_disagreement_is_below_chance() -> None:
    found = measure_agreement([("x", "y"), ("y", "x")])
    assert found is not None and found.alpha is not None and found.alpha < 0
