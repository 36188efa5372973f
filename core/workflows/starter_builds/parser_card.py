"""The model card of a dependency parser, written from what its build recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CARD_NAME = "README.md"


@dataclass(frozen=True, slots=True)
class Attribution:
    """What a treebank's licence asks to be said.

    Args:
        title: Name of the treebank.
        licence: Its licence.
        text: Who made it, where it lies, and what was done with it.
        limits: What a parser does not know that learnt from it alone.
    """

    title: str
    licence: str
    text: str
    limits: str


_CRAFT = Attribution(
    title="CRAFT",
    licence="CC BY 3.0",
    text="Trees of the Colorado Richly Annotated Full Text (CRAFT) Corpus, articles of the PubMed Central Open Access "
    "subset annotated at the University of Colorado (Verspoor et al. 2012, BMC Bioinformatics 13:207; Bada et al. "
    "2012, BMC Bioinformatics 13:161), https://github.com/UCDenver-ccp/CRAFT, licensed under Creative Commons "
    "Attribution 3.0, https://creativecommons.org/licenses/by/3.0/. Changed: weights were learnt from the trees; the "
    "corpus itself is not in this folder, and its authors do not endorse this parser.",
    limits="Its articles are mouse biology in edited prose: clinical notes, tables and dialogue are parsed worse. "
    "Edges have the labels of spaCy's English pipelines (`nsubj`, `dobj`, `prep`, `pobj`), not those of "
    "Universal Dependencies.",
)
# By the SHA-256 of the unpacked file, so that a card never credits a file that only bears the name.
_ATTRIBUTION_BY_SHA256 = {
    "f8fdfcb8f7057981f10797e8f4aa7ea43a25115cc781ca103bbbad0d71b75a94": _CRAFT,  # training part, 60 articles
    "e939f7364304c522aa7f8683f218ac732219883f62a0be2177c531a055bb6598": _CRAFT,  # development part, 7 articles
}


def write_card(path: Path, record: Mapping[str, Any]) -> None:
    """Write the card into a parser's folder.

    Args:
        path: Folder of the parser.
        record: Its training.json.
    """
    (path / CARD_NAME).write_text(make_card(record), encoding="utf-8")


def make_card(record: Mapping[str, Any]) -> str:
    """Return the card as markdown."""
    scores, files = record["dev_scores"], record["files"]
    sections = [
        [f"# {scores['parser']}", "", *_INTRODUCTION],
        _table(_facts(record)),
        ["## Recipe", "", "```sh", record["command"], "```", "", *_RECIPE],
        _table(
            [(_cell(file["name"]), f"`{file['sha256']}`") for file in files.values()], "treebank", "SHA-256, unpacked"
        ),
        [f"## Scores on {_cell(scores['treebank'])}", "", _describe_scoring(record)],
        _table(_score_rows(scores), "figure", "value"),
        ["## Data and terms", "", *_describe_terms(record)],
        ["## Limits", "", " ".join([*(one.limits for one in _find_attributions(record)), _LIMITS])],
    ]
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


_INTRODUCTION = (
    "A spaCy pipeline for English: words, part-of-speech tags, dependency trees and, from the trees, sentences.",
    "The architecture `syntax_gcn` reads the trees of the shipped one unless another parser is named.",
)
_RECIPE = (
    "The settings are in `config.cfg` here, filled from `core/nlp/parser_recipe.cfg`. The same command with the same",
    "library versions on a machine of the same kind gives the same weights. A build that is stopped begins anew;",
    "`training.json` keeps every evaluation.",
)
_LIMITS = (
    "No lemmas, no entities, no word vectors: a word is read by its form, prefix, suffix and shape. Trees are "
    "guesses of a small model."
)


def _facts(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    train = record["files"]["train"]
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    return [
        ("components", "tokenizer (spaCy's English rules), tok2vec, tagger, parser"),
        (
            "files",
            f"{record['num_bytes'] / 1e6:.1f} MB in spaCy's own format: JSON, configuration text, NumPy's .npy without "
            "objects, and MessagePack for rules and weights (float32). No pickle",
        ),
        (
            "weights",
            f"SHA-256 `{record['weights_sha256']}` of the `model` files of parser, tagger and tok2vec, joined",
        ),
        (
            "training data",
            f"{train['num_paragraphs']:,} paragraphs, {train['num_sentences']:,} sentences, "
            f"{train['num_words']:,} words",
        ),
        (
            "steps",
            f"{record['last_step']:,}, at most {record['max_steps']:,}; these weights after {record['best_step']:,}",
        ),
        ("time", f"{record['seconds'] / 60:.0f} min on CPU"),
        ("seed", str(record["seed"])),
        ("built", f"{record['date']}; {versions}"),
    ]


def _score_rows(scores: Mapping[str, Any]) -> list[tuple[str, str]]:
    tags = scores["tag_accuracy"]
    return [
        ("LAS, head and label right", f"{scores['las']:.4f}"),
        ("UAS, head right", f"{scores['uas']:.4f}"),
        ("tag accuracy", "no tagger" if tags is None else f"{tags:.4f}"),
        (
            "sentences, precision / recall / F1",
            f"{scores['sentence_precision']:.4f} / {scores['sentence_recall']:.4f} / {scores['sentence_f1']:.4f}",
        ),
        ("sentences F1, headings on lines of their own", f"{scores['sentence_f1_by_line']:.4f}"),
        ("words, F1", f"{scores['word_f1']:.4f}"),
        ("words a second of one core, everything included", f"{scores['words_per_second']:,}"),
    ]


def _describe_scoring(record: Mapping[str, Any]) -> str:
    scores = record["dev_scores"]
    return (
        f"{scores['num_sentences']:,} sentences, {scores['num_words']:,} words. Raw text of paragraphs in, so that "
        "wrong words and sentences count; spaCy's scorer, for which edges to punctuation do not. CoNLL-U keeps no "
        "line breaks, so that headings and captions run into what follows them; in the second figure for sentences "
        "each sentence without a stop ends its paragraph instead. These sentences also chose among "
        f"{len(record['evaluations'])} evaluations: the scores are a little optimistic. "
        "Measured with\n\n"
        f"```sh\ndare evaluate-parser starter-parser {_cell(scores['treebank'])}\n```"
    )


def _describe_terms(record: Mapping[str, Any]) -> list[str]:
    known = [f"{one.title}, {one.licence}. {one.text}" for one in _find_attributions(record)]
    rest = [file["name"] for file in record["files"].values() if file["sha256"] not in _ATTRIBUTION_BY_SHA256]
    if rest:
        known.append(f"The terms of {_cell(' and '.join(rest))} apply to what is done with these weights.")
    return known


def _find_attributions(record: Mapping[str, Any]) -> list[Attribution]:
    """Return what must be said of the known treebanks, each once."""
    found = (_ATTRIBUTION_BY_SHA256.get(file["sha256"]) for file in record["files"].values())
    return list(dict.fromkeys(one for one in found if one is not None))


def _table(rows: list[tuple[str, str]], *header: str) -> list[str]:
    names = header or ("", "")
    return [f"| {' | '.join(names)} |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
