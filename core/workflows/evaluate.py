"""Files of gold documents, scored: extraction with mentions found, or classification with mentions given."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.domain import Corpus, Document, Mention, Schema, SentencePrediction, State
from core.ensemble.extraction import Extractor
from core.errors import ModelError
from core.evaluation.protocols import PROTOCOLS, score_classification, score_predictions
from core.evaluation.scores import Scores
from core.training.trainer import Report
from core.workflows.ingest import SentenceSplitter, prepare_document
from core.workflows.instances import build_instances

# Sentences read between two looks at the progress; enough for batches of similar length.
_CHUNK = 512


def prepare_documents(corpus: Corpus, schema: Schema, *, split_sentences: SentenceSplitter) -> list[Document]:
    """Split gold documents that have no sentences yet, as an import does, and mark every sentence reviewed."""
    ready = [prepare_document(document, schema, split_sentences) for document in corpus.documents]
    return [
        replace(one, sentences=tuple(replace(sentence, state=State.ACCEPTED) for sentence in one.sentences))
        for one in ready
    ]


def predict_sentences(
    extractor: Extractor, documents: Sequence[Document], report: Report
) -> Iterator[SentencePrediction]:
    """Yield the prediction of each sentence of each document, in order, and tell how far it is."""
    texts = [sentence.span.text(document.text) for document in documents for sentence in document.sentences]
    for start in range(0, len(texts), _CHUNK):
        found = extractor.predict(texts[start : start + _CHUNK])
        done = min(start + _CHUNK, len(texts))
        # Told before they are handed on: nobody asks a generator for more than its last item.
        report(done / len(texts), f"{done} of {len(texts)} sentences read")
        yield from found


def score_documents(extractor: Extractor, documents: Sequence[Document], *, protocol: str, report: Report) -> Scores:
    """Score a model on gold documents under a named protocol.

    Args:
        extractor: The model.
        documents: Gold documents, split and reviewed.
        protocol: One of `PROTOCOLS`.
        report: Progress sink.

    Raises:
        ModelError: The protocol is unknown.
    """
    if protocol not in PROTOCOLS:
        raise ModelError(f"Unknown protocol {protocol!r}; known: {', '.join(PROTOCOLS)}.")
    schema = extractor.schema
    if protocol == "classification":
        found = build_instances(documents, schema)
        gold = {one.id: one.label or "" for one in found.instances} | dict(found.unreachable)
        return score_classification(gold, extractor.classify(found.instances), schema.label_names)
    predicted = iter(predict_sentences(extractor, documents, report))
    by_document = [[next(predicted) for _ in document.sentences] for document in documents]
    scores = score_predictions(documents, by_document, types=schema.type_names, labels=schema.label_names)
    return scores[protocol]


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
