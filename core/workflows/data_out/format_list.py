"""Which formats there are, which ways they go, and what each holds."""

from dataclasses import asdict, dataclass
from typing import Any

from core.formats import READERS, SUFFIXES, WRITERS
from core.formats.jsonl_schema import make_json_schema

__all__ = ["HOLDS", "FormatEntry", "list_formats", "make_json_schema"]

_WHOLE = "whole documents; what it has no field for lies in its free metadata and comes back"
_ONE_PAIR = "one row a candidate pair of a reviewed sentence, masked, to train other code on; read as table"
_SENTENCES = "sentences with mentions and relations"
HOLDS: dict[str, str] = {
    "jsonl": "everything, schema and synthetic sentences too; `dare formats --schema` prints its JSON Schema",
    "bioc-xml": _WHOLE,
    "bioc-json": _WHOLE,
    "brat": f"{_WHOLE}; a zip or folder of .txt and .ann files",
    "prodigy": _WHOLE,
    "label-studio": _WHOLE,
    "doccano": _WHOLE,
    "pubannotation": _WHOLE,
    "docbin": _WHOLE,
    "parquet": "whole documents and the schema, one row a document; loads with Hugging Face datasets",
    "pubtator": "mentions, concepts, facts, relations of mentions",
    "conll": "text and mentions that do not overlap",
    "spert-json": "mentions and relations of single sentences",
    "masked-tsv": _ONE_PAIR,
    "masked-csv": _ONE_PAIR,
    "table": "CSV or TSV: texts, or sentences with head, tail and label",
    "text": "one document",
    "text-jsonl": "texts alone, a JSON object each, with an id and a split where these are known",
    "webanno": "mentions, concepts and relations (WebAnno TSV 3, INCEpTION)",
    "ddi-xml": _SENTENCES,
    "triples-json": "sentences and triples of strings (WebNLG, NYT)",
    "semeval": f"{_SENTENCES} (SemEval-2010 task 8)",
    "ade-rel": f"{_SENTENCES} (ADE corpus)",
    "chemprot": "abstracts with mentions and relations; a zip or folder of its TSV files",
    "pubmed-xml": "titles and abstracts, as NCBI exports them",
    "jats-xml": "articles, as PMC and publishers export them",
    "zip": "any of the others, told for each file; all of them are stored or none",
}


@dataclass(frozen=True, slots=True)
class FormatEntry:
    """A format.

    Args:
        name: What `--format` calls it.
        is_read: Whether files of it come in.
        is_written: Whether data goes out in it.
        suffix: Ending of the files written; "" where none are.
        holds: What of the data it holds.
    """

    name: str
    is_read: bool
    is_written: bool
    suffix: str
    holds: str

    def to_json(self) -> dict[str, Any]:
        """Return the entry as plain values."""
        return asdict(self)


def list_formats() -> list[FormatEntry]:
    """Return every format, those that hold most first."""
    return [
        FormatEntry(name, name in READERS, name in WRITERS, SUFFIXES.get(name, ""), holds)
        for name, holds in HOLDS.items()
    ]
