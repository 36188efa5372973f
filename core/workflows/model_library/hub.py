"""The Hugging Face hub: what a repository holds, and its files. The only place that asks it; no page imports this.

Everything else in this project is offline. What goes online goes through `_ask`, for one call.
"""

import errno
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, ModelInfo, constants, hf_hub_download
from huggingface_hub.errors import (  # type: ignore[attr-defined]
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    HTTPError,  # of the HTTP library that the client happens to use, which need not be known here
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]

from core.errors import HubError

MIB = 2**20


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository: its size in bytes and, where the hub tells it, the SHA-256 of its content."""

    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class HubModel:
    """What a repository holds at one commit.

    Args:
        name: Its present name; the hub forwards old ones.
        revision: The commit.
        licence: As its card says; empty where it says nothing.
        files: The files by path.
    """

    name: str
    revision: str
    licence: str
    files: Mapping[str, HubFile]


def describe_model(name: str, revision: str | None) -> HubModel:
    """Ask the hub what a model holds.

    Args:
        name: Name on the hub.
        revision: Branch, tag, commit or `refs/pr/NUMBER`; None for the newest of the main branch.

    Raises:
        HubError: The hub cannot be reached, or has no such model or revision for us.
    """
    with _ask(name, revision):
        info = HfApi().model_info(name, revision=revision, files_metadata=True)
    files = {one.rfilename: HubFile(one.size or 0, one.lfs.sha256 if one.lfs else None) for one in info.siblings or ()}
    return HubModel(info.id, str(info.sha), _read_licence(info), files)


def _read_licence(info: ModelInfo) -> str:
    stated = getattr(info.card_data, "license", None) or next(
        (tag.removeprefix("license:") for tag in info.tags or () if tag.startswith("license:")), ""
    )
    return ", ".join(stated) if isinstance(stated, list) else str(stated)


def download_file(model: HubModel, file: str, folder: Path, advance: Callable[[float], None]) -> None:
    """Download one file of a commit into a folder; one that is there already is not fetched again.

    Args:
        model: The model at its commit.
        file: Path in the repository.
        folder: Where to put it; the client keeps its notes in `.cache` there.
        advance: Told of bytes as they arrive.

    Raises:
        HubError: The hub cannot be reached, refuses, or the disk is full.
    """
    with _ask(model.name, model.revision):
        hf_hub_download(
            model.name, file, revision=model.revision, local_dir=folder, tqdm_class=_make_silent_bar(advance)
        )


def _make_silent_bar(advance: Callable[[float], None]) -> type[Any]:
    """Return a progress bar that draws nothing and passes on what arrives."""

    class SilentBar(tqdm):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **{**options, "disable": True})  # type: ignore[no-untyped-call]

        def update(self, n: float | None = 1) -> bool | None:
            advance(n or 0)
            return None

    return SilentBar


@contextmanager
def _ask(name: str, revision: str | None) -> Iterator[None]:
    """Let one call go online, whatever HF_HUB_OFFLINE says, and say in a line what went wrong.

    Raises:
        HubError: Any fault of the network, the hub or the disk.
    """
    was_offline, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, False
    try:
        yield
    except GatedRepoError as error:
        raise HubError(
            f"{name} is gated: accept its terms at {constants.ENDPOINT}/{name}, then put a token of your account into "
            "HF_TOKEN and pull again."
        ) from error
    except RevisionNotFoundError as error:
        raise HubError(
            f"{name} has no revision {revision!r}; name a branch, a tag, a commit or refs/pr/NUMBER, or none."
        ) from error
    except RepositoryNotFoundError as error:
        raise HubError(
            f"The hub knows no model {name!r}, or not for everyone. Check the spelling at {constants.ENDPOINT}/models; "
            "a private one needs a token in HF_TOKEN."
        ) from error
    except HFValidationError as error:
        raise HubError(f"{name!r} is no name of the hub: {_first_line(error)}.") from error
    except (HTTPError, OSError, RuntimeError) as error:
        raise HubError(_explain(error, name)) from error
    except ValueError as error:
        raise HubError(
            f"What answers at {constants.ENDPOINT} is no hub ({_first_line(error)}); check HF_ENDPOINT and the network."
        ) from error
    finally:
        constants.HF_HUB_OFFLINE = was_offline


def _explain(error: Exception, name: str) -> str:
    """Return what went wrong and what to do; a RuntimeError is how the client's fast transfer ends."""
    answer = error if isinstance(error, HfHubHTTPError) else error.__cause__
    if isinstance(answer, HfHubHTTPError):
        return f"The hub answered {answer.response.status_code} for {name}. Try again later: finished files are kept."
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"The disk became full while {name} was downloaded. Make room, for example with `dare models remove`."
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EROFS, errno.EDQUOT):
        return f"{name} cannot be written: {error.filename}: {error.strerror}. Choose another folder with DARE_HOME."
    return (
        f"The hub at {constants.ENDPOINT} cannot be reached ({_first_line(error)}). Check the network and pull again; "
        "finished files are kept. Or copy the model's folder here from another machine and name that folder."
    )


def _first_line(error: Exception) -> str:
    cause = error.__cause__ or error
    lines = str(cause).splitlines()
    return lines[0].rstrip(". ") if lines else type(cause).__name__
