"""Reads articles of PubMed's XML: title and abstract as one document, what PubMed says of them as its metadata."""

from xml.etree.ElementTree import Element

from core.domain import Corpus, Document, Schema
from core.errors import FormatError
from core.formats.base import IssueLog, Severity
from core.formats.xml_tags import read_tree

ARTICLES = ("PubmedArticle", "PubmedBookArticle")


def read_pubmed_xml(text: str, *, source: str, log: IssueLog, schema: Schema | None) -> Corpus:  # noqa: ARG001 (Reader)
    """Read every article of a file; those without text are named and left out.

    Raises:
        FormatError: The XML is broken, declares entities, or holds no article with text.
    """
    root = read_tree(text)
    documents = []
    for article in (one for one in root.iter() if one.tag in ARTICLES):
        try:
            document, remarks = read_pubmed_article(article)
        except FormatError as error:
            log.add(Severity.NOTED, f"{error.message} Left out.")
            continue
        documents.append(document)
        for remark in remarks:
            log.add(Severity.NOTED, f"{document.id} {remark}.")
    if not documents:
        raise FormatError("The file holds no article of PubMed with title or abstract. Choose another file.")
    return Corpus(tuple(documents))


def find_pmid(article: Element) -> str:
    """Return the PubMed id of an article; empty where it has none."""
    # The first one is the article's own; those of comments and references come after it.
    return (article.findtext(".//PMID") or "").strip()


def read_pubmed_article(article: Element) -> tuple[Document, list[str]]:
    """Return an article as a document, and remarks on what it lacks.

    The title is the first line. Each section of the abstract is a line of its own, after its label if it has one, as
    in "METHODS: We gave …". Between white space at the ends of a line, every character is PubMed's.

    Args:
        article: An element of a name in ARTICLES.

    Raises:
        FormatError: It has no id, or neither title nor abstract.
    """
    pmid = find_pmid(article)
    title = _read_text(article.find(".//ArticleTitle"))
    sections = [_read_section(section) for section in article.findall(".//Abstract/AbstractText")]
    lines = [line for line in (title, *sections) if line]
    if not pmid or not lines:
        raise FormatError(f"Article {pmid or 'without an id'} has neither title nor abstract in PubMed.")
    remarks = [] if any(sections) else ["has no abstract in PubMed; its title alone was taken"]
    metadata = {
        "source": "PubMed",
        "pmid": pmid,
        "pmcid": _find_id(article, "pmc"),
        "doi": _find_id(article, "doi"),
        "journal": _read_text(article.find(".//Journal/Title")),
        "year": _find_year(article),
        "title": title,
    }
    return Document(pmid, "\n".join(lines), metadata=tuple((k, v) for k, v in metadata.items() if v)), remarks


def _read_section(section: Element) -> str:
    text, label = _read_text(section), section.get("Label", "").strip()
    return f"{label}: {text}" if label and text else text


def _read_text(element: Element | None) -> str:
    """Return the text of an element with that of the italics and indices in it."""
    return "" if element is None else "".join(element.itertext()).strip()


def _find_id(article: Element, kind: str) -> str:
    for one in article.findall("./PubmedData/ArticleIdList/ArticleId"):
        if one.get("IdType") == kind:
            return _read_text(one)
    return ""


def _find_year(article: Element) -> str:
    date = article.find(".//JournalIssue/PubDate")
    if date is None:
        return ""
    return (date.findtext("Year") or (date.findtext("MedlineDate") or "")[:4]).strip()
