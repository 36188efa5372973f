"""The model card of a generator that was trained on plain text."""

from pathlib import Path

from core.workflows.model_library.generators import GeneratorRecord

CARD_NAME = "README.md"


def write_card(path: Path, record: GeneratorRecord) -> None:
    """Write the card into a generator's folder."""
    (path / CARD_NAME).write_text(make_card(record), encoding="utf-8")


def make_card(record: GeneratorRecord) -> str:
    """Return the card as markdown."""
    files = [f"| {_cell(file['name'])} | `{file['sha256']}` |" for file in record.recipe["files"]]
    versions = ", ".join(f"{name} {number}" for name, number in record.versions.items())
    lines = [
        f"# {record.name}",
        "",
        "A causal language model of domain text: the base from which DARE Curator trains one generator a label.",
        "It writes plausible text, not true text.",
        "",
        "| | |",
        "|---|---|",
        f"| base | {_cell(record.base)} |",
        f"| weights | {record.num_weights:,} |",
        f"| perplexity of a held-out piece | {record.perplexity:.2f} |",
        f"| bits per held-out character | {record.bits_per_character:.3f} |",
        f"| pieces read | {record.pieces_read:,} in {record.steps:,} steps; these weights after {record.pieces:,} |",
        f"| whole passes over the text | {record.passes} |",
        f"| time | {record.seconds:.0f} s on {record.device} in {record.precision}, "
        f"{record.pieces_per_second:,.0f} pieces/s |",
        f"| seed | {record.recipe['seed']} |",
        f"| versions | {versions} |",
        f"| date | {record.date} |",
        "",
        "```sh",
        record.command,
        "```",
        "",
        "| text file | SHA-256 |",
        "|---|---|",
        *files,
        "",
        f"About one document in {record.recipe['held_out_one_in']} was held out of training, chosen by a checksum of "
        "its text. The terms of the text files apply to what is done with this model.",
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
