"""An NCBI on 127.0.0.1 that answers efetch: articles by id, faults are asked for one request at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

DOCTYPE = '<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle" "https://dtd.nlm.nih.gov/pubmed.dtd">'


@dataclass(frozen=True)
class Fault:
    """How one request goes wrong: what is answered, or nothing at all."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    is_silent: bool = False


@dataclass
class FakeNcbi:
    """What NCBI has, and what it was asked.

    Args:
        url: Its address.
        pubmed: XML of an article by PubMed id.
        pmc: XML of an article by PMC id without its prefix.
        faults: What the next requests get instead of articles.
        asked: The form of every request.
        closing: Ends the silence of silent requests.
    """

    url: str
    pubmed: dict[str, str] = field(default_factory=dict)
    pmc: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    closing: Event = field(default_factory=Event)


def pubmed_xml(
    pmid: str, *, title: str = "Aspirin.", sections: tuple[tuple[str, str], ...] = (("", "It helps."),)
) -> str:
    """Return an article as PubMed writes it; sections are (label, text)."""
    texts = "".join(
        f"<AbstractText{f' Label={label!r}' if label else ''}>{escape(text)}</AbstractText>" for label, text in sections
    )
    abstract = f"<Abstract>{texts}</Abstract>" if texts else ""
    return (
        f"<PubmedArticle><MedlineCitation><PMID Version='1'>{pmid}</PMID><Article><Journal><JournalIssue><PubDate>"
        f"<Year>1999</Year></PubDate></JournalIssue><Title>A Journal</Title></Journal>"
        f"<ArticleTitle>{escape(title)}</ArticleTitle>{abstract}</Article><CommentsCorrectionsList>"
        f"<CommentsCorrections><PMID>77</PMID></CommentsCorrections></CommentsCorrectionsList></MedlineCitation>"
        f"<PubmedData><ArticleIdList><ArticleId IdType='pubmed'>{pmid}</ArticleId><ArticleId IdType='doi'>10.1/x"
        f"</ArticleId></ArticleIdList><ReferenceList><Reference><ArticleIdList><ArticleId IdType='pmc'>PMC9"
        f"</ArticleId></ArticleIdList></Reference></ReferenceList></PubmedData></PubmedArticle>"
    )


def pmc_xml(number: str, *, body: str = "<body><sec><title>Results</title><p>It helped.</p></sec></body>") -> str:
    """Return an article as PMC writes it."""
    return (
        "<article xmlns:xlink='http://www.w3.org/1999/xlink'><front><journal-meta><journal-title-group>"
        "<journal-title>A Journal</journal-title></journal-title-group></journal-meta><article-meta>"
        f"<article-id pub-id-type='pmcid'>PMC{number}</article-id><article-id pub-id-type='pmid'>12</article-id>"
        "<title-group><article-title>Aspirin <italic>in vivo</italic></article-title></title-group>"
        "<pub-date><year>2011</year></pub-date><pub-date><year>2010</year></pub-date><permissions>"
        "<license license-type='open-access' xlink:href='https://creativecommons.org/licenses/by/4.0/'/></permissions>"
        f"<abstract><p>It is old.</p></abstract></article-meta></front>{body}</article>"
    )


@contextmanager
def serve() -> Iterator[FakeNcbi]:
    """Run an NCBI for the length of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    ncbi = FakeNcbi(f"http://127.0.0.1:{server.server_port}/eutils")
    server.ncbi = ncbi  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield ncbi
    finally:
        ncbi.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:  # noqa: N802 - the library's name
        ncbi: FakeNcbi = self.server.ncbi  # type: ignore[attr-defined]
        form = {
            name: values[0]
            for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
        }
        ncbi.asked.append(form | {"path": self.path})
        fault = ncbi.faults.pop(0) if ncbi.faults else None
        if fault is not None and fault.is_silent:
            ncbi.closing.wait(30)
            return
        if fault is not None:
            self._send(fault.status, fault.body, fault.headers)
            return
        held = ncbi.pubmed if form["db"] == "pubmed" else ncbi.pmc
        articles = "".join(held[one] for one in form["id"].split(",") if one in held)
        root = "PubmedArticleSet" if form["db"] == "pubmed" else "pmc-articleset"
        doctype = DOCTYPE.replace("PubmedArticleSet", root)
        self._send(200, f'<?xml version="1.0"?>{doctype}<{root}>{articles}</{root}>'.encode(), {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
