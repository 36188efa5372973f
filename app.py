"""The web application: Streamlit around the router; `serve` runs it until it is told to end."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

from core.jobs.processes import settings_environment
from core.settings import Settings
from pages.shell.configuration import make_config
from pages.shell.startup import prepare_data

ROUTER = Path(__file__).parent.absolute() / "pages" / "shell" / "router.py"


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Bring the databases up to date before the first page is asked for."""
    prepare_data(Settings())
    yield


app = st.App(ROUTER, lifespan=lifespan)


def serve(settings: Settings) -> None:
    """Serve the pages on this machine until Ctrl-C.

    Raises:
        SettingsError: The address can be reached from other machines, which needs a sign-in.
    """
    config = make_config(settings)
    # Pages run in threads of this process and read their settings from its environment.
    os.environ.update(settings_environment(settings))
    app.run(config=config)
