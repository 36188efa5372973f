"""Train one joint model on several corpora; its parts ship as starters, one for each kind of project."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from core.corpora.chemprot import LABELS as CHEMPROT_LABELS
from core.domain import EntityType, RelationLabel, Schema
from core.evaluation.scores import Scores
from core.models.joint import JointModel
from core.models.joint_data import JointItem
from core.starter import STARTERS
from core.training.averaging import mean_weights
from core.training.checkpoints import CONFIG_NAME, load_config, write_folder
from core.training.config import TrainingConfig
from core.training.state import copy_state
from core.training.trainer import Report, TrainingResult, Validation
from core.workflows.data_in.renames import rename_document
from core.workflows.retraining.joint_decision import choose_decision
from core.workflows.retraining.train_joint import (
    LOG_NAME,
    STARTER_TRAINING,
    JointRecipe,
    fit,
    make_items,
    make_model,
    score_model,
)
from core.workflows.starter_builds.gold_sets import GoldSet, name_type
from core.workflows.starter_builds.origins import WHOLE
from core.workflows.starter_builds.starter_card import write_part_card, write_whole_card
from core.workflows.starter_builds.starter_record import describe_build, summarise_build
from core.workflows.starter_builds.starter_scores import CORPUS_OF_PART, score_part
from core.workflows.unfinished import only_run, open_work


@dataclass(frozen=True, slots=True)
class Part:
    """What one starter knows of the whole model.

    Args:
        starter: Name of the starter.
        corpus_of: Corpus that says what is a mention of each of its types.
        labels: Names.
    """

    starter: str
    corpus_of: Mapping[str, str]
    labels: tuple[str, ...]

    @property
    def known_as(self) -> Mapping[str, str]:
        """Names of its types in the whole model."""
        return {name: name_type(name, corpus) for name, corpus in self.corpus_of.items()}

    @property
    def purpose(self) -> str:
        """What the starter is for, in one line."""
        return next((one.purpose for one in STARTERS if one.name == self.starter), "finds what it learnt")


PARTS: Mapping[str, Part] = {
    "chemical_disease": Part("starter-chemical-disease", {"Chemical": "bc5cdr", "Disease": "bc5cdr"}, ("CID",)),
    "chemical_protein": Part("starter-chemical-protein", {"Chemical": "chemprot", "Gene": "chemprot"}, CHEMPROT_LABELS),
    "mentions": Part("starter-mentions", {"Chemical": "bc5cdr", "Disease": "bc5cdr", "Gene": "chemprot"}, ()),
}


def make_recipe(encoder: str, **options: Any) -> JointRecipe:  # noqa: ANN401
    """Return the recipe of a joint starter.

    Args:
        encoder: Name or folder of the encoder to start from.
        options: Fields of `JointRecipe` and of its training by name; what is None is as usual.
    """
    given = {name: value for name, value in options.items() if value is not None}
    of_training = {field.name for field in fields(TrainingConfig)}
    training = replace(STARTER_TRAINING, **{name: value for name, value in given.items() if name in of_training})
    shape = {name: value for name, value in given.items() if name not in of_training}
    return JointRecipe(encoder=encoder, training=training, **shape)


def train_starter(
    recipe: JointRecipe,
    sets: Sequence[GoldSet],
    *,
    out_path: Path,
    report: Report,
    num_members: int = 1,
    device: str = "auto",
    is_replacing: bool = False,
) -> dict[str, Any]:
    """Train, keep the epoch with the best dev scores, write fp16 weights, the parts and a log.

    Goes on after the last epoch on disk where an earlier run of the same recipe was stopped.

    Args:
        recipe: Encoder and hyper-parameters.
        sets: Corpora; a sentence teaches only what its corpus annotates.
        out_path: Folder in which `WHOLE` and a folder for each part are written, each replaced as a whole.
        report: Progress sink.
        num_members: Trainings that begin alike, member i with the order and dropout of seed + i; the mean of their
            weights is written.
        device: "auto", "cpu" or "cuda".
        is_replacing: Whether an unfinished training with another recipe is given up.

    Returns:
        Scores of the written fp16 weights on the dev splits, by part, with data hashes and settings.

    Raises:
        ConflictError: An unfinished training beside `out_path` has another recipe, or is running.
        EncoderNotFoundError: The encoder is not on this machine.
        TrainingDivergedError: The loss became NaN.
        ModelError: A checkpoint cannot be written.
    """
    record = describe_build(recipe, sets, num_members=num_members)
    work_path = out_path.with_name(f".{out_path.name}.training")
    work_path.parent.mkdir(parents=True, exist_ok=True)
    with only_run(work_path):
        open_work(work_path, record, is_replacing=is_replacing)
        model, results, scores = _train(recipe, sets, num_members, work_path, report, device)
        write_folder(out_path / WHOLE, lambda path: model.save(path, is_half=True))
        write_parts(model, sets, out_path)
        summary = finish(out_path, summarise_build(record, results, scores), sets, device=device)
        shutil.rmtree(work_path)
    return summary


def _train(
    recipe: JointRecipe, sets: Sequence[GoldSet], num_members: int, work_path: Path, report: Report, device: str
) -> tuple[JointModel, list[TrainingResult], Mapping[str, float]]:
    """Return the mean of the members, what each training did, and the scores of the mean on the dev splits."""
    model = make_model(recipe, join_schemas([one.whole_schema for one in sets]))
    items = [item for one in sets for item in make_scoped_items(model, one)]

    def validate(_: object) -> Validation:
        found = score_sets(model, sets)
        loss = -sum(_goodness(found[one.name], one.schema) for one in sets) / len(sets)
        scores = {f"{key} {name}": one.micro.f1 for key, by in found.items() for name, one in by.items()}
        return Validation(loss, scores)

    start, results, members = copy_state(model), [], []
    for index in range(num_members):
        model.load_state_dict(start)
        member = replace(recipe, training=replace(recipe.training, seed=recipe.training.seed + index))
        # The first one's checkpoints lie where those of a single training do: by them an unfinished build is known.
        checkpoints = work_path / f"member-{index + 1}" if index else work_path
        share = _share(report, index, num_members)
        results.append(
            fit(model, items, member, validate=validate, report=share, device=device, checkpoints=checkpoints)
        )
        members.append(copy_state(model))
    model.load_state_dict(mean_weights(members))
    return model, results, validate(model).scores


def _share(report: Report, index: int, num_members: int) -> Report:
    """Return the report of one training of several."""

    def tell(fraction: float, message: str = "", **values: float) -> None:
        name = f"member {index + 1} of {num_members}, " if num_members > 1 and message else ""
        report((index + fraction) / num_members, f"{name}{message}", **values)

    return tell


def finish(out_path: Path, summary: dict[str, Any], sets: Sequence[GoldSet], *, device: str = "auto") -> dict[str, Any]:
    """Score the written weights of every part, write the log and the cards.

    Args:
        out_path: Folder of the whole model and its parts.
        summary: What the training recorded.
        sets: Corpora on whose dev splits the parts are scored.
        device: "auto", "cpu" or "cuda".

    Returns:
        What the log keeps.
    """
    dev = {one.name: (one.schema, one.dev) for one in sets}
    parts = [name for name in PARTS if (out_path / name / CONFIG_NAME).is_file()]
    summary = summary | {"part_scores": {name: score_part(out_path / name, dev, device=device) for name in parts}}
    configs = {name: load_config(out_path / name) for name in parts if PARTS[name].labels}
    summary["part_decisions"] = {
        name: {key: one[key] for key in ("temperature", "threshold")} for name, one in configs.items()
    }
    (out_path / WHOLE / LOG_NAME).write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    write_whole_card(out_path / WHOLE, summary)
    for name in parts:
        part = PARTS[name]
        write_part_card(out_path / name, part.starter, part.purpose, part.corpus_of, summary)
    return summary


def join_schemas(schemas: Sequence[Schema]) -> Schema:
    """Return the types and labels of several schemas, each once."""
    types: dict[str, EntityType] = {}
    labels: dict[str, RelationLabel] = {}
    for schema in schemas:
        types |= {one.name: one for one in schema.entity_types if one.name not in types}
        labels |= {one.name: one for one in schema.relation_labels if one.name not in labels}
    return Schema(tuple(types.values()), tuple(labels.values()))


def make_scoped_items(model: JointModel, gold: GoldSet) -> list[JointItem]:
    """Turn a corpus into training items that know what it annotates."""
    documents = [rename_document(document, gold.known_as) for document in gold.train]
    return [replace(item, scope=gold.scope) for item in make_items(model, documents)]


def score_sets(model: JointModel, sets: Sequence[GoldSet]) -> dict[str, dict[str, Scores]]:
    """Score the part of the model that each corpus annotates on its dev split, by protocol."""
    return {
        one.name: score_model(
            model.restrict(one.schema.type_names, one.schema.label_names, known_as=one.known_as), one.dev
        )
        for one in sets
    }


def _goodness(scores: Mapping[str, Scores], schema: Schema) -> float:
    """Return what chooses the epoch: mentions, and relations where the corpus has any, each in [0, 1]."""
    found = [scores["mentions"].micro.f1]
    if schema.relation_labels:
        found.append(scores["strict"].micro.f1)
    return sum(found) / len(found)


def write_parts(model: JointModel, sets: Sequence[GoldSet], out_path: Path) -> None:
    """Write a folder for each part whose types and labels the model knows, and how it decides.

    Args:
        model: The whole.
        sets: Corpora; the dev split of a part's own chooses temperature and threshold.
        out_path: Folder of the parts.
    """
    known = {*model.config.entity_types, *model.config.labels}
    dev = {one.name: one.dev for one in sets}
    for name, part in PARTS.items():
        names = part.known_as
        if {*names.values(), *part.labels} <= known:
            own = model.restrict(list(names), part.labels, known_as=names)
            choose_decision(own, own.config.to_schema(), dev.get(CORPUS_OF_PART.get(name, ""), ()))
            (out_path / name).mkdir(parents=True, exist_ok=True)
            model.save_part(
                out_path / name,
                weights_of=WHOLE,
                entity_types=list(names),
                labels=part.labels,
                known_as=names,
                temperature=own.config.temperature,
                threshold=own.config.threshold,
            )
