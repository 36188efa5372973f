"""Speed of drawing many sentences at a time against transformers' `generate`, one at a time, in one run."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig

from core.generation.config import SamplingConfig
from core.generation.generator import Generator, load_generator
from core.generation.pieces import decode_sentence
from core.generation.sampling import draw_sentences
from core.pretraining.packing import boundary_ids
from core.training.trainer import pick_device
from tests.benchmarks.generation_training import SEED, GenerationRow, generator_folder

SPEED_NAME = "speed.json"
MIN_SPEED_RATIO = 10


def write_speed(row: GenerationRow, results: Path, *, machine: str) -> None:
    """Measure the speed with a row's generator and say whether it is what is asked of it."""
    path = generator_folder(row, results)
    generator = load_generator(str(path), masks=_read_masks(path), seed=SEED)
    generator.model.to(pick_device()).eval()  # type: ignore[arg-type]
    speed = measure_speed(generator, num_batched=512, num_single=32) | {"generator": row.name, "machine": machine}
    (results / SPEED_NAME).write_text(json.dumps(speed, indent=2), encoding="utf-8")
    verdict = "at least" if speed["ratio"] >= MIN_SPEED_RATIO else "LESS THAN"
    sys.stderr.write(f"{speed['ratio']:.1f} times as fast in batches, {verdict} {MIN_SPEED_RATIO}\n")


def measure_speed(generator: Generator, *, num_batched: int, num_single: int) -> dict[str, Any]:
    """Draw in batches and one at a time, with the same model and settings."""
    sampling = SamplingConfig(seed=SEED)
    draw_sentences(generator, 2, config=sampling, seed=SEED)  # what only the first call does
    num_batches = max(1, num_batched // sampling.batch_size)
    num_batched = num_batches * sampling.batch_size
    batched = _time(
        lambda seed: draw_sentences(generator, sampling.batch_size, config=sampling, seed=seed), num_batches
    )
    single = _time(lambda _: _generate_one(generator, sampling), num_single)
    return {
        "batch_size": sampling.batch_size,
        "num_batched": num_batched,
        "num_single": num_single,
        "batched_by_second": num_batched / batched[0],
        "single_by_second": num_single / single[0],
        "ratio": num_batched / batched[0] / (num_single / single[0]),
        "processor_ratio": num_batched / batched[1] / (num_single / single[1]),
    }


def _time(call: Callable[[int], object], times: int) -> tuple[float, float]:
    """Return seconds by the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    for number in range(times):
        call(number)
    return time.perf_counter() - clock, time.process_time() - processor


@torch.inference_mode()
def _generate_one(generator: Generator, sampling: SamplingConfig) -> str:
    begin, end = boundary_ids(generator.tokenizer)
    piece_ids = torch.full((1, 1), begin, device=generator.model.device)  # (1, 1)
    config = GenerationConfig(
        do_sample=True,
        temperature=sampling.temperature,
        top_k=sampling.top_k,
        top_p=sampling.top_p,
        max_new_tokens=sampling.max_new_pieces,
        use_cache=True,
        bos_token_id=begin,
        eos_token_id=end,
        pad_token_id=end,
    )
    mask = torch.ones_like(piece_ids)
    (drawn,) = generator.model.generate(piece_ids, attention_mask=mask, generation_config=config).tolist()
    return decode_sentence(generator.tokenizer, drawn, masks=generator.masks)


def _read_masks(path: Path) -> list[str]:
    """Return the masks in a saved tokenizer."""
    content = json.loads((path / "tokenizer.json").read_text(encoding="utf-8"))
    return [token["content"] for token in content["added_tokens"] if token["content"].startswith("$")]
