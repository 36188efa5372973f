"""Pulling models: the real client asks a hub on 127.0.0.1; a folder under a model's name is always a whole model."""

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from huggingface_hub import HfApi, constants
from huggingface_hub.errors import OfflineModeIsEnabled
from safetensors.torch import load_file, save_file

from core.errors import ConflictError, EncoderNotFoundError, HubError, SettingsError
from core.models.encoder import load_encoder
from core.settings import Settings
from core.starter import DEFAULT_STARTER
from core.workflows.model_library import hub as hub_client
from core.workflows.model_library.pull import pull_model
from core.workflows.model_library.pulled import PulledRecord, find_pulled, list_pulled, pulled_path
from core.workflows.model_library.sources import (
    describe_revisions,
    list_bases,
    list_encoder_names,
    resolve_base,
    resolve_encoder,
)
from tests.builders import ignore_progress, write_tiny_encoder
from tests.core.generation.test_generator import write_tiny_gpt2
from tests.fake_hub import FakeHub, point_client_at, read_files, serve

NAME = "some-lab/some-bert"
DiskUsage = namedtuple("DiskUsage", "total used free")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with serve() as hub:
        point_client_at(monkeypatch, hub.url)
        yield hub


@pytest.fixture(scope="module")
def encoder_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = write_tiny_encoder(tmp_path_factory.mktemp("hub") / "encoder")
    return read_files(folder) | {"README.md": b"# A card\n"}


@pytest.fixture(scope="module")
def generator_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return read_files(write_tiny_gpt2(tmp_path_factory.mktemp("hub") / "generator"))


def pull(settings: Settings, name: str = NAME, revision: str | None = None) -> PulledRecord:
    return pull_model(settings, name, revision=revision, report=ignore_progress)[0]


def test_safetensors_config_tokenizer_and_card_are_taken_and_nothing_else(
    settings: Settings, hub: FakeHub, encoder_files: dict[str, bytes]
) -> None:
    unwanted = {
        "pytorch_model.bin": b"pickled",
        "modeling_own.py": b"print()",
        "onnx/model.onnx": b"",
        "tf_model.h5": b"",
    }
    commit = hub.add(NAME, encoder_files | unwanted)
    record = pull(settings)
    assert (record.name, record.kind, record.revision, record.licence) == (NAME, "encoder", commit, "mit")
    folder = pulled_path(settings, record)
    assert {path.name for path in folder.iterdir()} == {*encoder_files, "pulled.json"}
    assert all((folder / file).read_bytes() == content for file, content in encoder_files.items())
    assert sorted(hub.downloads()) == sorted(encoder_files)
    assert set(json.loads((folder / "pulled.json").read_text())["files"]) == set(encoder_files)


def test_a_pulled_encoder_is_found_by_its_hub_name_and_loads_without_the_hub(
    settings: Settings, hub: FakeHub, encoder_files: dict[str, bytes]
) -> None:
    assert resolve_encoder(settings, NAME) == NAME
    hub.add(NAME, encoder_files)
    record = pull(settings)
    hub.asked.clear()
    encoder = load_encoder(resolve_encoder(settings, NAME))
    assert encoder.width == 32
    assert NAME in list_encoder_names(settings)
    assert describe_revisions(settings, [NAME, DEFAULT_STARTER]) == {NAME: record.revision}
    assert hub.asked == []


def test_a_generator_is_told_by_its_config_and_is_a_base_under_every_name_it_was_asked_by(
    settings: Settings, hub: FakeHub, generator_files: dict[str, bytes]
) -> None:
    hub.add("owner/gpt2", generator_files)
    hub.aliases["gpt2"] = "owner/gpt2"
    record = pull(settings, "gpt2")
    assert (record.kind, record.asked_as) == ("generator", ("gpt2", "owner/gpt2"))
    folder = str(pulled_path(settings, record))
    assert resolve_base(settings, "gpt2") == resolve_base(settings, "owner/gpt2") == folder
    assert list_bases(settings) == {"owner/gpt2": "pulled", "starter-generator": "shipped"}
    assert "owner/gpt2" not in list_encoder_names(settings)


def test_an_offline_installation_asks_no_hub(settings: Settings, hub: FakeHub) -> None:
    offline = settings.model_copy(update={"offline": True})
    with pytest.raises(SettingsError, match="DARE_OFFLINE forbids to ask the hub"):
        pull_model(offline, NAME, report=ignore_progress)
    assert hub.asked == []


def test_the_process_is_offline_before_and_after_a_pull(
    settings: Settings, hub: FakeHub, encoder_files: dict[str, bytes]
) -> None:
    hub.add(NAME, encoder_files)
    pull(settings)
    assert constants.HF_HUB_OFFLINE
    hub.asked.clear()
    with pytest.raises(OfflineModeIsEnabled):
        HfApi().model_info(NAME)
    assert hub.asked == []


