"""The `formats` command: what is read and written, and the published schema of the native format."""

import json
from typing import Annotated

import typer

from core.cli.options import JsonOption
from core.cli.output import show_result
from core.workflows.data_out.format_list import FormatEntry, list_formats, make_json_schema


def formats(
    json_schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a line of the native format, jsonl, instead.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the formats that are read and written, and what each holds."""
    if json_schema:
        typer.echo(json.dumps(make_json_schema(), indent=None if as_json else 2))
        return
    entries = list_formats()
    result = {"formats": [entry.to_json() for entry in entries]}
    show_result(result, as_json=as_json, lines=lambda: [_line(entry) for entry in entries])


def _line(entry: FormatEntry) -> str:
    ways = f"{'in' if entry.is_read else '':4}{'out' if entry.is_written else '':5}"
    return f"{entry.name:16}{ways}{entry.holds}"
