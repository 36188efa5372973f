"""Models that were pulled from the Hugging Face hub: hub name → folder of this installation. Needs no torch, no hub."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import HubError, NotFoundError
from core.settings import Settings
from core.workflows.model_library.generators import open_store

PulledKind = Literal["encoder", "generator"]

RECORD_NAME = "pulled.json"
_FOLDER = "pulled"
# What the hub allows: an owner and a name, neither with "--" or "..", so that "--" can join them in a folder's name.
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledRecord:
    """What is known of a pulled model; a file of its folder.

    Args:
        name: Its name on the hub.
        kind: "encoder" reads, "generator" writes.
        asked_as: The names it was asked for by; the hub forwards old ones.
        revision: Commit of the hub that the files are from.
        licence: As its card on the hub says; empty where it says nothing.
        date: Day on which it was pulled, ISO.
        files: SHA-256 of each file by name.
        num_bytes: Size of the files together.
        hub: Address it came from.
    """

    name: str
    kind: PulledKind
    asked_as: tuple[str, ...]
    revision: str
    licence: str
    date: str
    files: Mapping[str, str]
    num_bytes: int
    hub: str

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON."""
        return asdict(self) | {"asked_as": list(self.asked_as)}


def check_hub_name(name: str) -> str:
    """Return a name that the hub may know.

    Raises:
        HubError: It cannot be one.
    """
    if not _NAME.fullmatch(name) or "--" in name or ".." in name:
        raise HubError(f"{name!r} is no name of the hub; it looks like owner/name, for example dmis-lab/biobert-v1.1.")
    return name


def pulled_key(name: str) -> str:
    """Return the artifact key of a pulled model."""
    return f"{_FOLDER}/{name.replace('/', '--')}"


def list_pulled(settings: Settings, kind: PulledKind | None = None) -> list[PulledRecord]:
    """Return the pulled models on this machine by name, of one kind or of both."""
    folders = sorted(open_store(settings).path(_FOLDER).glob("[!.]*"))
    records = [record for record in map(read_pulled, folders) if record is not None]
    return [record for record in records if kind in (None, record.kind)]


def find_pulled(settings: Settings, name: str) -> PulledRecord | None:
    """Return the record of a pulled model by a name of the hub, fetched from the store if need be, or None."""
    if not _NAME.fullmatch(name):
        return None
    try:
        record = read_pulled(open_store(settings).fetch(pulled_key(name)))
    except NotFoundError:
        record = None
    return record or next((one for one in list_pulled(settings) if name in one.asked_as), None)


def pulled_path(settings: Settings, record: PulledRecord) -> Path:
    """Return the folder of a pulled model."""
    return open_store(settings).path(pulled_key(record.name))


def read_pulled(folder: Path) -> PulledRecord | None:
    """Return the record of a folder; None where a pull did not come to its end."""
    try:
        values = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
        return PulledRecord(**{**values, "asked_as": tuple(values["asked_as"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
