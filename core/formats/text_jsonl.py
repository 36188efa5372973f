"""Reads JSON objects that hold a text alone, one document an object, named and numbered like the rows of a table."""

from typing import Any

from pydantic import ConfigDict

from core.domain import Corpus, Schema
from core.formats.base import IssueLog, Severity
from core.formats.checks import SchemaCheck
from core.formats.json_items import ItemRecord, JsonItem, parse_item
from core.formats.json_lines import iterate_objects
from core.formats.table import SentenceRows, make_documents
from core.formats.table_columns import ROLES

ID_KEYS = ROLES["id"]
KEYS = frozenset({"text", "split", *ID_KEYS})
MAX_NAMED = 20  # keys in a message


class TextItem(ItemRecord):
    """A text; its id and all else stand among the other keys."""

    model_config = ConfigDict(extra="allow")

    text: str
    split: str = ""


def is_text_item(item: dict[str, Any]) -> bool:
    """Return whether an object holds a text and nothing that is not read of it."""
    return "text" in item and item.keys() <= KEYS


def read_text_jsonl(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:
    """Read one document an object; keys that are not read are noted."""
    rows: list[SentenceRows] = []
    unread: dict[str, None] = {}
    for item in iterate_objects(text):
        with log.refusing(item.line):
            found = parse_item(item, TextItem)
            others: dict[str, Any] = found.model_extra or {}
            unread |= dict.fromkeys(others.keys() - KEYS)
            if not found.text.strip():
                log.add_once(
                    Severity.NOTED, "Objects without text are left out; this is the first one.", line=item.line
                )
                continue
            pair = (item.line, {"split": found.split})
            rows.append(SentenceRows(_find_id(others, source, item), found.text, item.line, [pair]))
    if unread:
        names = ", ".join(sorted(unread)[:MAX_NAMED]) + (", …" if len(unread) > MAX_NAMED else "")
        log.add(Severity.NOTED, f"Keys left out, since nothing says what they hold: {names}.")
    return Corpus(documents=tuple(make_documents(rows, log, SchemaCheck(schema, log))))


def _find_id(keys: dict[str, Any], source: str, item: JsonItem) -> str:
    found = next((keys[key] for key in ID_KEYS if isinstance(keys.get(key), int | str)), "")
    return str(found) or f"{source}-{item.number}"
