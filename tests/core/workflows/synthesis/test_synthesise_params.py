"""What a generation can be asked for: every value checked, and the paper's under a name."""

import json
from typing import Any

import pytest

from core.errors import ModelError
from core.workflows.retraining.presets import get_preset
from core.workflows.synthesis.synthesise_params import GenerateParams


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"number": 5}, r"Unknown generation parameters \['number'\]; known: labels, count"),
        ({"count": 0}, "count is 0; it must be 1 to 100000"),
        ({"top_p": 1.5}, "top_p is 1.5; it must be more than 0 and at most 1"),
        ({"width": 30}, "width is 30; it must be a multiple of 4 above 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; it must be more than 0"),
        ({"batch_size": 0}, "batch_size is 0; it must be at least 1"),
        ({"gradient_accumulation": 0}, "gradient_accumulation is 0; it must be at least 1"),
        ({"num_processes": 65}, "num_processes is 65; it must be 1 to 64"),
        ({"precision": "fp16"}, "Unknown precision 'fp16'; known: auto, fp32, bf16"),
        ({"batch_size": 2.5}, "batch_size is 2.5; it needs a whole number"),
        ({"num_processes": None}, "num_processes is None; it needs a whole number"),
        ({"has_gradient_checkpointing": "yes"}, "has_gradient_checkpointing is 'yes'; it needs true or false"),
        ({"num_judges": 2}, "num_judges is 2; it must be 0 for none, or 3 to 20"),
        ({"min_agreement": 1.5}, "min_agreement is 1.5; it must be 0 to 1"),
        ({"label_counts": {"CID": -1}}, "label_counts is .*; it must be 0 to 100000 for each label"),
        ({"label_counts": ["CID"]}, "label_counts is .*; it needs a number of sentences by label"),
        ({"labels": "CID"}, "labels is 'CID'; it needs a list of labels"),
    ],
)
def test_wrong_parameters_are_refused_with_value_and_limit(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        GenerateParams.from_json(params)


def test_parameters_survive_json() -> None:
    params = GenerateParams(
        labels=("CID",),
        count=3,
        label_counts={"CID": 4},
        num_judges=5,
        learning_rate=1e-4,
        batch_size=2,
        precision="bf16",
        num_processes=2,
    )
    assert GenerateParams.from_json(json.loads(json.dumps(params.to_json()))) == params


def test_a_whole_number_will_do_for_a_real_one() -> None:
    assert GenerateParams.from_json({"temperature": 1, "learning_rate": 1}).temperature == 1


def test_dare_s_generator_is_trained_and_sampled_as_its_paper_says() -> None:
    params = GenerateParams.from_json(get_preset("dare-paper").generation)
    assert params.base == "openai-community/gpt2-large"
    assert (params.num_epochs, params.learning_rate) == (5, 3e-5)
    assert (params.batch_size, params.gradient_accumulation) == (4, 2)
    assert (params.temperature, params.top_k, params.top_p, params.max_new_pieces) == (1.0, 5, 1.0, 100)
