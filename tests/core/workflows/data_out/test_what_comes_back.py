"""What BioC and brat state beyond the domain goes through the store and comes out again."""

import json
from pathlib import Path
from typing import Any

from core.formats.archives import pack_zip, unpack_zip
from core.workflows.data_in.ingest import import_file
from core.workflows.data_out.export import ExportFilter, export_project
from core.workflows.projects import create_project
from db.session import Session

ANNOTATIONS = [
    {"id": "a", "text": "Aspirin", "infons": {"type": "Drug", "MESH": "D1"}, "locations": [{"offset": 0, "length": 7}]},
    {"id": "b", "text": "rash", "infons": {"type": "Sign", "n": "1"}, "locations": [{"offset": 15, "length": 4}]},
]
BIOC = {
    "id": "7",
    "infons": {"journal": "A Journal"},
    "passages": [
        {"offset": 0, "text": "Aspirin caused rash.", "infons": {"section": "INTRO"}, "annotations": ANNOTATIONS},
        {"offset": 21, "text": "We saw it.", "infons": {"section": "METHODS"}},
    ],
    "relations": [
        {
            "id": "r",
            "infons": {"relation": "causes", "novel": "No"},
            "nodes": [{"refid": "a", "role": "cause"}, {"refid": "b", "role": "effect"}],
        }
    ],
}
BRAT = """T2\tDrug 0 7\tAspirin
T5\tSign 15 19\trash
T1\tTrigger 8 14\tcaused
R3\tCauses Cause:T2 Effect:T5
E1\tCausing:T1 Cause:T2 Theme:T5
A1\tNegation E1
N1\tReference T2 MESH:D001241\tAspirin
#1\tAnnotatorNotes R3\tsure
"""


def take_and_give(session: Session, path: Path, data: bytes, format_name: str) -> bytes:
    """Import a file into a blank project and export the project."""
    path.write_bytes(data)
    project_id = create_project(session, "P", template="blank")
    assert not import_file(session, project_id, path)["refused"]
    written, _ = export_project(session, project_id, ExportFilter(), format_name=format_name)
    assert written.report.dropped.keys() <= {"schema"}
    return written.data


def list_infons(document: dict[str, Any]) -> list[Any]:
    annotations = [one for passage in document["passages"] for one in passage.get("annotations", [])]
    roles = [[node["role"] for node in one["nodes"]] for one in document["relations"]]
    return [one["infons"] for one in (*document["passages"], *annotations, *document["relations"])] + roles


def test_every_infon_of_bioc_comes_back_from_the_store(session: Session, tmp_path: Path) -> None:
    data = take_and_give(session, tmp_path / "a.json", json.dumps({"documents": [BIOC]}).encode(), "bioc-json")
    (found,) = json.loads(data)["documents"]
    assert list_infons(found) == list_infons(BIOC)
    assert found["infons"]["journal"] == "A Journal"


def test_every_line_of_brat_comes_back_from_the_store(session: Session, tmp_path: Path) -> None:
    files = {"a.txt": b"Aspirin caused rash.", "a.ann": BRAT.encode()}
    written = unpack_zip(take_and_give(session, tmp_path / "a.zip", pack_zip(files), "brat"))
    lines = [line for line in written["a.ann"].decode().split("\n") if not line.startswith("#\tdare")]
    assert sorted(lines) == sorted(BRAT.split("\n"))
