"""The two ways in: a box to paste text into, and a place to drop files."""

import secrets
from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.domain import JobKind, Split
from core.errors import FormatError
from core.jobs import client
from core.workflows.data_in.table_columns import TABLE
from db.queries.projects import ProjectView
from db.session import Session
from pages.components import column_choice
from pages.components.import_report import name_import
from pages.components.session import act, get_settings
from pages.components.upload_store import store_upload
from pages.components.wording import SPLIT_NAMES, count

FORMATS = {
    "": "Recognise it",
    "text": "Plain text",
    "text-jsonl": "JSONL of texts alone",
    "pubtator": "PubTator",
    "jsonl": "JSONL (DARE Curator)",
    "bioc-xml": "BioC XML",
    "bioc-json": "BioC JSON",
    "brat": "brat (zip of .txt and .ann)",
    "zip": "Zip of files, each by its content",
    "table": "CSV or TSV table",
    "prodigy": "Prodigy rel.manual",
    "parquet": "Parquet (Hugging Face)",
    "docbin": "spaCy DocBin",
    "label-studio": "Label Studio",
    "doccano": "doccano",
    "pubannotation": "PubAnnotation",
    "conll": "CoNLL (BIO labels)",
    "webanno": "WebAnno TSV 3 (INCEpTION)",
    "ddi-xml": "DDI corpus XML",
    "spert-json": "JSON of tokens, entities, relations (SpERT)",
    "triples-json": "JSON of text and triples (WebNLG, NYT)",
    "semeval": "SemEval-2010 task 8",
    "ade-rel": "ADE corpus, .rel",
    "chemprot": "ChemProt (zip of its TSV files)",
    "pubmed-xml": "PubMed XML",
    "jats-xml": "PMC or JATS XML",
}
AS_GOLD, AS_SUGGESTIONS = "Approved", "Suggestions to review"
KEEP_SPLIT = "As the file says"
_TEXT, _TITLE = "paste-text", "paste-title"
_FORMAT, _SPLIT, _STANDING, _PREDICT, _ONLY_CHECK, _ROUND = (
    "file-format",
    "file-split",
    "file-standing",
    "file-predict",
    "file-only-check",
    "file-round",
)


def show_paste(project: ProjectView, user_id: int) -> None:
    """Show the paste box."""
    with st.form("paste", border=True):
        st.markdown("**Paste text**")
        st.text_area(
            "Text",
            key=_TEXT,
            height=206,
            placeholder="An abstract, a paragraph or a single sentence",
            label_visibility="collapsed",
        )
        st.text_input("Title or identifier (optional)", key=_TITLE, max_chars=200)
        st.form_submit_button(
            "Read and predict", type="primary", icon=":material/play_arrow:", on_click=_paste, args=(project, user_id)
        )


def show_files(project: ProjectView, user_id: int, *, type_names: Sequence[str]) -> None:
    """Show the file drop with what has to be said about the files; `type_names` are the project's entity types."""
    st.session_state.setdefault(_ROUND, 0)
    with st.container(border=True):
        st.markdown("**Drop files**")
        files = st.file_uploader(
            "Texts, annotations of any listed format, or a zip of such files",
            accept_multiple_files=True,
            key=_uploader_key(),
        )
        st.caption(
            f"Up to {get_settings().max_upload_megabytes} MB a file. JSONL of DARE Curator may be larger where it is "
            "imported from a terminal, line by line: `dare import PROJECT FILE.jsonl`"
        )
        left, right = st.columns(2)
        left.selectbox("Format", list(FORMATS), format_func=FORMATS.__getitem__, key=_FORMAT)
        right.selectbox("Split", [KEEP_SPLIT, *Split], format_func=_split_name, key=_SPLIT, help=_SPLIT_HELP)
        column_choice.show(files, type_names=type_names, format_name=st.session_state[_FORMAT])
        st.radio("Annotations in the files are", [AS_GOLD, AS_SUGGESTIONS], key=_STANDING, horizontal=True)
        st.checkbox("Predict sentences without annotations", value=True, key=_PREDICT)
        st.checkbox("Only check: report, and store nothing", key=_ONLY_CHECK)
        st.button(
            f"Import {count(len(files), 'file')}" if files else "Import",
            type="primary",
            icon=":material/upload:",
            disabled=not files,
            on_click=_import_files,
            args=(project, user_id),
        )


_SPLIT_HELP = (
    "Training documents teach, development documents choose epochs and threshold, test documents only score. "
    "A file without splits counts as training."
)


def _split_name(split: str) -> str:
    return KEEP_SPLIT if split == KEEP_SPLIT else SPLIT_NAMES[Split(split)].capitalize()


def _uploader_key() -> str:
    return f"files-{st.session_state[_ROUND]}"  # a new key empties the uploader


def _paste(project: ProjectView, user_id: int) -> None:
    act(partial(_do_paste, project_id=project.id, user_id=user_id))


def _do_paste(session: Session, *, project_id: int, user_id: int) -> str:
    text, title = st.session_state[_TEXT], st.session_state[_TITLE].strip()
    if not text.strip():
        raise FormatError("The box is empty; paste at least one sentence.")
    params = {"text": text, "external_id": title, "predict": True}
    client.enqueue(get_settings(), session, JobKind.INGEST, project_id=project_id, params=params, user_id=user_id)
    st.session_state[_TEXT] = st.session_state[_TITLE] = ""
    return f"Reading “{name_import(params)}”"


def _import_files(project: ProjectView, user_id: int) -> None:
    act(partial(_do_import, project_id=project.id, user_id=user_id))


def _do_import(session: Session, *, project_id: int, user_id: int) -> str:
    files: list[UploadedFile] = st.session_state[_uploader_key()]
    split, only_check = st.session_state[_SPLIT], bool(st.session_state[_ONLY_CHECK])
    batch = secrets.token_hex(8)
    for file in files:
        columns = column_choice.get_chosen(file, format_name=st.session_state[_FORMAT])
        params = {
            "path": str(store_upload(get_settings(), file.getvalue())),
            "source": file.name,
            "format": st.session_state[_FORMAT] or (None if columns is None else TABLE),
            "columns": dict(columns or {}),
            "split": None if split == KEEP_SPLIT else Split(split).value,
            "as_gold": st.session_state[_STANDING] == AS_GOLD,
            "predict": bool(st.session_state[_PREDICT]),
            "only_check": only_check,
            "batch": batch,  # by which the page tells what became of files that were dropped together
        }
        client.enqueue(get_settings(), session, JobKind.INGEST, project_id=project_id, params=params, user_id=user_id)
    st.session_state[_ROUND] += 1
    what = f"“{files[0].name}”" if len(files) == 1 else count(len(files), "file")
    return f"{'Checking' if only_check else 'Reading'} {what}"
