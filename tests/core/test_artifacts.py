"""The artifact store with a store elsewhere: what is fetched is whole, what is removed is gone in both places."""

from pathlib import Path

import fsspec
import pytest

from core.artifacts import ArtifactStore
from core.errors import NotFoundError

KEY = "models/one"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"memory://{tmp_path.name}"


def make_store(url: str, cache_path: Path) -> ArtifactStore:
    return ArtifactStore(url, cache_path=cache_path)


def publish(url: str, tmp_path: Path) -> ArtifactStore:
    store = make_store(url, tmp_path / "first")
    store.path(KEY).mkdir(parents=True)
    (store.path(KEY) / "config.json").write_text("{}")
    (store.path(KEY) / "pulled.json").write_text("{}")
    store.publish(KEY)
    return store


def test_a_fetch_that_breaks_off_leaves_no_half_folder(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(url, tmp_path)
    other = make_store(url, tmp_path / "other")
    filesystem = fsspec.filesystem("memory")

    def break_off(_filesystem: object, _source: str, target: str) -> None:
        Path(target).write_text("{")
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(type(filesystem), "get_file", break_off)
        with pytest.raises(ConnectionError):
            other.fetch(KEY)
    assert not other.path(KEY).exists()
    assert {path.name for path in other.fetch(KEY).iterdir()} == {"config.json", "pulled.json"}


def test_a_part_that_was_fetched_early_is_completed_and_what_was_made_here_stays(url: str, tmp_path: Path) -> None:
    one, other = make_store(url, tmp_path / "one"), make_store(url, tmp_path / "other")
    write(one, "runs/j/stages.json", "inputs")
    one.publish("runs/j")
    write(other, "runs/j/member-2/weights", "two")
    assert files(other.fetch("runs/j")) == {"stages.json": "inputs", "member-2/weights": "two"}
    write(one, "runs/j/member-1/weights", "one")
    write(one, "runs/j/ensemble.json", "members")
    write(one, "runs/j/stages.json", "changed")
    one.publish("runs/j")
    assert files(other.fetch("runs/j")) == {
        "stages.json": "inputs", "member-1/weights": "one", "member-2/weights": "two", "ensemble.json": "members"
    }  # fmt: skip
    assert [path.name for path in (tmp_path / "other" / "runs").iterdir()] == ["j"]


def test_a_folder_that_is_only_here_is_fetched_as_it_is(url: str, tmp_path: Path) -> None:
    store = make_store(url, tmp_path)
    write(store, "runs/j/stages.json", "inputs")
    assert files(store.fetch("runs/j")) == {"stages.json": "inputs"}


def test_the_manifest_of_a_folder_is_uploaded_after_those_inside_it_and_trusted_without_a_look(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_store(url, tmp_path / "one")
    for name in ("ensemble.json", "member-1/done.json", "member-1/weights", "test.json"):
        write(store, f"runs/j/{name}", "x")
    filesystem = type(fsspec.filesystem("memory"))
    put_file = filesystem.put_file
    uploaded = []

    def note(self: object, source: str, target: str) -> None:
        uploaded.append(target.partition("/runs/j/")[2])
        put_file(self, source, target)

    with monkeypatch.context() as watched:
        watched.setattr(filesystem, "put_file", note)
        store.publish("runs/j")
    assert uploaded == ["member-1/weights", "test.json", "member-1/done.json", "ensemble.json"]
    other = make_store(url, tmp_path / "other")
    other.fetch("runs/j")
    monkeypatch.setattr(filesystem, "find", None)
    assert set(files(other.fetch("runs/j"))) == set(uploaded)


def write(store: ArtifactStore, name: str, text: str) -> None:
    path = store.path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_removing_deletes_here_and_in_the_store(url: str, tmp_path: Path) -> None:
    store = publish(url, tmp_path)
    store.remove(KEY)
    assert list((tmp_path / "first" / "models").iterdir()) == []
    with pytest.raises(NotFoundError):
        make_store(url, tmp_path / "other").fetch(KEY)
    store.remove(KEY)  # nothing is there any more, and nothing goes wrong
