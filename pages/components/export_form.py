"""What to take out, in which format; what it holds, what was left out, and the file."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.domain import Split
from core.workflows.data_out.export import SUFFIX_BY_FORMAT, WITHOUT_PREVIEW, ExportCounts, ExportFilter, export_project
from db.queries import projects
from db.queries.projects import ProjectView
from db.session import Session
from pages.components.session import escape
from pages.components.wording import SPLIT_NAMES, group

FORMATS = {
    "jsonl": "JSONL (holds everything)",
    "pubtator": "PubTator",
    "bioc-xml": "BioC XML",
    "bioc-json": "BioC JSON",
    "brat": "brat (zip of .txt and .ann)",
    "masked-tsv": "Masked instances, TSV (to train on)",
    "masked-csv": "Masked instances, CSV (for spreadsheets)",
    "prodigy": "Prodigy rel.manual",
    "parquet": "Parquet (Hugging Face)",
    "docbin": "spaCy DocBin",
    "label-studio": "Label Studio",
    "doccano": "doccano",
    "pubannotation": "PubAnnotation",
    "conll": "CoNLL (mentions only)",
    "spert-json": "SpERT JSON",
}
GOLD, WITH_SUGGESTIONS = "Approved only", "With suggestions"
PREVIEW_CHARACTERS = 3000
_PREPARED_KEY = "export-prepared"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that is ready, and what was asked for."""

    project_id: int
    chosen: ExportFilter
    format_name: str
    data: bytes
    counts: ExportCounts
    lost: Mapping[str, int]
    changed: Mapping[str, int]


def show(session: Session, project: ProjectView) -> None:
    """Show the filters, and the prepared file with its report."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        chosen, format_name = _show_filters(session, project)
        if st.button("Prepare the file", type="primary", icon=":material/build:"):
            with st.spinner("Collecting the data"):
                st.session_state[_PREPARED_KEY] = _prepare(session, project, chosen, format_name)
    with right:
        prepared: Prepared | None = st.session_state.get(_PREPARED_KEY)
        if prepared is None or prepared.project_id != project.id:
            st.caption("What the file holds, what was left out and a preview appear here.")
            return
        if (prepared.chosen, prepared.format_name) != (chosen, format_name):
            st.warning("The filters have changed; prepare the file again.", icon=":material/sync_problem:")
        _show_prepared(prepared, project)


def _show_filters(session: Session, project: ProjectView) -> tuple[ExportFilter, str]:
    with st.container(border=True):
        format_name = st.selectbox("Format", list(FORMATS), format_func=FORMATS.__getitem__)
        splits = st.multiselect("Splits", list(Split), format_func=SPLIT_NAMES.__getitem__, placeholder="All splits")
        names = projects.get_schema(session, project.id).label_names
        labels = st.multiselect("Relation labels", names, placeholder="All labels")
        standing = st.radio("Annotations", [GOLD, WITH_SUGGESTIONS], horizontal=True)
        takes_synthetic = st.checkbox("Accepted synthetic sentences", value=True)
    chosen = ExportFilter(
        splits=tuple(splits),
        gold_only=standing == GOLD,
        include_synthetic=takes_synthetic,
        labels=tuple(labels),
    )
    return chosen, format_name


def _prepare(session: Session, project: ProjectView, chosen: ExportFilter, format_name: str) -> Prepared:
    result, counts = export_project(session, project.id, chosen, format_name=format_name)
    report = result.report
    return Prepared(project.id, chosen, format_name, result.data, counts, report.dropped, report.changed)


def _show_prepared(prepared: Prepared, project: ProjectView) -> None:
    counts = prepared.counts
    for column, name in zip(st.columns(4), ("documents", "mentions", "relations", "synthetic"), strict=True):
        column.metric(name.capitalize(), group(getattr(counts, name)))
    st.download_button(
        f"Download {len(prepared.data) / 1024:,.0f} kB",
        data=prepared.data,
        file_name=file_name(project.name, prepared.format_name),
        mime="application/octet-stream",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )
    _show_counts("Left out by the filters", counts.dropped, "The filters left out nothing.")
    _show_counts(
        f"Lost, because {FORMATS[prepared.format_name].partition(' (')[0]} cannot hold it",
        prepared.lost,
        "The format holds everything that was chosen.",
    )
    _show_counts("Changed to fit the format", prepared.changed, "")
    if prepared.format_name in WITHOUT_PREVIEW:
        st.caption("This format is not text, so there is no preview.")
        return
    st.markdown("**The first records**")
    st.code(preview(prepared.data), language=None, wrap_lines=True, height=280)


def _show_counts(title: str, counts: Mapping[str, int], nothing: str) -> None:
    if not counts:
        if nothing:
            st.caption(f":material/check: {nothing}")
        return
    st.markdown(f"**{escape(title)}**")
    table = pd.DataFrame({"what": list(counts), "number": list(counts.values())})
    st.dataframe(table, hide_index=True, alt=title)


def preview(data: bytes) -> str:
    """Return the beginning of a file as text, whole lines only where that is possible."""
    text = data[: 4 * PREVIEW_CHARACTERS].decode("utf-8", errors="ignore")
    if len(text) <= PREVIEW_CHARACTERS:
        return text
    cut = text[:PREVIEW_CHARACTERS]
    return f"{cut[: cut.rfind(chr(10))] if chr(10) in cut else cut}\n…"


def file_name(project_name: str, format_name: str) -> str:
    """Return a file name that every system takes."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in project_name.lower())
    return f"{'-'.join(filter(None, safe.split('-'))) or 'project'}.{SUFFIX_BY_FORMAT[format_name]}"
