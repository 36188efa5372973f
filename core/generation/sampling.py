"""Draw sentences from a generator until enough pass the filters, and weigh those that do."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import GenerationConfig

from core.errors import SequenceTooLongError
from core.generation.config import SamplingConfig
from core.generation.filters import KeptSentence, Removal, SentenceFilter
from core.generation.generator import Generator, mean_loss
from core.generation.pieces import boundary_ids, decode_sentence, encode_sentences
from core.generation.quality import Appraisal, Appraise
from core.training.trainer import Report


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
    kept: list[KeptSentence] = []
    appraisals: list[Appraisal] = []
    removed: Counter[Removal] = Counter()
    num_generated, limit = 0, count * config.attempts_by_sentence
    while len(kept) < count and num_generated < limit:
        batch_size = min(config.batch_size, limit - num_generated)
        passed: list[KeptSentence] = []
        seed = _batch_seed(config.seed, num_generated)
        for text in draw_sentences(generator, batch_size, config=config, seed=seed, code=code):
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


@torch.inference_mode()
def draw_sentences(generator: Generator, count: int, *, config: SamplingConfig, seed: int, code: str = "") -> list[str]:
    """Draw sentences from the begin piece alone; on one device the same seed gives the same sentences.

    Args:
        generator: On the device to draw on.
        count: Sentences to draw.
        config: How to draw.
        seed: Seed of the draws.
        code: A piece that follows the begin piece and is not part of the sentences.

    Raises:
        SequenceTooLongError: The model has too few positions for `max_new_pieces`.

    Source:
        DARE, arXiv:2004.13845, sec. 4.1.
    """
    begin, _ = boundary_ids(generator.tokenizer)
    prompt = [begin, *([generator.tokenizer.convert_tokens_to_ids(code)] if code else [])]
    if config.max_new_pieces + len(prompt) > generator.max_pieces:
        raise SequenceTooLongError(
            f"Sentences of {config.max_new_pieces} pieces do not fit the generator's {generator.max_pieces} positions; "
            f"lower max_new_pieces to {generator.max_pieces - len(prompt)} or less."
        )
    device = generator.model.device
    piece_ids = torch.tensor([prompt], device=device).expand(count, -1)  # (count, 1 or 2)
    generator.model.train(False)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        drawn = generator.model.generate(  # type: ignore[operator]  # (count, pieces)
            piece_ids,
            attention_mask=torch.ones_like(piece_ids),
            generation_config=_generation_config(generator, config),
        )
    written = [row[len(prompt) :] for row in drawn.tolist()]
    return [decode_sentence(generator.tokenizer, ids, masks=generator.masks) for ids in written]


def _generation_config(generator: Generator, config: SamplingConfig) -> GenerationConfig:
    """State every setting: transformers fills what is left out (top_k = 50, for one) without a word."""
    begin, end = boundary_ids(generator.tokenizer)
    masks = {generator.tokenizer.convert_tokens_to_ids(mask) for mask in generator.masks}
    never = sorted(set(generator.tokenizer.all_special_ids) - masks - {end})
    return GenerationConfig(  # type: ignore[no-untyped-call]
        do_sample=True,
        temperature=config.temperature,
        top_k=config.top_k,
        top_p=config.top_p,
        typical_p=1.0,
        repetition_penalty=1.0,
        num_beams=1,
        num_return_sequences=1,
        max_new_tokens=config.max_new_pieces,
        suppress_tokens=never or None,
        use_cache=True,
        bos_token_id=begin,
        eos_token_id=end,
        pad_token_id=end,
    )


def mean_log_likelihoods(generator: Generator, sentences: Sequence[str]) -> list[float]:
    """Return each sentence's mean log probability per piece, its end included, in nats."""
    encoded = encode_sentences(generator.tokenizer, sentences, max_pieces=generator.max_pieces)
    return [-mean_loss(generator, [ids]) for ids in encoded]
