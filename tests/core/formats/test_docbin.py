"""spaCy's DocBin: mentions that begin or end with white space, and what is said of a document that spaCy refuses."""

import io
import sys
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain import Corpus, Document, Mention, Sentence, Span
from core.errors import FormatError
from core.formats import docbin, read_corpus, write_corpus
from core.formats.docbin import encode_docbin


def read_back(*documents: Document) -> tuple[Document, ...]:
    result = read_corpus(encode_docbin(documents), source="file", format_name="docbin")
    assert result.report.issues == ()
    return result.corpus.documents


@st.composite
def spaced_documents(draw: st.DrawFn) -> Document:
    """Draw a short text with runs of white space, and mentions and a sentence that end anywhere in it."""
    text = draw(st.text(st.sampled_from("ab  \n\t.\u00a0"), min_size=1, max_size=12).filter(str.strip))
    places = st.integers(0, len(text))
    spans = st.tuples(places, places).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: Span(*pair))
    mentions = draw(st.lists(st.builds(Mention, spans, st.sampled_from(["A", "B"])), max_size=4, unique=True))
    sentences = (Sentence(draw(spans)),) if draw(st.booleans()) else ()
    return Document("1", text, sentences=sentences, mentions=tuple(mentions))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=spaced_documents())
def test_mentions_come_back_wherever_white_space_stands(document: Document) -> None:
    assert read_back(document) == (document,)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("an aspirin a day", Span(2, 10)),
        ("an aspirin a day", Span(3, 11)),
        ("an   aspirin", Span(3, 4)),
        (" aspirin", Span(0, 8)),
        ("aspirin ", Span(0, 8)),
        ("aspirin ", Span(7, 8)),
    ],
)
def test_a_mention_whose_edge_is_white_space_is_written(text: str, span: Span) -> None:
    document = Document("1", text, mentions=(Mention(span, "Drug"),))
    assert read_back(document) == (document,)


def test_a_mention_that_begins_with_a_space_does_not_keep_its_project_from_being_written() -> None:
    document = Document("1", "an aspirin a day", mentions=(Mention(Span(2, 10), "Drug"),))
    written = write_corpus(Corpus((document,)), format_name="docbin")
    assert read_corpus(written.data, source="file").corpus.documents == (document,)


def test_a_space_that_no_mention_needs_is_none_of_the_words() -> None:
    document = Document("1", "an aspirin a day", mentions=(Mention(Span(3, 10), "Drug"),))
    assert docbin._cut(document.text, [Span(3, 10)], [Span(0, 16)]) == (
        ["an", "aspirin", "a", "day"],
        [True, True, True, False],
    )


def test_a_document_that_spacy_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    document = Document("PMC7", "an aspirin", mentions=(Mention(Span(3, 10), "Drug"),))
    monkeypatch.setattr(docbin, "_cut", lambda text, *_: ([text], [False]))
    with pytest.raises(FormatError, match=r"document 'PMC7': \[E855\] Invalid span"):
        encode_docbin((document,))
    data = write_corpus(Corpus((document,)), format_name="jsonl").data
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    with pytest.raises(SystemExit, match="document 'PMC7'"):
        docbin._main()
