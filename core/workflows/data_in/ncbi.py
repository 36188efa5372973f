"""NCBI's E-utilities: articles by id as XML. The only place that asks NCBI; no page imports this.

At most three requests a second leave this installation, ten with a key, whatever its processes; a request that was
refused for the moment is repeated after a pause, as long as NCBI asks for if it says so.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal
from xml.etree.ElementTree import Element

import requests
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from filelock import FileLock

from core.errors import FetchError
from core.settings import Settings

Database = Literal["pubmed", "pmc"]

MAX_TRIES = 5
MAX_PAUSE_SECONDS = 120.0
MAX_ANSWER_BYTES = 64 * 2**20
MAX_ANSWER_SECONDS = 300.0
CONNECT_SECONDS = 10.0
REQUESTS_A_SECOND, REQUESTS_A_SECOND_WITH_KEY = 3, 10
_CHUNK_BYTES = 1 << 16
_RETRIED = frozenset({429, 500, 502, 503, 504})
_NO_SUCH_ID = "no correct IDs"  # how NCBI refuses a list in which no id exists


class _PassingError(Exception):
    """A fault that may be gone at the next try, and the seconds that NCBI asks to wait, if it does."""

    def __init__(self, message: str, pause_seconds: float | None = None) -> None:
        super().__init__(message)
        self.pause_seconds = pause_seconds


@dataclass(frozen=True, slots=True)
class NcbiClient:
    """Asks NCBI.

    Args:
        settings: Address, key, e-mail, name, and the folder that the processes of an installation share.
        sleep: Waits for seconds.
        clock: Seconds since the epoch.
    """

    settings: Settings
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time

    def fetch(self, database: Database, numbers: Sequence[str]) -> Element:
        """Return the answer to one request for articles; articles that do not exist are not in it.

        Args:
            database: Where the ids belong.
            numbers: Ids without a prefix.

        Raises:
            FetchError: NCBI cannot be reached, refuses, or answers with something else than articles.
        """
        pause_seconds = 1.0
        for number in range(1, MAX_TRIES + 1):
            wait_turn(self.settings, sleep=self.sleep, clock=self.clock)
            try:
                return _parse(self._ask(database, numbers))
            except _PassingError as error:
                asked_seconds = error.pause_seconds
                if number == MAX_TRIES or (asked_seconds or 0.0) > MAX_PAUSE_SECONDS:
                    later = "" if asked_seconds is None else f" It asks to wait {asked_seconds:.0f} s."
                    raise FetchError(f"NCBI did not give the articles after {number} tries: {error}{later}") from error
                self.sleep(pause_seconds if asked_seconds is None else asked_seconds)
                pause_seconds *= 2
        raise FetchError("NCBI was not asked.")

    def _ask(self, database: Database, numbers: Sequence[str]) -> bytes:
        """Return the body of one answer.

        Raises:
            FetchError: NCBI refuses for good, or sends too much.
        """
        settings = self.settings
        # In the body, not in the address: an address with the key would stand in error messages.
        form = {
            "db": database,
            "id": ",".join(numbers),
            "retmode": "xml",
            "tool": settings.ncbi_tool,
            "email": settings.ncbi_email,
            "api_key": settings.ncbi_api_key,
        }
        try:
            with requests.post(
                f"{settings.ncbi_url.rstrip('/')}/efetch.fcgi",
                data={name: value for name, value in form.items() if value},
                timeout=(CONNECT_SECONDS, settings.ncbi_timeout_seconds),
                stream=True,
                allow_redirects=False,
            ) as answer:
                body = self._read(answer)
        except requests.RequestException as error:
            raise _PassingError(f"{settings.ncbi_url} cannot be reached ({_name_fault(error)}).") from error
        return _judge(answer, body, now=self.clock())

    def _read(self, answer: requests.Response) -> bytes:
        started, body = self.clock(), bytearray()
        for chunk in answer.iter_content(_CHUNK_BYTES):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise FetchError(f"NCBI sent more than {MAX_ANSWER_BYTES // 2**20} MB in one answer; ask for fewer.")
            if self.clock() - started > MAX_ANSWER_SECONDS:
                raise _PassingError(f"the answer took more than {MAX_ANSWER_SECONDS:.0f} s.")
        return bytes(body)


def wait_turn(
    settings: Settings, *, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.time
) -> None:
    """Wait until this installation may ask NCBI again; all its processes wait in one line."""
    interval = 1 / (REQUESTS_A_SECOND_WITH_KEY if settings.ncbi_api_key else REQUESTS_A_SECOND)
    folder = settings.articles_path
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".turn.lock"):
        last = _read_time(folder / ".turn")
        wait_seconds = min(last + interval - clock(), interval)
        if wait_seconds > 0:
            sleep(wait_seconds)
        (folder / ".turn").write_text(str(clock()), encoding="ascii")


def _read_time(path: Path) -> float:
    with suppress(OSError, ValueError):
        return float(path.read_text(encoding="ascii"))
    return 0.0


def _name_fault(error: requests.RequestException) -> str:
    """Return what kind of fault it is, without the address and what it may hold."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return "no connection" if isinstance(error, requests.ConnectionError) else type(error).__name__


def _judge(answer: requests.Response, body: bytes, *, now: float) -> bytes:
    """Return the body of a good answer.

    Raises:
        FetchError: NCBI refuses for good.
    """
    status = answer.status_code
    if status == requests.codes.ok:
        return body
    said = " ".join(body[:500].decode("utf-8", errors="replace").split())[:200]
    if status in _RETRIED:
        pause = read_retry_after(answer.headers.get("Retry-After", ""), now=now)
        raise _PassingError(f"it answered with {status}.", pause)
    if _NO_SUCH_ID in said:
        return b"<none/>"
    raise FetchError(f"NCBI refused with {status}: {said or answer.reason}. Check DARE_NCBI_API_KEY and DARE_NCBI_URL.")


def read_retry_after(value: str, *, now: float) -> float | None:
    """Return the seconds that a Retry-After header asks to wait, as a number or a date; None without one."""
    if value.strip().isdecimal():
        return float(value)
    with suppress(ValueError):
        moment = parsedate_to_datetime(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.fromtimestamp(now, UTC)).total_seconds())
    return None


def _parse(body: bytes) -> Element:
    """Return the root of an answer; entities are never expanded, and nothing it names is loaded.

    Raises:
        FetchError: The answer declares entities, or says that something is wrong.
    """
    try:
        root: Element = fromstring(body, forbid_entities=True, forbid_external=True)
    except ParseError as error:
        raise _PassingError(f"its answer is broken XML ({error}).") from error
    except DefusedXmlException as error:
        raise FetchError("NCBI's answer declares entities, which could hide anything; it was not read.") from error
    fault = "" if root.tag != "eFetchResult" else (root.findtext("ERROR") or "no reason given")
    if fault:
        raise FetchError(f"NCBI refused: {' '.join(fault.split())[:200]}")
    return root
