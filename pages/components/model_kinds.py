"""What a model is and what it does for its project, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.domain import ModelState
from db.queries import models
from db.queries.models import ModelView
from pages.components.session import escape
from pages.components.wording import MODEL_BADGES, badge, count, rate

ROLES = {models.ENSEMBLE: "in use: labels pairs", models.JOINT: "in use: finds mentions"}
RELATIONS_TOO = "in use: finds mentions and relations"


def find_in_use(found: Sequence[ModelView]) -> dict[str, ModelView]:
    """Return the promoted model of each kind that has one."""
    return {model.kind: model for model in found if model.state is ModelState.PROMOTED}


def describe_state(model: ModelView, in_use: Mapping[str, ModelView]) -> str:
    """Return a badge with the state of a model, and what it is used for."""
    word, colour = MODEL_BADGES[model.state]
    if model.state is ModelState.PROMOTED:
        word = ROLES[model.kind]
        if model.kind == models.JOINT and models.ENSEMBLE not in in_use:
            word = RELATIONS_TOO
    return badge(word, colour)


def describe_kind(model: ModelView) -> str:
    """Return architecture, kind, method and preset of a model, as markdown."""
    settings = model.settings
    if model.kind == models.JOINT:
        words = ["joint model of mentions and relations"]
    elif model.metrics.get("student_of"):
        words = [f"{model.architecture} student of {model.metrics['student_of']}"]
    else:
        members = int(settings.get("num_members", 1))
        words = [f"ensemble of {count(members, f'{model.architecture} member')}"]
        words.append(f"method {settings.get('method', 'unknown')}")
    if settings.get("preset"):
        words.append(f"preset {settings['preset']}")
    return escape(" · ".join(words))


def order_models(found: Sequence[ModelView]) -> list[ModelView]:
    """Return models in use first, then candidates, then archived ones; a student follows its ensemble."""
    order = {ModelState.PROMOTED: 0, ModelState.CANDIDATE: 1, ModelState.ARCHIVED: 2}
    by_name = {model.name: model for model in found}

    def place(model: ModelView) -> tuple[int, int, int]:
        teacher = by_name.get(str(model.metrics.get("student_of")))
        is_beside = teacher is not None and teacher.state is model.state
        newest = teacher.id if teacher is not None and is_beside else model.id
        return order[model.state], -newest, int(is_beside)

    return sorted(found, key=place)


def describe_student(model: ModelView, found: Sequence[ModelView]) -> list[str]:
    """Return a line that sets a student beside its ensemble, for either of the two."""
    teacher_name = model.metrics.get("student_of", model.name)
    teacher = next((one for one in found if one.name == teacher_name), None)
    student = next((one for one in found if one.metrics.get("student_of") == teacher_name), None)
    if teacher is None or student is None:
        return []
    both = [_f1(one.metrics) for one in (student, teacher)]
    return [f"Student F1 {rate(both[0])} beside {rate(both[1])} of its ensemble, with one model to run instead of all."]


def _f1(metrics: Mapping[str, Any]) -> float | None:
    scores = metrics.get("scores")
    return float(scores["micro"]["f1"]) if scores else None
