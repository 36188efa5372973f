"""Projects with their schema, and the counts that say how far curation is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain import NO_RELATION, EntityType, RelationLabel, Schema, Split, State
from core.errors import ConflictError, NotFoundError, SchemaError
from db.faults import taken_as_conflict
from db.mapping import entity_type_row, relation_label_row, to_schema
from db.queries import gold_pairs
from db.queries.search import forget_project
from db.queries.synthetic import count_synthetic
from db.tables import (
    DocumentRow,
    EntityTypeRow,
    Project,
    RelationLabelRow,
    RelationRow,
    SentenceRow,
)


@dataclass(frozen=True, slots=True)
class ProjectView:
    """A project without its text; `model_id` is the promoted ensemble, `joint_model_id` the joint model."""

    id: int
    name: str
    template: str
    description: str
    guideline: str
    is_demo: bool
    created_at: datetime
    model_id: int | None
    joint_model_id: int | None


@dataclass(frozen=True, slots=True)
class ProjectCounts:
    """How much of a project stands where.

    Args:
        sentences: Number of sentences by state.
        relations: Number of relations by label and state.
        synthetic: Number of synthetic sentences by label and state.
    """

    documents: int
    flagged: int
    sentences: dict[State, int]
    relations: dict[str, dict[State, int]]
    synthetic: dict[str, dict[State, int]]


@dataclass(frozen=True, slots=True)
class LabelBalance:
    """Training instances of one label: gold, and gold plus accepted synthetic sentences."""

    label: str
    gold: int
    synthetic: int


def add_project(
    session: Session,
    name: str,
    *,
    template: str,
    description: str,
    guideline: str,
    schema: Schema,
    is_demo: bool = False,
) -> int:
    """Store a project with its schema and return its id.

    Raises:
        ConflictError: The name is taken.
    """
    if session.exec(select(Project).where(Project.name == name)).first() is not None:
        raise ConflictError(f"A project named {name!r} exists already; choose another name.")
    project = Project(name=name, template=template, description=description, guideline=guideline, is_demo=is_demo)
    session.add(project)
    with taken_as_conflict(f"A project named {name!r} exists already; choose another name."):
        session.flush()
    for entity_type in schema.entity_types:
        add_entity_type(session, project.id, entity_type)
    for label in schema.relation_labels:
        add_relation_label(session, project.id, label)
    return project.id


def rename_project(session: Session, project_id: int, name: str) -> None:
    """Give a project another name.

    Raises:
        NotFoundError: There is no such project.
        ConflictError: The name is taken by another one.
    """
    get_project(session, project_id)
    other = find_project(session, name)
    if other is not None and other.id != project_id:
        raise ConflictError(f"A project named {name!r} exists already; choose another name.")
    with taken_as_conflict(f"A project named {name!r} exists already; choose another name."):
        session.execute(sa.update(Project).where(col(Project.id) == project_id).values(name=name))


def delete_project(session: Session, project_id: int) -> None:
    """Remove a project and everything in it, its decisions too."""
    get_project(session, project_id)
    forget_project(session, project_id)
    session.exec(sa.delete(Project).where(col(Project.id) == project_id))


def list_projects(session: Session) -> list[ProjectView]:
    """Return every project, by name."""
    return [_view(project) for project in session.exec(select(Project).order_by(Project.name))]


def lock_project(session: Session, project_id: int) -> None:
    """Let nobody else who asks for it change a project before this transaction ends; SQLite then has no other writer.

    Who stores documents asks for it, and who chooses or removes models.
    """
    unchanged = sa.update(Project).where(col(Project.id) == project_id).values(template=col(Project.template))
    session.execute(unchanged.execution_options(synchronize_session=False))


def get_project(session: Session, project_id: int) -> ProjectView:
    """Return a project.

    Raises:
        NotFoundError: There is no such project.
    """
    query = select(Project).where(Project.id == project_id).execution_options(populate_existing=True)
    project = session.exec(query).first()
    if project is None:
        raise NotFoundError(f"Project {project_id} does not exist; it may have been deleted.")
    return _view(project)


def find_project(session: Session, name: str) -> ProjectView | None:
    """Return the project of a name, or None."""
    project = session.exec(select(Project).where(Project.name == name)).first()
    return None if project is None else _view(project)


def set_guideline(session: Session, project_id: int, guideline: str, *, before: str) -> None:
    """Store the guideline text of a project in place of the one that was read.

    Raises:
        ConflictError: It is another one by now; nothing was stored.
    """
    same = (col(Project.id) == project_id, col(Project.guideline) == before)
    if session.exec(sa.update(Project).where(*same).values(guideline=guideline)).rowcount == 0:
        raise ConflictError("The guideline was changed elsewhere meanwhile; nothing was overwritten. Choose one.")


def get_schema(session: Session, project_id: int) -> Schema:
    """Return the entity types and relation labels of a project, in their order."""
    types = session.exec(select(EntityTypeRow).where(EntityTypeRow.project_id == project_id))
    labels = session.exec(select(RelationLabelRow).where(RelationLabelRow.project_id == project_id))
    return to_schema(types, labels)


def add_entity_type(session: Session, project_id: int, entity_type: EntityType) -> None:
    """Add an entity type at the end of a schema."""
    position = _next_position(session, EntityTypeRow, project_id)
    session.add(entity_type_row(entity_type, project_id=project_id, position=position))
    session.flush()


def add_relation_label(session: Session, project_id: int, label: RelationLabel) -> None:
    """Add a relation label at the end of a schema."""
    position = _next_position(session, RelationLabelRow, project_id)
    session.add(relation_label_row(label, project_id=project_id, position=position))
    session.flush()


def set_legal_types(session: Session, project_id: int, name: str, legal_types: Iterable[tuple[str, str]]) -> None:
    """Replace the (head type, tail type) pairs that a label may join.

    Raises:
        SchemaError: The project has no such label.
    """
    row = session.exec(
        select(RelationLabelRow).where(RelationLabelRow.project_id == project_id, RelationLabelRow.name == name)
    ).first()
    if row is None:
        raise SchemaError(f"Unknown relation label {name!r}; add it to the schema first.")
    row.legal_types = [list(pair) for pair in legal_types]
    session.flush()


def count_project(session: Session, project_id: int) -> ProjectCounts:
    """Count documents, sentences, relations and synthetic sentences of a project."""
    sentences = session.exec(
        select(SentenceRow.state, sa.func.count())
        .where(SentenceRow.project_id == project_id)
        .group_by(col(SentenceRow.state))
    )
    count = select(sa.func.count())
    return ProjectCounts(
        documents=session.exec(count.select_from(DocumentRow).where(DocumentRow.project_id == project_id)).one(),
        flagged=session.exec(
            count.select_from(SentenceRow).where(
                SentenceRow.project_id == project_id, col(SentenceRow.is_flagged).is_(True)
            )
        ).one(),
        sentences={State(state): number for state, number in sentences},
        relations=_count_relations(session, project_id),
        synthetic=count_synthetic(session, project_id),
    )


def get_class_balance(session: Session, project_id: int, *, split: Split | None = None) -> list[LabelBalance]:
    """Return the instances of every label and of NO_RELATION, in schema order; of one split or of all.

    Gold counts come from reviewed sentences; NO_RELATION is every legal pair of gold mentions of such a
    sentence without a gold relation. A pair with two labels counts once for each of them.
    """
    schema = get_schema(session, project_id)
    reviewed = gold_pairs.in_gold_sentences(project_id, split)
    gold = gold_pairs.count_gold_relations(session, reviewed)
    synthetic = {
        label: counts.get(State.ACCEPTED, 0) + counts.get(State.CORRECTED, 0)
        for label, counts in count_synthetic(session, project_id).items()
    }
    num_candidates = gold_pairs.count_candidates(session, reviewed, schema)
    negatives = num_candidates - gold_pairs.count_related_pairs(session, reviewed)
    return [
        *(LabelBalance(name, gold.get(name, 0), synthetic.get(name, 0)) for name in schema.label_names),
        LabelBalance(NO_RELATION, max(negatives, 0), synthetic.get(NO_RELATION, 0)),
    ]


def _view(project: Project) -> ProjectView:
    return ProjectView(
        project.id,
        project.name,
        project.template,
        project.description,
        project.guideline,
        project.is_demo,
        project.created_at,
        project.model_id,
        project.joint_model_id,
    )


def _next_position(session: Session, table: type[EntityTypeRow] | type[RelationLabelRow], project_id: int) -> int:
    last = session.exec(select(sa.func.max(col(table.position))).where(col(table.project_id) == project_id)).one()
    return 0 if last is None else last + 1


def _count_relations(session: Session, project_id: int) -> dict[str, dict[State, int]]:
    label, state = col(RelationRow.label), col(RelationRow.state)
    query = select(label, state, sa.func.count()).where(RelationRow.project_id == project_id)
    counts: dict[str, dict[State, int]] = {}
    for name, item_state, number in session.exec(query.group_by(label, state)):
        counts.setdefault(name, {})[item_state] = number
    return counts
