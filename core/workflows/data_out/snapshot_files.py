"""The files of snapshots and of what is exported from them: the same bytes every time, each with its SHA-256."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.artifacts import ArtifactStore
from core.errors import SnapshotError

MANIFEST_NAME = "MANIFEST"
# Before this date a zip archive can tell none; the time of an export is nobody's business.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_READ_ONLY = 0o444


def hash_bytes(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def to_json_bytes(value: Mapping[str, Any]) -> bytes:
    """Return a value as JSON for people, its keys sorted."""
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def add_manifest(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return files by name with a manifest, which `sha256sum -c MANIFEST` checks."""
    lines = [f"{hash_bytes(files[name])}  {name}\n" for name in sorted(files)]
    return {**{name: files[name] for name in sorted(files)}, MANIFEST_NAME: "".join(lines).encode()}


def store_files(store: ArtifactStore, key: str, files: Mapping[str, bytes]) -> None:
    """Write files under an unused key, for good: the folder appears whole, and no file in it can be written to."""
    path = store.path(key)
    partial = path.with_name(f".{path.name}.partial")
    partial.mkdir(parents=True)
    for name, data in files.items():
        (partial / name).write_bytes(data)
        (partial / name).chmod(_READ_ONLY)
    partial.rename(path)
    store.publish(key)


def read_checked(path: Path, *, sha256: str) -> bytes:
    """Return a stored file.

    Raises:
        SnapshotError: It is gone or was changed.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read ({error.strerror}); restore it from a backup.") from error
    if hash_bytes(data) != sha256:
        raise SnapshotError(f"{path} was changed: its SHA-256 is not {sha256}. Restore it from a backup.")
    return data


def zip_files(files: Mapping[str, bytes]) -> bytes:
    """Return a zip archive of files, the same for the same files on every machine."""
    buffer = io.BytesIO()
    # Not deflated: what deflate writes depends on the version of its library.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def write_files(files: Mapping[str, bytes], out_path: Path) -> None:
    """Write files into a folder, or as one archive where the path ends in ".zip"."""
    if out_path.suffix.lower() == ".zip":
        out_path.parent.mkdir(parents=True, exist_ok=True)
        out_path.write_bytes(zip_files(files))
        return
    out_path.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (out_path / name).write_bytes(data)
