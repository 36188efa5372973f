"""Invented sentences in CoNLL-U, for tests that read or learn trees."""

import gzip
from pathlib import Path

# Word, tag, head counted from 1 and label of each word.
SENTENCES = (
    "Aspirin NN 2 nsubj|helped VBD 0 root|two CD 4 nummod|mice NNS 2 dobj|. . 2 punct",
    "The DT 2 det|drug NN 3 nsubj|caused VBD 0 root|severe JJ 5 amod|nausea NN 3 dobj|. . 3 punct",
    "Nobody NN 2 nsubj|slept VBD 0 root|. . 2 punct",
)


def write_conllu(sentence: str, *, comments: str = "") -> str:
    """Return a sentence of the notation above as CoNLL-U; no space stands before a full stop."""
    words = [word.split(" ") for word in sentence.split("|")]
    lines = []
    for number, (form, tag, head, label) in enumerate(words, start=1):
        misc = "SpaceAfter=No" if number < len(words) and words[number][0] == "." else "_"
        lines.append("\t".join([str(number), form, form.lower(), "_", tag, "_", head, label, "_", misc]))
    return "\n".join([*filter(None, [comments]), *lines]) + "\n\n"


def write_treebank(path: Path, *, repeats: int = 1) -> Path:
    """Write a treebank of two paragraphs, `repeats` times; gzipped if its name says so."""
    first, second, third = SENTENCES
    text = write_conllu(first, comments="# newpar id = a") + write_conllu(second, comments="# text = is not read")
    data = ((text + write_conllu(third, comments="# newpar id = b")) * repeats).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path
