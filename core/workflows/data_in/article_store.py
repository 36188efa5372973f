"""Articles that were fetched, a file each by id: whoever has one asks nobody for it."""

import os
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from core.workflows.data_in.ncbi import Database


@dataclass(frozen=True, slots=True)
class ArticleStore:
    """Keeps the XML of articles below a folder; a file is whole or not there."""

    path: Path

    def find(self, database: Database, number: str) -> Element | None:
        """Return an article, or None; one whose file was damaged is deleted, so that it is fetched again."""
        file = self._file(database, number)
        try:
            article: Element = fromstring(file.read_bytes(), forbid_dtd=True)
        except FileNotFoundError:
            return None
        except (ParseError, DefusedXmlException):
            file.unlink()
            return None
        return article

    def keep(self, database: Database, number: str, article: Element) -> None:
        """Write an article."""
        file = self._file(database, number)
        file.parent.mkdir(parents=True, exist_ok=True)
        article.tail = None
        partial = file.with_name(f".{file.name}.{os.getpid()}")
        partial.write_bytes(tostring(article, encoding="utf-8"))
        partial.replace(file)

    def _file(self, database: Database, number: str) -> Path:
        return self.path / database / f"{number}.xml"
