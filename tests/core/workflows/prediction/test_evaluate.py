"""Files of gold documents, predicted and scored, with a model that is told what to find."""

import inspect
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from core.cli.models import evaluate
from core.domain import (
    Corpus,
    Document,
    DocumentFact,
    EntityType,
    Instance,
    Mention,
    Relation,
    RelationLabel,
    Schema,
    Sentence,
    SentencePrediction,
    Span,
    State,
)
from core.ensemble.ensemble import Verdict
from core.ensemble.extraction import Extractor
from core.errors import ModelError
from core.evaluation.protocols import PROTOCOLS
from core.evaluation.scores import Scores
from core.training.config import Precision
from core.workflows.prediction.evaluate import predict_documents, prepare_documents, score_documents
from tests.builders import find_mention, ignore_progress, make_schema

TEXT = "It rained. Aspirin caused nausea."
SPANS = [Span(0, 31), Span(32, 47)]


class Told:
    """Finds aspirin and nausea wherever they stand, as a joint model would."""

    def predict(self, texts: Sequence[str], *, precision: Precision = "fp32") -> list[SentencePrediction]:
        del precision
        return [self._predict(text) for text in texts]

    def _predict(self, text: str) -> SentencePrediction:
        if "Aspirin" not in text:
            return SentencePrediction((), ())
        head, tail = find_mention(text, "Aspirin", "Chemical"), find_mention(text, "nausea", "Disease")
        pending = [replace(mention, state=State.PENDING) for mention in (head, tail)]
        return SentencePrediction(tuple(pending), (Relation(pending[0], pending[1], "CID", state=State.PENDING),))

    def classify(self, instances: Sequence[Instance]) -> dict[str, str]:
        return {one.id: "CID" if "caused" in one.text else "NO_RELATION" for one in instances}


class Voters:
    """Says of each (head, tail) what it was told; of pairs it was not told about, that they are unrelated."""

    def __init__(self, verdicts: dict[tuple[str, str], Verdict]) -> None:
        self.verdicts = verdicts

    def classify(self, instances: Sequence[Instance]) -> list[Verdict]:
        words = [(one.head.span.text(one.text), one.tail.span.text(one.text)) for one in instances]
        return [self.verdicts.get(pair, Verdict("NO_RELATION", 0.0, 1.0, 0.0)) for pair in words]


@pytest.fixture
def extractor() -> Extractor:
    return Extractor(make_schema(), cast(Any, Told()), None)


@pytest.fixture
def gold() -> Document:
    head, tail = find_mention(TEXT, "Aspirin", "Chemical"), find_mention(TEXT, "nausea", "Disease")
    sentences = (Sentence(Span(0, 10), State.ACCEPTED), Sentence(Span(11, len(TEXT)), State.ACCEPTED))
    return Document("d", TEXT, sentences, (head, tail), (Relation(head, tail, "CID"),))


def test_predictions_are_moved_to_document_offsets(extractor: Extractor, gold: Document) -> None:
    bare = replace(gold, mentions=(), relations=())
    (found,) = predict_documents(extractor, [bare], ignore_progress)
    assert set(found.mentions) == set(gold.mentions)
    assert set(found.relations) == set(gold.relations)
    assert all(mention.state is State.PENDING for mention in found.mentions)


@pytest.mark.parametrize("protocol", ["mentions", "strict", "boundaries", "end-token"])
def test_a_perfect_model_scores_one(extractor: Extractor, gold: Document, protocol: str) -> None:
    assert score_documents(extractor, [gold], protocol=protocol, report=ignore_progress).micro.f1 == 1.0


def test_progress_reaches_the_end(extractor: Extractor, gold: Document) -> None:
    told: list[float] = []
    score_documents(extractor, [gold], protocol="strict", report=lambda fraction, *_, **__: told.append(fraction))
    assert told == [1.0]


def test_an_unknown_protocol_is_refused_with_the_known_ones(extractor: Extractor) -> None:
    with pytest.raises(ModelError, match="Unknown protocol 'magic'; known: classification, mentions, strict"):
        score_documents(extractor, [], protocol="magic", report=ignore_progress)


def score(schema: Schema, voters: Voters, documents: Sequence[Document], protocol: str) -> Scores:
    extractor = Extractor(schema, None, cast(Any, voters))
    return score_documents(extractor, documents, protocol=protocol, report=ignore_progress)


def say(label: str, probability: float, *others: tuple[str, float]) -> Verdict:
    return Verdict(label, probability, 1 - probability, 0.0, others)


NOMINALS = Schema(
    (EntityType("Nominal"),),
    tuple(RelationLabel(name, (("Nominal", "Nominal"),)) for name in ("Cause", "Whole")),
)


def make_document(name: str, text: str, head: str, tail: str, *labels: str) -> Document:
    first, second = find_mention(text, head, "Nominal"), find_mention(text, tail, "Nominal")
    relations = tuple(Relation(first, second, label) for label in labels)
    return Document(name, text, (Sentence(Span(0, len(text)), State.ACCEPTED),), (first, second), relations)


