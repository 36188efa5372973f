"""Names of the training methods; needs no torch, so that forms can offer them."""

from typing import Literal

Method = Literal["dare", "gold", "weighting", "bagging"]
METHODS: tuple[Method, ...] = ("dare", "gold", "weighting", "bagging")
