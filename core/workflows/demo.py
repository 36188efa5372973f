"""The demo project of a first start: text written for it, partly reviewed, partly waiting."""

from core.starter.demo import read_demo
from core.workflows.projects import create_project
from db.queries import documents, projects, synthetic, users
from db.session import Session

DEMO_NAME = "Demo: drugs and their side effects"
_DESCRIPTION = "Invented abstracts, imported, predicted and partly reviewed, so that every page has something to show."


def ensure_demo(session: Session) -> int | None:
    """Create the demo in a database that nobody has used yet, and return its project id.

    A database with a project or a user is left alone: who removed the demo does not get it back.
    """
    if projects.list_projects(session) or users.get_user_names(session):
        return None
    users.get_or_add_user(session)
    return create_demo(session)


def create_demo(session: Session) -> int:
    """Create the demo project with its documents and synthetic sentences; return its id."""
    project_id = create_project(session, DEMO_NAME, template="chemical-disease", description=_DESCRIPTION, is_demo=True)
    corpus = read_demo()
    for document in corpus.documents:
        documents.store_document(session, project_id, document, source_name="demo")
    synthetic.add_synthetic(session, project_id, corpus.synthetic)
    return project_id
