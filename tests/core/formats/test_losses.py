"""What the report of an export says of sentences that nobody reviewed, and what a reader makes of them."""

from dataclasses import replace

import pytest

from core.domain import Corpus, Document, Mention, Sentence, Span, State
from core.formats import read_corpus, write_corpus
from core.workflows.documents.prepare_document import prepare_document
from tests.builders import make_schema

EMPTY = "unreviewed sentences: they will look reviewed, with nothing in them"
WITH_SUGGESTIONS = "unreviewed sentences: they will look reviewed, their suggestions approved"
ASPIRIN = Mention(Span(0, 7), "Chemical")
CODEINE = Mention(Span(15, 22), "Chemical", state=State.PENDING)
SENTENCES = (Sentence(Span(0, 14), State.ACCEPTED), Sentence(Span(15, 29)), Sentence(Span(30, 41)))
DOCUMENT = Document("d", "Aspirin helps. Codeine harms. Rash ended.", SENTENCES, (ASPIRIN,))


def split_as_written(text: str, *, keep_whole: object = ()) -> list[Span]:
    del text, keep_whole
    return [sentence.span for sentence in SENTENCES]


@pytest.mark.parametrize("format_name", ["pubtator", "conll", "spert-json"])
def test_a_format_without_states_says_how_many_unreviewed_sentences_will_look_reviewed(format_name: str) -> None:
    written = write_corpus(Corpus((DOCUMENT,)), format_name=format_name)
    assert (written.report.changed[EMPTY], WITH_SUGGESTIONS in written.report.changed) == (2, False)
    assert not {"review states", "sentence states"} & written.report.dropped.keys()
    found = read_corpus(written.data, source="f", format_name=format_name).corpus.documents
    ready = [prepare_document(one, make_schema(), split_as_written) for one in found]
    assert [one.state for document in ready for one in document.sentences] == [State.ACCEPTED] * 3


@pytest.mark.parametrize("format_name", ["pubtator", "conll", "spert-json"])
def test_unreviewed_sentences_with_suggestions_are_counted_for_themselves(format_name: str) -> None:
    document = replace(DOCUMENT, mentions=(ASPIRIN, CODEINE))
    report = write_corpus(Corpus((document,)), format_name=format_name).report
    assert (report.changed[EMPTY], report.changed[WITH_SUGGESTIONS]) == (1, 1)
    assert report.dropped["review states"] == 1


def test_a_document_of_pubtator_that_holds_nothing_still_waits_for_review() -> None:
    document = replace(DOCUMENT, mentions=())
    assert EMPTY not in write_corpus(Corpus((document,)), format_name="pubtator").report.changed


@pytest.mark.parametrize("state", [State.CORRECTED, State.REJECTED])
def test_other_states_of_sentences_are_counted_as_before(state: State) -> None:
    document = replace(DOCUMENT, sentences=(replace(SENTENCES[0], state=state),))
    for format_name in ("pubtator", "conll", "spert-json"):
        report = write_corpus(Corpus((document,)), format_name=format_name).report
        assert (report.dropped["sentence states"], EMPTY in report.changed) == (1, False)


@pytest.mark.parametrize("format_name", ["jsonl", "bioc-xml", "brat", "masked-tsv"])
def test_a_format_that_keeps_states_or_leaves_such_sentences_out_says_nothing_of_them(format_name: str) -> None:
    report = write_corpus(Corpus((DOCUMENT,)), format_name=format_name).report
    assert EMPTY not in report.changed
