"""Commands that run or check an installation: the app itself, `worker`, `doctor`."""

import platform
import shutil
import threading
import urllib.request
import webbrowser
from importlib.metadata import version
from typing import Annotated, Any

import typer

from core.cli.output import errors_in_one_line, say, show_result
from core.errors import DareError
from core.jobs import devices
from core.settings import Settings
from core.starter import DEFAULT_STARTER, list_starters
from core.workflows.prediction.parsers import PARSER_REMEDY, describe_default_parser
from db.queries import jobs, models, projects
from db.session import make_engine, session_scope

_VERSIONED = ("dare-curator", "torch", "transformers", "streamlit", "spacy", "dbos", "sqlmodel")
_HEALTH_TIMEOUT_SECONDS = 30.0


def start(*, port: int | None, opens_browser: bool) -> None:
    """Start the app and its workers; returns when they were told to end."""
    from app import serve
    from core.jobs import supervisor

    settings = Settings() if port is None else Settings(port=port)
    url = f"http://{settings.address}:{settings.port}"
    say(f"DARE Curator: {url}  (data in {settings.home}; Ctrl-C ends it)")
    if opens_browser:
        threading.Thread(target=_open_when_ready, args=[url], daemon=True).start()
    supervisor.supervise(settings, lambda: serve(settings))


def _open_when_ready(url: str) -> None:
    """Open the page in a browser as soon as the server answers."""
    waiting = threading.Event()
    for _ in range(int(_HEALTH_TIMEOUT_SECONDS / 0.2)):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
        except OSError:
            waiting.wait(0.2)
            continue
        webbrowser.open(url)
        return


def worker(
    name: Annotated[str, typer.Option(help="Stable, unique name; a worker of that name resumes its jobs.")] = "",
    device: Annotated[str, typer.Option(help="cpu, or a CUDA device number.")] = "",
) -> None:
    """Run one worker without the app, for example on a second machine of a team."""
    from core.jobs import supervisor
    from core.jobs.worker import WorkerConfig, run_worker

    with errors_in_one_line():
        settings = Settings()
        supervisor.prepare(settings)
        chosen = device or devices.find_devices(settings)[0]
        run_worker(settings, WorkerConfig(name or settings.worker_name, chosen))


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Check this installation: device, precision, models, database, versions."""
    settings = Settings()
    result: dict[str, Any] = {
        "versions": {name: version(name) for name in _VERSIONED} | {"python": platform.python_version()},
        "home": str(settings.home),
        "free_gigabytes": round(shutil.disk_usage(_existing_parent(settings)).free / 1e9, 1),
        "compute": _check_compute(settings),
        "starters": {DEFAULT_STARTER: False} | {one.name: one.is_complete for one in list_starters()},
        "database": _check_database(settings),
    }
    is_healthy = all(result["starters"].values()) and "error" not in result["database"]
    show_result(result | {"healthy": is_healthy}, as_json=as_json, lines=lambda: _doctor_lines(result))
    if not is_healthy:
        raise typer.Exit(1)


def _existing_parent(settings: Settings) -> str:
    path = settings.home.absolute()
    while not path.exists():
        path = path.parent
    return str(path)


def _check_compute(settings: Settings) -> dict[str, Any]:
    from core.training.precision import probe_bf16_ratio, resolve_precision
    from core.training.trainer import pick_device

    device = pick_device(settings.device)
    return {
        "device": str(device),
        "workers": devices.find_devices(settings),
        "bf16_speedup": round(probe_bf16_ratio(device.type), 2),
        "precision": resolve_precision("auto", device),
        "parser": describe_default_parser(),
    }


def _check_database(settings: Settings) -> dict[str, Any]:
    from core.jobs import supervisor

    try:
        supervisor.prepare(settings)
        engine = make_engine(settings.resolved_database_url)
        with session_scope(engine) as session:
            found = projects.list_projects(session)
            trained = [model.name for one in found for model in models.list_models(session, one.id)]
            workers = {status.name: status.state for status in jobs.list_workers(session)}
        shown = engine.url.render_as_string(hide_password=True)
        engine.dispose()
    except (DareError, OSError) as error:
        return {"error": str(error)}
    return {"url": shown, "projects": [one.name for one in found], "models": trained, "workers": workers}


def _doctor_lines(result: dict[str, Any]) -> list[str]:
    compute, database = result["compute"], result["database"]
    missing = [name for name, is_here in result["starters"].items() if not is_here]
    is_parserless = compute["parser"] == "none"
    return [
        "versions   " + ", ".join(f"{name} {number}" for name, number in result["versions"].items()),
        f"data       {result['home']} ({result['free_gigabytes']} GB free)",
        f"device     {compute['device']}, trains in {compute['precision']} "
        f"(bf16 measured {compute['bf16_speedup']}x as fast as fp32)",
        f"parser     {compute['parser']}{f'; syntax_gcn needs one. {PARSER_REMEDY}' if is_parserless else ''}",
        f"starters   {'missing: ' + ', '.join(missing) if missing else 'all here'}",
        f"database   {database.get('error') or database['url']}",
        f"projects   {', '.join(database.get('projects', [])) or 'none'}",
        f"models     {', '.join(database.get('models', [])) or 'none trained yet'}",
        f"workers    {', '.join(f'{n} {s}' for n, s in database.get('workers', {}).items()) or 'none has run yet'}",
    ]
