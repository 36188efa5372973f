"""The bases of `tests.benchmarks.generation` side by side, and how often each reaches what is asked of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import mean
from typing import Any

from tests.benchmarks.generation_training import GenerationRow

MIN_YIELD = 0.5
MIN_AGREEMENT = 0.6
MIN_GOLD = 250
Result = Mapping[str, Any]


def make_summary(rows: Sequence[GenerationRow], found: Mapping[GenerationRow, Result]) -> str:
    """Say what is aimed at and, where there are several bases, compare their yield and agreement.

    Args:
        rows: Every row, with a result or without.
        found: The results.
    """
    bases = list(dict.fromkeys(row.base_name for row in rows))
    aims = (
        f"Aims with {MIN_GOLD} gold sentences of a label: a yield (kept of generated) of at least {MIN_YIELD:.0%}, and "
        f"an agreement of the judges of at least {MIN_AGREEMENT} without gating; what reaches its aim is bold. In "
        "brackets: the judges' agreement with gold sentences of the label that they have not seen."
    )
    if len(bases) == 1:
        return aims
    heads = ["corpus", "label", *(f"{base}: {name}" for base in bases for name in ("yield", "agreement"))]
    by_place = {(row.corpus, row.label, row.base_name): result for row, result in found.items()}
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for corpus, label in dict.fromkeys((row.corpus, row.label) for row in rows):
        results = [by_place.get((corpus, label, base)) for base in bases]
        lines.append(_line([corpus, label, *(cell for result in results for cell in _cells(result))]))
    by_base = [[result for row, result in found.items() if row.base_name == base] for base in bases]
    lines.append(_line(["mean", "", *(cell for results in by_base for cell in _means(results))]))
    lines.append(_line(["reach the aim", "", *(cell for results in by_base for cell in _successes(results))]))
    return "\n\n".join([aims, "\n".join(lines)])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _yield(result: Result) -> float:
    share: float = result["num_kept"] / result["num_generated"]
    return share


def _cells(result: Result | None) -> list[str]:
    """Write yield and agreement of a row."""
    if result is None:
        return ["not run", ""]
    agreement = result["agreement"]
    return [
        _mark(f"{_yield(result):.0%}", is_reached=_yield(result) >= MIN_YIELD),
        "not run" if agreement is None else _agreement(agreement, result["gold_agreement"]),
    ]


def _agreement(agreement: float, of_gold: float) -> str:
    return f"{_mark(f'{agreement:.2f}', is_reached=agreement >= MIN_AGREEMENT)} ({of_gold:.2f})"


def _mark(text: str, *, is_reached: bool) -> str:
    return f"**{text}**" if is_reached else text


def _means(results: Sequence[Result]) -> list[str]:
    """Write the mean yield and agreement of a base over the labels that have one."""
    return _sum_up(results, yields=lambda found: f"{mean(found):.0%}", agreements=lambda found: f"{mean(found):.2f}")


def _successes(results: Sequence[Result]) -> list[str]:
    """Write how many labels of a base reach each aim."""
    return _sum_up(
        results,
        yields=lambda found: f"{sum(one >= MIN_YIELD for one in found)} of {len(found)}",
        agreements=lambda found: f"{sum(one >= MIN_AGREEMENT for one in found)} of {len(found)}",
    )


def _sum_up(
    results: Sequence[Result],
    *,
    yields: Callable[[Sequence[float]], str],
    agreements: Callable[[Sequence[float]], str],
) -> list[str]:
    judged = [result["agreement"] for result in results if result["agreement"] is not None]
    return [yields([_yield(one) for one in results]) if results else "", agreements(judged) if judged else ""]