def test_the_same_commit_is_not_downloaded_again_and_another_one_takes_its_place(
    settings: Settings, hub: FakeHub, encoder_files: dict[str, bytes]
) -> None:
    hub.add(NAME, encoder_files)
    pull(settings)
    hub.asked.clear()
    assert pull_model(settings, NAME, report=ignore_progress)[1]
    assert hub.downloads() == []
    newer = hub.add(NAME, {**encoder_files, "README.md": b"# Another card\n"})
    record = pull(settings)
    assert record.revision == newer
    assert (pulled_path(settings, record) / "README.md").read_bytes() == b"# Another card\n"
    assert len(list_pulled(settings)) == 1


def test_a_broken_off_pull_is_no_model_and_the_next_one_keeps_what_had_arrived(
    settings: Settings, hub: FakeHub, encoder_files: dict[str, bytes]
) -> None:
    hub.add(NAME, encoder_files)
    hub.broken.add("model.safetensors")
    with pytest.raises(HubError, match="answered 403.*finished files are kept"):
        pull(settings)
    assert find_pulled(settings, NAME) is None and list_pulled(settings) == []
    assert "config.json" in hub.downloads()
    hub.broken.clear()
    hub.asked.clear()
    pull(settings)
    assert hub.downloads() == ["model.safetensors"]
    assert list((settings.home / "artifacts" / "pulled").glob(".*.pulling")) == []


def test_a_damaged_file_is_told_from_a_whole_one_and_fetched_again(
    settings: Settings, hub: FakeHub, encoder_files: dict[str, bytes]
) -> None:
    hub.add(NAME, encoder_files)
    hub.damaged.add("model.safetensors")
    with pytest.raises(HubError, match=r"model\.safetensors of some-lab/some-bert arrived damaged.*pull again"):
        pull(settings)
    assert find_pulled(settings, NAME) is None
    hub.damaged.clear()
    assert load_encoder(str(pulled_path(settings, pull(settings)))).width == 32


def test_weights_in_numbered_parts_are_taken_with_their_index(
    settings: Settings, hub: FakeHub, encoder_files: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "whole").write_bytes(encoder_files["model.safetensors"])
    tensors = load_file(tmp_path / "whole")
    names = sorted(tensors)
    parts = {f"model-0000{n}-of-00002.safetensors": {name: tensors[name] for name in names[n - 1 :: 2]} for n in (1, 2)}
    files = {name: content for name, content in encoder_files.items() if name != "model.safetensors"}
    for part, held in parts.items():
        save_file(held, tmp_path / part, metadata={"format": "pt"})
        files[part] = (tmp_path / part).read_bytes()
    places = {name: part for part, held in parts.items() for name in held}
    files["model.safetensors.index.json"] = json.dumps({"metadata": {}, "weight_map": places}).encode()
    hub.add(NAME, files)
    assert load_encoder(str(pulled_path(settings, pull(settings)))).width == 32


def test_pickled_weights_are_refused_and_the_message_says_what_else_there_is(
    settings: Settings, hub: FakeHub, encoder_files: dict[str, bytes]
) -> None:
    pickled = {name: content for name, content in encoder_files.items() if name != "model.safetensors"}
    pickled["pytorch_model.bin"] = b"pickled"
    known = "michiyasunaga/BioLinkBERT-base"
    for name in (NAME, known):
        hub.add(name, pickled)
        with pytest.raises(HubError, match="no safetensors weights") as refused:
            pull(settings, name)
        assert "bioformers/bioformer-8L" in str(refused.value)
    assert "`dare models pull michiyasunaga/BioLinkBERT-base --revision refs/pr/2`" in str(refused.value)
    assert hub.downloads() == []
    commit = hub.add(known, encoder_files, revision="refs/pr/2")
    assert pull(settings, known, "refs/pr/2").revision == commit


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"model_type": "own", "auto_map": {"AutoConfig": "own.Config"}},
            "program code of its own, which is never run",
        ),
        ({"model_type": "t5", "is_encoder_decoder": True}, "has an encoder and a decoder"),
        ([], "is no JSON object of a model"),
    ],
)
def test_a_model_of_no_use_here_is_refused_before_its_weights_are_downloaded(
    settings: Settings, hub: FakeHub, encoder_files: dict[str, bytes], config: object, message: str
) -> None:
    hub.add(NAME, encoder_files | {"config.json": json.dumps(config).encode()})
    with pytest.raises(HubError, match=message):
        pull(settings)
    assert "model.safetensors" not in hub.downloads()


