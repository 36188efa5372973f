"""Where model files and run folders lie: a local folder, or any fsspec URL with a local working copy."""

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePath, PurePosixPath

import fsspec

from core.errors import NotFoundError

# Each is the last file of its folder that is uploaded, and the last that is downloaded.
_MANIFESTS = ("done.json", "ensemble.json", "generator.json", "pulled.json", "MANIFEST")


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
        folder = self.path(key)
        files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
        for file in sorted(files, key=_manifests_last):
            self._filesystem.put_file(str(folder / file), self._remote(key, file.as_posix()))

    def fetch(self, key: str) -> Path:
        """Return the local folder of a published key, downloading what of it is not here yet.

        A folder with its manifest is whole. Any other may be a part, published before the rest was made: what has been
        published since is added, and files that are here stay as they are.

        Raises:
            NotFoundError: Nothing lies under the key.
        """
        path = self.path(key)
        if path.exists() and (self._is_local or any((path / name).is_file() for name in _MANIFESTS)):
            return path
        published = [] if self._is_local else self._list(key)
        if not published and not path.exists():
            raise NotFoundError(f"No artifact {key!r} in the store {self._root}.")
        missing = [file for file in published if not (path / file).exists()]
        if missing:
            self._download(key, missing)
        return path

    def _list(self, key: str) -> list[PurePosixPath]:
        """Return the files that are published under a key."""
        self._filesystem.invalidate_cache()  # other machines publish too
        root = PurePosixPath(self._remote(key).lstrip("/"))
        return [PurePosixPath(name.lstrip("/")).relative_to(root) for name in self._filesystem.find(self._remote(key))]

    def _download(self, key: str, files: Iterable[PurePosixPath]) -> None:
        """Add files to the folder of a key; where nothing of it was here, all of them appear at once."""
        path = self.path(key)
        half = _hidden(path)
        ordered = sorted(files, key=_manifests_last)
        for file in ordered:
            (half / file).parent.mkdir(parents=True, exist_ok=True)
            self._filesystem.get_file(self._remote(key, file.as_posix()), str(half / file))
        if not path.exists():
            half.rename(path)
            return
        for file in ordered:
            (path / file).parent.mkdir(parents=True, exist_ok=True)
            (half / file).replace(path / file)
        shutil.rmtree(half)

    def _remote(self, *parts: str) -> str:
        return "/".join([self._root, *parts])

    def remove(self, key: str) -> None:
        """Delete what lies under a key, here and in the store; at no moment is half of it a folder of that name."""
        path = self.path(key)
        if path.exists():
            shutil.rmtree(path.rename(_hidden(path)))
        if not self._is_local and self._filesystem.exists(self._remote(key)):
            self._filesystem.rm(self._remote(key), recursive=True)


def _manifests_last(file: PurePath) -> tuple[bool, int, PurePath]:
    """Order files so that a manifest comes after all it stands for, those of folders inside included."""
    return file.name in _MANIFESTS, -len(file.parts), file


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hidden(path: Path) -> Path:
    """Return an unused name beside a folder, for what is coming or going."""
    hidden = path.with_name(f".{path.name}.{os.getpid()}")
    shutil.rmtree(hidden, ignore_errors=True)
    return hidden
