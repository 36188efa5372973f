"""The server listens on this machine only, tells nobody, and its colours can be read."""

import pytest

from core.errors import SettingsError
from core.settings import Settings
from pages.shell.configuration import make_config
from pages.shell.theme import DARK, LIGHT


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_an_address_of_this_machine_is_taken(address: str) -> None:
    assert make_config(Settings(address=address))["server.address"] == address


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.7", "curation.example.org"])
def test_an_address_that_others_reach_is_refused_with_a_remedy(address: str) -> None:
    with pytest.raises(SettingsError, match=r"no sign-in yet.*127\.0\.0\.1.*SSH tunnel"):
        make_config(Settings(address=address))


def test_nothing_is_sent_out_and_no_collection_is_forced_after_a_run() -> None:
    config = make_config(Settings(max_upload_megabytes=50))
    assert config["runner.postScriptGC"] is False
    assert config["browser.gatherUsageStats"] is False
    assert config["server.fileWatcherType"] == "none"
    assert config["server.enableXsrfProtection"] and config["server.enableCORS"]
    assert config["server.allowedHosts"]
    assert config["server.maxUploadSize"] == 50


def test_streamlit_knows_every_option() -> None:
    from streamlit.config import _config_options_template as known

    assert set(make_config(Settings())) <= set(known)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "background"),
    [
        ("textColor", "backgroundColor"),
        ("textColor", "secondaryBackgroundColor"),
        ("linkColor", "backgroundColor"),
        ("sidebar.textColor", "sidebar.backgroundColor"),
        ("sidebar.linkColor", "sidebar.backgroundColor"),
    ],
)
def test_text_has_enough_contrast(theme: dict[str, str], text: str, background: str) -> None:
    assert contrast(theme[text], theme[background]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_white_button_text_has_enough_contrast(theme: dict[str, str]) -> None:
    assert contrast("#FFFFFF", theme["primaryColor"]) >= 4.5


def contrast(first: str, second: str) -> float:
    """Contrast of two colours, WCAG 2.2: (lighter + 0.05) / (darker + 0.05)."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
