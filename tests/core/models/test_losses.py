"""The losses against torch's own and against numbers worked out by hand."""

from math import log

import pytest
import torch
from torch.nn import functional

from core.domain import NO_RELATION, Instance
from core.models.losses import Objective, cross_entropy, focal_loss, loss_of_heads, to_binary
from core.models.targets import make_targets
from tests.builders import find_mention, make_instance

# One item: p = (1/4, 3/4), because softmax(0, log 3) = (1, 3) / 4.
LOGITS = torch.tensor([[0.0, log(3.0)]])
ONES = torch.ones(2)


def test_cross_entropy_on_hard_labels_is_torchs() -> None:
    torch.manual_seed(0)
    logits, classes, weights = torch.randn(5, 3), torch.tensor([0, 2, 1, 1, 0]), torch.tensor([0.2, 1.0, 0.5])
    ours = cross_entropy(logits, functional.one_hot(classes, 3).float(), weights)
    assert ours.item() == pytest.approx(functional.cross_entropy(logits, classes, weight=weights).item())


def test_a_soft_label_weighs_the_classes_by_its_probabilities() -> None:
    loss = cross_entropy(LOGITS, torch.tensor([[0.5, 0.5]]), ONES)
    assert loss.item() == pytest.approx(-0.5 * log(1 / 4) - 0.5 * log(3 / 4))


def test_focal_loss_shrinks_what_is_nearly_right() -> None:
    # gamma 1: (1 - 3/4) * -log(3/4); gamma 2: (1/4)^2 * -log(3/4).
    target = torch.tensor([[0.0, 1.0]])
    assert focal_loss(LOGITS, target, ONES, gamma=1.0).item() == pytest.approx(-0.25 * log(0.75))
    assert focal_loss(LOGITS, target, ONES, gamma=2.0).item() == pytest.approx(-0.0625 * log(0.75))
    assert focal_loss(LOGITS, target, ONES, gamma=0.0).item() == pytest.approx(-log(0.75))


def test_class_weights_are_the_focal_losss_alpha() -> None:
    # Two items, weights 1 and 1/4: (1/4 * 0.25 * -log 0.75 + 1 * 0.75 * -log 0.25) / (1/4 + 1).
    targets = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    loss = focal_loss(LOGITS.repeat(2, 1), targets, torch.tensor([1.0, 0.25]), gamma=1.0)
    assert loss.item() == pytest.approx((0.25 * 0.25 * -log(0.75) + 0.75 * -log(0.25)) / 1.25)


def test_an_objective_is_named() -> None:
    target = torch.tensor([[0.0, 1.0]])
    assert Objective()(LOGITS, target, ONES).item() == pytest.approx(-log(0.75))
    assert Objective(loss="focal", gamma=1.0)(LOGITS, target, ONES).item() == pytest.approx(-0.25 * log(0.75))


def test_the_auxiliary_task_asks_only_if_a_pair_is_related() -> None:
    targets = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.2, 0.3, 0.5], [0.0, 1.0, 1.0]])
    assert to_binary(targets).flatten().tolist() == pytest.approx([1, 0, 0, 1, 0.2, 0.8, 0, 1])


def test_targets_hold_every_label_of_a_pair_and_nothing_where_it_is_unknown() -> None:
    text = "aspirin caused nausea ."
    head, tail = find_mention(text, "aspirin", "Chemical"), find_mention(text, "nausea", "Disease")
    several = Instance("two", text, head, tail, "CID", other_labels=("WORSE",))
    unknown = make_instance(text, "aspirin", "nausea", None)
    targets = make_targets([several, unknown], (NO_RELATION, "CID", "WORSE"))
    assert targets.tolist() == [[0, 1, 1], [0, 0, 0]]


def test_a_certain_item_has_a_finite_gradient_at_a_gamma_below_one() -> None:
    logits = torch.tensor([[0.0, 200.0]], requires_grad=True)
    focal_loss(logits, torch.tensor([[0.0, 1.0]]), ONES, gamma=0.5).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None and torch.isfinite(logits.grad).all()


def test_the_loss_of_a_second_head_is_added_and_nothing_without_one() -> None:
    targets, related = torch.tensor([[0.0, 1.0]]), torch.tensor([[0.0, 0.0]])
    alone = loss_of_heads(Objective(), LOGITS, None, targets, ONES)
    both = loss_of_heads(Objective(), LOGITS, related, targets, ONES)
    assert alone.item() == pytest.approx(-log(3 / 4))
    assert both.item() == pytest.approx(-log(3 / 4) - log(1 / 2))
