"""The command `generate`: every setting of a generation as an option; those not given keep their default."""

from typing import Annotated, Any

import typer

from core.cli.data import JsonOption, ProjectArgument
from core.cli.jobs import WaitOption, run_job
from core.cli.options import (
    CheckpointingOption,
    GpusOption,
    Number,
    PrecisionOption,
    Switch,
    Text,
    Whole,
    option,
)
from core.cli.output import errors_in_one_line, show_result
from core.domain import JobKind
from core.errors import ModelError
from core.workflows.presets import get_preset
from core.workflows.synthesise_params import GenerateParams

_WANTED, _GENERATOR, _SAMPLING = "What to write", "Generator", "Sampling"
_TRAINING = "Training of each label's generator"


def generate(
    project: ProjectArgument,
    preset: Annotated[
        str, typer.Option(help="A paper's settings, which other options change: dare-paper.", show_default=False)
    ] = "",
    labels: Annotated[list[str] | None, option("Only this label; repeat for several.", _WANTED, "--label")] = None,
    count: Annotated[Whole, option("Sentences a label, after the filters. Usual: 50.", _WANTED)] = None,
    base: Annotated[
        Text, option("scratch (usual), or name, folder or hub name of a causal language model.", _GENERATOR)
    ] = None,
    may_download: Annotated[Switch, option("Fetch a generator that is a hub name.", _GENERATOR, "--download")] = None,
    temperature: Annotated[Number, option("Divides the logits. Usual: 1.", _SAMPLING)] = None,
    top_k: Annotated[Whole, option("Draw among the k likeliest pieces. Usual: 5.", _SAMPLING)] = None,
    top_p: Annotated[Number, option("Draw among the likeliest of this probability. Usual: 1.", _SAMPLING)] = None,
    max_new_pieces: Annotated[Whole, option("Longest sentence in word pieces. Usual: 100.", _SAMPLING)] = None,
    num_epochs: Annotated[Whole, option("Passes over a label's gold. Usual: 5.", _TRAINING, "--epochs")] = None,
    learning_rate: Annotated[Number, option("Peak learning rate. Usual: 3e-5; scratch 1e-3.", _TRAINING)] = None,
    batch_size: Annotated[Whole, option("Sentences of one pass in a process. Usual: 4; scratch 8.", _TRAINING)] = None,
    gradient_accumulation: Annotated[Whole, option("Passes of one step. Usual: 2; scratch 1.", _TRAINING)] = None,
    seed: Annotated[Whole, option("Seed of training and sampling. Usual: 0.", _TRAINING)] = None,
    precision: PrecisionOption = None,
    has_gradient_checkpointing: CheckpointingOption = None,
    num_processes: GpusOption = None,
    wait: WaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write synthetic sentences for the labels of a project."""
    given = {name: value for name, value in locals().items() if name not in _NOT_PARAMETERS and value is not None}
    with errors_in_one_line():
        values = get_preset(preset).generation if preset else {}
        if preset and not values:
            raise ModelError(f"Preset {preset!r} is about training alone; for generation there is dare-paper.")
        params = GenerateParams.from_json({**values, **given})
        result = run_job(JobKind.GENERATE, project, params.to_json(), wait=wait)
    show_result(result, as_json=as_json, lines=lambda: _generate_lines(result))


_NOT_PARAMETERS = frozenset({"project", "preset", "wait", "as_json"})


def _generate_lines(result: dict[str, Any]) -> list[str]:
    if "labels" not in result:
        return [f"job {result['job_id']} is queued"]
    return [f"{name}: {counts}" for name, counts in result["labels"].items()]
