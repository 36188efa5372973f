"""The group of all commands, each of which is loaded when it is asked for: none waits for the libraries of others."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from core.cli.output import errors_in_one_line


def make_lazy_group(targets: Mapping[str, str]) -> type[TyperGroup]:
    """Return a class of groups.

    Args:
        targets: Name of a command → "module:name" of its function, or of the Typer of its own commands.
    """

    class LazyGroup(TyperGroup):
        def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - Typer's own
            super().__init__(**settings)
            # The names alone are what help and "did you mean" read; whoever needs a command calls `get_command`.
            self.commands = dict.fromkeys(targets, self)

        def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
            # Settings are read, and may be wrong, before a command comes to its own work.
            with errors_in_one_line():
                return super().invoke(ctx)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - types that Typer keeps private
            return _load(targets[cmd_name], cmd_name) if cmd_name in targets else None

    return LazyGroup


def _load(target: str, name: str) -> Any:  # noqa: ANN401
    module, _, attribute = target.partition(":")
    found = getattr(import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
        alone.command()(found)
        found = alone
    command = get_command(found)
    command.name = name  # a Typer of several commands does not know what it is called
    return command
