"""How far reviewers agree on the same items, beyond what chance would give: Krippendorff's alpha for names."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two or more reviewers.

    Args:
        items: Items that two or more of them judged.
        observed: Share of pairs of judgements of the same item that are equal, in [0, 1].
        alpha: 1 for perfect agreement, 0 for what chance gives, below 0 for less; None where every judgement is the
            same, so that chance alone would agree as well.
    """

    items: int
    observed: float
    alpha: float | None

    def to_json(self) -> dict[str, float | int | None]:
        """Return the numbers as JSON, rounded to four digits."""
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}


def measure_agreement(items: Iterable[Sequence[Hashable]]) -> Agreement | None:
    """Return the agreement of judgements, or None where no item has two of them.

    Computes alpha = 1 - D_o / D_e with D_o = (1/n) sum_{c != k} o_ck and D_e = (1/(n(n-1))) sum_{c != k} n_c n_k:
    o_ck counts ordered pairs of judgements c, k of one item by two reviewers, each item's pairs divided by its
    number of judgements less one; n_c is how often c was given, n the sum of all n_c. It takes any number of
    reviewers and items that only some of them judged.

    Args:
        items: The judgements of each item, one a reviewer; items with fewer than two are passed over.

    Source:
        Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", University of Pennsylvania, sec. C
        (nominal data, any number of observers, missing data).
    """
    judged = [list(one) for one in items if len(one) >= 2]
    if not judged:
        return None
    totals = Counter(judgement for one in judged for judgement in one)
    num_all = totals.total()
    differing = sum(_count_differing(Counter(one)) / (len(one) - 1) for one in judged) / num_all
    by_chance = _count_differing(totals) / (num_all * (num_all - 1))
    return Agreement(len(judged), 1 - differing, 1 - differing / by_chance if by_chance else None)


def _count_differing(counts: Counter[Hashable]) -> int:
    """Return the number of ordered pairs of unequal judgements."""
    return counts.total() ** 2 - sum(number**2 for number in counts.values())
