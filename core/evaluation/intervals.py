"""How far a share measured on a few items may be from the truth."""

import math
from statistics import NormalDist


def wilson_interval(successes: int, total: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the score interval of a share, which stays in [0, 1] and is honest for few items and at both ends.

    Args:
        successes: Items that have the property, 0 to `total`.
        total: Items looked at; with none of them nothing is known, and the interval is (0, 1).
        confidence: Share of such intervals that hold the truth, in (0, 1).

    Raises:
        ValueError: The counts contradict each other.

    Source:
        Wilson 1927, "Probable inference, the law of succession, and statistical inference", without
        continuity correction.
    """
    if not 0 <= successes <= total:
        raise ValueError(f"Counts must satisfy 0 <= successes <= total, got {successes} of {total}.")
    if total == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, weight = successes / total, z * z / total
    centre = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt((share * (1 - share) + weight / 4) / total) / (1 + weight)
    return max(0.0, centre - half), min(1.0, centre + half)
