"""Files in, files or scores out, without a project: what `predict`, `evaluate` and `build-starter` do."""

import gzip
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.domain import Corpus, Document
from core.errors import SchemaError
from core.formats import read_corpus, write_corpus
from core.nlp.sentences import split_sentences
from core.settings import Settings
from core.training.trainer import Report
from core.workflows.evaluate import predict_documents, prepare_documents, score_documents
from core.workflows.extractors import load_extractor
from core.workflows.predict import ModelCache
from core.workflows.templates import TEMPLATES
from core.workflows.train_joint import STARTER_TRAINING, JointRecipe, train_joint
from db.session import Session


def read_files(paths: Sequence[Path], *, format_name: str | None) -> Corpus:
    """Read files, gzipped ones too, as one corpus.

    Raises:
        FormatError: A file was refused; names file, line and remedy.
    """
    documents: list[Document] = []
    for path in paths:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        result = read_corpus(data, source=path.name, format_name=format_name)
        result.report.raise_if_refused()
        documents += result.corpus.documents
    return Corpus(tuple(documents))


def predict_files(
    session: Session,
    settings: Settings,
    paths: Sequence[Path],
    *,
    model: str,
    format_name: str | None,
    out_path: Path,
    out_format: str,
    report: Report,
) -> dict[str, Any]:
    """Predict the documents of files and write them in a format.

    Raises:
        FormatError: A file was refused, or the output format is unknown.
        NotFoundError: There is no such model.
    """
    corpus = read_files(paths, format_name=format_name)
    bare = [replace(document, mentions=(), relations=(), facts=()) for document in corpus.documents]
    extractor = load_extractor(model, ModelCache(settings), session)
    documents = prepare_documents(Corpus(tuple(bare)), extractor.schema, split_sentences=split_sentences)
    predicted = predict_documents(extractor, documents, report)
    written = write_corpus(Corpus(tuple(predicted), schema=extractor.schema), format_name=out_format)
    out_path.parent.mkdir(parents=True, exist_ok=True)
    out_path.write_bytes(written.data)
    return {"model": model, "out": str(out_path), **written.report.to_json()}


def evaluate_file(
    session: Session,
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
    extractor = load_extractor(model, ModelCache(settings), session)
    corpus = read_files([path], format_name=format_name)
    documents = prepare_documents(corpus, extractor.schema, split_sentences=split_sentences)
    scores = score_documents(extractor, documents, protocol=protocol, report=report)
    return {"model": model, "file": path.name, **scores.to_json()}


def build_starter_model(
    train_path: Path,
    dev_path: Path,
    *,
    template: str,
    encoder: str,
    out_path: Path,
    num_epochs: int,
    seed: int,
    report: Report,
) -> dict[str, Any]:
    """Train a joint model on gold files; see `core.workflows.train_joint`.

    Args:
        train_path: Gold training documents.
        dev_path: Gold documents that choose the epoch and are scored.
        template: Key of `TEMPLATES`; its schema is learnt.
        encoder: Name or folder of the encoder to start from.
        out_path: Folder of the model.
        num_epochs: Passes over the training documents; 0 takes the recipe's.
        seed: Seed of shuffling and new weights.
        report: Progress sink.

    Raises:
        SchemaError: There is no such template.
        FormatError: A file was refused.
    """
    if template not in TEMPLATES:
        raise SchemaError(f"Unknown template {template!r}; known: {', '.join(TEMPLATES)}.")
    schema = TEMPLATES[template].schema
    parts = [
        prepare_documents(read_files([path], format_name=None), schema, split_sentences=split_sentences)
        for path in (train_path, dev_path)
    ]
    training = replace(STARTER_TRAINING, seed=seed, num_epochs=num_epochs or STARTER_TRAINING.num_epochs)
    recipe = JointRecipe(encoder=encoder, training=training)
    return train_joint(
        recipe, schema, train_documents=parts[0], dev_documents=parts[1], out_path=out_path, report=report
    )
