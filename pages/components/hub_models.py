"""Models of the Hugging Face hub in forms: a field for the name of one, with help that knows good ones offline."""

import streamlit as st

from core.workflows.model_library.pulled import PulledKind
from core.workflows.model_library.suggestions import Suggestion, list_suggestions
from pages.components.wording import size


def show_name(kind: PulledKind, *, key: str, placeholder: str) -> None:
    """Show the field for a folder or a name on the hub."""
    st.text_input("Folder, or name on the Hugging Face hub", key=key, placeholder=placeholder, help=describe(kind))


def describe(kind: PulledKind) -> str:
    """Return the known good models of a kind as markdown."""
    lines = [f"- {_line(one)}" for one in list_suggestions(kind, only_usable=True)]
    first = "Pulled once on a machine with a network, such a model is in the list above and needs no download:"
    return "\n".join([first, "", *lines])


def _line(one: Suggestion) -> str:
    return f"**{one.title}**, {size(one.num_bytes)}, licence {one.licence}. {one.reason} `{one.command}`"
