"""Losses of the classifiers that end in a softmax; targets are probabilities, so soft labels need nothing else."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

LossName = Literal["cross_entropy", "focal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """Which loss a classifier minimises.

    Args:
        loss: "cross_entropy", or "focal", which turns to the items that are still wrong.
        gamma: Focusing exponent of the focal loss, >= 0; 0 makes it the cross-entropy.
    """

    loss: LossName = "cross_entropy"
    gamma: float = 1.0

    def __call__(self, logits: Tensor, targets: Tensor, class_weights: Tensor) -> Tensor:
        """Return the loss of a batch.

        Shape:
            logits, targets: (instances, classes).
            class_weights: (classes,).
            returns: scalar.
        """
        if self.loss == "focal":
            return focal_loss(logits, targets, class_weights, gamma=self.gamma)
        return cross_entropy(logits, targets, class_weights)


def cross_entropy(logits: Tensor, targets: Tensor, class_weights: Tensor) -> Tensor:
    """Mean of -w_c y_c log p_c, divided by the weights that took part.

    On one-hot targets this is `torch.nn.functional.cross_entropy` with class weights, which for
    probabilities divides by the number of items instead.

    Shape:
        logits, targets: (instances, classes).
        class_weights: (classes,); DARE eq. 4, or ones.
        returns: scalar.
    """
    return focal_loss(logits, targets, class_weights, gamma=0.0)


def focal_loss(logits: Tensor, targets: Tensor, class_weights: Tensor, *, gamma: float) -> Tensor:
    """Mean of -alpha_c (1 - p_c)^gamma y_c log p_c, divided by the weights that took part.

    Shape:
        logits, targets: (instances, classes).
        class_weights: (classes,), the paper's alpha.
        returns: scalar.

    Source:
        Li & Ji 2019, sec. 2.2; Lin et al. 2017. Deviation: the L2 term is the optimiser's weight decay.
    """
    log_p = logits.float().log_softmax(-1)  # (instances, classes)
    weighted = class_weights * targets  # (instances, classes)
    # Of exactly 0 a power below 1 has no finite gradient.
    rest = (1.0 - log_p.exp()).clamp(min=torch.finfo(log_p.dtype).eps)  # (instances, classes)
    focus = rest**gamma if gamma else torch.ones_like(log_p)  # (instances, classes)
    return -(weighted * focus * log_p).sum() / weighted.sum().clamp(min=torch.finfo(weighted.dtype).tiny)


def to_binary(targets: Tensor) -> Tensor:
    """Sum the positive classes: is the pair related at all (Li & Ji 2019, auxiliary task)?

    Shape:
        targets: (instances, classes), NO_RELATION first.
        returns: (instances, 2); unrelated, related.
    """
    related = targets[:, 1:].sum(-1).clamp(max=1.0)  # (instances,)
    return torch.stack([targets[:, 0], related], dim=-1)  # (instances, 2)


def loss_of_heads(
    objective: Objective, logits: Tensor, related_logits: Tensor | None, targets: Tensor, class_weights: Tensor
) -> Tensor:
    """Add to the loss of the labels that of the second head, "is the pair related at all", where there is one.

    Shape:
        logits, targets: (instances, classes).
        related_logits: (instances, 2); unrelated, related.
        class_weights: (classes,); the second head weighs its two classes alike.
        returns: scalar.

    Source:
        Li & Ji 2019, sec. 2.2.
    """
    loss = objective(logits, targets, class_weights)
    if related_logits is None:
        return loss
    return loss + objective(related_logits, to_binary(targets), torch.ones(2, device=loss.device))
