"""The demo: its texts parse exactly, are annotated legally and have the promised sizes."""

from collections import Counter

import pytest

from core.domain import NO_RELATION, Corpus, Document, Mention, Relation, Sentence, Source, Span, Split, State
from core.errors import FormatError
from core.starter.demo import demo_schema, parse_documents, parse_synthetic, read_demo, stand_in_score


@pytest.fixture(scope="module")
def demo() -> Corpus:
    return read_demo()


def mentions_of(document: Document, sentence: Sentence) -> list[Mention]:
    return [mention for mention in document.mentions if sentence.span.contains(mention.span)]


def test_thirty_six_documents_are_split_and_ten_of_them_wait_for_review(demo: Corpus) -> None:
    splits = Counter(document.split for document in demo.documents)
    waiting = [document for document in demo.documents if document.sentences[0].state is State.PENDING]

    assert splits == {Split.TRAIN: 24, Split.DEV: 6, Split.TEST: 6}
    assert len({document.id for document in demo.documents}) == 36
    assert len(waiting) == 10
    assert {document.split for document in waiting} == {Split.TRAIN}


def test_corpus_holds_enough_sentences_pairs_and_both_outcomes(demo: Corpus) -> None:
    positives, negatives = 0, 0
    for document in demo.documents:
        for sentence in document.sentences:
            types = {mention.entity_type for mention in mentions_of(document, sentence)}
            if types == {"Chemical", "Disease"}:
                related = any(sentence.span.contains(relation.head.span) for relation in document.relations)
                positives, negatives = positives + related, negatives + (not related)

    assert 180 <= sum(len(document.sentences) for document in demo.documents) <= 200
    assert positives + negatives >= 110
    assert 0.55 <= positives / (positives + negatives) <= 0.65
    assert sum(len(document.relations) for document in demo.documents) >= 80


def test_every_document_has_a_title_and_four_to_seven_sentences(demo: Corpus) -> None:
    assert all(5 <= len(document.sentences) <= 8 for document in demo.documents)


def test_sentences_tile_the_text_with_one_space_between_them(demo: Corpus) -> None:
    for document in demo.documents:
        pieces = [sentence.span.text(document.text) for sentence in document.sentences]
        assert " ".join(pieces) == document.text
        assert all(piece == piece.strip() and piece[-1] in ".?" for piece in pieces)


def test_mentions_lie_on_whole_words_of_one_sentence_and_never_overlap(demo: Corpus) -> None:
    for document in demo.documents:
        inside = [mention for sentence in document.sentences for mention in mentions_of(document, sentence)]
        assert inside == list(document.mentions)
        for mention in document.mentions:
            before, after = document.text[: mention.span.start], document.text[mention.span.end :]
            assert mention.span.text(document.text).strip() == mention.span.text(document.text)
            assert not before[-1:].isalnum() and not after[:1].isalnum()
        spans = [mention.span for mention in document.mentions]
        assert all(left.end <= right.start for left, right in zip(spans, spans[1:], strict=False))


def test_a_surface_is_marked_wherever_the_document_repeats_it_in_a_sentence(demo: Corpus) -> None:
    for document in demo.documents:
        for surface in {mention.span.text(document.text) for mention in document.mentions}:
            marked = sum(mention.span.text(document.text).count(surface) for mention in document.mentions)
            assert marked == document.text.count(surface), (document.id, surface)


def test_one_name_has_one_type_and_at_most_one_concept(demo: Corpus) -> None:
    kinds: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    for document in demo.documents:
        for mention in document.mentions:
            name = mention.span.text(document.text).lower()
            kinds.setdefault(name, set()).add((mention.entity_type, mention.concept_ids))

    assert [name for name, found in kinds.items() if len(found) > 1] == []


def test_every_relation_is_legal_and_stays_inside_one_sentence(demo: Corpus) -> None:
    schema = demo_schema()
    for document in demo.documents:
        assert len(set(document.relations)) == len(document.relations)
        for relation in document.relations:
            schema.check_relation(relation)
            assert any(
                sentence.span.contains(relation.head.span) and sentence.span.contains(relation.tail.span)
                for sentence in document.sentences
            )


def test_reviewed_documents_are_gold_and_open_ones_are_scored_suggestions(demo: Corpus) -> None:
    for document in demo.documents:
        is_open = document.sentences[0].state is State.PENDING
        assert {sentence.state for sentence in document.sentences} == {document.sentences[0].state}
        items: tuple[Mention | Relation, ...] = (*document.mentions, *document.relations)
        for item in items:
            if is_open:
                assert (item.state, item.source) == (State.PENDING, Source.MODEL)
                assert item.score is not None and 0.55 <= item.score <= 0.98
            else:
                assert (item.state, item.source, item.score) == (State.ACCEPTED, Source.IMPORT, None)


