"""Reads XML as a flat list of tags with their line numbers, or as a tree; entities are refused (defusedxml)."""

from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, XMLParser, fromstring

from core.errors import FormatError


@dataclass(frozen=True, slots=True)
class Tag:
    """An element that was opened: name, attributes, line counted from 1."""

    name: str
    attributes: dict[str, str]
    line: int

    def get(self, attribute: str) -> str:
        """Return the value of an attribute.

        Raises:
            FormatError: The element does not have it.
        """
        if attribute not in self.attributes:
            raise FormatError(f'<{self.name}> has no attribute "{attribute}". Add it.')
        return self.attributes[attribute]


class _TagCollector:
    """A parser's target that keeps the tags as they are opened."""

    def __init__(self) -> None:
        self.tags: list[Tag] = []
        self.parser: Any = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.tags.append(Tag(name, dict(attributes), self.parser.parser.CurrentLineNumber))

    def close(self) -> list[Tag]:
        return self.tags


def read_tags(text: str) -> list[Tag]:
    """Return the elements of an XML text in the order in which they are opened.

    Raises:
        FormatError: The XML is broken, or declares a document type or entities.
    """
    collector = _TagCollector()
    parser = XMLParser(target=collector, forbid_dtd=True)
    collector.parser = parser
    try:
        parser.feed(text)
        parser.close()
    except ParseError as error:
        line, _ = error.position
        raise FormatError(f"Not valid XML: {error}. Correct the file.", line=line) from error
    except DefusedXmlException as error:
        message = "The XML declares a document type or entities, which can hide other files. Remove the DOCTYPE."
        raise FormatError(message, line=collector.parser.parser.CurrentLineNumber) from error
    return collector.tags


def read_tree(text: str) -> Element:
    """Return the root of an XML text; a named document type is let be and never fetched.

    Raises:
        FormatError: The XML is broken, or declares entities.
    """
    try:
        root: Element = fromstring(text, forbid_entities=True, forbid_external=True)
    except ParseError as error:
        line, _ = error.position
        raise FormatError(f"Not valid XML: {error}. Correct the file.", line=line) from error
    except DefusedXmlException as error:
        message = "The XML declares entities, which can hide other files or endless text. Remove them."
        raise FormatError(message) from error
    return root
