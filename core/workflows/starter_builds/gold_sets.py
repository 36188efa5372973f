"""The corpora that the starters learn from, read so that no dev document of one teaches another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.corpora import read_corpus_folder
from core.domain import Document, Schema, Split
from core.models.joint_data import JointScope
from core.nlp.sentences import split_sentences
from core.workflows.documents.gold_documents import orient_relations
from core.workflows.prediction.evaluate import prepare_documents

# Their terms allow that weights learnt from them are shared.
CORPORA = ("bc5cdr", "chemprot", "ncbi_disease")


@dataclass(frozen=True, slots=True)
class GoldSet:
    """A corpus to learn from.

    Args:
        name: Key of `CORPORA`.
        schema: What it annotates.
        train: Documents to learn from, split into sentences.
        dev: Documents that choose the epoch.
        num_left_out: Training documents that another corpus, or its own dev split, holds back.
    """

    name: str
    schema: Schema
    train: tuple[Document, ...]
    dev: tuple[Document, ...]
    num_left_out: int = 0

    @property
    def known_as(self) -> Mapping[str, str]:
        """Names of its types in a model of several corpora, which do not agree on what is a chemical or a disease."""
        return {name: name_type(name, self.name) for name in self.schema.type_names}

    @property
    def whole_schema(self) -> Schema:
        """What it annotates, in the names of a model of several corpora."""
        names = self.known_as
        return Schema(
            tuple(replace(one, name=names[one.name]) for one in self.schema.entity_types),
            tuple(
                replace(label, legal_types=tuple((names[head], names[tail]) for head, tail in label.legal_types))
                for label in self.schema.relation_labels
            ),
        )

    @property
    def scope(self) -> JointScope:
        """What its sentences teach."""
        return JointScope(self.whole_schema.type_names, self.schema.label_names)


def name_type(entity_type: str, corpus: str) -> str:
    """Return the name that a corpus's type has in a model of several corpora."""
    return f"{entity_type} ({corpus})"


def read_gold_sets(folder: Path, names: Sequence[str] = CORPORA) -> list[GoldSet]:
    """Read corpora from the folder that holds theirs; no dev document of one is a training document of another.

    Raises:
        FormatError: A corpus is missing or was refused.
    """
    sets = [_read_gold_set(name, folder / name) for name in names]
    held_back = {key for one in sets for document in one.dev for key in (document.id, document.text)}
    kept = [tuple(one for one in found.train if not {one.id, one.text} & held_back) for found in sets]
    return [
        replace(found, train=train, num_left_out=len(found.train) - len(train))
        for found, train in zip(sets, kept, strict=True)
    ]


def _read_gold_set(name: str, folder: Path) -> GoldSet:
    found = read_corpus_folder(name, folder)
    train, dev = (
        tuple(
            orient_relations(
                prepare_documents(found.splits[split], found.schema, split_sentences=split_sentences), found.schema
            )
        )
        for split in (Split.TRAIN, Split.DEV)
    )
    return GoldSet(name, found.schema, train, dev)
