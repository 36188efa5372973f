"""The command `fetch`: articles of PubMed and PMC by id."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.options import JsonOption, ProjectArgument
from core.cli.output import errors_in_one_line, progress_line, say, show_result
from core.domain import Split
from core.settings import Settings
from core.workflows.data_in.article_ids import parse_ids
from core.workflows.projects import create_project, get_project_id
from db.queries import projects
from db.session import open_session


def fetch(
    project: ProjectArgument,
    pubmed: Annotated[list[str] | None, typer.Option(help="PubMed ids, separated by commas; repeat for more.")] = None,
    pmc: Annotated[list[str] | None, typer.Option(help="PMC ids, with PMC before the number or without.")] = None,
    ids_file: Annotated[
        Path | None, typer.Option("--ids", help="File of ids: plain numbers are PubMed's, PMC12345 is PMC's.")
    ] = None,
    split: Annotated[Split | None, typer.Option(help="Split of the documents; train unless given.")] = None,
    create: Annotated[str | None, typer.Option(help="Create a missing project from this template.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Import PubMed abstracts and open PMC articles by id; this command alone asks NCBI, for what is not here yet.

    DARE_NCBI_API_KEY makes it faster, DARE_NCBI_EMAIL tells NCBI whom to write to, DARE_OFFLINE=1 forbids it. What
    has arrived is kept in DARE_HOME/articles: ended or failed, the same command goes on where it stopped.
    """
    settings = Settings()
    with errors_in_one_line(), progress_line() as progress, open_session(settings) as session:
        listed = ids_file.read_text(encoding="utf-8", errors="replace") if ids_file else ""
        ids = parse_ids(" ".join([*(pubmed or []), listed]), pmc_text=" ".join(pmc or []))
        if create and projects.find_project(session, project) is None:
            create_project(session, project, template=create)
        project_id = get_project_id(session, project)
        # A created project must not keep the database locked while NCBI is asked.
        session.commit()
        # spaCy takes a second to load, and requests is for this command alone.
        from core.workflows.data_in.fetch import fetch_into_project

        result = fetch_into_project(session, settings, project_id, ids, split=split, report=progress)
    for issue in result["report"]["issues"]:
        say(f"{issue['severity']}: {issue['message']}")
    show_result({"project": project, **result}, as_json=as_json, lines=lambda: _lines(result))


def _lines(result: dict[str, Any]) -> list[str]:
    outcome, missing = result["outcome"], result["missing"]
    again = f", {outcome['num_skipped']} known already" if outcome["num_skipped"] else ""
    lost = f"; {len(missing)} not found" if missing else ""
    return [
        f"{result['report']['source']}: {outcome['num_documents']} documents{again}, "
        f"{outcome['num_sentences']} sentences{lost}"
    ]
