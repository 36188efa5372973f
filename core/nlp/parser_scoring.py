"""Scores a parser on a treebank: raw text in, so that its own words and sentences count too; and how fast it is."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from spacy.language import Language
from spacy.scorer import Scorer
from spacy.training import Example

from core.nlp.parser import load_pipeline
from core.nlp.treebank import Treebank, make_doc, split_at_headings

_FACTORIES = frozenset({"tok2vec", "transformer", "curated_transformer", "tagger", "parser"})
_BATCH_PARAGRAPHS = 64
_NUM_WARM_UP = 8  # paragraphs read before the clock starts


@dataclass(frozen=True, slots=True, kw_only=True)
class ParserScores:
    """How well and how fast a pipeline reads the raw text of a treebank; scores as spaCy's scorer defines them.

    Args:
        parser: Language, name and version of the pipeline.
        treebank: Name of the file.
        num_sentences: Gold sentences.
        num_words: Gold words.
        las: F1 of edges with head and label right, in [0, 1]; edges to punctuation do not count.
        uas: F1 of edges with the head right, in [0, 1].
        tag_accuracy: Share of gold words found with the right tag, in [0, 1]; None without a tagger.
        sentence_precision: Share of sentences found that are gold, in [0, 1].
        sentence_recall: Share of gold sentences that are found, in [0, 1].
        sentence_f1: Their harmonic mean, in [0, 1].
        sentence_f1_by_line: The same where headings are set on lines of their own; see `split_at_headings`.
        word_f1: F1 of words as character spans, in [0, 1].
        words_per_second: Words of the pipeline a second of processor time, thus of one core.
    """

    parser: str
    treebank: str
    num_sentences: int
    num_words: int
    las: float
    uas: float
    tag_accuracy: float | None
    sentence_precision: float
    sentence_recall: float
    sentence_f1: float
    sentence_f1_by_line: float
    word_f1: float
    words_per_second: float

    def to_json(self) -> dict[str, Any]:
        """Return every value as JSON."""
        return asdict(self)


def score_parser(name: str, treebank: Treebank) -> ParserScores:
    """Let a pipeline read the text of every paragraph and compare.

    Args:
        name: Shipped parser, installed package, folder, or "auto"; see `core.nlp.parser.load_parser`.
        treebank: Gold paragraphs.

    Raises:
        ParserNotFoundError: Nothing with a parser lies under that name.
    """
    pipeline = load_pipeline(name, factories=_FACTORIES)
    texts = [make_doc(paragraph, pipeline.vocab).text for paragraph in treebank.paragraphs]
    list(pipeline.pipe(texts[:_NUM_WARM_UP]))
    started = time.process_time()
    num_words = sum(map(len, pipeline.pipe(texts, batch_size=_BATCH_PARAGRAPHS)))
    seconds = time.process_time() - started
    scores, by_line = (_score_trees(pipeline, one) for one in (treebank, split_at_headings(treebank)))
    meta = pipeline.meta
    return ParserScores(
        parser=f"{meta['lang']}_{meta['name']} {meta['version']}",
        treebank=treebank.name,
        num_sentences=treebank.num_sentences,
        num_words=treebank.num_words,
        las=scores["dep_las"],
        uas=scores["dep_uas"],
        tag_accuracy=scores.get("tag_acc"),
        sentence_precision=scores["sents_p"],
        sentence_recall=scores["sents_r"],
        sentence_f1=scores["sents_f"],
        sentence_f1_by_line=by_line["sents_f"],
        word_f1=scores["token_f"],
        words_per_second=round(num_words / max(seconds, 1e-9)),
    )


def _score_trees(pipeline: Language, treebank: Treebank) -> dict[str, Any]:
    gold = [make_doc(paragraph, pipeline.vocab) for paragraph in treebank.paragraphs]
    found = pipeline.pipe([doc.text for doc in gold], batch_size=_BATCH_PARAGRAPHS)
    return Scorer(pipeline).score([Example(*pair) for pair in zip(found, gold, strict=True)])
