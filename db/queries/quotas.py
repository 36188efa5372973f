"""How many accepted synthetic sentences a project wants for each label."""

from sqlmodel import Session, select

from db.tables import SyntheticQuota


def get_quotas(session: Session, project_id: int) -> dict[str, int]:
    """Return the numbers that somebody set, by label."""
    query = select(SyntheticQuota.label, SyntheticQuota.wanted).where(SyntheticQuota.project_id == project_id)
    return dict(session.exec(query).all())


def set_quota(session: Session, project_id: int, label: str, wanted: int | None) -> None:
    """Store the number of a label, >= 0; None goes back to the usual one."""
    row = session.get(SyntheticQuota, (project_id, label))
    if wanted is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(SyntheticQuota(project_id=project_id, label=label, wanted=wanted))
    else:
        row.wanted = wanted
    session.flush()
