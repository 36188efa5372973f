"""The card of a model: the file that came with it, or for a trained one its recipe and scores."""

from collections.abc import Mapping
from typing import Any

from core.errors import NotFoundError
from core.starter import CARD_NAME, DEFAULT_STARTER, find_starter
from core.workflows.model_library.catalogue import ModelEntry
from core.workflows.model_library.pulled import PulledRecord
from db.queries import models, snapshots
from db.queries.models import ModelView
from db.session import Session

_HIDDEN_SETTINGS = frozenset({"device", "may_download"})


def read_card(session: Session, entry: ModelEntry) -> str:
    """Return the card of a model as markdown.

    Raises:
        NotFoundError: It has none.
    """
    if isinstance(entry.source, ModelView):
        return _describe_trained(session, entry.source)
    path = entry.path / CARD_NAME
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if isinstance(entry.source, PulledRecord):
        return "\n".join([*_describe_pulled(entry.source), "", text]).rstrip() + "\n"
    if not text:
        raise NotFoundError(f"{entry.name} came without a card; its folder is {entry.path}.")
    return text


def read_shipped_card(name: str = DEFAULT_STARTER) -> str:
    """Return the card of a shipped model without its title, for pages; empty where there is none."""
    path = find_starter(name)
    card = path / CARD_NAME if path is not None else None
    text = card.read_text(encoding="utf-8") if card is not None and card.is_file() else ""
    return text.split("\n", 1)[-1].strip()


def _describe_pulled(record: PulledRecord) -> list[str]:
    return [
        f"Pulled on {record.date} from {record.hub}/{record.name} at commit {record.revision}.",
        f"Licence: {record.licence or 'not stated on the hub'}. Kind: {record.kind}.",
        "",
        *(f"- {file}: SHA-256 `{digest}`" for file, digest in record.files.items()),
    ]


def _describe_trained(session: Session, model: ModelView) -> str:
    run = models.find_run(session, model.job_id) if model.job_id else None
    snapshot = snapshots.find_snapshot_name(session, run.snapshot_id) if run else ""
    settings = {name: value for name, value in model.settings.items() if name not in _HIDDEN_SETTINGS}
    versions = ", ".join(f"{name} {number}" for name, number in (run.versions if run else {}).items())
    lines = [
        f"# {model.name}",
        "",
        f"{model.kind}, {model.architecture}, {model.state.value}; trained {model.created_at:%Y-%m-%d}",
        "",
        "## Scores",
        "",
        *_describe_scores(model.metrics),
        "",
        "## Recipe",
        "",
        *(f"- {name}: {value}" for name, value in settings.items()),
        f"- data: SHA-256 `{model.metrics.get('data_hash', 'not known')}`",
        *([f"- snapshot: {snapshot}"] if snapshot else []),
        f"- versions: {versions or 'not known'}",
        *(["", "## Notes", ""] if model.metrics.get("notes") else []),
        *(f"- {note}" for note in model.metrics.get("notes", ())),
    ]
    return "\n".join(lines) + "\n"


def _describe_scores(metrics: Mapping[str, Any]) -> list[str]:
    """Return a table of the protocols that a model was scored under."""
    if not metrics.get("scores"):
        return ["Not scored."]
    tables: Mapping[str, Any] = metrics.get("protocols") or {"": metrics["scores"]}
    caveat = " This split also chose epochs and threshold." if metrics.get("is_validation_score") else ""
    interval = metrics.get("interval")
    return [
        f"On the {metrics.get('split', 'unknown')} split.{caveat}",
        "",
        "| protocol | P | R | F1 |",
        "|---|---|---|---|",
        *(_row(scores) for scores in tables.values()),
        *([f"\n95 % interval of F1: {interval['low']:.3f} to {interval['high']:.3f}."] if interval else []),
    ]


def _row(scores: Mapping[str, Any]) -> str:
    micro = scores["micro"]
    return f"| {scores['protocol']} | {micro['precision']:.3f} | {micro['recall']:.3f} | {micro['f1']:.3f} |"