def test_heads_and_tails_carry_the_same_decision_as_the_mentions_of_their_document(demo: Corpus) -> None:
    for document in demo.documents:
        scores = {mention: (mention.score, mention.state) for mention in document.mentions}
        for relation in document.relations:
            assert (relation.head.score, relation.head.state) == scores[relation.head]
            assert (relation.tail.score, relation.tail.state) == scores[relation.tail]


def test_texts_hold_what_trips_a_splitter_and_an_offset(demo: Corpus) -> None:
    texts = " ".join(document.text for document in demo.documents)

    assert all(
        hard in texts for hard in ("e.g. ", "(Fig. 2)", "p < 0.05.", "5-Fluorouracil (5-FU)", "μmol", "β-blockers")
    )
    assert max(texts) < "\u2000"


def test_stand_in_scores_repeat_and_spread() -> None:
    scores = [stand_in_score("demo-15", number) for number in range(200)]

    assert scores == [stand_in_score("demo-15", number) for number in range(200)]
    assert min(scores) < 0.6 and max(scores) > 0.93


def test_synthetic_sentences_have_both_masks_and_say_that_they_were_written(demo: Corpus) -> None:
    assert Counter(sentence.label for sentence in demo.synthetic) == {"CID": 16, NO_RELATION: 8}
    for sentence in demo.synthetic:
        assert sentence.head.span.text(sentence.text) == "$CHEMICAL$"
        assert sentence.tail.span.text(sentence.text) == "$DISEASE$"
        assert (sentence.head.entity_type, sentence.tail.entity_type) == ("Chemical", "Disease")
        assert ("generator", "written for the demo") in sentence.provenance


def test_most_synthetic_sentences_are_pending_and_rejected_ones_have_a_reason(demo: Corpus) -> None:
    states = Counter(sentence.state for sentence in demo.synthetic)

    assert states == {State.PENDING: 14, State.ACCEPTED: 6, State.REJECTED: 4}
    assert all(bool(sentence.reason) == (sentence.state is State.REJECTED) for sentence in demo.synthetic)


def test_offsets_and_relation_of_a_small_document_are_exact() -> None:
    (document,) = parse_documents(
        "## a note\n\n# x | dev | reviewed\nA title.\n[μ-Drug|C] and [pain|D|D010146]. {1>2}\n"
    )

    assert document.text == "A title. μ-Drug and pain."
    assert [sentence.span for sentence in document.sentences] == [Span(0, 8), Span(9, 25)]
    assert document.mentions == (Mention(Span(9, 15), "Chemical"), Mention(Span(20, 24), "Disease"))
    assert document.mentions[1].concept_ids == ("D010146",)
    assert [(link.head.span.start, link.tail.span.start) for link in document.relations] == [(9, 20)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[Aspirin|X] caused [pain|D].", "line 2: Broken markup"),
        ("[Aspirin|C] caused [pain|D]. {1>3}", "joins a missing mention; the line has 2"),
        ("[Aspirin|C] caused [pain|D]. {0>2}", "joins a missing mention"),
        ("[Pain|D] after [aspirin|C]. {1>2}", "may not join Disease → Chemical"),
        ("[Aspirin|C] caused [pain|D]. {1>1}", "joins a mention with itself"),
        ("# y | train | done", "Broken markup"),
    ],
)
def test_broken_markup_is_refused_with_its_line(line: str, message: str) -> None:
    with pytest.raises(FormatError, match="demo_corpus.txt, line 2") as caught:
        parse_documents(f"# x | train | open\n{line}\n")

    assert message in str(caught.value)


def test_text_before_a_header_and_a_header_without_text_are_refused() -> None:
    with pytest.raises(FormatError, match="line 1: Text before the first header"):
        parse_documents("Some text.\n")
    with pytest.raises(FormatError, match="line 2: Document x has no text"):
        parse_documents("\n# x | train | open\n")


@pytest.mark.parametrize(
    "line",
    [
        "CID | pending | $CHEMICAL$ alone.",
        "CID | rejected | $CHEMICAL$ and $DISEASE$.",
        "CID | pending: why | $CHEMICAL$ and $DISEASE$.",
        "TREATS | pending | $CHEMICAL$ and $DISEASE$.",
    ],
)
def test_broken_synthetic_line_is_refused(line: str) -> None:
    with pytest.raises(FormatError, match="demo_synthetic.txt, line 1"):
        parse_synthetic(line)