def test_a_tokenizer_without_a_fast_form_is_refused_before_the_weights_are_downloaded(
    settings: Settings, hub: FakeHub
) -> None:
    files = {
        "config.json": json.dumps({"model_type": "biogpt", "architectures": ["BioGptForCausalLM"]}).encode(),
        "vocab.json": json.dumps({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a</w>": 4}).encode(),
        "merges.txt": b"#version: 0.2\n",
        "tokenizer_config.json": json.dumps({"tokenizer_class": "BioGptTokenizer"}).encode(),
        "model.safetensors": b"unread",
    }
    hub.add("microsoft/biogpt", files)
    with pytest.raises(EncoderNotFoundError, match="microsoft/biogpt has no fast tokenizer.* Instead, train a GPT-2"):
        pull(settings, "microsoft/biogpt")
    assert "model.safetensors" not in hub.downloads()
    assert list((settings.home / "artifacts" / "pulled").glob(".*.pulling")) == []


def test_unknown_names_and_revisions_and_gated_models_are_told_apart(
    settings: Settings, hub: FakeHub, encoder_files: dict[str, bytes]
) -> None:
    hub.add(NAME, encoder_files)
    with pytest.raises(HubError, match="knows no model 'no/such'.*Check the spelling"):
        pull(settings, "no/such")
    with pytest.raises(HubError, match="has no revision 'no-such'"):
        pull(settings, NAME, "no-such")
    hub.gated.add(NAME)
    with pytest.raises(HubError, match="is gated: accept its terms at .*HF_TOKEN"):
        pull(settings)
    assert list_pulled(settings) == []


@pytest.mark.parametrize("name", ["../../etc", "a/b/c", "a--b/c", "/tmp/x", "", "a b", "-o/x", "a/b."])
def test_what_can_be_no_name_of_the_hub_never_reaches_it_or_the_disk(
    settings: Settings, hub: FakeHub, name: str
) -> None:
    with pytest.raises(HubError, match="is no name of the hub"):
        pull(settings, name)
    assert hub.asked == []
    assert not settings.home.exists()


def test_an_answer_that_is_not_the_hubs_is_told(settings: Settings, hub: FakeHub) -> None:
    hub.raw[f"api/models/{NAME}"] = b"<html>Please sign in to this network</html>"
    with pytest.raises(HubError, match="is no hub .*check HF_ENDPOINT and the network"):
        pull(settings)


def test_without_a_network_the_message_says_what_to_do(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        point_client_at(monkeypatch, f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(HubError, match="cannot be reached.*Check the network.*copy the model's folder"):
            pull(settings)


def test_a_disk_that_is_too_small_is_told_before_anything_is_downloaded(
    settings: Settings, hub: FakeHub, encoder_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add(NAME, encoder_files)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DiskUsage(10, 9, 1))
    with pytest.raises(HubError, match=r"needs 0\.1 GB and the disk of .* has 0\.0 GB free.*dare models remove"):
        pull(settings)
    assert hub.downloads() == []


def test_a_disk_that_becomes_full_leaves_the_older_commit_whole(
    settings: Settings, hub: FakeHub, encoder_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add(NAME, encoder_files)
    older = pull(settings)
    hub.add(NAME, {**encoder_files, "README.md": b"new"})

    def fill_disk(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(hub_client, "hf_hub_download", fill_disk)
    with pytest.raises(HubError, match="disk became full"):
        pull(settings)
    assert find_pulled(settings, NAME) == older
    assert load_encoder(resolve_encoder(settings, NAME)).width == 32


def test_two_pulls_of_a_model_do_not_mix(settings: Settings, hub: FakeHub, encoder_files: dict[str, bytes]) -> None:
    hub.add(NAME, encoder_files)
    folder = settings.home / "artifacts" / "pulled"
    folder.mkdir(parents=True)
    with (
        FileLock(folder / ".some-lab--some-bert.lock"),
        pytest.raises(ConflictError, match="pulled by another process"),
    ):
        pull(settings)


def test_progress_covers_the_bytes_of_all_files(
    settings: Settings, hub: FakeHub, encoder_files: dict[str, bytes]
) -> None:
    hub.add(NAME, encoder_files)
    told: list[tuple[float, str]] = []
    pull_model(settings, NAME, report=lambda fraction, message="", **_: told.append((fraction, message)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert any(message.startswith("model.safetensors (1 of 1)") and fraction < 1.001 for fraction, message in told)


@pytest.mark.slow
def test_the_command_pulls_although_the_program_is_offline(
    hub: FakeHub, encoder_files: dict[str, bytes], tmp_path: Path
) -> None:
    hub.add(NAME, encoder_files)
    environment = {**os.environ, "DARE_HOME": str(tmp_path / "home"), "HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "1"}

    def dare(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "core.cli", "models", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)

    done = dare("pull", NAME)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"dare train PROJECT --encoder {NAME}"
    assert done.stderr == ""
    refused = dare("pull", "no/such")
    assert refused.returncode == 1 and len(refused.stderr.strip().splitlines()) == 1, refused.stderr
