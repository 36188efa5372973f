"""Options that several commands share; those of the commands with many settings stand in groups of the help."""

from typing import Annotated, Any

import typer

Text = str | None
Number = float | None
Whole = int | None
Switch = bool | None

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
ProjectArgument = Annotated[str, typer.Argument(help="Name of a project.")]
ReviewerOption = Annotated[str, typer.Option(help="Who acts, as it is recorded; a new name is added.")]
PastReviewerOption = Annotated[str, typer.Option("--reviewer", help="Whose steps.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def option(help_text: str, panel: str, *names: str) -> Any:  # noqa: ANN401 - what Typer gives
    """Return an option shown under a heading of the help; without names it is called as its parameter."""
    return typer.Option(*names, help=help_text, rich_help_panel=panel, show_default=False)


_MACHINE = "Machine"
PrecisionOption = Annotated[Text, option("auto (usual: measured), fp32 or bf16.", _MACHINE)]
CheckpointingOption = Annotated[
    Switch, option("Save memory for about a third more time.", _MACHINE, "--checkpointing/--no-checkpointing")
]
GpusOption = Annotated[Whole, option("GPUs that train one model together. Usual: 1.", _MACHINE, "--gpus")]
