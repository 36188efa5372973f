"""Sentence splitting: abbreviations, numbers, brackets, paragraphs, mentions kept whole."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain import Span
from core.nlp.sentences import split_sentences


def sentences(text: str) -> list[str]:
    return [span.text(text) for span in split_sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Aspirin caused headache.", "It stopped."],
        ["Drugs, e.g. aspirin, were given.", "It stopped."],
        ["Drugs, i.e. Aspirin, were given."],
        ["See Fig. 2 and Figs. S1-S3.", "It stopped."],
        ["A dose of 5 mg. was given."],
        ["A dose of 5 mg. 3 times a day."],
        ["The dose was 5 mg.", "It was low."],
        ["It differed (p < 0.05).", "It stopped."],
        ["It differed at p < 0.05. and at p < 0.01."],
        ["It differed, p < 0.05.", "It stopped."],
        ["Aspirin vs. placebo.", "Aspirin vs. Placebo."],
        ["Smith et al. (2001) saw it.", "Smith et al. Nature 2001."],
        ["It was seen by Smith et al.", "The rest is known."],
        ["Dr. Smith and Drs. J. A. Brown saw it."],
        ["E. coli grew.", "We saw S. aureus."],
        ["We used vitamin B.", "Patients improved."],
        ["We used amphotericin B.", "Nausea followed."],
        ["Contract No. 3 was signed.", "The answer was no.", "We left."],
        ["It rose to 3.5.", "It fell to 2.5 mg/kg."],
        ["It is known [1].", "Next we show it."],
        ["It is known.[1,2]", "Next we show it."],
        ['He said "stop."', "Then he left."],
        ["(We saw this.", "We saw that.)", "It stopped."],
        ["It rose (10 mg. The rest had 5) and fell."],
        ["Was it aspirin?", "Yes!", "It was."],
        ["BACKGROUND: Aspirin is old.", "METHODS: We gave it.", "RESULTS: It hurt."],
        ["1. We gave it.", "2. It hurt.", "3. It stopped."],
        ["Groups were: 1. Aspirin, 2. Placebo."],
        ["It was given i.v. to rats.", "It was given b.i.d.", "The rats slept."],
        ["It was p53.", "p53 rose.", "mRNA fell."],
        ["It is 10 %.", "20 patients died."],
        ["It failed... but not for long."],
        ["שלום עולם.", "مرحبا بالعالم.", "😀 ok."],
    ],
    ids=lambda expected: expected[0],
)
def test_sentences_joined_by_spaces_are_found_again(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Title without a stop\n\nText.", ["Title without a stop", "Text."]),
        ("Title without a stop\r\n\r\nText.", ["Title without a stop", "Text."]),
        ("METHODS\nWe gave aspirin.\nIt hurt.", ["METHODS", "We gave aspirin.", "It hurt."]),
        ("We gave aspirin\nto all.", ["We gave aspirin\nto all."]),
        ("See Fig.\n2 for more.", ["See Fig.\n2 for more."]),
        ("It stopped.\nnext line", ["It stopped.", "next line"]),
        (
            "In this long line of a wrapped paragraph we gave patients some\n"
            "Aspirin and in the next long line of it we gave them nothing.",
            None,
        ),
        ("It was a toxicity.The patients died.", ["It was a toxicity.", "The patients died."]),
        ("Go to www.example.Com now.", None),
        ("  \n spaces around. \t\n", ["spaces around."]),
        ("", []),
        (" \n ", []),
    ],
)
def test_line_breaks_and_missing_spaces(text: str, expected: list[str] | None) -> None:
    assert sentences(text) == ([text] if expected is None else expected)


def test_offsets_count_code_points() -> None:
    assert split_sentences("😀 e\u0301. Next.") == [Span(0, 5), Span(6, 11)]


def test_no_boundary_falls_into_a_span_to_keep_whole() -> None:
    text = "We saw A. Brown disease. It was b. Carrier type. End."
    assert len(split_sentences("It hurt. Then it stopped. End.")) == 3
    kept = split_sentences("It hurt. Then it stopped. End.", keep_whole=[Span(10, 20), Span(3, 13)])
    assert kept == [Span(0, 25), Span(26, 30)]
    for start in range(len(text) - 1):
        whole = Span(start, min(len(text), start + 12))
        assert any(span.contains(whole) for span in split_sentences(text, keep_whole=[whole]))


PIECES = st.sampled_from(
    [*"aAb1 .?!()[]\n\r\t\"'-,:", "e.g.", "Fig.", " The ", ". ", "et al.", "\u2029", "\u00a0", "😀", "é", "ש", "[3]"]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=60).map("".join), st.data())
def test_sentences_are_ordered_trimmed_and_cover_all_text(text: str, data: st.DataObject) -> None:
    whole = []
    if text.strip():
        start = data.draw(st.integers(0, len(text) - 1))
        whole = [Span(start, data.draw(st.integers(start + 1, len(text))))]
    spans = split_sentences(text, keep_whole=whole)
    end = 0
    for span in spans:
        assert text[end : span.start].strip() == ""
        assert span.text(text) == span.text(text).strip()
        end = span.end
    assert text[end:].strip() == ""
    for span in whole:
        assert sum(sentence.overlaps(span) for sentence in spans) <= 1


@pytest.mark.parametrize(
    "piece", [".", " ", "a. ", "Ab. ", "\n", "(", ".)", ". (", '."', "x", "x   \n", ".[1", "abc.Aa", "Fig. "]
)
def test_time_grows_with_length_even_on_junk(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    started = time.perf_counter()
    split_sentences(text)
    assert time.perf_counter() - started < 10.0
