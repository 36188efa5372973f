"""Draw sentences from a generator until enough pass the filters, and weigh those that do."""

import hashlib
import logging
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch

from core.errors import SequenceTooLongError
from core.generation.config import SamplingConfig
from core.generation.drawing import draw_pieces
from core.generation.filters import KeptSentence, Removal, SentenceFilter
from core.generation.generator import Generator, mean_loss
from core.generation.pieces import decode_sentence, encode_sentences, find_word_pieces
from core.generation.quality import Appraisal, Appraise
from core.pretraining.packing import boundary_ids
from core.training.out_of_memory import is_out_of_memory, release_memory
from core.training.trainer import Report

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GenerationResult:
    """What a generation gave.

    Args:
        kept: Sentences that passed every filter and the gate, in the order they were drawn.
        appraisals: What was said of each of them; empty where nobody was asked.
        num_generated: Sentences drawn.
        removed: Reason → number of sentences; a reason that removed none is left out.
    """

    kept: tuple[KeptSentence, ...]
    appraisals: tuple[Appraisal, ...]
    num_generated: int
    removed: dict[Removal, int]


def generate_sentences(
    generator: Generator,
    sentence_filter: SentenceFilter,
    *,
    count: int,
    config: SamplingConfig,
    appraise: Appraise | None = None,
    min_agreement: float = 0.0,
    code: str = "",
    report: Report | None = None,
) -> GenerationResult:
    """Draw until `count` sentences passed the filters and the gate, or until the attempts are used up.

    Args:
        generator: On the device to draw on.
        sentence_filter: Judge of each sentence.
        count: Sentences wanted after filtering.
        config: How to draw, and how often at most.
        appraise: Scores the sentences of a batch that passed the filters.
        min_agreement: Least agreement of the judges, in [0, 1]; 0 keeps all.
        code: What a generator of several labels is told to begin with; see `core.generation.codes`.
        report: Progress sink.

    Raises:
        SequenceTooLongError: The model has too few positions for `max_new_pieces`.
    """
    avoided = frozenset() if config.may_name_types else sentence_filter.bare_types
    kept: list[KeptSentence] = []
    appraisals: list[Appraisal] = []
    removed: Counter[Removal] = Counter()
    num_generated, limit = 0, count * config.attempts_by_sentence
    while len(kept) < count and num_generated < limit:
        batch_size = min(config.batch_size, limit - num_generated)
        passed: list[KeptSentence] = []
        seed = _batch_seed(config.seed, num_generated)
        for text in draw_sentences(generator, batch_size, config=config, seed=seed, code=code, avoided=avoided):
            if len(kept) + len(passed) == count:
                break
            num_generated += 1
            match sentence_filter.judge(text):
                case Removal() as reason:
                    removed[reason] += 1
                case KeptSentence() as sentence:
                    passed.append(sentence)
        if appraise and passed:
            fit = [pair for pair in zip(passed, appraise(passed), strict=True) if pair[1].passes(min_agreement)]
            removed[Removal.JUDGES] += len(passed) - len(fit)
            passed = [sentence for sentence, _ in fit]
            appraisals += [appraisal for _, appraisal in fit]
        kept += passed
        if report:
            done = max(len(kept) / count, num_generated / limit)
            report(done, f"{len(kept)} of {count} kept, {num_generated} generated", kept=len(kept))
    return GenerationResult(tuple(kept), tuple(appraisals), num_generated, dict(+removed))


def _batch_seed(seed: int, num_generated: int) -> int:
    """Return the seed of a batch; batches of neighbouring seeds must not draw the same."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{num_generated}".encode()).digest()[:7])


def draw_sentences(
    generator: Generator,
    count: int,
    *,
    config: SamplingConfig,
    seed: int,
    code: str = "",
    avoided: Collection[str] = (),
) -> list[str]:
    """Draw sentences from the begin piece alone; on one device the same seed gives the same sentences.

    Where the memory does not suffice for all at a time, half as many are drawn at a time, down to one.

    Args:
        generator: On the device to draw on.
        count: Sentences to draw.
        config: How to draw.
        seed: Seed of the draws.
        code: A piece that follows the begin piece and is not part of the sentences.
        avoided: Words in lower case that are not drawn; one that the tokenizer cuts into several pieces may be.

    Raises:
        SequenceTooLongError: The model has too few positions for `max_new_pieces`.
        RuntimeError: The memory does not suffice for one sentence.

    Source:
        DARE, arXiv:2004.13845, sec. 4.1.
    """
    begin, _ = boundary_ids(generator.tokenizer)
    prompt = [begin, generator.tokenizer.get_added_vocab()[code]] if code else [begin]
    if config.max_new_pieces + len(prompt) > generator.max_pieces:
        raise SequenceTooLongError(
            f"Sentences of {config.max_new_pieces} pieces do not fit the generator's {generator.max_pieces} positions; "
            f"lower max_new_pieces to {generator.max_pieces - len(prompt)} or less."
        )
    device, avoided_ids = generator.model.device, find_word_pieces(generator.tokenizer, avoided)
    generator.model.train(False)
    sequences: list[list[int]] = []
    batch_size = count
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        while len(sequences) < count:
            batch_size = min(batch_size, count - len(sequences))
            drawn = _draw_if_it_fits(generator, prompt, batch_size, config, avoided_ids)
            if drawn is None:
                batch_size //= 2
                release_memory(device)
            else:
                sequences += drawn
    return [decode_sentence(generator.tokenizer, ids, masks=generator.masks) for ids in sequences]


def _draw_if_it_fits(
    generator: Generator, prompt: Sequence[int], count: int, config: SamplingConfig, avoided: Sequence[int]
) -> list[list[int]] | None:
    """Return sequences of pieces, or None where the memory does not suffice for so many at a time.

    Raises:
        RuntimeError: The memory does not suffice for one.
    """
    try:
        drawn: list[list[int]] = draw_pieces(generator, prompt, count, config=config, avoided=avoided).tolist()
    except RuntimeError as error:
        if count == 1 or not is_out_of_memory(error):
            raise
        log.warning("Out of memory with %d sentences at a time; going on with %d: %s", count, count // 2, error)
        return None
    return drawn


def mean_log_likelihoods(generator: Generator, sentences: Sequence[str]) -> list[float]:
    """Return each sentence's mean log probability per piece, its end included, in nats."""
    encoded = encode_sentences(generator.tokenizer, sentences, max_pieces=generator.max_pieces)
    return [-mean_loss(generator, [ids]) for ids in encoded]
