"""Import a published corpus: a project made from its schema, its documents in their splits."""

from core.corpora import CorpusSet
from core.domain import Corpus
from core.workflows.data_in.import_corpus import import_corpus
from core.workflows.data_in.import_items import ImportOutcome
from core.workflows.projects import create_project
from core.workflows.templates import BLANK
from db.queries import projects
from db.session import Session


def import_corpus_set(session: Session, project: str, corpus_set: CorpusSet) -> ImportOutcome:
    """Store all splits of a corpus in a project, all of it or nothing; the caller commits.

    A missing project is created from the corpus's schema; one that is there must know its types and labels.

    Args:
        session: An open session.
        project: Name of the project.
        corpus_set: What was read.

    Raises:
        DomainError: The name is empty or too long.
        SchemaError: The project is there and lacks a type or label of the corpus.
    """
    from core.nlp.sentences import split_sentences

    found = projects.find_project(session, project)
    description = f"{corpus_set.name}, as published. {' '.join(corpus_set.notes)}"
    project_id = found.id if found else create_project(session, project, template=BLANK, description=description)
    return import_corpus(
        session,
        project_id,
        Corpus(corpus_set.documents, schema=corpus_set.schema),
        source_name=corpus_set.name,
        split_sentences=split_sentences,
    )
