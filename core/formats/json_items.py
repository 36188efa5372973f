"""Walks a JSON array item by item with line numbers, and says in words what is wrong with an item."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import FormatError
from core.formats.checks import shorten

Model = TypeVar("Model", bound=BaseModel)
# What the decoder says of a broken file, in words for people who write no JSON.
FAULTS = {
    "Expecting value": "a value is missing, or a text stands without quotes",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Expecting ':' delimiter": "a colon is missing behind a key",
    "Expecting property name enclosed in double quotes": "a key in double quotes is missing",
    "Unterminated string starting at": "the text that begins there has no closing quote",
    "Illegal trailing comma before end of object": "a comma has nothing behind it",
    "Illegal trailing comma before end of array": "a comma has nothing behind it",
    "Invalid control character at": "a line break or tab stands inside a text; write \\n or \\t",
    "Invalid \\escape": "a single backslash stands inside a text; write two",
}
SHOWN = 40  # characters before the break
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"\s*")


class ItemRecord(BaseModel):
    """Base of the items of foreign arrays: wrong types are refused, other keys are let be."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class JsonItem:
    """One item of an array: its position and line, both counted from 1, and its JSON text."""

    number: int
    line: int
    source: str


def decode_item(text: str, start: int) -> tuple[Any, int]:
    """Return the JSON value at a place of a text, and where it ends.

    Raises:
        FormatError: There is no valid JSON value.
    """
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise explain_broken(error) from error
    except (ValueError, RecursionError) as error:
        line = text.count("\n", 0, start) + 1
        raise FormatError(f"Not readable JSON: {error}. Correct the file.", line=line) from error


def explain_broken(error: json.JSONDecodeError) -> FormatError:
    """Return the refusal of JSON that breaks at a place, with its line."""
    before = error.doc[max(0, error.pos - SHOWN) : error.pos].strip()
    fault = f"breaks behind {shorten(before)}: {FAULTS.get(error.msg, error.msg)}"
    if not error.doc[error.pos :].strip():
        fault = "ends too early"
    message = f"The file looks like JSON but {fault}. Save or export it again, whole, or correct this line."
    return FormatError(message, line=error.lineno)


def iterate_items(text: str) -> Iterator[JsonItem]:
    """Yield the items of the array that a text is.

    Raises:
        FormatError: The text is no array, or its JSON is broken.
    """
    place = _skip_space(text, 0)
    if not text.startswith("[", place):
        raise FormatError("The file is no JSON array. Choose the right format.", line=1)
    place = _skip_space(text, place + 1)
    number, line, counted = 0, 1, 0
    while not text.startswith("]", place):
        number += 1
        line += text.count("\n", counted, place)
        counted = place
        _, end = decode_item(text, place)
        yield JsonItem(number, line, text[place:end])
        place = _skip_space(text, end)
        if text.startswith(",", place):
            place = _skip_space(text, place + 1)
        elif not text.startswith("]", place):
            line += text.count("\n", counted, place)
            raise FormatError(f"The array breaks off after item {number}. Save the file again, whole.", line=line)
    if _skip_space(text, place + 1) < len(text):
        raise FormatError("Something follows the array. Remove it.", line=text.count("\n", 0, place) + 1)


def parse_item(item: JsonItem, model: type[Model]) -> Model:
    """Return an item as a record.

    Raises:
        FormatError: A key is missing or has a value of a wrong kind.
    """
    try:
        return model.model_validate_json(item.source)
    except ValidationError as error:
        raise FormatError(f"Item {item.number}: {explain_invalid(error)} Correct or remove the item.") from error


def explain_invalid(error: ValidationError) -> str:
    """Return the first fault of a record in words."""
    fault = error.errors(include_url=False, include_input=False)[0]
    keys = [str(key) for key in fault["loc"] if key not in ("document", "synthetic")]
    place = ".".join(keys)
    match fault["type"]:
        case "json_invalid":
            return f"Not valid JSON: {fault['ctx']['error']}."
        case "missing":
            return f'The key "{place}" is missing.'
        case "extra_forbidden":
            return f'The key "{place}" is not known.'
    return f'The key "{place}" is wrong: {fault["msg"]}.' if place else f"The record is wrong: {fault['msg']}."


def _skip_space(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    return match.end() if match else start
