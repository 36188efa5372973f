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

    def break_off(_: str, target: str, **__: object) -> None:
        Path(target).mkdir()
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(type(filesystem), "get", lambda _, *args, **options: break_off(*args, **options))
        with pytest.raises(ConnectionError):
            other.fetch(KEY)
    assert not other.path(KEY).exists()
    assert {path.name for path in other.fetch(KEY).iterdir()} == {"config.json", "pulled.json"}


def test_removing_deletes_here_and_in_the_store(url: str, tmp_path: Path) -> None:
    store = publish(url, tmp_path)
    store.remove(KEY)
    assert list((tmp_path / "first" / "models").iterdir()) == []
    with pytest.raises(NotFoundError):
        make_store(url, tmp_path / "other").fetch(KEY)
    store.remove(KEY)  # nothing is there any more, and nothing goes wrong
