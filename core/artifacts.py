"""Where model files and run folders lie: a local folder, or any fsspec URL with a local working copy."""

import hashlib
import os
import shutil
from pathlib import Path

import fsspec

from core.errors import NotFoundError

_MANIFESTS = ("done.json", "generator.json", "pulled.json", "MANIFEST")


class ArtifactStore:
    """Folders of files under keys such as `runs/<job id>` or `models/<name>`.

    A `file://` store hands out the folders themselves. Any other store keeps a working copy below
    `cache_path`: work happens there, `publish` uploads it, `fetch` downloads it and `remove` deletes both.

    Args:
        url: Root of the store, any fsspec URL.
        cache_path: Folder of working copies; unused by a `file://` store.
    """

    def __init__(self, url: str, *, cache_path: Path) -> None:
        self._filesystem, self._root = fsspec.core.url_to_fs(url)
        self._is_local = "file" in self._filesystem.protocol
        self._local_root = Path(self._root) if self._is_local else cache_path

    def path(self, key: str) -> Path:
        """Return the local working folder of a key; it need not exist yet."""
        return self._local_root / key

    def publish(self, key: str) -> None:
        """Upload the working folder of a key; the manifest goes last so that readers can trust it."""
        if self._is_local:
            return
        files = [path for path in self.path(key).rglob("*") if path.is_file()]
        for path in sorted(files, key=lambda path: (path.name in _MANIFESTS, path)):
            self._filesystem.put_file(str(path), f"{self._root}/{key}/{path.relative_to(self.path(key)).as_posix()}")

    def fetch(self, key: str) -> Path:
        """Return the local folder of a published key, downloading it where it is not here yet.

        Raises:
            NotFoundError: Nothing lies under the key.
        """
        path = self.path(key)
        if path.exists():
            return path
        if self._is_local or not self._filesystem.exists(f"{self._root}/{key}"):
            raise NotFoundError(f"No artifact {key!r} in the store {self._root}.")
        path.parent.mkdir(parents=True, exist_ok=True)
        half = _hidden(path)
        self._filesystem.get(f"{self._root}/{key}", str(half), recursive=True)
        if path.exists():  # another process was faster
            shutil.rmtree(half)
        else:
            half.rename(path)
        return path

    def remove(self, key: str) -> None:
        """Delete what lies under a key, here and in the store; at no moment is half of it a folder of that name."""
        path = self.path(key)
        if path.exists():
            shutil.rmtree(path.rename(_hidden(path)))
        if not self._is_local and self._filesystem.exists(f"{self._root}/{key}"):
            self._filesystem.rm(f"{self._root}/{key}", recursive=True)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hidden(path: Path) -> Path:
    """Return an unused name beside a folder, for what is coming or going."""
    hidden = path.with_name(f".{path.name}.{os.getpid()}")
    shutil.rmtree(hidden, ignore_errors=True)
    return hidden
