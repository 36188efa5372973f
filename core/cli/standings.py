"""The command `synthetic standing`: how each label stands, and how many sentences are wanted for it."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from core.cli.options import JsonOption, ProjectArgument
from core.cli.output import errors_in_one_line, show_result
from core.errors import DomainError
from core.settings import Settings
from core.workflows.projects import get_project_id
from core.workflows.synthesis.acceptance import LabelStanding, find_last_generation, get_standings, set_wanted
from db.session import open_session


def standing(
    project: ProjectArgument,
    wanted: Annotated[
        list[str] | None,
        typer.Option("--want", help="LABEL=NUMBER of accepted sentences wanted; LABEL= for the usual; repeat."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print for each label what was drawn, filtered, decided and is still wanted, and what the last generation gave.

    Usually as many sentences are wanted as the label has gold instances to train on.
    """
    with errors_in_one_line(), open_session(Settings()) as session:
        project_id = get_project_id(session, project)
        for label, number in _read_wanted(wanted or []).items():
            set_wanted(session, project_id, label, number)
        found = get_standings(session, project_id)
        last = find_last_generation(session, project_id)
    labels = [_to_json(one) for one in found]
    result = {"project": project, "labels": labels, "last_generation": asdict(last) if last else None}
    show_result(result, as_json=as_json, lines=lambda: list(map(_line, labels)))


def _read_wanted(given: list[str]) -> dict[str, int | None]:
    """Read LABEL=NUMBER pairs; without a number None.

    Raises:
        DomainError: One is not of that form.
    """
    wanted: dict[str, int | None] = {}
    for pair in given:
        label, sign, number = pair.rpartition("=")
        if not (label and sign) or (number and not number.isdecimal()):
            raise DomainError(f"--want is {pair!r}; it must be LABEL=NUMBER, or LABEL= for the usual number.")
        wanted[label] = int(number) if number else None
    return wanted


def _to_json(one: LabelStanding) -> dict[str, Any]:
    rest = {"reasons": dict(one.reasons), "removed": dict(one.removed)}
    return asdict(one) | rest | {"acceptance": one.acceptance, "interval": one.interval}


def _line(one: dict[str, Any]) -> str:
    share = "" if one["acceptance"] is None else f" ({one['acceptance']:.0%} of the decided)"
    return (
        f"{one['label']}: {one['accepted']} of {one['wanted']} wanted accepted{share}, {one['pending']} pending, "
        f"{one['rejected']} rejected, {sum(one['removed'].values())} of {one['drawn']} drawn removed by filters"
    )
