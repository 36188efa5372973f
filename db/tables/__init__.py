"""Every table, one class each, a file a subject; a class ends in `Row` where a domain type has the plain name."""

from db.tables.decisions import Decision
from db.tables.documents import DocumentFactRow, DocumentRow, MentionRow, RelationRow, SentenceRow
from db.tables.jobs import Job, JobProgress, WorkerStatus
from db.tables.models import Member, Model, Run, Snapshot
from db.tables.projects import EntityTypeRow, Project, RelationLabelRow, UserAccount
from db.tables.synthetic import SyntheticQuota, SyntheticRow

__all__ = [
    "Decision",
    "DocumentFactRow",
    "DocumentRow",
    "EntityTypeRow",
    "Job",
    "JobProgress",
    "Member",
    "MentionRow",
    "Model",
    "Project",
    "RelationLabelRow",
    "RelationRow",
    "Run",
    "SentenceRow",
    "Snapshot",
    "SyntheticQuota",
    "SyntheticRow",
    "UserAccount",
    "WorkerStatus",
]
