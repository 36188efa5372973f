"""A snapshot in any format, with its card and a manifest: byte for byte the same each time."""

from core.artifacts import ArtifactStore
from core.formats import SUFFIXES, write_corpus
from core.workflows.data_out.export import NATIVE
from core.workflows.data_out.snapshot import (
    CARD_NAME,
    CARD_TEXT_NAME,
    read_snapshot,
    read_snapshot_data,
    read_snapshot_file,
)
from core.workflows.data_out.snapshot_files import add_manifest, to_json_bytes
from db.queries.snapshots import SnapshotView

REPORT_NAME = "report.json"


def export_snapshot(store: ArtifactStore, snapshot: SnapshotView, *, format_name: str) -> dict[str, bytes]:
    """Return the files of an export by name.

    They are the data, the card as JSON and Markdown, a report of what the format cannot hold (not for the native
    one, which is given as it was stored), and a manifest with the SHA-256 of each. None tells when it was exported.

    Raises:
        NotFoundError: The files of the snapshot are gone.
        SnapshotError: They were changed.
        FormatError: There is no such format, or it cannot hold the data.
    """
    files = {name: read_snapshot_file(store, snapshot, name) for name in (CARD_NAME, CARD_TEXT_NAME)}
    if format_name == NATIVE:
        files["data.jsonl"] = read_snapshot_data(store, snapshot)
        return add_manifest(files)
    written = write_corpus(read_snapshot(store, snapshot), format_name=format_name)
    files[f"data.{SUFFIXES[format_name]}"] = written.data
    files[REPORT_NAME] = to_json_bytes(written.report.to_json())
    return add_manifest(files)
