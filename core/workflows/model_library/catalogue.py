"""Every model of this installation in one list: shipped, pulled from the hub, trained here. Needs no torch."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from core.domain import ModelState
from core.errors import NotFoundError
from core.settings import Settings
from core.starter import Starter, list_starters
from core.workflows.model_library.generators import GeneratorRecord, generator_key, list_generators, open_store
from core.workflows.model_library.pulled import PulledRecord, list_pulled, pulled_path
from db.queries import models, projects
from db.queries.models import ModelView
from db.session import Session

Origin = Literal["shipped", "pulled", "trained"]
Source = Starter | PulledRecord | GeneratorRecord | ModelView

_LOG_NAME = "training.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A model as it is listed.

    Args:
        name: By which it is asked for.
        kind: "joint", "ensemble", "generator", "encoder" or "parser".
        origin: "shipped" with this program, "pulled" from the hub, or "trained" here.
        use: What it is for, or where it stands in its project.
        num_bytes: Size of its folder; None where that is on another machine.
        date: Day on which it was made or pulled, ISO; empty where not known.
        terms: Licence, or where to read of it.
        path: Its folder.
        source: What is known of it otherwise.
    """

    name: str
    kind: str
    origin: Origin
    use: str
    num_bytes: int | None
    date: str
    terms: str
    path: Path
    source: Source

    def to_json(self) -> dict[str, Any]:
        """Return what is listed as JSON."""
        values = {name: value for name, value in asdict(self).items() if name != "source"}
        return values | {"path": str(self.path)}


def list_catalogue(session: Session, settings: Settings) -> list[ModelEntry]:
    """Return every model: shipped ones, pulled ones, generators trained here, models of projects."""
    return [
        *(_enter_starter(one) for one in list_starters()),
        *(_enter_pulled(one, settings) for one in list_pulled(settings)),
        *(_enter_generator(one, settings) for one in list_generators(settings)),
        *_enter_trained(session, settings),
    ]


def get_entry(session: Session, settings: Settings, name: str) -> ModelEntry:
    """Return the model of a name; a pulled one also by a name that the hub forwards.

    Raises:
        NotFoundError: There is none.
    """
    entries = list_catalogue(session, settings)
    for entry in entries:
        if name == entry.name or (isinstance(entry.source, PulledRecord) and name in entry.source.asked_as):
            return entry
    known = ", ".join(entry.name for entry in entries)
    raise NotFoundError(f"No model {name!r} here; there are: {known}.")


def measure_folder(path: Path) -> int | None:
    """Return the bytes of the files below a folder; None where there is no such folder."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) if path.is_dir() else None


def _enter_starter(starter: Starter) -> ModelEntry:
    return ModelEntry(
        name=starter.name,
        kind=starter.kind,
        origin="shipped",
        use=starter.purpose,
        num_bytes=measure_folder(starter.weights_path),
        date=_read_date(starter.weights_path / _LOG_NAME),
        terms="see its card",
        path=starter.path,
        source=starter,
    )


def _read_date(path: Path) -> str:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["date"])
    except (OSError, ValueError, TypeError, KeyError):
        return ""


def _enter_pulled(record: PulledRecord, settings: Settings) -> ModelEntry:
    path = pulled_path(settings, record)
    return ModelEntry(
        name=record.name,
        kind=record.kind,
        origin="pulled",
        use=f"commit {record.revision[:12]}",
        num_bytes=measure_folder(path),
        date=record.date,
        terms=record.licence or "not stated on the hub",
        path=path,
        source=record,
    )


def _enter_generator(record: GeneratorRecord, settings: Settings) -> ModelEntry:
    path = open_store(settings).path(generator_key(record.name))
    return ModelEntry(
        name=record.name,
        kind="generator",
        origin="trained",
        use=f"from {record.base}, {record.bits_per_character:.3f} bits per character",
        num_bytes=measure_folder(path),
        date=record.date,
        terms="those of its texts",
        path=path,
        source=record,
    )


def _enter_trained(session: Session, settings: Settings) -> Iterator[ModelEntry]:
    store = open_store(settings)
    for project in projects.list_projects(session):
        for model in models.list_models(session, project.id):
            path = store.path(model.artifact_key)
            word = "promoted in" if model.state is ModelState.PROMOTED else f"{model.state.value} of"
            yield ModelEntry(
                name=model.name,
                kind=model.kind,
                origin="trained",
                use=f"{word} {project.name}",
                num_bytes=measure_folder(path),
                date=model.created_at.date().isoformat(),
                terms="those of its data",
                path=path,
                source=model,
            )
