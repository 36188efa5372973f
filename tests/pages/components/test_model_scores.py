"""What is said of a model's scores and of how it compares."""

from core.workflows.model_library.compare import Comparison
from pages.components.model_comparison import describe
from pages.components.model_scores import describe_situations


def metrics(**f1_by_situation: float) -> dict[str, object]:
    return {"by_situation": {name.replace("_", " "): {"micro": {"f1": f1}} for name, f1 in f1_by_situation.items()}}


def test_situations_are_told_in_words() -> None:
    (line,) = describe_situations(metrics(Normal=0.9, SEO=0.7, Single=0.9, Multiple=0.7, No_relation=0.0))
    assert (
        line
        == "F1 by the relations of a sentence: apart 0.900 · shared mention 0.700 · one 0.900 · three or more 0.700"
    )


def test_sentences_that_are_all_alike_need_no_situations() -> None:
    assert describe_situations(metrics(Normal=0.9, Single=0.9, No_relation=0.0)) == []
    assert describe_situations({}) == []


def test_a_comparison_tells_the_interval_of_the_difference() -> None:
    found = Comparison(120, 0.6, 0.65, 4, 12, 0.08, True, -0.01, 0.11)
    words = describe(found, "old")
    assert "F1 **+0.050** (0.600 → 0.650), 95 % interval -0.010 to +0.110." in words
    assert "which may be chance (McNemar p = 0.08, exact)" in words
