"""One row of `tests.benchmarks.generation`: a base, a label of a corpus, and what its generator writes."""

import argparse
import math
import resource
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any

import torch

from core.domain import Instance, Schema, Split
from core.evaluation.diversity import distinct_share, self_bleu
from core.generation.config import (
    SCRATCH,
    SamplingConfig,
    ScratchConfig,
    pretrained_label_training,
    scratch_label_training,
)
from core.generation.filters import KeptSentence, MaskPair, Removal, SentenceFilter
from core.generation.generator import Generator, fine_tune, load_generator, save_generator
from core.generation.near_copies import split_content_words
from core.generation.nearest import find_nearest
from core.generation.sampling import generate_sentences, mean_log_likelihoods
from core.generation.scratch import make_scratch_generator, plan_reading
from core.nlp.masking import mask_tokens, masks_for_pair
from core.training.trainer import pick_device
from core.workflows.instances import list_maskable, mask_sentences
from tests.benchmarks.generation_judges import load_panel, measure_agreement
from tests.benchmarks.machine import describe_machine
from tests.benchmarks.models_data import load_documents, tell

SEED = 0
NUM_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class GenerationRow:
    """A generator to be made and measured.

    Args:
        corpus: Name of the corpus.
        label: Label whose gold sentences it learns.
        base: "scratch", or folder or hub name of a causal language model.
    """

    corpus: str
    label: str
    base: str

    @property
    def label_name(self) -> str:
        """Corpus and label, as in a file's name."""
        return f"{self.corpus}-{self.label.replace(':', '')}"

    @property
    def name(self) -> str:
        """Name of the row's result file."""
        return f"{self.label_name}-{Path(self.base).name}"


@dataclass(frozen=True, slots=True)
class RowData:
    """What a row reads.

    Args:
        schema: Entity types and labels.
        instances: Maskable gold instances of the train split.
        gold: Masked gold sentences of the train split, of every label.
        heldout: Those of the splits that nothing may repeat.
        plain: Sentences of the train split as they are.
    """

    schema: Schema
    instances: tuple[Instance, ...]
    gold: tuple[str, ...]
    heldout: tuple[str, ...]
    plain: tuple[str, ...]

    def of_label(self, label: str) -> list[Instance]:
        """Return the label's instances."""
        return [one for one in self.instances if one.label == label]


def load_data(corpora: Path, corpus: str) -> RowData:
    """Read a corpus and mask its gold."""
    schema, documents = load_documents(corpora, corpus)
    train = documents[Split.TRAIN]
    instances = list_maskable(train, schema)
    heldout = [one for split in (Split.DEV, Split.TEST) for one in list_maskable(documents[split], schema)]
    gold, held_out = mask_sentences(instances, schema), mask_sentences(heldout, schema)
    plain = (" ".join(one.span.text(document.text).split()) for document in train for one in document.sentences)
    return RowData(schema, tuple(instances), gold, held_out, tuple(dict.fromkeys(plain)))


def run_row(row: GenerationRow, options: argparse.Namespace) -> dict[str, Any]:
    """Train the label's generator, draw, filter and measure, in this process."""
    data = load_data(options.corpora, row.corpus)
    device = pick_device()
    started = time.perf_counter()
    source = make_base(row.corpus, data, options.results, device) if row.base == SCRATCH else row.base
    base_seconds = time.perf_counter() - started
    generator = load_generator(source, masks=mask_tokens(data.schema), seed=SEED)
    sentences = list(mask_sentences(data.of_label(row.label), data.schema))
    Random(SEED).shuffle(sentences)
    started = time.perf_counter()
    num_read = train_label(generator, sentences[: options.gold], is_scratch=row.base == SCRATCH, device=device)
    training_seconds = time.perf_counter() - started
    save_generator(generator, options.results / f"{row.name}.model")
    return _draw(row, data, generator, options) | {
        "num_gold": num_read,
        "base_seconds": base_seconds,
        "training_seconds": training_seconds,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "machine": describe_machine(),
    }


def make_base(corpus: str, data: RowData, results: Path, device: torch.device) -> str:
    """Train the base from nothing, once a corpus; returns its folder."""
    folder = results / f"{corpus}.base"
    if not (folder / "config.json").is_file():
        masks = mask_tokens(data.schema)
        config = ScratchConfig(seed=SEED)
        generator = make_scratch_generator(
            data.plain, data.gold, masks=masks, config=config, report=tell, device=device
        )
        save_generator(generator, folder)
    return str(folder)


def train_label(generator: Generator, sentences: Sequence[str], *, is_scratch: bool, device: torch.device) -> int:
    """Fine-tune as the app does; returns how many sentences were read."""
    if not is_scratch:
        fine_tune(generator, sentences, config=pretrained_label_training(seed=SEED), report=tell, device=device)
        return len(sentences)
    usual = scratch_label_training(seed=SEED)
    read, num_epochs = plan_reading(
        generator, sentences, max_pieces=ScratchConfig().max_label_pieces, max_epochs=usual.num_epochs
    )
    fine_tune(generator, read, config=replace(usual, num_epochs=num_epochs), report=tell, device=device)
    return len(read)


def _draw(row: GenerationRow, data: RowData, generator: Generator, options: argparse.Namespace) -> dict[str, Any]:
    """Draw the sentences and measure those that are kept."""
    sentence_filter = SentenceFilter(
        list_pairs(data.of_label(row.label), data.schema),
        masks=mask_tokens(data.schema),
        gold=data.gold,
        heldout=data.heldout,
    )
    sampling = SamplingConfig(seed=SEED)
    started = time.perf_counter()
    result = generate_sentences(generator, sentence_filter, count=options.count, config=sampling, report=tell)
    seconds = time.perf_counter() - started
    kept = [sentence.text for sentence in result.kept]
    return {
        "corpus": row.corpus,
        "label": row.label,
        "base": row.base,
        "num_generated": result.num_generated,
        "num_kept": len(kept),
        "removed": {reason.value: result.removed.get(reason, 0) for reason in Removal},
        "drawing_seconds": seconds,
        "batch_size": sampling.batch_size,
        "agreement": _ask_judges(row, data, result.kept, options),
        "examples": Random(SEED).sample(kept, min(NUM_EXAMPLES, len(kept))),
    } | measure_kept(generator, kept, data.gold)


def _ask_judges(
    row: GenerationRow, data: RowData, kept: Sequence[KeptSentence], options: argparse.Namespace
) -> float | None:
    """Return the judges' mean agreement; None without judges."""
    if not options.judges or not kept:
        return None
    panel = load_panel(options.corpora, row.corpus, options.results, encoder=options.judges, seed=SEED)
    return measure_agreement(panel, row.label, kept, data.gold)


def list_pairs(instances: Sequence[Instance], schema: Schema) -> list[MaskPair]:
    """Return the mask pairs of instances, the most usual first."""
    counts = Counter((one.head.entity_type, one.tail.entity_type) for one in instances)
    return [MaskPair(*masks_for_pair(schema, head, tail), head, tail) for (head, tail), _ in counts.most_common()]


def measure_kept(generator: Generator, kept: Sequence[str], gold: Sequence[str]) -> Mapping[str, Any]:
    """Measure diversity, novelty and perplexity; nothing where nothing was kept."""
    if not kept:
        return {}
    words = [split_content_words(text) for text in kept]
    return {
        "distinct": [distinct_share(words, order=order) for order in (1, 2, 3)],
        "self_bleu": self_bleu(words),
        "novelty": mean(one.novelty for one in find_nearest(kept, gold)),
        "perplexity": math.exp(-mean(mean_log_likelihoods(generator, kept))),
    }
