"""Streamlit's configuration as a dict: who may connect, what is switched off, how it looks."""

from ipaddress import ip_address
from typing import Any

from core.errors import SettingsError
from core.settings import Settings
from pages.shell.theme import theme_options

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]", "::1")


def make_config(settings: Settings) -> dict[str, Any]:
    """Return the options that `st.App.run` takes.

    Raises:
        SettingsError: The address can be reached from other machines, which needs a sign-in.
    """
    _refuse_open_address(settings.address)
    return {
        "server.address": settings.address,
        "server.port": settings.port,
        "server.headless": True,
        "server.allowedHosts": list(LOOPBACK_NAMES),
        "server.enableXsrfProtection": True,
        "server.enableCORS": True,
        "server.maxUploadSize": settings.max_upload_megabytes,
        # Watching files would import whatever a page names, and reload tables that cannot be loaded twice.
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": False,
        # A forced collection after every run costs about 45 ms; Python's own is enough.
        "runner.postScriptGC": False,
        "runner.magicEnabled": False,
        "client.toolbarMode": "viewer",
        "client.showErrorDetails": "none",
        **theme_options(),
    }


def _refuse_open_address(address: str) -> None:
    if address == "localhost":
        return
    try:
        is_loopback = ip_address(address).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise SettingsError(
            f"DARE_ADDRESS={address} can be reached from other machines, and there is no sign-in yet. "
            "Use 127.0.0.1; from another machine, open an SSH tunnel: ssh -L 8501:127.0.0.1:8501 HOST."
        )
