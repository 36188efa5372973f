"""Files in, files or scores out, without a project: what `predict` and `evaluate` do."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.domain import Corpus, Document
from core.ensemble.extraction import Extractor
from core.formats import read_corpus, write_corpus
from core.nlp.sentences import split_sentences
from core.settings import Settings
from core.training.config import Precision
from core.training.precision import resolve_precision
from core.training.trainer import Report
from core.workflows.prediction.evaluate import predict_documents, prepare_documents, score_documents
from core.workflows.prediction.model_cache import ModelCache, find_joint_extractor


def read_files(paths: Sequence[Path], *, format_name: str | None) -> Corpus:
    """Read files, gzipped ones too, as one corpus.

    Raises:
        FormatError: A file was refused; names file, line and remedy.
    """
    documents: list[Document] = []
    for path in paths:
        result = read_corpus(path.read_bytes(), source=path.name, format_name=format_name)
        result.report.raise_if_refused()
        documents += result.corpus.documents
    return Corpus(tuple(documents))


def predict_files(
    settings: Settings,
    paths: Sequence[Path],
    *,
    model: str,
    format_name: str | None,
    out_path: Path,
    out_format: str,
    report: Report,
    precision: Precision = "fp32",
) -> dict[str, Any]:
    """Predict the documents of files and write them in a format; see `JointModel.predict` for the precision.

    Raises:
        FormatError: A file was refused, or the output format is unknown.
        NotFoundError: There is no such model.
    """
    corpus = read_files(paths, format_name=format_name)
    bare = [replace(document, mentions=(), relations=(), facts=()) for document in corpus.documents]
    cache = ModelCache(settings)
    extractor = replace(_load_extractor(model, cache, settings), precision=resolve_precision(precision, cache.device))
    documents = prepare_documents(Corpus(tuple(bare)), extractor.schema, split_sentences=split_sentences)
    predicted = predict_documents(extractor, documents, report)
    written = write_corpus(Corpus(tuple(predicted), schema=extractor.schema), format_name=out_format)
    out_path.parent.mkdir(parents=True, exist_ok=True)
    out_path.write_bytes(written.data)
    return {"model": model, "out": str(out_path), **written.report.to_json()}


def evaluate_file(
    settings: Settings,
    path: Path,
    *,
    model: str,
    format_name: str | None,
    protocol: str,
    report: Report,
) -> dict[str, Any]:
    """Score a model on the gold documents of a file.

    Raises:
        FormatError: The file was refused.
        NotFoundError: There is no such model.
        ModelError: The protocol is unknown.
    """
    extractor = _load_extractor(model, ModelCache(settings), settings)
    corpus = read_files([path], format_name=format_name)
    documents = prepare_documents(corpus, extractor.schema, split_sentences=split_sentences)
    scores = score_documents(extractor, documents, protocol=protocol, report=report)
    return {"model": model, "file": path.name, **scores.to_json()}


def _load_extractor(name: str, cache: ModelCache, settings: Settings) -> Extractor:
    """Load a model by name; only what was trained here is looked up in the database."""
    found = find_joint_extractor(name, cache)
    if found is not None:
        return found
    from core.workflows.prediction.extractors import load_extractor
    from db.session import open_session

    with open_session(settings) as session:
        return load_extractor(name, cache, session)
