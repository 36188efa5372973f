"""Vote, threshold, temperature and samples against hand-computed numbers."""

from random import Random

import numpy as np
import pytest

from core.domain import NO_RELATION
from core.ensemble.calibration import choose_threshold, fit_temperature, mean_loss, threshold_curve
from core.ensemble.sampling import balanced_bag, class_weights, leave_out_rare, sample_synthetic
from core.ensemble.voting import cast_votes, probabilities, vote
from tests.builders import make_instance


def members(*rows: list[float]) -> np.ndarray:
    """Return probabilities of one item by several members, (members, 1, classes)."""
    return np.array([[row] for row in rows])


def one_hot(classes: list[int]) -> np.ndarray:
    """Mark the gold class of each item, (items, 2)."""
    return np.eye(2, dtype=bool)[classes]


def test_a_member_votes_for_its_best_positive_class_if_that_reaches_the_threshold() -> None:
    votes = cast_votes(members([0.55, 0.30, 0.15], [0.55, 0.15, 0.30], [0.75, 0.20, 0.05]), threshold=0.25)
    assert votes[:, 0].tolist() == [1, 2, 0]


def test_without_a_threshold_a_member_votes_for_its_best_class() -> None:
    assert cast_votes(members([0.55, 0.45]), threshold=None)[:, 0].tolist() == [0]


def test_the_majority_wins_against_a_surer_minority() -> None:
    verdict = vote(members([0.49, 0.51], [0.49, 0.51], [0.99, 0.01]), threshold=0.5)
    assert verdict.classes.tolist() == [1]
    assert verdict.scores[0] == pytest.approx((0.51 + 0.51 + 0.01) / 3)


def test_a_tie_goes_to_the_larger_mean_probability() -> None:
    assert vote(members([0.1, 0.9], [0.6, 0.4]), threshold=0.5).classes.tolist() == [1]
    assert vote(members([0.4, 0.6], [0.9, 0.1]), threshold=0.5).classes.tolist() == [0]


def test_a_pair_may_get_every_label_that_most_members_give() -> None:
    # Labels are independent: 2 of 3 members give the first, all the second, 1 of 3 the third.
    votes = members([0.1, 0.8, 0.9, 0.1], [0.1, 0.7, 0.9, 0.6], [0.3, 0.2, 0.7, 0.2])
    verdict = vote(votes, threshold=0.5, is_multilabel=True)
    assert verdict.given.tolist() == [[False, True, True, False]]
    assert verdict.classes.tolist() == [2]
    assert verdict.scores[0] == pytest.approx((0.9 + 0.9 + 0.7) / 3)


def test_a_tie_over_one_label_is_broken_by_its_mean_probability() -> None:
    given = vote(members([0.05, 0.95], [0.6, 0.4]), threshold=0.5, is_multilabel=True).given
    withheld = vote(members([0.45, 0.55], [0.9, 0.1]), threshold=0.5, is_multilabel=True).given
    assert given.tolist() == [[False, True]]
    assert withheld.tolist() == [[True, False]]


def test_independent_labels_leave_the_rest_of_the_likeliest_to_no_relation() -> None:
    logits = np.array([[0.0, np.log(3), -np.log(3)]])  # 3:1 for the first label, 1:3 for the second
    assert probabilities(logits, is_multilabel=True)[0].tolist() == pytest.approx([0.25, 0.75, 0.25])


def test_members_that_agree_do_not_disagree() -> None:
    assert vote(members([0.3, 0.7], [0.3, 0.7]), threshold=None).disagreement[0] == pytest.approx(0)
    # Two certain members that contradict each other share one bit: ln 2 nats.
    assert vote(members([1.0, 0.0], [0.0, 1.0]), threshold=None).disagreement[0] == pytest.approx(np.log(2))


def test_the_threshold_with_the_best_f1_is_chosen() -> None:
    # Positives score 0.35 and above, negatives below 0.3: every grid point of (0.3, 0.35] is perfect.
    positive = np.linspace(0.36, 0.9, 60)
    negative = np.linspace(0.0, 0.29, 60)
    scores = np.concatenate([positive, negative])
    gold = one_hot([1] * 60 + [0] * 60)
    choice = choose_threshold(np.stack([1 - scores, scores], axis=-1)[None], gold)
    assert (choice.threshold, choice.f1, choice.method) == (0.35, 1.0, "validation")


