"""What the columns of a dropped table mean: told from their names, and changed by hand before the import."""

from collections.abc import Mapping, Sequence
from zlib import crc32

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.workflows.data_in.table_columns import COLUMN_ROLES, HEAD_BYTES, TABLE, TableColumns, find_table_columns
from pages.components.session import escape
from pages.components.wording import count

_UNUSED = ""


def show(files: Sequence[UploadedFile], *, type_names: Sequence[str], format_name: str) -> None:
    """Show a choice for each kind of table among the files; tables with the same columns share it.

    Args:
        files: What was dropped.
        type_names: Entity types of the project, one of which all heads or tails of a table may have.
        format_name: The chosen format; empty recognises it.
    """
    if format_name not in ("", TABLE):
        return
    names_by_columns: dict[tuple[str, ...], list[str]] = {}
    tables: dict[tuple[str, ...], TableColumns] = {}
    for file in files:
        found = _find_columns(file, format_name)
        if found is not None:
            tables[found.names] = found
            names_by_columns.setdefault(found.names, []).append(file.name)
    for names, found in tables.items():
        _show_table(found, names_by_columns[names], type_names)


def _find_columns(file: UploadedFile, format_name: str) -> TableColumns | None:
    return find_table_columns(file.getvalue()[:HEAD_BYTES], is_surely_table=format_name == TABLE)


def _show_table(found: TableColumns, file_names: Sequence[str], type_names: Sequence[str]) -> None:
    rest = f" and {count(len(file_names) - 1, 'other file')}" if len(file_names) > 1 else ""
    is_open = bool(found.without_role or found.without_pair)
    with st.expander(f"Columns of {escape(file_names[0])}{rest}", expanded=is_open, icon=":material/table:"):
        if "text" not in found.known:
            st.caption(
                "The names of the columns do not say which one holds the text. Choose it; without one the file is "
                "refused, unless plain text is chosen as its format."
            )
        elif found.without_role:
            st.caption(f"Left out unless you say what they hold: {escape(', '.join(found.without_role))}")
        if found.without_pair:
            st.caption(f"Left out unless you say where head and tail are: {escape(', '.join(found.without_pair))}")
        names = list(dict.fromkeys((_UNUSED, *found.names)))
        always = [f"={name}" for name in type_names]
        sides = st.columns(2)
        for place, (role, title) in enumerate(COLUMN_ROLES.items()):
            options = names + always if role.endswith("_type") else names
            sides[place % 2].selectbox(
                title,
                options,
                index=options.index(found.known.get(role, _UNUSED)),
                format_func=_name_option,
                key=_key(found, role),
            )


def get_chosen(file: UploadedFile, *, format_name: str) -> Mapping[str, str] | None:
    """Return the column of each role, "" where there is none, or None where the file is not read as a table."""
    found = _find_columns(file, format_name) if format_name in ("", TABLE) else None
    if found is None:
        return None
    return {role: str(st.session_state.get(_key(found, role), _UNUSED)) for role in COLUMN_ROLES}


def _name_option(option: str) -> str:
    return f"always {option[1:]}" if option.startswith("=") else option or "not in the file"


def _key(found: TableColumns, role: str) -> str:
    return f"column-{crc32('|'.join(found.names).encode()):08x}-{role}"