DIRECTED = [
    make_document("1", "fire makes smoke", "fire", "smoke", "Cause"),
    make_document("2", "dust of storms", "storms", "dust", "Cause"),
    make_document("3", "wheel of cars", "cars", "wheel", "Whole"),
    make_document("4", "rain and wind", "rain", "wind"),
]


def test_semeval_counts_a_pair_once_and_takes_the_surer_order() -> None:
    voters = Voters(
        {
            # A contradiction; the right order is the surer one.
            ("fire", "smoke"): say("Cause", 0.8),
            ("smoke", "fire"): say("Whole", 0.6),
            # The wrong direction; the right one; a relation where there is none.
            ("dust", "storms"): say("Cause", 0.9),
            ("cars", "wheel"): say("Whole", 0.9),
            ("wind", "rain"): say("Whole", 0.7),
        }
    )
    scores = score(NOMINALS, voters, DIRECTED, "semeval-official")
    # Cause: tp 1, fp 1, fn 1: F1 1/2. Whole: tp 1, fp 1, fn 0: F1 2/3. Macro 7/12.
    assert {name: (one.tp, one.fp, one.fn) for name, one in scores.by_label.items()} == {
        "Cause": (1, 1, 1),
        "Whole": (1, 1, 0),
    }
    assert scores.to_json()["f1"] == pytest.approx(7 / 12)
    # REDN's own drops the fourth sentence and keeps both labels of the contradiction: tp 2, fp 2, fn 1.
    redn = score(NOMINALS, voters, DIRECTED, "redn-paper")
    assert (redn.micro.tp, redn.micro.fp, redn.micro.fn) == (2, 2, 1)


def test_given_pairs_are_scored_by_situation_too() -> None:
    documents = [*DIRECTED, make_document("5", "salt harms steel", "salt", "steel", "Cause", "Whole")]
    voters = Voters({("salt", "steel"): say("Cause", 0.9, ("Whole", 0.6)), ("fire", "smoke"): say("Whole", 0.9)})
    plain = score(NOMINALS, voters, documents, "classification").to_json()
    # Salt and steel: both labels right. Fire and smoke: a wrong label. Sentences 2 and 3: misses.
    assert (plain["micro"]["tp"], plain["micro"]["fp"], plain["micro"]["fn"]) == (2, 1, 3)
    micro = {name: one["micro"] for name, one in plain["by_situation"].items()}
    assert {name: (one["tp"], one["fp"], one["fn"]) for name, one in micro.items()} == {
        "Normal": (0, 1, 3),
        "EPO": (2, 0, 0),
        "Single": (0, 1, 3),
        "Double": (2, 0, 0),
        "No relation": (0, 0, 0),
    }


def test_a_gold_relation_without_an_instance_is_a_miss_in_every_protocol_for_given_pairs() -> None:
    text = "fire. smoke"
    fire, smoke = find_mention(text, "fire", "Nominal"), find_mention(text, "smoke", "Nominal")
    sentences = (Sentence(Span(0, 5), State.ACCEPTED), Sentence(Span(6, 11), State.ACCEPTED))
    crossing = Document("x", text, sentences, (fire, smoke), (Relation(fire, smoke, "Cause"),))
    for protocol in ("classification", "semeval-official", "redn-paper"):
        micro = score(NOMINALS, Voters({}), [crossing], protocol).micro
        assert (micro.tp, micro.fp, micro.fn) == (0, 0, 1), protocol


def test_a_corpus_protocol_needs_its_labels() -> None:
    with pytest.raises(ModelError, match="'ddi2013' scores advise, effect, mechanism, int; this schema has no advise"):
        score(NOMINALS, Voters({}), [], "ddi2013")


def test_concept_pairs_are_scored_against_the_facts_of_the_document(extractor: Extractor) -> None:
    text = "Aspirin caused nausea and rash. Codeine helped."
    words = {"Aspirin": "D1", "Codeine": "D2", "nausea": "S1", "rash": "S2"}
    mentions = tuple(
        Mention(find_mention(text, word, "Chemical").span, "Chemical" if concept[0] == "D" else "Disease", (concept,))
        for word, concept in words.items()
    )
    facts = (DocumentFact("CID", "D1", "S1"), DocumentFact("CID", "D2", "S2"))
    document = Document("d", text, mentions=mentions, facts=facts)
    documents = prepare_documents(Corpus((document,)), make_schema(), split_sentences=lambda *_, **__: SPANS)
    scores = score_documents(extractor, documents, protocol="concept-pair", report=ignore_progress)
    # Said of the first sentence: D1-S1, right, and D1-S2, false. D2-S2 shares no sentence: a miss.
    assert (scores.micro.tp, scores.micro.fp, scores.micro.fn) == (1, 1, 1)


