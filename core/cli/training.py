"""The command `train`: every setting of a retraining as an option; those not given keep their default."""

from dataclasses import asdict
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
from core.errors import ParserNotFoundError
from core.settings import Settings
from core.workflows.prediction.parsers import explain_missing, has_workers_elsewhere
from core.workflows.projects import get_project_id
from core.workflows.retraining.presets import PRESETS
from core.workflows.retraining.retrain_params import ARCHITECTURES, METHODS, RetrainParams
from core.workflows.retraining.training_estimate import count_models, estimate_memory_of_workers, find_pace
from db.queries import readiness, users
from db.session import open_session

_DATA, _MODEL, _LOSS = "What it learns from", "Architecture", "Loss and strategies"
_TRAINING = "Training"


def train(
    project: ProjectArgument,
    preset: Annotated[
        str, typer.Option(help=f"A paper's settings, which other options change: {', '.join(PRESETS)}.")
    ] = "",
    architecture: Annotated[Text, option(f"{', '.join(ARCHITECTURES)}. Usual: cls.", _MODEL)] = None,
    num_members: Annotated[Whole, option("Members of the ensemble. Usual: 5.", _MODEL, "--members")] = None,
    encoder: Annotated[Text, option("Starter, folder or hub name of the encoder.", _MODEL)] = None,
    may_download: Annotated[Switch, option("Fetch an encoder that is a hub name.", _MODEL, "--download")] = None,
    max_pieces: Annotated[Whole, option("Longest input in word pieces. Usual: 128; redn, joint 256.", _MODEL)] = None,
    marking: Annotated[Text, option("masks (usual) or markers around head and tail; cls.", _MODEL)] = None,
    parser: Annotated[Text, option("spaCy package or folder; syntax_gcn. Usual: the shipped one.", _MODEL)] = None,
    has_nesting: Annotated[
        Switch, option("Mentions of a type may lie in those of another; joint.", _MODEL, "--nesting/--no-nesting")
    ] = None,
    num_relation_layers: Annotated[
        Whole, option("Layers of pairs alone; joint. Usual: 1; the paper 0.", _MODEL, "--relation-layers")
    ] = None,
    has_context: Annotated[
        Switch, option("Words around two mentions count too; joint.", _MODEL, "--context/--no-context")
    ] = None,
    method: Annotated[Text, option(f"{', '.join(METHODS)}. Usual: dare; joint: gold.", _DATA)] = None,
    ratio: Annotated[Number, option("Synthetic sentences for each gold one. Usual: 1.", _DATA)] = None,
    has_negative_filter: Annotated[
        Switch, option("Leave out pairs that are hardly ever related.", _DATA, "--negative-filter/--all-pairs")
    ] = None,
    is_two_stage: Annotated[
        Switch, option("Train on synthetic text first, on gold after it.", _DATA, "--two-stage/--mixed")
    ] = None,
    has_soft_labels: Annotated[
        Switch, option("Let models of gold alone label synthetic text.", _DATA, "--soft-labels/--hard-labels")
    ] = None,
    loss: Annotated[Text, option("cross_entropy or focal; cls (first is usual), syntax_gcn (second).", _LOSS)] = None,
    gamma: Annotated[Number, option("Focusing exponent of the focal loss. Usual: 1.", _LOSS)] = None,
    has_auxiliary: Annotated[
        Switch, option("Also learn if a pair is related at all; cls, syntax_gcn.", _LOSS, "--auxiliary/--no-auxiliary")
    ] = None,
    has_teacher_forcing: Annotated[
        Switch, option("Gold mentions are candidates in training; joint.", _LOSS, "--teacher-forcing/--found-only")
    ] = None,
    relation_weight: Annotated[
        Number, option("Weight of relations beside mentions; joint. Usual: 0.3; the paper 1.", _LOSS)
    ] = None,
    has_student: Annotated[
        Switch, option("Also train one model on what the ensemble says.", _LOSS, "--student/--no-student")
    ] = None,
    num_epochs: Annotated[Whole, option("Passes over the data. Usual: 5; joint 12.", _TRAINING, "--epochs")] = None,
    learning_rate: Annotated[
        Number, option("Peak learning rate. Usual: 5e-5; redn, syntax_gcn 1e-4; joint 1.5e-4.", _TRAINING)
    ] = None,
    batch_size: Annotated[
        Whole, option("Inputs of one pass in a process. Usual: 32; redn, joint 16.", _TRAINING)
    ] = None,
    gradient_accumulation: Annotated[Whole, option("Passes of one step. Usual: 1.", _TRAINING)] = None,
    optimizer: Annotated[Text, option("adamw (usual) or sgd.", _TRAINING)] = None,
    weight_decay: Annotated[Number, option("Decay of the weights. Usual: 0.01; joint 0.1.", _TRAINING)] = None,
    warmup_fraction: Annotated[Number, option("Share of steps in which the rate rises. Usual: 0.1.", _TRAINING)] = None,
    is_encoder_frozen: Annotated[
        Switch, option("Leave the encoder as it is.", _TRAINING, "--freeze-encoder/--train-encoder")
    ] = None,
    word_dropout: Annotated[
        Number, option("Share of pieces that training hides; joint. Usual: 0.1; the paper 0.", _TRAINING)
    ] = None,
    seed: Annotated[Whole, option("Member i trains with seed + i. Usual: 0.", _TRAINING)] = None,
    precision: PrecisionOption = None,
    has_gradient_checkpointing: CheckpointingOption = None,
    num_processes: GpusOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="What it would learn from and take; starts nothing.")
    ] = False,
    reviewer: ReviewerOption = users.LOCAL_USER,
    wait: WaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Retrain on a project's gold and accepted synthetic sentences: an ensemble, or one joint model."""
    given = {name: value for name, value in locals().items() if name not in _NOT_PARAMETERS and value is not None}
    with errors_in_one_line():
        params = RetrainParams.from_preset(preset, given) if preset else RetrainParams.from_json(given)
        _require_parser(params)
        if dry_run:
            result = _estimate(project, params)
        else:
            result = run_job(JobKind.RETRAIN, project, params.to_json(), wait=wait, reviewer=reviewer)
    show_result(result, as_json=as_json, lines=lambda: _estimate_lines(result) if dry_run else _train_lines(result))


