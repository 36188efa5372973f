"""A few hundred mutated files: readers answer with named errors only. `tests.benchmarks.fuzz` tries thousands."""

from tests.benchmarks.fuzz import run_fuzz


def test_mutated_files_are_read_or_refused_and_nothing_else() -> None:
    result = run_fuzz(num_files=300, seed=1, with_docbin=False)
    assert result.failures == []
    assert result.num_files > 250 and result.num_refused > 50
