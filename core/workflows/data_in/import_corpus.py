"""Store a corpus in a project, all of it or nothing."""

from core.domain import Corpus, Split
from core.workflows.data_in.import_items import ImportOutcome, ImportPlan, Item, Survey, store_items
from core.workflows.documents.prepare_document import SentenceSplitter
from db.queries import projects
from db.session import Session


def import_corpus(
    session: Session,
    project_id: int,
    corpus: Corpus,
    *,
    source_name: str,
    split: Split | None = None,
    as_gold: bool = True,
    split_sentences: SentenceSplitter,
) -> ImportOutcome:
    """Store a corpus in a project, all of it or nothing; the caller commits, or rolls back when this raises.

    A document without sentences is split. If it holds annotations its sentences count as reviewed; without any
    they wait for review. Its facts are projected onto its sentences. A document with sentences, from our own
    format, is stored as it stands.

    Args:
        session: An open session.
        project_id: The project.
        corpus: What a file held.
        source_name: Name of the file, as the user knows it.
        split: Split of the documents; None keeps what the file says.
        as_gold: Whether annotations count as decided by a person; else they are suggestions to review.
        split_sentences: Finds sentences.

    Raises:
        NotFoundError: There is no such project.
        SchemaError: A type or label is unknown or illegal, and the project is not a blank one.
        FormatError: A text holds characters that no database can store.
    """
    plan = ImportPlan(project_id=project_id, source_name=source_name, split=split, as_gold=as_gold)
    projects.get_project(session, project_id)
    survey = Survey(session, plan, split_sentences)
    items: tuple[Item, ...] = (*corpus.documents, *corpus.synthetic)
    for item in items:
        survey.add(item)
    return store_items(session, plan, iter(items), survey, declared=corpus.schema)
