"""The layers of the joint model that torch has not, or not so fast."""

from torch import Tensor, nn


class Bilinear(nn.Bilinear):
    """x_1^T U_c x_2 for every class c, as two matrix products (the first term of eq. 7).

    The parent's own product multiplies every pair with the whole of U element by element: on a processor it
    took two thirds of a training step, and automatic mixed precision does not know it.
    """

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """Score pairs.

        Shape:
            input1, input2: (pairs, width).
            returns: (pairs, classes).
        """
        by_column = self.weight.permute(1, 0, 2).flatten(1)  # (width, classes * width)
        moved = (input1 @ by_column).view(len(input1), self.out_features, -1)  # (pairs, classes, width)
        scores: Tensor = moved @ input2.unsqueeze(-1)  # (pairs, classes, 1)
        return scores.squeeze(-1)


def feed_forward(width: int, hidden_width: int, output_width: int, dropout: float) -> nn.Sequential:
    """Two layers, as in the authors' code (eq. 4-5 show one)."""
    return nn.Sequential(
        nn.Linear(width, hidden_width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden_width, output_width)
    )
