"""What a training may start from, by the names that people give: shipped, pulled or trained here. Needs no torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from core.errors import NotFoundError
from core.settings import Settings
from core.starter import find_starter, list_encoders, list_starters
from core.workflows.model_library.generators import find_generator, list_generators
from core.workflows.model_library.pulled import find_pulled, list_pulled, pulled_path

BaseOrigin = Literal["trained", "shipped", "pulled"]


def list_encoder_names(settings: Settings) -> list[str]:
    """Return the encoders on this machine: shipped ones, then pulled ones."""
    return [*list_encoders(), *(one.name for one in list_pulled(settings, "encoder"))]


def list_bases(settings: Settings) -> dict[str, BaseOrigin]:
    """Return the generators on this machine by name: those trained here, then shipped ones, then pulled ones."""
    pulled: dict[str, BaseOrigin] = {one.name: "pulled" for one in list_pulled(settings, "generator")}
    shipped: dict[str, BaseOrigin] = {one.name: "shipped" for one in list_starters("generator")}
    trained: dict[str, BaseOrigin] = {one.name: "trained" for one in list_generators(settings)}
    return trained | {name: origin for name, origin in (shipped | pulled).items() if name not in trained}


def resolve_encoder(settings: Settings, encoder: str) -> str:
    """Return the folder of a pulled encoder of that name; a starter, a folder or another hub name as it is."""
    if find_starter(encoder) is not None or Path(encoder).exists():
        return encoder
    record = find_pulled(settings, encoder)
    return encoder if record is None else str(pulled_path(settings, record))


def resolve_base(settings: Settings, base: str) -> str:
    """Return the folder of a generator of that name; a folder or another hub name as it is."""
    try:
        return str(find_generator(settings, base))
    except NotFoundError:
        shipped = find_starter(base)
    return str(shipped) if shipped is not None else resolve_encoder(settings, base)


def may_ask_hub(settings: Settings, *, is_wanted: bool) -> bool:
    """Return whether a hub name may be fetched: somebody asks for it, and the installation is not kept offline."""
    return is_wanted and not settings.offline


def describe_revisions(settings: Settings, sources: Sequence[str]) -> dict[str, str]:
    """Return the commit of the hub that each pulled source is from; others are left out."""
    found = {name: find_pulled(settings, name) for name in sources if find_starter(name) is None}
    return {name: record.revision for name, record in found.items() if record is not None}
