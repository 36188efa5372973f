"""Uploaded files on their way to the import job: kept under a made-up name, whatever theirs was."""

import uuid
from pathlib import Path

from core.settings import Settings


def store_upload(settings: Settings, data: bytes) -> Path:
    """Write a file into the upload folder and return its path; its own name takes no part in it."""
    settings.uploads_path.mkdir(parents=True, exist_ok=True)
    path = settings.uploads_path / uuid.uuid4().hex
    path.write_bytes(data)
    return path
