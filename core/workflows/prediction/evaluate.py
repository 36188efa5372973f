"""Files of gold documents, scored under any named protocol, with mentions found or given."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from core.domain import NO_RELATION, Corpus, Document, Instance, Mention, Relation, Schema, SentencePrediction, State
from core.ensemble.extraction import Extractor
from core.errors import ModelError
from core.evaluation.benchmarks import BENCHMARK_LABELS, score_benchmark
from core.evaluation.concepts import score_concept_pairs, state_facts
from core.evaluation.directions import DirectedLabel, join_directions, score_redn_paper, score_semeval_official
from core.evaluation.protocols import (
    EXTRACTION_KEYS,
    PROTOCOLS,
    score_classification,
    score_predictions,
)
from core.evaluation.scores import Scores
from core.evaluation.situations import score_by_situation
from core.formats.projection import project_facts
from core.training.trainer import Report
from core.workflows.documents.gold_documents import keep_reviewed, orient_relations
from core.workflows.documents.instances import InstanceSet, build_instances
from core.workflows.documents.prepare_document import SentenceSplitter, prepare_document
from core.workflows.prediction.chunks import chunk_by_document

# Sentences read between two looks at the progress; enough for batches of similar length.
_CHUNK = 512
# Protocols that read what a model finds in bare sentences; all others give it the gold mentions.
_FOUND = ("mentions", *EXTRACTION_KEYS)


def prepare_documents(corpus: Corpus, schema: Schema, *, split_sentences: SentenceSplitter) -> list[Document]:
    """Split gold documents that have no sentences yet, as an import does, and mark those sentences reviewed.

    Of a document that comes with sentences, those that nobody has reviewed are left out: they are no gold. An import
    leaves out the facts whose label the schema lacks; here they become relations that a model misses.
    """
    ready = []
    for document in corpus.documents:
        if document.sentences:
            ready.append(keep_reviewed(document))
            continue
        one = prepare_document(document, schema, split_sentences)
        implied = project_facts(one, None)
        unknown = tuple(relation for relation in implied if schema.find_label(relation.label) is None)
        sentences = tuple(replace(sentence, state=State.ACCEPTED) for sentence in one.sentences)
        ready.append(replace(one, sentences=sentences, relations=(*one.relations, *unknown)))
    return ready


def predict_sentences(
    extractor: Extractor, documents: Sequence[Document], report: Report
) -> Iterator[SentencePrediction]:
    """Yield the prediction of each sentence of each document, in order, and tell how far it is."""
    texts = [sentence.span.text(document.text) for document in documents for sentence in document.sentences]
    owners = [index for index, document in enumerate(documents) for _ in document.sentences]
    for chunk in chunk_by_document(owners, _CHUNK):
        rows = slice(chunk.start, chunk.stop)
        found = extractor.predict(texts[rows], documents=owners[rows])
        # Told before they are handed on: nobody asks a generator for more than its last item.
        report(chunk.stop / len(texts), f"{chunk.stop} of {len(texts)} sentences read")
        yield from found


def score_documents(extractor: Extractor, documents: Sequence[Document], *, protocol: str, report: Report) -> Scores:
    """Score a model on gold documents under a named protocol.

    Types and labels that gold has and the model's schema lacks are scored under their own names: as misses.

    Args:
        extractor: The model.
        documents: Gold documents, split and reviewed.
        protocol: One of `PROTOCOLS`.
        report: Progress sink.

    Raises:
        ModelError: The protocol is unknown, or the documents or the schema do not suit it.
    """
    if protocol not in PROTOCOLS:
        raise ModelError(f"Unknown protocol {protocol!r}; known: {', '.join(PROTOCOLS)}.")
    schema = extractor.schema
    if protocol in _FOUND:
        return score_found(extractor, documents, report=report)[protocol]
    if protocol == "concept-pair":
        return _score_concepts(extractor, documents)
    found = _build_instances(documents, schema)
    if protocol in ("semeval-official", "redn-paper"):
        return _score_directions(extractor, found, protocol=protocol)
    return _score_labels(extractor, found, protocol=protocol)


def score_found(extractor: Extractor, documents: Sequence[Document], *, report: Report) -> dict[str, Scores]:
    """Score what a model finds in bare sentences of gold documents, under each protocol that asks for that."""
    schema = extractor.schema
    predicted = predict_sentences(extractor, documents, report)
    by_document = [[next(predicted) for _ in document.sentences] for document in documents]
    gold = orient_relations(documents, schema)
    types = _add_unknown(schema.type_names, (one.entity_type for document in gold for one in document.mentions))
    labels = _add_unknown(schema.label_names, (one.label for document in gold for one in document.relations))
    return score_predictions(gold, by_document, types=types, labels=labels)


def _add_unknown(known: Sequence[str], gold: Iterable[str]) -> tuple[str, ...]:
    """Return the names of a schema, and after them those that only gold has."""
    return (*known, *sorted(set(gold) - set(known)))


def _build_instances(documents: Sequence[Document], schema: Schema) -> InstanceSet:
    """Pair the gold mentions; relations whose label the schema lacks are out of reach, like those without a pair."""
    found = build_instances(documents, schema)
    unknown = (
        one.label
        for document in documents
        for one in document.relations
        if one.state.is_gold and schema.find_label(one.label) is None
    )
    beyond = [(f"unknown:{number}", label) for number, label in enumerate(unknown)]
    return replace(found, unreachable=(*found.unreachable, *beyond))


def _score_labels(extractor: Extractor, found: InstanceSet, *, protocol: str) -> Scores:
    """Score the labels of given pairs, and those of the sentences of each situation."""
    gold = {one.id: one.positive_labels for one in found.instances}
    gold |= {item: frozenset({label}) for item, label in found.unreachable}
    predicted = extractor.classify(found.instances)
    labels = extractor.schema.label_names
    if protocol in BENCHMARK_LABELS:
        scores = score_benchmark(gold, predicted, labels, protocol=protocol)
    else:
        labels = _add_unknown(labels, (label for _, label in found.unreachable))
        scores = score_classification(gold, predicted, labels)
    scored = tuple(scores.by_label)
    situations = score_by_situation(found.instances, gold, predicted, scored, protocol=scores.protocol)
    return replace(scores, by_situation=situations)


def _score_directions(extractor: Extractor, found: InstanceSet, *, protocol: str) -> Scores:
    """Score pairs whose two orders are one item; of a contradiction the more certain label stands."""
    gold = join_directions(found.instances, {one.id: one.positive_labels for one in found.instances})
    gold |= {item: (DirectedLabel(label),) for item, label in found.unreachable}
    given = _label_scores(extractor, found.instances)
    predicted = join_directions(found.instances, given, given)
    if protocol == "semeval-official":
        return score_semeval_official(gold, predicted)
    labels = _add_unknown(extractor.schema.label_names, (label for _, label in found.unreachable))
    return score_redn_paper(gold, predicted, labels)


def _label_scores(extractor: Extractor, instances: Sequence[Instance]) -> dict[str, dict[str, float]]:
    """Return instance id → positive label → its score, 0 where the model tells none."""
    if extractor.ensemble is None:
        return {item: dict.fromkeys(labels, 0.0) for item, labels in extractor.classify(instances).items()}
    verdicts = extractor.ensemble.classify(instances)
    return {
        one.id: {name: score for name, score in ((said.label, said.score), *said.others) if name != NO_RELATION}
        for one, said in zip(instances, verdicts, strict=True)
    }


def _score_concepts(extractor: Extractor, documents: Sequence[Document]) -> Scores:
    """Score the facts that labelled pairs of given mentions state."""
    labels = extractor.schema.relation_labels
    known = extractor.schema.label_names
    names = _add_unknown(known, (fact.label for document in documents for fact in document.facts))
    if not any(document.facts for document in documents):
        raise ModelError(
            f"Protocol 'concept-pair' scores document facts ({', '.join(known)}), and the file holds none. Give it "
            "a PubTator file with relation lines and concept ids; no model here finds concept ids by itself."
        )
    by_document = [build_instances([document], extractor.schema).instances for document in documents]
    predicted = extractor.classify([one for instances in by_document for one in instances])
    stated = [
        state_facts(Relation(one.head, one.tail, label) for one in instances for label in predicted.get(one.id, ()))
        for instances in by_document
    ]
    symmetric = [label.name for label in labels if label.is_symmetric]
    return score_concept_pairs([document.facts for document in documents], stated, names, symmetric=symmetric)


def predict_documents(extractor: Extractor, documents: Sequence[Document], report: Report) -> list[Document]:
    """Return the documents with predicted mentions and relations in the place of what they had."""
    predicted = iter(predict_sentences(extractor, documents, report))
    output = []
    for document in documents:
        mentions: list[Mention] = []
        relations = []
        for sentence in document.sentences:
            found = next(predicted)
            moved = {m: _move(m, sentence.span.start) for m in found.mentions}
            mentions += moved.values()
            relations += [replace(r, head=moved[r.head], tail=moved[r.tail]) for r in found.relations]
        output.append(replace(document, mentions=tuple(mentions), relations=tuple(relations), facts=()))
    return output


def _move(mention: Mention, by: int) -> Mention:
    return replace(mention, span=mention.span.shifted(by))
