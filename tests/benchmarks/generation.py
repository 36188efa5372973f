"""What generators write, per corpus, label and base: `python -m tests.benchmarks.generation`.

Each row trains a generator in a process of its own and leaves a JSON file and the generator in `--results`; what has
one is not run again, and what was not run says so in the table. `--base` may be repeated, to compare a base made from
nothing ("scratch") with a folder of one that has read papers. `--speed` then draws from the first row's generator in
batches, and one at a time with transformers' `generate`, in one run.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig

from core.domain import NO_RELATION
from core.generation.config import SCRATCH, SamplingConfig
from core.generation.generator import Generator, load_generator
from core.generation.pieces import decode_sentence
from core.generation.sampling import draw_sentences
from core.pretraining.packing import boundary_ids
from core.training.trainer import pick_device
from tests.benchmarks.generation_row import SEED, GenerationRow, run_row
from tests.benchmarks.generation_table import SPEED_NAME, make_page
from tests.benchmarks.machine import describe_machine
from tests.benchmarks.models_data import DEFAULT_CORPORA

LABELS = {
    "bc5cdr": ("CID", NO_RELATION),
    "chemprot": ("CPR:3", "CPR:4", "CPR:5", "CPR:6", "CPR:9", NO_RELATION),
    "ddi2013": ("mechanism", "effect", "advise", "int", NO_RELATION),
}
MIN_SPEED_RATIO = 10


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
        "machine": describe_machine(),
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


def list_rows(options: argparse.Namespace) -> list[GenerationRow]:
    """List a row for each corpus, label and base."""
    return [
        GenerationRow(corpus, label, base)
        for corpus, labels in LABELS.items()
        for label in labels
        for base in options.base or [SCRATCH]
    ]


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA, help="folder of the corpora")
    parser.add_argument("--base", action="append", help='"scratch", or folder or name of a model; may be repeated')
    parser.add_argument("--gold", type=int, default=250, help="most gold sentences a generator reads")
    parser.add_argument("--count", type=int, default=250, help="sentences wanted after filtering")
    parser.add_argument("--judges", help="folder or starter name of the judges' encoder; no agreement without")
    parser.add_argument("--only", nargs="*", help="rows to run, as corpus-label without colons, as in chemprot-CPR3")
    parser.add_argument("--speed", action="store_true", help="measure the speed with the first row's generator")
    parser.add_argument("--results", type=Path, required=True, help="folder of the rows' JSON files and generators")
    parser.add_argument("--out", type=Path, help="Markdown file to write; standard output without")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    return parser.parse_args()


def write_speed(row: GenerationRow, results: Path) -> None:
    """Measure the speed with a row's generator and say whether it is what is asked of it."""
    path = results / f"{row.name}.model"
    generator = load_generator(str(path), masks=_read_masks(path), seed=SEED)
    generator.model.to(pick_device()).eval()
    speed = measure_speed(generator, num_batched=512, num_single=32) | {"generator": row.name}
    (results / SPEED_NAME).write_text(json.dumps(speed, indent=2), encoding="utf-8")
    verdict = "at least" if speed["ratio"] >= MIN_SPEED_RATIO else "LESS THAN"
    sys.stderr.write(f"{speed['ratio']:.1f} times as fast in batches, {verdict} {MIN_SPEED_RATIO}\n")


def _read_masks(path: Path) -> list[str]:
    """Return the masks in a saved tokenizer."""
    content = json.loads((path / "tokenizer.json").read_text(encoding="utf-8"))
    return [token["content"] for token in content["added_tokens"] if token["content"].startswith("$")]


def main() -> None:
    """Run what has no result yet, each row in its own process, and write the table."""
    options = parse_options()
    options.results.mkdir(parents=True, exist_ok=True)
    every = list_rows(options)
    rows = [row for row in every if options.only is None or row.label_name in options.only]
    if options.run:
        (row,) = [one for one in rows if one.name == options.run]
        result = run_row(row, options)
        (options.results / f"{row.name}.json").write_text(json.dumps(result, indent=2), encoding="utf-8")
        return
    for row in rows:
        if not (options.results / f"{row.name}.json").is_file():
            command = [sys.executable, "-m", "tests.benchmarks.generation", *sys.argv[1:], "--run", row.name]
            subprocess.run(command, check=True)
    if options.speed:
        write_speed(rows[0], options.results)
    page = make_page(every, options.results)
    if options.out:
        options.out.write_text(page, encoding="utf-8")
    else:
        sys.stdout.write(page)


if __name__ == "__main__":
    main()
