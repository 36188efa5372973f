"""The command `generate`: every setting of a generation as an option; those not given keep their default."""

from typing import Annotated, Any

import typer

from core.cli.jobs import WaitOption, run_job
from core.cli.options import (
    CheckpointingOption,
    GpusOption,
    JsonOption,
    Number,
    PrecisionOption,
    ProjectArgument,
    ReviewerOption,
    Switch,
    Text,
    Whole,
    option,
)
from core.cli.output import errors_in_one_line, show_result
from core.domain import JobKind
from core.errors import ModelError
from core.workflows.retraining.presets import get_preset
from core.workflows.synthesis.synthesise_params import GenerateParams
from db.queries import users

_WANTED, _GENERATOR, _SAMPLING = "What to write", "Generator", "Sampling"
_TRAINING = "Training of each label's generator"
_GATE = "Quality gate"


def generate(
    project: ProjectArgument,
    preset: Annotated[
        str, typer.Option(help="A paper's settings, which other options change: dare-paper.", show_default=False)
    ] = "",
    labels: Annotated[list[str] | None, option("Only this label; repeat for several.", _WANTED, "--label")] = None,
    count: Annotated[Whole, option("Sentences a label, after filters and gate. Usual: 50.", _WANTED)] = None,
    label_counts: Annotated[
        list[str] | None, option("Sentences of one label, as LABEL=NUMBER; repeat.", _WANTED, "--label-count")
    ] = None,
    base: Annotated[
        Text, option("Name, folder or hub name of a language model, or scratch. Usual: starter-generator.", _GENERATOR)
    ] = None,
    may_download: Annotated[Switch, option("Fetch a generator that is a hub name.", _GENERATOR, "--download")] = None,
    temperature: Annotated[Number, option("Divides the logits. Usual: 1.", _SAMPLING)] = None,
    top_k: Annotated[Whole, option("Draw among the k likeliest pieces. Usual: 5.", _SAMPLING)] = None,
    top_p: Annotated[Number, option("Draw among the likeliest of this probability. Usual: 1.", _SAMPLING)] = None,
    max_new_pieces: Annotated[Whole, option("Longest sentence in word pieces. Usual: 100.", _SAMPLING)] = None,
    may_repeat_masks: Annotated[
        Switch,
        option("A mask may come twice and be filtered, as in the paper.", _SAMPLING, "--repeat-masks"),
    ] = None,
    may_name_types: Annotated[
        Switch,
        option("A type may stand for a name and be filtered, as in the paper.", _SAMPLING, "--name-types"),
    ] = None,
    is_shared: Annotated[
        Switch, option("One generator for all labels: cheaper, and worse.", _GENERATOR, "--shared/--by-label")
    ] = None,
    num_epochs: Annotated[Whole, option("Passes over a label's gold. Usual: 5.", _TRAINING, "--epochs")] = None,
    learning_rate: Annotated[
        Number, option("Peak learning rate. Usual: 3e-5; for a small base, chosen by perplexity.", _TRAINING)
    ] = None,
    batch_size: Annotated[Whole, option("Sentences of one pass in a process. Usual: 4; scratch 8.", _TRAINING)] = None,
    gradient_accumulation: Annotated[Whole, option("Passes of one step. Usual: 2; scratch 1.", _TRAINING)] = None,
    seed: Annotated[Whole, option("Seed of training and sampling. Usual: 0.", _TRAINING)] = None,
    num_judges: Annotated[
        Whole, option("Models of gold alone that score sentences; 0: none. Usual: 4.", _GATE, "--judges")
    ] = None,
    judge_encoder: Annotated[Text, option("Encoder of the judges.", _GATE)] = None,
    min_agreement: Annotated[Number, option("Least agreement of the judges, 0 to 1. Usual: 0, all.", _GATE)] = None,
    precision: PrecisionOption = None,
    has_gradient_checkpointing: CheckpointingOption = None,
    num_processes: GpusOption = None,
    reviewer: ReviewerOption = users.LOCAL_USER,
    wait: WaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write synthetic sentences for the labels of a project."""
    given = {name: value for name, value in locals().items() if name not in _NOT_PARAMETERS and value is not None}
    with errors_in_one_line():
        values = get_preset(preset).generation if preset else {}
        if preset and not values:
            raise ModelError(f"Preset {preset!r} is about training alone; for generation there is dare-paper.")
        if label_counts:
            given["label_counts"] = _read_counts(label_counts)
        params = GenerateParams.from_json({**values, **given})
        result = run_job(JobKind.GENERATE, project, params.to_json(), wait=wait, reviewer=reviewer)
    show_result(result, as_json=as_json, lines=lambda: _generate_lines(result))


_NOT_PARAMETERS = frozenset({"project", "preset", "reviewer", "wait", "as_json"})


def _read_counts(given: list[str]) -> dict[str, int]:
    """Read LABEL=NUMBER pairs.

    Raises:
        ModelError: One is not of that form.
    """
    counts = {}
    for pair in given:
        label, _, number = pair.rpartition("=")
        if not label or not number.isdecimal():
            raise ModelError(f"--label-count is {pair!r}; it must be LABEL=NUMBER, for example CID=100.")
        counts[label] = int(number)
    return counts


def _generate_lines(result: dict[str, Any]) -> list[str]:
    if "labels" not in result:
        return [f"job {result['job_id']} is queued"]
    return [f"{name}: {counts}" for name, counts in result["labels"].items()]
