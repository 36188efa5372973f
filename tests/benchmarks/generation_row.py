"""One row of `tests.benchmarks.generation`: a base, a label of a corpus, and what its generator writes."""

import argparse
import math
import resource
import time
from collections.abc import Sequence
from random import Random
from statistics import mean
from typing import Any

from core.evaluation.diversity import distinct_share, self_bleu
from core.generation.config import SamplingConfig
from core.generation.filters import KeptSentence, Removal, SentenceFilter
from core.generation.generator import Generator
from core.generation.near_copies import split_content_words
from core.generation.nearest import find_nearest
from core.generation.sampling import generate_sentences, mean_log_likelihoods
from core.workflows.synthesis.synthesise_plan import GenerationPlan
from tests.benchmarks.generation_judges import load_panel, measure_agreement
from tests.benchmarks.generation_training import (
    SEED,
    GenerationRow,
    find_label,
    get_row_generator,
    make_row_plan,
)
from tests.benchmarks.models_data import tell

NUM_EXAMPLES = 20


def run_row(row: GenerationRow, labels: Sequence[str], options: argparse.Namespace, *, machine: str) -> dict[str, Any]:
    """Train the label's generator, draw, filter and measure, in this process."""
    plan = make_row_plan(row, labels, options)
    made = get_row_generator(row, plan, options.results)
    return _draw(row, plan, made.generator, options) | {
        "num_gold": len(find_label(row, plan).sentences),
        "learning_rate": made.about["training"]["learning_rate"],
        "perplexity_by_rate": made.about["perplexity_by_rate"],
        "training": made.about["training"],
        "training_seconds": made.about["seconds"],
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "machine": machine,
    }


def _draw(
    row: GenerationRow, plan: GenerationPlan, generator: Generator, options: argparse.Namespace
) -> dict[str, Any]:
    """Draw the sentences and measure those that are kept."""
    label = find_label(row, plan)
    sentence_filter = SentenceFilter(
        label.pairs, masks=(*plan.masks, *plan.codes), gold=plan.gold, heldout=plan.heldout
    )
    sampling = SamplingConfig(seed=label.sampling_seed)
    started = time.perf_counter()
    result = generate_sentences(
        generator, sentence_filter, count=options.count, config=sampling, code=label.code, report=tell
    )
    seconds = time.perf_counter() - started
    kept = [sentence.text for sentence in result.kept]
    return {
        "corpus": row.corpus,
        "label": row.label,
        "base": row.base_name,
        "num_generated": result.num_generated,
        "num_kept": len(kept),
        "removed": {reason.value: result.removed.get(reason, 0) for reason in Removal},
        "drawing_seconds": seconds,
        "batch_size": sampling.batch_size,
        **_ask_judges(row, plan, result.kept, options),
        "examples": Random(SEED).sample(kept, min(NUM_EXAMPLES, len(kept))),
    } | measure_kept(generator, kept, plan.gold, code=label.code)


def _ask_judges(
    row: GenerationRow, plan: GenerationPlan, kept: Sequence[KeptSentence], options: argparse.Namespace
) -> dict[str, float | None]:
    """Return the judges' mean agreement with kept sentences, and with gold ones as a yardstick; None without judges."""
    if not options.judges or not kept:
        return {"agreement": None, "gold_agreement": None}
    panel = load_panel(options.corpora, row.corpus, options.results, encoder=options.judges, seed=SEED)
    label = find_label(row, plan)
    plain = SentenceFilter(label.pairs, masks=(*plan.masks, *plan.codes))
    gold = [one for one in map(plain.judge, label.sentences) if isinstance(one, KeptSentence)]
    return {
        "agreement": measure_agreement(panel, row.label, kept, plan.gold),
        "gold_agreement": measure_agreement(panel, row.label, gold, plan.gold),
    }


def measure_kept(generator: Generator, kept: Sequence[str], gold: Sequence[str], *, code: str) -> dict[str, Any]:
    """Measure diversity, novelty and perplexity; nothing where nothing was kept.

    A generator of all labels has never seen a sentence without its code, so the code is part of its perplexity.
    """
    if not kept:
        return {}
    words = [split_content_words(text) for text in kept]
    read = [f"{code} {text}".strip() for text in kept]
    return {
        "distinct": [distinct_share(words, order=order) for order in (1, 2, 3)],
        "self_bleu": self_bleu(words),
        "novelty": mean(one.novelty for one in find_nearest(kept, gold)),
        "perplexity": math.exp(-mean(mean_log_likelihoods(generator, read))),
    }
