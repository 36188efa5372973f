"""Pull a model from the hub: safetensors, config and tokenizer of one commit into a folder of this installation."""

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from huggingface_hub import constants

from core.artifacts import ArtifactStore, hash_file
from core.errors import ConflictError, EncoderNotFoundError, HubError, SettingsError
from core.settings import Settings
from core.workflows.model_library.generators import open_store
from core.workflows.model_library.hub import MIB, HubModel, describe_model, download_file
from core.workflows.model_library.pulled import (
    RECORD_NAME,
    PulledKind,
    PulledRecord,
    check_hub_name,
    pulled_key,
    read_pulled,
)
from core.workflows.model_library.suggestions import find_suggestion, list_suggestions
from core.workflows.pipelines import Report

_CONFIG = "config.json"
_WEIGHTS = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
_TOKENIZER = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model")
# Nothing that is code, and no weights but safetensors.
_BESIDE = (
    *("generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("merges.txt", "README.md", "LICENSE", "LICENSE.md", "LICENSE.txt"),
)
_GENERATOR_CLASSES = ("ForCausalLM", "LMHeadModel")
_SPARE_BYTES = 64 * MIB


def pull_model(
    settings: Settings,
    name: str,
    *,
    revision: str | None = None,
    report: Report,
) -> tuple[PulledRecord, bool]:
    """Download a model, or find that this commit of it is here already.

    Small files come first, so that a model of no use here is refused before its weights are downloaded. A model
    under its name is always whole; an interrupted pull keeps its finished files and goes on with the next call.

    Args:
        settings: Where models lie.
        name: Name on the hub.
        revision: Branch, tag, commit or `refs/pr/NUMBER`; None for the newest.
        report: Progress sink.

    Returns:
        The record, and whether nothing had to be downloaded.

    Raises:
        SettingsError: The installation is offline.
        HubError: The hub cannot be reached or refuses, the model has nothing we read, or the disk is too small.
        EncoderNotFoundError: Its tokenizer is of no use.
        ConflictError: Another process pulls the same model.
    """
    if settings.offline:
        raise SettingsError("DARE_OFFLINE forbids to ask the hub; unset it, or copy DARE_HOME/artifacts/pulled here.")
    report(0.0, f"asking the hub for {name}")
    found = describe_model(check_hub_name(name), revision)
    store = open_store(settings)
    path = store.path(pulled_key(check_hub_name(found.name)))
    existing = read_pulled(path)
    asked_as = tuple(sorted({name, found.name, *(existing.asked_as if existing else ())}))
    if existing is not None and existing.revision == found.revision:
        record = replace(existing, asked_as=asked_as)
        if record != existing:
            _write_record(path, record)
        return record, True
    return _fetch(found, store, asked_as, report), False


def _fetch(found: HubModel, store: ArtifactStore, asked_as: tuple[str, ...], report: Report) -> PulledRecord:
    """Download a commit and put it in place, under every name that it was asked for."""
    key, (small, weights) = pulled_key(found.name), choose_files(found)
    with _work_folder(store.path(key), found.revision) as work_path:
        _require_space(found, [*small, *weights], work_path)
        report_bytes = _Progress(report, sum(found.files[file].size for file in (*small, *weights)))
        _download(found, small, work_path, report_bytes)
        kind = _judge_small_files(work_path, found.name)
        _download(found, weights, work_path, report_bytes)
        report(1.0, "checking what arrived")
        hashes = _check_files(found, [*small, *weights], work_path)
        record = PulledRecord(
            name=found.name,
            kind=kind,
            asked_as=asked_as,
            revision=found.revision,
            licence=found.licence,
            date=datetime.now(UTC).date().isoformat(),
            files=hashes,
            num_bytes=sum((work_path / file).stat().st_size for file in hashes),
            hub=constants.ENDPOINT,
        )
        _put_in_place(store, key, work_path, record)
    return record


def choose_files(model: HubModel) -> tuple[list[str], list[str]]:
    """Return the small files and the weights to take, the latter whole or in numbered parts.

    Raises:
        HubError: There are no safetensors weights, no config or no tokenizer.
    """
    if _CONFIG not in model.files or not any(file in model.files for file in _TOKENIZER):
        raise HubError(
            f"{model.name} has no {_CONFIG} or no tokenizer file ({', '.join(_TOKENIZER)}), so it is no model that "
            f"reads or writes text here. {_name_others(model.name)}"
        )
    small = [file for file in (_CONFIG, *_TOKENIZER, *_BESIDE) if file in model.files]
    if _WEIGHTS in model.files:
        return small, [_WEIGHTS]
    shards = sorted(file for file in model.files if _SHARD.fullmatch(file))
    if _INDEX in model.files and shards:
        return [*small, _INDEX], shards
    raise HubError(_explain_no_safetensors(model.name))


def _explain_no_safetensors(name: str) -> str:
    known = find_suggestion(name)
    where = "in a pull request; its Community tab on the hub shows it: pull with --revision refs/pr/NUMBER"
    if known is not None and known.revision:
        where = f"in the pull request that `{known.command}` takes"
    return (
        f"{name} has no safetensors weights at this revision, and pickled ones (.bin, .pt) are never read: loading "
        f"them can run code. The hub's converter may have left some {where}. {_name_others(name)}"
    )


def _name_others(name: str) -> str:
    known = find_suggestion(name)
    others = [one.name for one in list_suggestions(known.kind if known else None, only_usable=True) if one.name != name]
    return f"Known to do: {', '.join(others[:4])}; `dare models list --suggestions` shows more."


def read_kind(path: Path, name: str) -> PulledKind:
    """Return what a model is for, by its config.

    Raises:
        HubError: The config is broken, asks for code of its own, or is of neither kind.
    """
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        classes = [str(one) for one in config.get("architectures") or ()]
    except (ValueError, AttributeError, TypeError) as error:
        raise HubError(f"The {_CONFIG} of {name} is no JSON object of a model. {_name_others(name)}") from error
    if "AutoConfig" in (config.get("auto_map") or {}):
        raise HubError(f"{name} needs program code of its own, which is never run here. {_name_others(name)}")
    if config.get("is_encoder_decoder"):
        raise HubError(f"{name} has an encoder and a decoder; one or the other is of use here. {_name_others(name)}")
    is_generator = config.get("model_type") == "gpt2" or any(one.endswith(_GENERATOR_CLASSES) for one in classes)
    return "generator" if is_generator else "encoder"


def _judge_small_files(folder: Path, name: str) -> PulledKind:
    """Return what a model is for; one of no use here is refused and leaves nothing.

    Raises:
        HubError: Its config says that it is of no use.
        EncoderNotFoundError: Its tokenizer is.
    """
    # Takes seconds to import, and most refusals come before.
    from core.models.encoder import require_fast_tokenizer

    try:
        kind = read_kind(folder / _CONFIG, name)
        require_fast_tokenizer(folder, name)
    except EncoderNotFoundError as error:
        shutil.rmtree(folder)
        known = find_suggestion(name)
        raise EncoderNotFoundError(f"{error} {known.obstacle if known else ''}".strip()) from error
    except HubError:
        shutil.rmtree(folder)
        raise
    return kind


class _Progress:
    """Reports arriving bytes as a share of all."""

    def __init__(self, report: Report, num_bytes: int) -> None:
        self._report = report
        self._num_bytes = max(num_bytes, 1)
        self._arrived = 0.0

    def __call__(self, num_bytes: float, message: str) -> None:
        self._arrived += num_bytes
        self._report(min(self._arrived / self._num_bytes, 1.0), message)


@contextmanager
def _work_folder(path: Path, revision: str) -> Iterator[Path]:
    """Yield the folder in which a commit is gathered; what another commit left there goes.

    Raises:
        ConflictError: Another process pulls the model at this moment.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ConflictError(f"{path.name} is being pulled by another process; wait for its end.") from error
    try:
        work_path = path.with_name(f".{path.name}.{revision}.pulling")
        for left in path.parent.glob(f".{path.name}.*.pulling"):
            if left != work_path:
                shutil.rmtree(left)
        work_path.mkdir(exist_ok=True)
        yield work_path
    finally:
        lock.release()


def _require_space(model: HubModel, files: Sequence[str], folder: Path) -> None:
    """Refuse before anything is downloaded.

    Raises:
        HubError: The disk has too little room for what is missing.
    """
    missing = sum(model.files[file].size for file in files if not (folder / file).is_file()) + _SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < missing:
        raise HubError(
            f"{model.name} needs {missing / 1e9:.1f} GB and the disk of {folder.parent} has {free / 1e9:.1f} GB free. "
            "Make room, for example with `dare models remove`, or move everything with DARE_HOME."
        )


def _download(model: HubModel, files: Sequence[str], folder: Path, report_bytes: _Progress) -> None:
    for number, file in enumerate(files, start=1):
        message = f"{file} ({number} of {len(files)})"
        if (folder / file).is_file():
            report_bytes(model.files[file].size, message)
        download_file(model, file, folder, partial(report_bytes, message=message))


def _check_files(model: HubModel, files: Sequence[str], folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file.

    Raises:
        HubError: One is not what the hub promised; it is deleted, so that the next pull fetches it.
    """
    hashes = {}
    for file in files:
        promised, path = model.files[file], folder / file
        hashes[file] = hash_file(path)
        if promised.sha256 not in (None, hashes[file]) or promised.size not in (0, path.stat().st_size):
            path.unlink()
            raise HubError(f"{file} of {model.name} arrived damaged and was deleted; pull again.")
    return hashes


def _put_in_place(store: ArtifactStore, key: str, work_path: Path, record: PulledRecord) -> None:
    """Give a gathered model its name; an older commit of it goes."""
    shutil.rmtree(work_path / ".cache", ignore_errors=True)
    _write_record(work_path, record)
    store.remove(key)
    work_path.rename(store.path(key))
    store.publish(key)


def _write_record(folder: Path, record: PulledRecord) -> None:
    """Write the record beside the files, never half of it."""
    written = folder / f".{RECORD_NAME}"
    written.write_text(json.dumps(record.to_json(), indent=2) + "\n", encoding="utf-8")
    written.replace(folder / RECORD_NAME)
