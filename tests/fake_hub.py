"""A hub on 127.0.0.1 that answers the real client: repositories are folders of bytes, faults are asked for."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import constants

LARGE = (".safetensors", ".bin")


@dataclass
class FakeHub:
    """What the hub holds, and what it was asked.

    Args:
        url: Its address.
        commits: Content of a file by name, by commit, by repository; the last commit is the main branch.
        aliases: Old names of repositories.
        refs: Commit by revision name, by repository.
        gated: Repositories that want a token.
        broken: Files that are answered with an error.
        damaged: Files of which other bytes arrive.
        raw: Content that is sent for a path, whatever was asked.
        asked: Path of every request.
    """

    url: str
    commits: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    refs: dict[str, dict[str, str]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    damaged: set[str] = field(default_factory=set)
    raw: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def add(self, name: str, files: dict[str, bytes], *, revision: str = "") -> str:
        """Add a commit; one that is named by a revision is not of the main branch."""
        commit = hashlib.sha1(f"{name}{sorted(files)}{revision}{len(self.commits.get(name, ()))}".encode()).hexdigest()
        others = self.commits.setdefault(name, {})
        self.commits[name] = {commit: files, **others} if revision else {**others, commit: files}
        if revision:
            self.refs.setdefault(name, {})[revision] = commit
        return commit

    def downloads(self) -> list[str]:
        """Return the names of the files whose content was asked for."""
        return [path.rpartition("/")[2] for path in self.asked if path.startswith("GET") and "/resolve/" in path]


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder as the hub would hold them."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@contextmanager
def serve() -> Iterator[FakeHub]:
    """Run a hub for the length of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    hub = FakeHub(f"http://127.0.0.1:{server.server_port}")
    server.hub = hub  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def point_client_at(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Let the client of this process, which is offline otherwise, ask an address; it reads it only when it starts."""
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:  # noqa: N802 - the library's name
        self._answer()

    def do_GET(self) -> None:  # noqa: N802
        self._answer()

    @property
    def _hub(self) -> FakeHub:
        hub: FakeHub = self.server.hub  # type: ignore[attr-defined]
        return hub

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path).lstrip("/")
        self._hub.asked.append(f"{self.command} {path}")
        if path in self._hub.raw:
            self._send(self._hub.raw[path], {})
        elif path.startswith("api/models/"):
            name, _, revision = path.removeprefix("api/models/").partition("/revision/")
            self._tell(self._hub.aliases.get(name, name), revision)
        else:
            name, _, rest = path.partition("/resolve/")
            commit, _, file = rest.partition("/")
            self._give(name, commit, file)

    def _tell(self, name: str, revision: str) -> None:
        commits = self._hub.commits.get(name)
        if commits is None:
            return self._refuse(401, "RepoNotFound")
        commit = self._hub.refs.get(name, {}).get(revision) or revision or next(reversed(commits))
        if commit not in commits:
            return self._refuse(404, "RevisionNotFound")
        siblings = [_describe(file, content) for file, content in commits[commit].items()]
        told = {"id": name, "sha": commit, "tags": ["license:mit"], "siblings": siblings}
        return self._send(json.dumps(told).encode(), {"Content-Type": "application/json"})

    def _give(self, name: str, commit: str, file: str) -> None:
        if name in self._hub.gated:
            return self._refuse(403, "GatedRepo")
        if file in self._hub.broken:
            return self._refuse(403, "")
        content = self._hub.commits[name][commit][file]
        etag = hashlib.sha256(content).hexdigest()
        if file in self._hub.damaged:
            content = bytes(len(content))
        return self._send(content, {"ETag": f'"{etag}"', "X-Repo-Commit": commit})

    def _refuse(self, status: int, code: str) -> None:
        self._send(b"", {"X-Error-Code": code, "X-Error-Message": "no"}, status=status)

    def _send(self, content: bytes, headers: dict[str, str], *, status: int = 200) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)


def _describe(file: str, content: bytes) -> dict[str, object]:
    told: dict[str, object] = {"rfilename": file, "size": len(content)}
    if file.endswith(LARGE):
        told["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
    return told
