"""Collections of the `bioc` library from and to text: XML is checked with defusedxml before the library parses it."""

import json
import re
from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, XMLParser

from core.errors import FormatError
from core.formats.checks import shorten
from core.formats.json_items import explain_broken

LISTS = {
    "collection": ("documents",),
    "documents": ("passages", "annotations", "relations"),
    "passages": ("sentences", "annotations", "relations"),
    "sentences": ("annotations", "relations"),
    "annotations": ("locations",),
    "relations": ("nodes",),
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "collection": {"source": "", "date": "", "key": ""},
    "documents": {"id": ""},
    "sentences": {"text": None},
    "annotations": {"text": None, "id": ""},
    "relations": {"id": ""},
    "nodes": {"role": ""},
}
KINDS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "documents": {"id": str},
    "passages": {"offset": int, "text": (str, type(None))},
    "sentences": {"offset": int, "text": (str, type(None))},
    "annotations": {"text": (str, type(None))},
    "locations": {"offset": int, "length": int},
    "nodes": {"refid": str, "role": str},
}
BROKEN = (AttributeError, KeyError, TypeError, ValueError, RecursionError)


_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def parse_xml(text: str) -> Any:  # noqa: ANN401 (the library ships no types)
    """Return the collection of a BioC XML text.

    A DOCTYPE that names BioC's own DTD is part of the format and let be; it is never fetched.

    Raises:
        FormatError: The XML is broken, declares entities, refers to external ones, or is no BioC.
    """
    from bioc import biocxml

    parser = XMLParser(target=_Nothing(), forbid_entities=True, forbid_external=True)
    try:
        parser.feed(text)
        parser.close()
    except ParseError as error:
        line, _ = error.position
        raise FormatError(f"Not valid XML: {error}. Correct the file.", line=line) from error
    except DefusedXmlException as error:
        message = "The XML declares entities, which can hide other files or endless text. Remove them."
        raise FormatError(message) from error
    try:
        # The text is decoded already: what its declaration says of bytes would be applied a second time.
        return biocxml.loads(_DECLARATION.sub("", text, count=1))
    except (SyntaxError, *BROKEN) as error:
        raise FormatError(f"Not BioC: {_explain(error)} Correct the file.") from error


def parse_json(text: str) -> Any:  # noqa: ANN401 (the library ships no types)
    """Return the collection of a BioC JSON text; lists and infons that a file leaves out are empty.

    Raises:
        FormatError: The JSON is broken or no BioC.
    """
    from bioc import biocjson

    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise explain_broken(error) from error
    except (ValueError, RecursionError) as error:
        raise FormatError(f"Not readable JSON: {error}. Correct the file.") from error
    if isinstance(value, dict) and "PubTator3" in value:
        value = {"documents": value["PubTator3"]}
    if isinstance(value, dict) and "passages" in value:
        value = {"documents": [value]}
    try:
        _complete(value, "collection")
        return biocjson.loads(json.dumps(value))
    except BROKEN as error:
        raise FormatError(f"Not BioC: {_explain(error)} Correct the file.") from error


def _complete(value: dict[str, Any], kind: str) -> None:
    """Put in what the library insists on and some files leave out."""
    for key, default in DEFAULTS.get(kind, {}).items():
        value.setdefault(key, default)
    for key, expected in KINDS.get(kind, {}).items():
        if not isinstance(value.get(key), expected):
            raise TypeError(f"{shorten(str(value.get(key)))} is no value of {key!r}")
    value["infons"] = {key: _as_text(item) for key, item in (value.get("infons") or {}).items()}
    for key in LISTS.get(kind, ()):
        value[key] = value.get(key) or []
        for item in value[key]:
            _complete(item, key)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _explain(error: Exception) -> str:
    fault = str(error) if not isinstance(error, KeyError) else f"{error} is missing"
    return f"{shorten(fault, limit=120)}."


class _Nothing:
    """A parser's target that keeps nothing: the parse is only a check."""

    def close(self) -> None:
        """End."""
