"""Many sentences changed in one step: few statements where only states differ, each row with its version check."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, col

from core.domain import State
from core.errors import ConflictError
from db.columns import utc_now
from db.queries.crossing import follow_mentions
from db.queries.edits import Annotation, LoadedSentence, RelationLink, save_annotation
from db.queries.synthetic import CHUNK, SyntheticView
from db.queries.synthetic_edits import SyntheticEdit, save_synthetic, to_edit
from db.tables import MentionRow, RelationRow, SentenceRow, SyntheticRow

Item = TypeVar("Item")


def save_annotations(session: Session, changes: Sequence[tuple[LoadedSentence, Annotation]]) -> None:
    """Store changed annotations of many sentences, some hundred at a time.

    Args:
        session: An open session; the caller commits.
        changes: Each sentence as it was read, and what to store.

    Raises:
        ConflictError: Somebody changed one of the sentences since it was read; the caller must roll back.
    """
    plain = [(loaded, after) for loaded, after in changes if _differ_in_states(loaded.annotation, after)]
    known = {loaded.id for loaded, _ in plain}
    _take_versions(session, plain)
    _set_states(session, MentionRow, _moved((loaded.annotation.mentions, after.mentions) for loaded, after in plain))
    _set_states(session, RelationRow, _moved((loaded.annotation.relations, after.relations) for loaded, after in plain))
    # No bulk step rejects a mention for the first time, so the states of relations before are on record already.
    follow_mentions(session, ((loaded.annotation.mentions, after.mentions) for loaded, after in plain))
    for loaded, after in changes:
        if loaded.id not in known:
            save_annotation(session, loaded, after)


def _differ_in_states(before: Annotation, after: Annotation) -> bool:
    """Return whether mentions and relations are the same but for their states."""
    if before.mentions.keys() != after.mentions.keys() or before.relations.keys() != after.relations.keys():
        return False
    for mention_id, mention in before.mentions.items():
        other = after.mentions[mention_id]
        parts = (mention.concept_ids, mention.names, mention.score, mention.source)
        # Equality of mentions looks at span and type only.
        if mention != other or parts != (other.concept_ids, other.names, other.score, other.source):
            return False
    return all(_same_link(link, after.relations[relation_id]) for relation_id, link in before.relations.items())


def _same_link(link: RelationLink, other: RelationLink) -> bool:
    return replace(link, state=other.state) == other


def _take_versions(session: Session, changes: Sequence[tuple[LoadedSentence, Annotation]]) -> None:
    """Write the sentence rows, which also locks them, unless one of their versions moved on."""
    by_values: defaultdict[tuple[State, bool, str], list[tuple[int, int]]] = defaultdict(list)
    for loaded, after in changes:
        by_values[after.state, after.is_flagged, after.comment].append((loaded.id, loaded.version))
    place = sa.tuple_(col(SentenceRow.id), col(SentenceRow.version))
    for (state, is_flagged, comment), versions in by_values.items():
        values = {"state": state, "is_flagged": is_flagged, "comment": comment, "updated_at": utc_now()}
        for chunk in _cut(versions):
            written = session.exec(
                sa.update(SentenceRow)
                .where(place.in_(chunk))
                .values(version=SentenceRow.version + 1, **values)
                .execution_options(synchronize_session=False)
            )
            if written.rowcount != len(chunk):
                raise _changed_elsewhere(len(chunk) - written.rowcount, len(changes), "sentences")


def _moved(pairs: Iterable[tuple[Mapping[int, Any], Mapping[int, Any]]]) -> dict[State, list[int]]:
    """Return the ids of the items whose state differs, by their new state."""
    ids: defaultdict[State, list[int]] = defaultdict(list)
    for before, after in pairs:
        for item_id, item in after.items():
            if item.state is not before[item_id].state:
                ids[item.state].append(item_id)
    return ids


def _set_states(
    session: Session, table: type[MentionRow] | type[RelationRow], by_state: Mapping[State, Sequence[int]]
) -> None:
    for state, ids in by_state.items():
        for chunk in _cut(ids):
            session.exec(
                sa.update(table)
                .where(col(table.id).in_(chunk))
                .values(state=state)
                .execution_options(synchronize_session=False)
            )


def _cut(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Cut a list into what one statement may name."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def save_synthetic_edits(session: Session, changes: Sequence[tuple[SyntheticView, SyntheticEdit]]) -> None:
    """Store many changed synthetic sentences, in few statements where only state and reason differ.

    Raises:
        ConflictError: Somebody changed one of them since it was read; the caller must roll back.
    """
    by_values: defaultdict[tuple[State, str], list[tuple[int, int]]] = defaultdict(list)
    for view, after in changes:
        if replace(to_edit(view), state=after.state, reason=after.reason) == after:
            by_values[after.state, after.reason].append((view.id, view.version))
        else:
            save_synthetic(session, view, after)
    for (state, reason), versions in by_values.items():
        for chunk in _cut(versions):
            written = session.exec(
                sa.update(SyntheticRow)
                .where(sa.tuple_(col(SyntheticRow.id), col(SyntheticRow.version)).in_(chunk))
                .values(version=SyntheticRow.version + 1, state=state, reason=reason)
                .execution_options(synchronize_session=False)
            )
            if written.rowcount != len(chunk):
                raise _changed_elsewhere(len(chunk) - written.rowcount, len(changes), "synthetic sentences")


def _changed_elsewhere(number: int, total: int, noun: str) -> ConflictError:
    return ConflictError(
        f"{number} of {total} {noun} were changed elsewhere meanwhile; nothing was overwritten. "
        "Look at them again and repeat the step."
    )
