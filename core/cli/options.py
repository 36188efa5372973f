"""Options of the commands with many settings: those not given keep their default, and help lists them in groups."""

from typing import Annotated, Any

import typer

Text = str | None
Number = float | None
Whole = int | None
Switch = bool | None


def option(help_text: str, panel: str, *names: str) -> Any:  # noqa: ANN401 - what Typer gives
    """Return an option shown under a heading of the help; without names it is called as its parameter."""
    return typer.Option(*names, help=help_text, rich_help_panel=panel, show_default=False)


_MACHINE = "Machine"
PrecisionOption = Annotated[Text, option("auto (usual: measured), fp32 or bf16.", _MACHINE)]
CheckpointingOption = Annotated[
    Switch, option("Save memory for about a third more time.", _MACHINE, "--checkpointing/--no-checkpointing")
]
GpusOption = Annotated[Whole, option("GPUs that train one model together. Usual: 1.", _MACHINE, "--gpus")]
