"""The demo project of a first start: text written for it, partly reviewed, partly waiting."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from core.domain import Document, Schema, SyntheticSentence
from core.generation.nearest import find_nearest
from core.generation.realise import Lexicon
from core.starter.demo import read_demo
from core.workflows.documents.instances import list_maskable, list_names, mask_sentences
from core.workflows.projects import create_project
from db.queries import intake, projects, synthetic, users
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
    intake.store_documents(session, project_id, corpus.documents, source_name="demo")
    schema = projects.get_schema(session, project_id)
    synthetic.add_synthetic(session, project_id, _dress(corpus.synthetic, corpus.documents, schema))
    return project_id


def _dress(
    sentences: Sequence[SyntheticSentence], documents: Sequence[Document], schema: Schema
) -> list[SyntheticSentence]:
    """Give the sentences what a generation gives its own: names of the project, novelty and the nearest gold."""
    gold = list_maskable(documents, schema)
    lexicon = Lexicon.from_names(list_names(gold))
    nearest = find_nearest([one.text for one in sentences], mask_sentences(gold, schema))
    dressed = []
    for one, found in zip(sentences, nearest, strict=True):
        head_name, tail_name = lexicon.draw_pair(one.head.entity_type, one.tail.entity_type, rng=Random(one.text))
        dressed.append(
            replace(one, head_name=head_name, tail_name=tail_name, novelty=found.novelty, nearest_gold=found.text)
        )
    return dressed