def test_concept_pairs_of_a_file_without_facts_are_refused(extractor: Extractor, gold: Document) -> None:
    with pytest.raises(ModelError, match=r"document facts \(CID\), and the file holds none.*PubTator"):
        score_documents(extractor, [gold], protocol="concept-pair", report=ignore_progress)


def test_sentences_that_nobody_has_reviewed_are_no_gold(extractor: Extractor, gold: Document) -> None:
    half = replace(gold, sentences=(gold.sentences[0], replace(gold.sentences[1], state=State.PENDING)))
    other = Document("e", TEXT, half.sentences)
    whole, left, bare = prepare_documents(
        Corpus((gold, half, other)), extractor.schema, split_sentences=lambda *_, **__: []
    )
    assert whole == gold
    assert [one.sentences for one in (left, bare)] == [gold.sentences[:1]] * 2
    assert left.mentions == left.relations == ()
    scores = score_documents(extractor, [left, bare], protocol="strict", report=ignore_progress)
    assert (scores.micro.tp, scores.micro.fp, scores.micro.fn) == (0, 0, 0)


def test_a_symmetric_relation_counts_in_either_direction() -> None:
    schema = Schema(
        (EntityType("Chemical"), EntityType("Disease")),
        (RelationLabel("CID", (("Chemical", "Disease"),), is_symmetric=True),),
    )
    text = "Aspirin caused nausea"
    head, tail = find_mention(text, "Aspirin", "Chemical"), find_mention(text, "nausea", "Disease")
    sentences = (Sentence(Span(0, len(text)), State.ACCEPTED),)
    backwards = Document("d", text, sentences, (head, tail), (Relation(tail, head, "CID"),))
    extractor = Extractor(schema, cast(Any, Told()), None)
    assert score_documents(extractor, [backwards], protocol="strict", report=ignore_progress).micro.tp == 1


def test_a_label_that_the_schema_forbids_between_two_types_is_not_given() -> None:
    schema = Schema(
        (EntityType("Chemical"), EntityType("Disease")),
        (RelationLabel("CID", (("Chemical", "Disease"),)), RelationLabel("WORSE", (("Disease", "Disease"),))),
    )
    voters = Voters({("Aspirin", "nausea"): say("WORSE", 0.9, ("CID", 0.8))})
    extractor = Extractor(schema, cast(Any, Told()), cast(Any, voters))
    (found,) = extractor.predict(["Aspirin caused nausea"])
    assert [relation.label for relation in found.relations] == ["CID"]


def test_the_command_names_every_protocol() -> None:
    parameter = inspect.signature(evaluate).parameters["protocol"]
    assert all(name in parameter.annotation.__metadata__[0].help for name in PROTOCOLS)


@pytest.mark.parametrize("protocol", ["classification", "strict", "semeval-official", "redn-paper"])
def test_a_gold_label_that_the_model_does_not_know_is_a_miss_under_its_own_name(
    extractor: Extractor, gold: Document, protocol: str
) -> None:
    head, tail = gold.mentions
    both = replace(gold, relations=(*gold.relations, Relation(head, tail, "TREATS")))
    if protocol == "semeval-official":
        both = replace(both, relations=both.relations[1:])
    scores = score_documents(extractor, [both], protocol=protocol, report=ignore_progress)
    missed = scores.by_label["TREATS"]
    assert (missed.tp, missed.fp, missed.fn) == (0, 0, 1)
    if protocol != "semeval-official":
        assert (scores.micro.tp, scores.micro.fn) == (1, 1)


def test_a_gold_mention_of_a_type_that_the_model_does_not_know_is_a_miss(extractor: Extractor, gold: Document) -> None:
    more = replace(gold, mentions=(*gold.mentions, find_mention(TEXT, "rained", "Weather")))
    scores = score_documents(extractor, [more], protocol="mentions", report=ignore_progress)
    assert (scores.by_label["Weather"].fn, scores.micro.tp, scores.micro.fn) == (1, 2, 1)


def test_a_fact_of_a_label_that_the_model_does_not_know_is_a_miss(extractor: Extractor, gold: Document) -> None:
    mentions = tuple(replace(one, concept_ids=(one.entity_type,)) for one in gold.mentions)
    facts = (DocumentFact("CID", "Chemical", "Disease"), DocumentFact("TREATS", "Chemical", "Disease"))
    bare = Document("d", TEXT, mentions=mentions, facts=facts)
    spans = [one.span for one in gold.sentences]
    documents = prepare_documents(Corpus((bare,)), make_schema(), split_sentences=lambda *_, **__: spans)
    for protocol in ("classification", "concept-pair"):
        scores = score_documents(extractor, documents, protocol=protocol, report=ignore_progress)
        assert (scores.micro.tp, scores.micro.fp, scores.micro.fn) == (1, 0, 1), protocol
        assert scores.by_label["TREATS"].fn == 1
