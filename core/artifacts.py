"""Where model files and run folders lie: a local folder, or any fsspec URL with a local working copy."""

from pathlib import Path

import fsspec

from core.errors import NotFoundError


class ArtifactStore:
    """Folders of files under keys such as `runs/<job id>` or `models/<name>`.

    A `file://` store hands out the folders themselves. Any other store keeps a working copy below
    `cache_path`: work happens there, `publish` uploads it and `fetch` downloads it.

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
        for path in sorted(files, key=lambda path: (path.name == "done.json", path)):
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
        self._filesystem.get(f"{self._root}/{key}", str(path), recursive=True)
        return path
