"""Pairs of mentions that a step leaves without a relation: models learn them as "no relation" once it is done."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from core.domain import NO_RELATION, Document, Mention, Relation, Schema, Sentence, Span, State
from core.workflows.documents.instances import build_instances
from db.queries import pending_above, projects
from db.queries.pending_above import AboveScore, Outline
from db.session import Session

# Sentences that are read: 20,000 take well under a second, and a dialog that is redrawn at every move of its slider
# must not take longer. A larger step is told with "at least".
MAX_READ = 20_000


@dataclass(frozen=True, slots=True)
class UnrelatedPairs:
    """How many pairs become "no relation".

    Args:
        number: Pairs in the sentences that were read.
        is_exact: Whether every sentence was read; otherwise there are at least so many.
    """

    number: int
    is_exact: bool


def count_unrelated(session: Session, chosen: AboveScore, *, max_read: int = MAX_READ) -> UnrelatedPairs:
    """Count the candidate pairs without a relation in the sentences that accepting above a score finishes.

    Args:
        session: An open session.
        chosen: Which suggestions are accepted.
        max_read: Most sentences to read.
    """
    schema = projects.get_schema(session, chosen.queue.project_id)
    outlines = pending_above.read_finished(session, chosen, schema, limit=max_read + 1)
    return UnrelatedPairs(count_in_outlines(outlines[:max_read], schema), len(outlines) <= max_read)


def count_in_outlines(outlines: Iterable[Outline], schema: Schema) -> int:
    """Count the candidate pairs without a relation, as they become instances of a training.

    Sentences of one outline have equally many, so each outline is paired once.
    """
    times = Counter(outlines)
    return sum(number * _count_in_one(outline, schema) for outline, number in times.items())


def _count_in_one(outline: Outline, schema: Schema) -> int:
    if len(outline.types) < 2:
        return 0
    mentions = tuple(Mention(Span(at, at + 1), name) for at, name in enumerate(outline.types))
    relations = tuple(Relation(mentions[head], mentions[tail], label) for head, tail, label in outline.relations)
    text = "x" * len(mentions)
    whole = (Sentence(Span(0, len(text)), State.ACCEPTED),)
    document = Document("", text, whole, mentions, relations)
    return sum(one.label == NO_RELATION for one in build_instances([document], schema).instances)
