"""The menu: every page with its title, icon and what it is for."""

import streamlit as st

from pages.components.session import page_path

PAGES = (
    ("home", "Home", ":material/home:", "Projects, how far each is, and what to do next."),
    ("upload", "Upload", ":material/upload_file:", "Paste text or drop files; see what was read, repaired or refused."),
    ("annotate", "Annotate", ":material/edit_note:", "Review predicted mentions and relations, sentence by sentence."),
    ("browse", "Browse", ":material/table_rows:", "Find sentences and documents, and open them in the editor."),
    ("synthetic", "Synthetic", ":material/auto_awesome:", "Generate sentences for rare labels and review them."),
    ("train", "Train", ":material/model_training:", "Train an ensemble on what was reviewed, and watch it."),
    ("models", "Models", ":material/deployed_code:", "Compare trained models and choose the one that predicts."),
    ("export", "Export", ":material/download:", "Take the curated data out, and see what a format cannot hold."),
)


def make_pages() -> list[st.Page]:
    """Return the menu's entries; Home is at the root of the site."""
    return [
        st.Page(page_path(name), title=title, icon=icon, help=about, default=name == "home")
        for name, title, icon, about in PAGES
    ]
