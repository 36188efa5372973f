"""What commands say: lines for people, one JSON object for machines, one clear line on an error."""

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer

from core.errors import DareError

_BAR_WIDTH = 30


def say(text: str) -> None:
    """Print a line for people, on standard error so that standard output stays clean for results."""
    typer.echo(text, err=True)


def show_result(result: Mapping[str, Any], *, as_json: bool, lines: Callable[[], list[str]]) -> None:
    """Print a result: one JSON object, or lines for people."""
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, default=str))
        return
    for line in lines():
        typer.echo(line)


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """End with exit code 1 and one line when a command fails in a way it knows."""
    try:
        yield
    except DareError as error:
        say(f"error: {' '.join(str(error).split())}")
        raise typer.Exit(1) from error
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        say(f"error: {error.filename}: {error.strerror}")
        raise typer.Exit(1) from error


class ProgressLine:
    """A bar that redraws itself on a terminal, and is silent elsewhere.

    It has the signature of a workflow's `report`.
    """

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._is_drawn = False

    def __call__(self, fraction: float, message: str = "", **values: float) -> None:
        """Draw the bar at `fraction` in [0, 1]."""
        if not self._is_terminal:
            return
        filled = round(_BAR_WIDTH * fraction)
        numbers = "  ".join(f"{name} {value:.3g}" for name, value in values.items())
        bar = "█" * filled + "░" * (_BAR_WIDTH - filled)
        self._is_drawn = True
        typer.echo(f"\r\033[K{bar} {fraction:4.0%}  {message}  {numbers}", nl=False, err=True)

    def close(self) -> None:
        """Leave the bar's line."""
        if self._is_drawn:
            typer.echo("", err=True)


@contextmanager
def progress_line() -> Iterator[ProgressLine]:
    """Yield a progress bar and leave its line at the end."""
    line = ProgressLine()
    try:
        yield line
    finally:
        line.close()


def quiet_libraries() -> None:
    """Keep libraries from talking over the progress bar; their warnings still go to log files."""
    logging.getLogger("transformers").setLevel(logging.ERROR)
