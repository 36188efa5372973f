"""The script of every page view: page config, menu and sidebar, then the page itself."""

from pathlib import Path

import streamlit as st

from pages.components.session import open_session, page_path, require_user, show_notice
from pages.shell.sidebar import show_sidebar

ASSETS = Path(__file__).parents[1] / "assets"
PAGES = (
    ("home", "Home", ":material/home:", "Projects, how far each is, and what to do next."),
    ("upload", "Upload", ":material/upload_file:", "Paste text or drop files; see what was read, repaired or refused."),
    ("annotate", "Annotate", ":material/edit_note:", "Review predicted mentions and relations, sentence by sentence."),
    ("synthetic", "Synthetic", ":material/auto_awesome:", "Generate sentences for rare labels and review them."),
    ("train", "Train", ":material/model_training:", "Train an ensemble on what was reviewed, and watch it."),
    ("models", "Models", ":material/deployed_code:", "Compare trained models and choose the one that predicts."),
    ("export", "Export", ":material/download:", "Take the curated data out, and see what a format cannot hold."),
)


def make_page(name: str, title: str, icon: str, about: str) -> st.Page:
    """Return the menu entry of a page's file; Home is at the root of the site."""
    return st.Page(page_path(name), title=title, icon=icon, help=about, default=name == "home")


require_user()
# A local icon, and set first: icons by name are fetched from a server on the internet when they become favicons.
st.set_page_config(page_title="DARE Curator", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))
page = st.navigation([make_page(*line) for line in PAGES if __import__("os").path.exists(page_path(line[0]))])
st.set_page_config(page_title=f"{page.title} · DARE Curator")
with open_session() as session:
    show_sidebar(session)
show_notice()
page.run()