def test_few_positives_choose_the_threshold_by_cross_fit() -> None:
    scores = np.array([0.9, 0.8, 0.2, 0.1, 0.7, 0.05] * 5)
    gold = one_hot([1, 1, 0, 0, 1, 0] * 5)
    choice = choose_threshold(np.stack([1 - scores, scores], axis=-1)[None], gold)
    assert choice.method == "cross-fit"
    assert 0.2 < choice.threshold <= 0.7 and choice.f1 == 1.0


def test_temperature_cools_an_overconfident_member() -> None:
    logits = np.array([[4.0, 0.0]] * 10)
    gold = one_hot([0] * 7 + [1] * 3)  # right in 70 %, sure in 98 %
    temperature = fit_temperature(logits, gold)
    assert probabilities(logits, temperature=temperature)[0, 0] == pytest.approx(0.7, abs=0.01)


def test_a_member_that_is_only_surer_of_the_same_has_the_same_loss_at_its_best_temperature() -> None:
    logits = np.array([[1.0, 0.0]] * 7 + [[0.0, 0.5]] * 3)
    gold = one_hot([0] * 6 + [1] * 4)
    losses = []
    for scale in (1.0, 3.0):
        temperature = fit_temperature(scale * logits, gold)
        losses.append(mean_loss(scale * logits, gold, temperature=temperature))
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    assert mean_loss(3.0 * logits, gold, temperature=1.0) > losses[1]


def test_each_label_gets_ratio_times_its_gold_count_without_replacement() -> None:
    pool = [make_instance(f"{n} $CHEMICAL$ $DISEASE$", "$CHEMICAL$", "$DISEASE$", "CID") for n in range(10)]
    pool += [make_instance(f"{n} $DISEASE$ $CHEMICAL$", "$CHEMICAL$", "$DISEASE$", NO_RELATION) for n in range(3)]
    chosen, missing = sample_synthetic(pool, num_gold={"CID": 4, NO_RELATION: 5}, ratio=1.0, rng=Random(0))
    labels = [instance.label for instance in chosen]
    assert (labels.count("CID"), labels.count(NO_RELATION)) == (4, 3)
    assert len({instance.id for instance in chosen}) == 7
    assert missing == {NO_RELATION: 2}


def test_a_label_with_one_example_is_left_out_and_counted() -> None:
    rows = [make_instance(f"{n} a b", "a", "b", label) for n, label in enumerate(["CID", "CID", "RARE", NO_RELATION])]
    kept, too_rare = leave_out_rare(rows)
    assert [one.label for one in kept] == ["CID", "CID", NO_RELATION]
    assert too_rare == {"RARE": 1}


def test_members_draw_different_samples_and_each_seed_draws_the_same() -> None:
    pool = [make_instance(f"{n} $CHEMICAL$ $DISEASE$", "$CHEMICAL$", "$DISEASE$", "CID") for n in range(50)]
    draws = [sample_synthetic(pool, num_gold={"CID": 10}, ratio=1.0, rng=Random(seed))[0] for seed in (1, 2, 1)]
    assert draws[0] == draws[2] != draws[1]


def test_a_balanced_bag_has_as_many_negatives_as_positives() -> None:
    positive = [make_instance(f"{n} a b", "a", "b", "CID") for n in range(3)]
    negative = [make_instance(f"{n} b a", "a", "b", NO_RELATION) for n in range(20)]
    bag = balanced_bag(positive + negative, rng=Random(0))
    assert sum(instance.label == "CID" for instance in bag) == 3
    assert sum(instance.label == NO_RELATION for instance in bag) == 3


def test_a_class_weighs_what_the_rarest_class_has_of_its_frequency() -> None:
    assert class_weights({"CID": 10, NO_RELATION: 40, "X": 0}) == {"CID": 1.0, NO_RELATION: 0.25}


def test_relations_that_nobody_saw_are_misses_at_every_threshold() -> None:
    probabilities_ = np.array([[[0.1, 0.9], [0.9, 0.1]]])
    choice = choose_threshold(probabilities_, one_hot([1, 0]), num_missed=2)
    # 1 found, 2 missed: 2 * 1 / (2 * 1 + 2).
    assert choice.f1 == pytest.approx(0.5)
    assert {row["recall"] for row in threshold_curve(probabilities_, one_hot([1, 0]), num_missed=2)[1:]} <= {0.0, 1 / 3}
