"""Accept every suggestion above a score as one step: what it would do, a sample of it, and the step itself."""

import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from core.domain import Schema, State
from core.errors import ConflictError, NotFoundError
from db.queries import annotations, bulk_edits, decisions, edits, pending_above, projects
from db.queries.decisions import Change
from db.queries.edits import Annotation, RelationLink
from db.queries.pending_above import AboveCounts, AboveScore
from db.session import Session

ACTION = "accept_above"
NUM_EXAMPLES = 10
# Sentences that are read and stored together.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence before and after the step."""

    text: str
    before: Annotation
    after: Annotation


def get_counts(session: Session, chosen: AboveScore) -> AboveCounts:
    """Return what accepting the suggestions above a score would do."""
    return pending_above.count_above(session, chosen, projects.get_schema(session, chosen.queue.project_id))


def draw_examples(session: Session, chosen: AboveScore) -> list[Example]:
    """Return a few of the sentences that would change, drawn anew at each call."""
    schema = projects.get_schema(session, chosen.queue.project_id)
    ids = list(pending_above.list_versions_above(session, chosen, schema))
    drawn = random.sample(ids, min(NUM_EXAMPLES, len(ids)))
    loaded = edits.load_sentences(session, drawn)
    return [
        Example(
            annotations.get_sentence_text(session, sentence_id),
            loaded[sentence_id].annotation,
            accept_suggestions(loaded[sentence_id].annotation, chosen, schema),
        )
        for sentence_id in drawn
    ]


def accept_suggestions(annotation: Annotation, chosen: AboveScore, schema: Schema) -> Annotation:
    """Return an annotation with its suggestions above the score accepted.

    A sentence of which nothing is left to decide is reviewed then; a pending one that keeps suggestions stays so.
    """
    sure = {mention_id for mention_id in annotation.mentions if _is_sure(annotation, mention_id, chosen, schema)}
    relations = dict(annotation.relations)
    ends: set[int] = set()
    for relation_id, link in annotation.relations.items():
        if _is_above(annotation, link, chosen, schema) and {link.head_id, link.tail_id} <= sure:
            relations[relation_id] = replace(link, state=State.ACCEPTED)
            ends |= {link.head_id, link.tail_id}
    accepted = sure if chosen.label is None else ends
    mentions = {
        mention_id: replace(mention, state=State.ACCEPTED)
        if mention_id in accepted and mention.state is State.PENDING
        else mention
        for mention_id, mention in annotation.mentions.items()
    }
    states = {one.state for one in mentions.values()} | {one.state for one in relations.values()}
    is_open = State.PENDING in states
    state = annotation.state if is_open or annotation.state is not State.PENDING else State.ACCEPTED
    return replace(annotation, state=state, mentions=mentions, relations=relations)


def _is_sure(annotation: Annotation, mention_id: int, chosen: AboveScore, schema: Schema) -> bool:
    mention = annotation.mentions[mention_id]
    if mention.state is not State.PENDING:
        return mention.state.is_gold
    return _reaches(mention.score, chosen) and mention.entity_type in schema.type_names


def _is_above(annotation: Annotation, link: RelationLink, chosen: AboveScore, schema: Schema) -> bool:
    if link.state is not State.PENDING or not _reaches(link.score, chosen):
        return False
    label = schema.find_label(link.label)
    if label is None or link.label != (chosen.label or link.label):
        return False
    return label.allows(annotation.mentions[link.head_id].entity_type, annotation.mentions[link.tail_id].entity_type)


def _reaches(score: float | None, chosen: AboveScore) -> bool:
    return score is not None and score >= chosen.min_score


def accept_above(session: Session, user_id: int, chosen: AboveScore, *, expected: AboveCounts | None = None) -> int:
    """Accept the suggestions above a score as one step, which one undo takes back; return how many sentences changed.

    After every 500 sentences the session is committed, so that nobody else who writes waits for the whole step. If it
    ends early, what was accepted stays: it is a step like any other, and repeating the call accepts the rest. A
    sentence that somebody changes meanwhile is left as it is.

    Args:
        session: An open session; the caller commits the last sentences, or rolls them back when this raises.
        user_id: Who decides.
        chosen: Which suggestions.
        expected: What the user was told that it would do; None where nobody was asked.

    Raises:
        NotFoundError: No suggestion is above the score.
        ConflictError: It would do something else than expected, or somebody changed a sentence at this very moment.
    """
    schema = projects.get_schema(session, chosen.queue.project_id)
    if expected is not None and expected != pending_above.count_above(session, chosen, schema):
        raise ConflictError(
            "The suggestions above the score are not those that you were told of any more; nothing was accepted. "
            "Look at them again and repeat the step."
        )
    versions = pending_above.list_versions_above(session, chosen, schema)
    if not versions:
        raise NotFoundError(f"No suggestion in these sentences has a score of at least {chosen.min_score:.2f}.")
    batch_id, number = secrets.token_hex(8), 0
    for part in _cut(versions):
        if number:
            session.commit()
        try:
            changes = _accept_part(session, part, chosen, schema)
        except ConflictError as error:
            raise _stopped(error, number) from error
        _record(session, changes, project_id=chosen.queue.project_id, user_id=user_id, batch_id=batch_id)
        number += len(changes)
    return number


def _cut(versions: Mapping[int, int]) -> Iterator[dict[int, int]]:
    """Cut sentences into what is read and stored together."""
    remaining = iter(versions.items())
    while part := dict(islice(remaining, CHUNK)):
        yield part


def _accept_part(session: Session, versions: Mapping[int, int], chosen: AboveScore, schema: Schema) -> list[Change]:
    """Accept what is above the score in the sentences that are still at these versions."""
    loaded = edits.load_sentences(session, list(versions)).values()
    changes = [
        (one, accept_suggestions(one.annotation, chosen, schema)) for one in loaded if one.version == versions[one.id]
    ]
    bulk_edits.save_annotations(session, changes)
    return [Change(one.id, one.annotation.to_json(), after.to_json()) for one, after in changes]


def _record(session: Session, changes: Sequence[Change], *, project_id: int, user_id: int, batch_id: str) -> None:
    decisions.add_bulk_decisions(
        session,
        changes,
        project_id=project_id,
        user_id=user_id,
        target_kind=decisions.SENTENCE,
        action=ACTION,
        batch_id=batch_id,
    )


def _stopped(error: ConflictError, number: int) -> ConflictError:
    """Return the error with what stays of a step that ends early."""
    stays = f" {number} sentences were accepted before; they are a step of their own, which undo takes back."
    return ConflictError(f"{error}{stays}") if number else error
