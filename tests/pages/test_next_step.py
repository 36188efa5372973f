"""The next step is the one that helps most now."""

from dataclasses import replace

import pytest

from core.domain import JobKind, ModelState
from pages.components.next_step import Standing, find_step

REVIEWED = Standing(
    has_labels=True,
    num_documents=5,
    num_pending=10,
    num_gold=40,
    num_waiting=0,
    num_accepted=8,
    running=None,
    model_states=frozenset(),
)


@pytest.mark.parametrize(
    ("changes", "page", "title"),
    [
        ({"num_documents": 0}, "upload", "Bring in text"),
        ({"num_documents": 0, "has_labels": False}, "upload", "Say what you are looking for"),
        ({"running": JobKind.RETRAIN, "num_gold": 0}, "train", "Training is under way"),
        ({"running": JobKind.GENERATE}, "synthetic", "Generation is under way"),
        ({"num_gold": 3}, "annotate", "Review sentences"),
        ({"model_states": frozenset({ModelState.CANDIDATE})}, "models", "Judge the new model"),
        ({"num_waiting": 2}, "synthetic", "Review synthetic sentences"),
        ({"num_accepted": 0}, "synthetic", "Generate sentences for rare labels"),
        ({}, "train", "Train a model"),
        ({"model_states": frozenset({ModelState.PROMOTED})}, "annotate", "Go on reviewing"),
        ({"model_states": frozenset({ModelState.PROMOTED}), "num_pending": 0}, "export", "Export the data"),
    ],
)
def test_the_step_follows_from_how_far_the_project_is(changes: dict[str, object], page: str, title: str) -> None:
    step = find_step(replace(REVIEWED, **changes))  # type: ignore[arg-type]
    assert (step.page, step.title) == (page, title)


def test_too_few_relations_do_not_ask_for_a_review_of_nothing() -> None:
    assert find_step(replace(REVIEWED, num_gold=3, num_pending=0)).page == "train"
