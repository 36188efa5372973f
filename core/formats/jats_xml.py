"""Reads articles of PMC's XML (JATS): title, abstract and running text as one document, with its licence."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from core.domain import Corpus, Document, Schema
from core.errors import FormatError
from core.formats.base import IssueLog, Severity
from core.formats.xml_tags import read_tree

# Not running text: tables, figures, formulas in LaTeX, notes, references.
_LEFT_OUT = frozenset(
    "table-wrap table-wrap-group fig fig-group supplementary-material media graphic tex-math fn-group ref-list "
    "object-id alt-text".split()
)
# Inside a paragraph these begin blocks of their own.
_OWN_BLOCKS = frozenset("list def-list disp-quote boxed-text sec statement".split())
_LICENCE_LINK = re.compile(r"\{http://www\.w3\.org/1999/xlink\}href|href")
_WHITE_SPACE = re.compile(r"\s+")


def read_jats_xml(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:  # noqa: ARG001 (Reader)
    """Read every article of a file, named by its PMC id, DOI or PubMed id, else after the file.

    Raises:
        FormatError: The XML is broken, declares entities, or holds no article with text.
    """
    root = read_tree(text)
    articles = [root] if root.tag == "article" else root.findall("./article")
    documents = []
    for number, article in enumerate(articles, start=1):
        name = source if len(articles) == 1 else f"{source}-{number}"
        try:
            document, remarks = read_jats_article(article, known_as=_find_other_id(article) or name)
        except FormatError as error:
            log.add(Severity.NOTED, f"{error.message} Left out.")
            continue
        except RecursionError as error:
            raise FormatError(f"{name}: its elements are nested too deeply. Correct the file.") from error
        documents.append(document)
        for remark in remarks:
            log.add(Severity.NOTED, f"{document.id} {remark}.")
    if not documents:
        raise FormatError("The file holds no JATS article with text. Choose another file.")
    return Corpus(tuple(documents))


def find_pmcid(article: Element) -> str:
    """Return the PMC id of an article, with "PMC" before its number; empty where it has none."""
    for one in article.findall("./front/article-meta/article-id"):
        number = (one.text or "").strip().upper().removeprefix("PMC")
        if one.get("pub-id-type") in ("pmc", "pmcid") and number.isdecimal():
            return f"PMC{number}"
    return ""


def read_jats_article(article: Element, *, known_as: str = "") -> tuple[Document, list[str]]:
    """Return an article as a document, and remarks on what it lacks.

    Title, abstract and body follow one another; each heading and paragraph is a line. A run of white space, which
    means nothing in this XML, is one space; every other character is PMC's. Tables, figures, formulas in LaTeX and
    references are left out.

    Args:
        article: The element.
        known_as: Name of an article without a PMC id; without one it is refused.

    Raises:
        FormatError: It has no id, or no text.
    """
    pmcid, meta = find_pmcid(article), article.find("./front/article-meta")
    article_id = pmcid or known_as
    if meta is None or not article_id:
        raise FormatError("The article has no PMC id.")
    title = _read_line(meta.find("./title-group/article-title"))
    abstract = [block for part in meta.findall("./abstract") if not part.get("abstract-type") for block in _walk(part)]
    body = [block for part in article.findall("./body") for block in _walk(part)]
    lines = [line for line in (title, *abstract, *body) if line]
    if not lines:
        raise FormatError(f"{article_id} has no text{' in PMC' if pmcid else ''}.")
    lack = "is not open to download as a whole" if pmcid else "has no running text"
    remarks = [] if body else [f"{lack}; title and abstract alone were taken"]
    metadata = {
        "source": "PMC" if pmcid else "",
        "pmcid": pmcid,
        "pmid": _find_id(meta, "pmid"),
        "doi": _find_id(meta, "doi"),
        "journal": _read_line(article.find("./front/journal-meta//journal-title")),
        "year": _find_year(meta),
        "title": title,
        "licence": _find_licence(meta),
    }
    return Document(article_id, "\n".join(lines), metadata=tuple((k, v) for k, v in metadata.items() if v)), remarks


def _walk(element: Element) -> Iterator[str]:
    """Yield the headings and paragraphs below an element, in order."""
    for child in element:
        if child.tag in _LEFT_OUT:
            continue
        if child.tag in ("title", "p", "term"):
            yield _read_line(child)
            for part in child:
                if part.tag in _OWN_BLOCKS:
                    yield from _walk(part)
        else:
            yield from _walk(child)


def _read_line(element: Element | None) -> str:
    return "" if element is None else _WHITE_SPACE.sub(" ", "".join(_read_inline(element))).strip()


def _read_inline(element: Element) -> Iterator[str]:
    """Yield the text of an element without what is left out or a block of its own."""
    yield element.text or ""
    for child in element:
        if child.tag not in _LEFT_OUT and child.tag not in _OWN_BLOCKS:
            yield from _read_inline(child)
        yield child.tail or ""


def _find_other_id(article: Element) -> str:
    meta = article.find("./front/article-meta")
    return "" if meta is None else _find_id(meta, "doi") or _find_id(meta, "pmid")


def _find_id(meta: Element, kind: str) -> str:
    return next((_read_line(one) for one in meta.findall("./article-id") if one.get("pub-id-type") == kind), "")


def _find_year(meta: Element) -> str:
    """Return the earliest year of publication."""
    return min((_read_line(year) for year in meta.findall("./pub-date/year")), default="")


def _find_licence(meta: Element) -> str:
    """Return the address of the licence, else its type, else its words."""
    licence = meta.find("./permissions/license")
    if licence is None:
        return ""
    for element in licence.iter():
        for name, value in element.attrib.items():
            if _LICENCE_LINK.fullmatch(name) and value.startswith(("http://", "https://")):
                return value
        if element.tag.endswith("license_ref") and element.text:
            return element.text.strip()
    return licence.get("license-type") or _read_line(licence)
