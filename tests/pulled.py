"""A model as a pull leaves it, put in place by hand."""

import json
from collections.abc import Callable
from pathlib import Path

from core.settings import Settings
from core.workflows.model_library.generators import open_store
from core.workflows.model_library.pulled import PulledKind, PulledRecord, pulled_key

REVISION = "c0ffee0000000000000000000000000000000000"


def place_pulled(
    settings: Settings,
    name: str,
    *,
    kind: PulledKind = "encoder",
    asked_as: tuple[str, ...] = (),
    fill: Callable[[Path], object] | None = None,
) -> Path:
    """Put a model of that name into an installation; `fill` writes its files, else it has but a card."""
    folder = open_store(settings).path(pulled_key(name))
    folder.mkdir(parents=True)
    if fill is not None:
        fill(folder)
    record = PulledRecord(
        name=name, kind=kind, asked_as=(*asked_as, name), revision=REVISION, licence="mit", date="2026-11-26",
        files={"model.safetensors": "ab12"}, num_bytes=3, hub="http://hub",
    )  # fmt: skip
    (folder / "pulled.json").write_text(json.dumps(record.to_json()))
    (folder / "README.md").write_text("# Their card\n")
    return folder
