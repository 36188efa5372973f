"""Cutting documents into sentences: what is in a sentence is found by its place, and the files stay what they were."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given

from core.domain import Corpus, Document, Sentence, Span, State
from core.formats import conll, masked_table, read_corpus, spert_writer, write_corpus
from core.formats.losses import Losses
from core.formats.one_per_sentence import CutSentence, cut_sentences
from core.starter.demo import read_demo
from tests.core.formats.strategies import documents
from tests.random_documents import SCHEMA, make_long_document, make_random_document

WRITERS = {"spert-json": spert_writer, "masked-tsv": masked_table, "masked-csv": masked_table}


def scan_sentences(document: Document, losses: Losses) -> Iterator[CutSentence]:
    """Look at every mention and relation for every sentence."""
    sentences = document.sentences or (Sentence(Span(0, len(document.text)), State.ACCEPTED),)
    losses.dropped["relations across sentences"] += len(document.relations)
    losses.dropped["mentions across sentences"] += len(document.mentions)
    for sentence in sentences:
        start = sentence.span.start
        found = [one for one in document.mentions if sentence.span.contains(one.span)]
        inside = {one: replace(one, span=one.span.shifted(-start)) for one in found}
        joined = [one for one in document.relations if one.head in inside and one.tail in inside]
        losses.dropped["relations across sentences"] -= len(joined)
        losses.dropped["mentions across sentences"] -= len(inside)
        relations = tuple(replace(one, head=inside[one.head], tail=inside[one.tail]) for one in joined)
        yield CutSentence(sentence.span.text(document.text), start, sentence.state, tuple(inside.values()), relations)


def assert_same_cuts(document: Document) -> None:
    ways = []
    for cut in (cut_sentences, scan_sentences):
        losses = Losses()
        ways.append((repr(list(cut(document, losses))), losses))
    assert ways[0] == ways[1]


def list_corpora() -> list[Corpus]:
    rng = Random(7)
    random = tuple(make_random_document(rng) for _ in range(15))
    return [read_demo(), Corpus(random, schema=SCHEMA), Corpus(tuple(replace(one, sentences=()) for one in random))]


@given(documents())
def test_sentences_of_any_document_hold_what_a_look_at_every_mention_finds(document: Document) -> None:
    assert_same_cuts(document)
    assert_same_cuts(replace(document, sentences=()))


@pytest.mark.parametrize("format_name", WRITERS)
def test_files_and_reports_are_those_of_a_look_at_every_mention(
    format_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = [write_corpus(corpus, format_name=format_name) for corpus in list_corpora()]
    monkeypatch.setattr(WRITERS[format_name], "cut_sentences", scan_sentences)
    assert written == [write_corpus(corpus, format_name=format_name) for corpus in list_corpora()]


def test_no_sentence_looks_at_every_mention(monkeypatch: pytest.MonkeyPatch) -> None:
    document, looks = make_long_document(300), []
    contains = Span.contains
    monkeypatch.setattr(Span, "contains", lambda span, other: looks.append(other) or contains(span, other))
    assert len(list(cut_sentences(document, Losses()))) == 300
    assert len(looks) <= 2 * len(document.mentions)


def test_conll_tokens_are_joined_by_single_spaces_where_they_stand() -> None:
    rng = Random(3)
    words = ["".join(rng.choice("ab,") for _ in range(rng.randint(1, 4))) for _ in range(50)]
    text, places = conll._join(iter(words))
    assert text == " ".join(words)
    assert [place.text(text) for place in places] == words


def test_conll_file_has_a_blank_line_before_every_later_sentence_with_a_token() -> None:
    document = make_long_document(30)
    data = write_corpus(Corpus((document,)), format_name="conll").data
    assert data.decode().rstrip("\n").count("\n\n") == 29
    (read,) = read_corpus(data, source="s", format_name="conll").corpus.documents
    assert [one.span for one in read.sentences] == [one.span for one in document.sentences]