_NOT_PARAMETERS = frozenset({"project", "preset", "dry_run", "reviewer", "wait", "as_json"})


def _estimate(project: str, params: RetrainParams) -> dict[str, Any]:
    """Return what a training would learn from and take; seconds and bytes are None where nothing tells them."""
    settings = Settings()
    with open_session(settings) as session:
        project_id = get_project_id(session, project)
        data = readiness.get_training_data(session, project_id)
        pace = find_pace(session, project_id, params)
        memory = estimate_memory_of_workers(session, params, settings)
    return {
        "project": project,
        "params": params.to_json(),
        "data": {split.value: asdict(one) for split, one in data.items()},
        "num_models": count_models(params),
        "seconds": pace and pace.expect_seconds(params),
        "memory_bytes": memory,
    }


def _estimate_lines(result: dict[str, Any]) -> list[str]:
    seconds, memory = result["seconds"], result["memory_bytes"]
    return [
        *(
            f"{split}: {one['sentences']} reviewed sentences of {one['documents']} documents, "
            f"{', '.join(f'{number} {label}' for label, number in one['relations'].items()) or 'no relations'}"
            for split, one in result["data"].items()
        ),
        f"time: {'unknown, no training of this kind has finished' if seconds is None else f'about {seconds:.0f} s'}",
        f"memory: {'unknown, the encoder is not here' if memory is None else f'at most about {memory / 1e9:.1f} GB'}",
    ]


def _require_parser(params: RetrainParams) -> None:
    """Refuse a training that no worker here could begin."""
    problem = explain_missing(params.parser) if params.architecture == "syntax_gcn" else ""
    if problem and not has_workers_elsewhere(Settings()):
        raise ParserNotFoundError(problem)


def _train_lines(result: dict[str, Any]) -> list[str]:
    if "f1" not in result:
        return [f"job {result['job_id']} is queued"]
    lines = [_score_line(one) for one in (result, result.get("student")) if one]
    for name, scores in result.get("protocols", {}).items():
        if scores["protocol"] != result["protocol"]:
            lines.append(f"  {name}: {scores['protocol']}: F1 {scores['micro']['f1']:.3f}")
    return lines + [f"note: {note}" for note in result["notes"]]


def _score_line(result: dict[str, Any]) -> str:
    return f"{result['model']} on {result['split']}: {result['protocol']}: F1 {result['f1']:.3f}"
