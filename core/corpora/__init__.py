"""Published corpora: one file a corpus knows its folder, splits and schema; `read_corpus_folder` reads any of them."""

from pathlib import Path
from typing import Protocol

from core.corpora.ade import read_ade, read_ade_rel_file
from core.corpora.bc5cdr import read_bc5cdr
from core.corpora.biored import read_biored
from core.corpora.chemprot import read_chemprot
from core.corpora.conll04 import read_conll04
from core.corpora.corpus_set import CorpusSet, SplitCount
from core.corpora.ddi2013 import read_ddi2013
from core.corpora.ncbi_disease import read_ncbi_disease
from core.corpora.semeval2010 import read_semeval2010
from core.corpora.triples import read_nyt, read_webnlg
from core.errors import FormatError

__all__ = ["CORPORA", "CorpusSet", "SplitCount", "read_ade", "read_corpus_folder"]


class CorpusReader(Protocol):
    """Reads a corpus from the folder in which it is published."""

    def __call__(self, path: Path) -> CorpusSet:
        """Read a corpus.

        Raises:
            FormatError: A file is missing or was refused.
        """
        ...


CORPORA: dict[str, CorpusReader] = {
    "bc5cdr": read_bc5cdr,
    "chemprot": read_chemprot,
    "ddi2013": read_ddi2013,
    "ade": read_ade,
    "ade-rel": read_ade_rel_file,
    "conll04": read_conll04,
    "semeval2010": read_semeval2010,
    "biored": read_biored,
    "ncbi_disease": read_ncbi_disease,
    "webnlg": read_webnlg,
    "nyt": read_nyt,
}


def read_corpus_folder(name: str, path: Path, *, fold: int | None = None) -> CorpusSet:
    """Read a published corpus.

    Args:
        name: Key of CORPORA.
        path: The folder in which it is published.
        fold: Fold of "ade", 0 to 9; None is fold 0 there, and all that the other corpora know.

    Raises:
        FormatError: The name is unknown, the folder is no such corpus, or a file was refused.
    """
    if name not in CORPORA:
        raise FormatError(f"Unknown corpus {name!r}. Choose one of: {', '.join(CORPORA)}.")
    if not path.is_dir():
        raise FormatError("No such folder. Name the folder that holds the corpus as published.", source=str(path))
    if fold is None:
        return CORPORA[name](path)
    if name != "ade":
        raise FormatError(f"{name} has no folds; only ade has. Leave the fold out.")
    return read_ade(path, fold=fold)
