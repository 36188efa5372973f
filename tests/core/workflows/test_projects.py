"""Projects, templates, schema changes."""

from functools import partial
from pathlib import Path

import pytest

from core.artifacts import ArtifactStore
from core.domain import EntityType, JobKind, RelationLabel
from core.errors import ConflictError, DomainError, NotFoundError, SchemaError
from core.workflows.projects import (
    add_entity_type,
    add_relation_label,
    create_project,
    delete_project,
    set_guideline,
)
from core.workflows.templates import PALETTE, TEMPLATES
from db.queries import jobs, models, projects
from db.session import Session


@pytest.mark.parametrize("template", list(TEMPLATES))
def test_project_starts_with_the_schema_of_its_template(session: Session, template: str) -> None:
    project_id = create_project(session, " mine ", template=template)
    assert projects.get_schema(session, project_id) == TEMPLATES[template].schema
    project = projects.get_project(session, project_id)
    assert (project.name, project.template) == ("mine", template)


def test_templates_explain_every_name_and_never_use_a_colour_twice() -> None:
    for template in TEMPLATES.values():
        types, labels = template.schema.entity_types, template.schema.relation_labels
        assert all(each.guideline for each in (*types, *labels))
        for group in (types, labels):
            colours = [each.colour for each in group]
            assert len(set(colours)) == len(colours) and set(colours) <= set(PALETTE)


def test_drug_drug_labels_have_no_direction() -> None:
    schema = TEMPLATES["drug-drug"].schema
    assert schema.label_names == ("ADVISE", "EFFECT", "MECHANISM", "INT")
    assert all(label.is_symmetric for label in schema.relation_labels)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_name_of_a_project_has_limits(session: Session, name: str) -> None:
    with pytest.raises(DomainError, match="1 to 100 characters"):
        create_project(session, name, template="blank")


def test_taken_name_and_unknown_template_are_refused(session: Session) -> None:
    create_project(session, "p", template="blank")
    with pytest.raises(ConflictError, match="choose another name"):
        create_project(session, "p", template="blank")
    with pytest.raises(SchemaError, match="known: chemical-disease"):
        create_project(session, "q", template="nope")


def test_schema_grows_at_its_end(session: Session) -> None:
    project_id = create_project(session, "p", template="chemical-disease")
    add_entity_type(session, project_id, EntityType("Gene"))
    add_relation_label(session, project_id, RelationLabel("GDA", (("Gene", "Disease"),)))
    schema = projects.get_schema(session, project_id)
    assert (schema.type_names, schema.label_names) == (("Chemical", "Disease", "Gene"), ("CID", "GDA"))


def test_schema_refuses_taken_reserved_and_dangling_names(session: Session) -> None:
    project_id = create_project(session, "p", template="chemical-disease")
    with pytest.raises(SchemaError, match="unique"):
        add_entity_type(session, project_id, EntityType("Disease"))
    with pytest.raises(SchemaError, match="negative label"):
        add_relation_label(session, project_id, RelationLabel("NO_RELATION", (("Chemical", "Disease"),)))
    with pytest.raises(SchemaError, match="unknown entity types"):
        add_relation_label(session, project_id, RelationLabel("X", (("Gene", "Disease"),)))
    with pytest.raises(SchemaError, match="at least one head and tail type"):
        add_relation_label(session, project_id, RelationLabel("X", ()))


def test_deleted_project_is_gone(session: Session, tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path.as_uri(), cache_path=tmp_path)
    project_id = create_project(session, "p", template="drug-drug")
    before = projects.get_project(session, project_id).guideline
    set_guideline(session, project_id, "new", before=before)
    assert projects.get_project(session, project_id).guideline == "new"
    delete_project(session, project_id, store, uploads_path=tmp_path)
    assert projects.list_projects(session) == []
    remove = partial(delete_project, store=store, uploads_path=tmp_path)
    for change in (remove, lambda *args: set_guideline(*args, "x", before="new")):
        with pytest.raises(NotFoundError):
            change(session, project_id)


def test_a_deleted_project_takes_the_files_of_its_jobs_models_and_uploads_along(
    session: Session, tmp_path: Path
) -> None:
    store, uploads_path = ArtifactStore(tmp_path.as_uri(), cache_path=tmp_path), tmp_path / "uploads"
    gone, kept = (create_project(session, name, template="drug-drug") for name in ("gone", "kept"))
    paths = {name: write(uploads_path / name) for name in ("of-gone", "of-kept")} | {"own": write(tmp_path / "own.txt")}
    for name, project_id in (("of-gone", gone), ("of-kept", kept), ("own", gone)):
        params = {"path": str(paths[name])}
        jobs.add_job(session, f"ingest-{name}", JobKind.INGEST, project_id=project_id, params=params)
    runs = [write(store.path(f"runs/{name}") / "gold.json") for name in ("train-gone", "train-kept", "elsewhere")]
    for name, project_id in (("train-gone", gone), ("train-kept", kept)):
        jobs.add_job(session, name, JobKind.RETRAIN, project_id=project_id, params={})
    models.add_model(
        session, project_id=gone, name="m", architecture="cls", kind="ensemble", artifact_key="runs/elsewhere"
    )
    delete_project(session, gone, store, uploads_path=uploads_path)
    assert [path.exists() for path in paths.values()] == [False, True, True]
    assert [path.exists() for path in runs] == [False, True, False]
    assert sorted(path.name for path in store.path("runs").iterdir()) == ["train-kept"]


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("Aspirin caused rash.", encoding="utf-8")
    return path
