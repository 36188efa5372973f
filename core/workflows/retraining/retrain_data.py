"""What a retraining learns from and is scored on, collected once and frozen in the run's folder."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from core.domain import Corpus, Document, Instance, Schema, Split, SyntheticSentence
from core.ensemble.dataset import Dataset
from core.errors import NotEnoughDataError
from core.formats import read_corpus, write_corpus
from core.generation.near_copies import NearCopyIndex
from core.workflows.documents.datasets import hold_out, make_dataset
from core.workflows.documents.gold_documents import keep_reviewed
from core.workflows.documents.instances import list_maskable, mask_sentences, synthetic_instance
from core.workflows.documents.synthetic_documents import make_documents
from db.queries import documents, projects, synthetic
from db.session import Session

Splits = Mapping[Split, list[Document]]


def collect_dataset(session: Session, project_id: int) -> tuple[Dataset, list[str]]:
    """Read the pairs that an ensemble learns from and is scored on.

    Returns:
        The dataset, and notes for people on what was held out or left out.

    Raises:
        NotEnoughDataError: No reviewed sentence has a candidate pair.
    """
    schema = projects.get_schema(session, project_id)
    gold, notes = collect_documents(session, project_id)
    accepted = _read_accepted(session, project_id, schema, gold, notes)
    dataset = make_dataset(schema, gold, _synthetic_instances(accepted))
    for split in (Split.TRAIN, Split.DEV):
        if not dataset.instances(split):
            raise NotEnoughDataError(
                f"The {split} documents have no reviewed sentence with a pair of mentions; "
                "review sentences on the Annotate page, or import gold documents."
            )
    if num_shared := _count_shared(dataset):
        notes.append(f"{num_shared} pairs of train stand in sentences that dev or test have word for word.")
    unreachable = sum(len(labels) for labels in dataset.unreachable.values())
    if unreachable:
        notes.append(
            f"{unreachable} gold relations cannot become instances (they cross sentences, or their label is illegal "
            "for their types)."
        )
    return dataset, notes


def _count_shared(dataset: Dataset) -> int:
    """Count the training pairs whose sentence is one of dev or test too, but for white space and capitals."""
    held_out = {" ".join(one.text.casefold().split()) for one in (*dataset.dev, *dataset.test)}
    return sum(" ".join(one.text.casefold().split()) in held_out for one in dataset.train)


def collect_documents(session: Session, project_id: int) -> tuple[dict[Split, list[Document]], list[str]]:
    """Read the reviewed documents of each split; without a dev split a fifth of train becomes one, see `hold_out`.

    Returns:
        Split → documents, and notes for people on what was held out.
    """
    gold = {
        split: list(documents.stream_documents(session, project_id, splits=[split], only_reviewed=True))
        for split in Split
    }
    notes = []
    if not gold[Split.DEV]:
        gold[Split.TRAIN], gold[Split.DEV] = hold_out(gold[Split.TRAIN])
        notes.append(
            f"No dev documents: {len(gold[Split.DEV])} of the train documents were held out to choose "
            "epochs and threshold."
        )
    if not gold[Split.TEST]:
        notes.append("No test documents: the scores are those of the data that chose epochs and threshold.")
    return gold, notes


def collect_synthetic_documents(session: Session, project_id: int, gold: Splits) -> tuple[list[Document], list[str]]:
    """Read the accepted synthetic sentences with real names, for a model that finds mentions itself.

    Returns:
        A training document a sentence, and notes for people on how many there are.
    """
    notes: list[str] = []
    accepted = _read_accepted(session, project_id, projects.get_schema(session, project_id), gold, notes)
    found, num_nameless = make_documents(accepted)
    without = f"; {num_nameless} without names were left out" if num_nameless else ""
    told = f"{len(found)} accepted synthetic sentences, with names in the place of masks, train too{without}."
    return found, [told, *notes]


def _read_accepted(
    session: Session, project_id: int, schema: Schema, gold: Splits, notes: list[str]
) -> list[SyntheticSentence]:
    """Read the accepted synthetic sentences but those that nearly repeat dev or test, and note how many those are.

    None did when it was generated, but documents move and are added, and sentences are edited.
    """
    held_out = NearCopyIndex(mask_sentences(list_maskable([*gold[Split.DEV], *gold[Split.TEST]], schema), schema))
    accepted = [one for one in synthetic.stream_synthetic(session, project_id) if one.state.is_gold]
    kept = [one for one in accepted if not held_out.has_near_copy(one.text)]
    if len(kept) < len(accepted):
        notes.append(f"Left out of the accepted synthetic sentences, as near copies of dev or test ones: "
                     f"{len(accepted) - len(kept)}.")  # fmt: skip
    return kept


def _synthetic_instances(sentences: Iterable[SyntheticSentence]) -> tuple[Instance, ...]:
    return tuple(synthetic_instance(sentence, number=number) for number, sentence in enumerate(sentences))


def save_documents(run_path: Path, schema: Schema, gold: Splits) -> str:
    """Write the reviewed part of each split into a run's folder, a native file each.

    Returns:
        The SHA-256 of the files, in hexadecimal.
    """
    digest = hashlib.sha256()
    for split in Split:
        # Documents of a project may share a name; in one file they may not.
        numbered = [replace(one, id=f"{number}:{one.id}", facts=()) for number, one in enumerate(gold[split])]
        corpus = Corpus(tuple(map(keep_reviewed, numbered)), schema=schema)
        data = write_corpus(corpus, format_name="jsonl").data
        digest.update(data)
        _file(run_path, split).write_bytes(data)
    return digest.hexdigest()


def load_documents(run_path: Path) -> tuple[Schema, dict[Split, list[Document]]]:
    """Read what `save_documents` wrote.

    Raises:
        FormatError: A file was changed and cannot be read.
    """
    schema = Schema((), ())
    gold = {}
    for split in Split:
        path = _file(run_path, split)
        result = read_corpus(path.read_bytes(), source=path.name, format_name="jsonl")
        result.report.raise_if_refused()
        gold[split] = list(result.corpus.documents)
        schema = result.corpus.schema or schema
    return schema, gold


def _file(run_path: Path, split: Split) -> Path:
    return run_path / f"{split.value}.jsonl"
