"""Taking back what a curator decided: the last step, one step, or all steps back to one; always by new decisions.

A step is one decision, or all decisions of a bulk step. What was changed since, by somebody else, by a model or by
a later decision that stands, is never overwritten, and what somebody else confirmed since is not taken from under
their decision: of several rows such a one is left as it is, alone it stops the undo.
The caller commits, or rolls back when a function here raises. Of a step of more than 500 rows every 500 are committed
once they are taken back, so that nobody else who writes waits for all of them; if that ends early, they stay so, and
the rest still stands until the undo is repeated. `in_parts=False` keeps a step one transaction.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import ConflictError, NotFoundError
from db.queries import bulk_edits, decisions, edits, synthetic, synthetic_edits
from db.queries.decisions import Change, DecisionView
from db.queries.later_decisions import LaterDecision, find_later_decisions
from db.session import Session

# Decisions that are read and restored together.
CHUNK = 500

Target = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did, as (kind, id) of rows: those that are as before, those changed or confirmed since and left."""

    restored: tuple[Target, ...] = ()
    left: tuple[Target, ...] = ()


def undo(
    session: Session, project_id: int, user_id: int, *, target: Target | None = None, in_parts: bool = True
) -> Undone:
    """Take back the user's last step that is not undone; a bulk step goes as a whole.

    Args:
        session: An open session.
        project_id: The project.
        user_id: Whose step.
        target: Only a step on this row: ("sentence" or "synthetic", id).
        in_parts: Whether a large step is committed in parts.

    Returns:
        What was restored; nothing where there is nothing to undo.

    Raises:
        ConflictError: All of it was changed since, or confirmed by somebody else; nothing was overwritten.
    """
    last = decisions.find_last(session, project_id=project_id, user_id=user_id, target=target)
    if last is None:
        return Undone()
    return _take_back(session, decisions.list_step_ids(session, last), in_parts=in_parts)


def undo_step(session: Session, project_id: int, user_id: int, decision_id: int) -> Undone:
    """Take back one step of the user and nothing else, whatever they did since on other rows.

    Args:
        session: An open session.
        project_id: The project.
        user_id: Whose step.
        decision_id: The decision, or any one of a bulk step.

    Raises:
        NotFoundError: The user has no such step, or it is undone already.
        ConflictError: All of it was changed since, or confirmed by somebody else; nothing was overwritten.
    """
    return _take_back(session, decisions.list_step_ids(session, _get(session, project_id, user_id, decision_id)))


def undo_back_to(session: Session, project_id: int, user_id: int, decision_id: int) -> Undone:
    """Take back a step of the user and everything that they did after it, as one step.

    Raises:
        NotFoundError: The user has no such step, or it is undone already.
        ConflictError: All of it was changed since by others; nothing was overwritten.
    """
    return _take_back(session, decisions.list_ids_since(session, _get(session, project_id, user_id, decision_id)))


def undo_bulk_step(session: Session, project_id: int, user_id: int, batch_id: str) -> Undone:
    """Take back a user's bulk step, whatever they did since on other rows.

    Raises:
        NotFoundError: The user has no such step, or it is undone already.
        ConflictError: Every one of its rows was changed since, or confirmed by somebody else; nothing was overwritten.
    """
    found = decisions.find_bulk_decision(session, batch_id, project_id=project_id, user_id=user_id)
    if found is None:
        raise NotFoundError("This bulk step is not yours, or it is undone already.")
    return _take_back(session, decisions.list_step_ids(session, found))


def _get(session: Session, project_id: int, user_id: int, decision_id: int) -> DecisionView:
    found = decisions.get_decisions(session, [decision_id])
    if not found or (found[0].project_id, found[0].user_id) != (project_id, user_id):
        raise NotFoundError("This step is not yours, or its project was removed.")
    if not decisions.list_step_ids(session, found[0]):
        raise NotFoundError("This step is undone already.")
    return found[0]


def _take_back(session: Session, decision_ids: Sequence[int], *, in_parts: bool = True) -> Undone:
    """Restore what decisions changed, the newest first, and record it as one step."""
    batch_id = secrets.token_hex(8) if len(decision_ids) > 1 else None
    restored: dict[Target, None] = {}
    left: list[DecisionView] = []
    num_open = 0
    for part in _read(session, decision_ids):
        # Where nothing is restored at all, even the record that rows were left is taken back.
        if in_parts and restored and num_open >= CHUNK:
            session.commit()
            num_open = 0
        num_open += len(part)
        for kind, restore in _RESTORERS.items():
            of_kind = [one for one in part if one.target_kind == kind]
            done = restore(session, of_kind)
            _record(session, of_kind, done, batch_id)
            restored |= dict.fromkeys((kind, one.target_id) for one in of_kind if one.id in done)
            left += [one for one in of_kind if one.id not in done]
    if left and not restored:
        raise _changed_since(left[0], find_later_decisions(session, left[:1]).get(left[0].id))
    return Undone(tuple(restored), tuple(dict.fromkeys((one.target_kind, one.target_id) for one in left)))


def _read(session: Session, decision_ids: Sequence[int]) -> Iterator[list[DecisionView]]:
    """Yield decisions in parts in which every row is named once, as each is restored before the next is looked at."""
    for start in range(0, len(decision_ids), CHUNK):
        part: dict[Target, DecisionView] = {}
        for decision in decisions.get_decisions(session, decision_ids[start : start + CHUNK]):
            target = (decision.target_kind, decision.target_id)
            if target in part:
                yield list(part.values())
                part = {}
            part[target] = decision
        yield list(part.values())


def _restore_sentences(session: Session, part: Sequence[DecisionView]) -> set[int]:
    """Restore sentences that are as the decisions left them; return the decisions that were taken back."""
    loaded = edits.load_sentences(session, [one.target_id for one in part])
    # Read after the versions, which everyone who decides moves on: nobody comes in between unseen.
    later = find_later_decisions(session, part)
    fit = [one for one in part if one.id not in later and _is(loaded, one)]
    bulk_edits.save_annotations(
        session, [(loaded[one.target_id], edits.Annotation.from_json(one.before)) for one in fit]
    )
    return {one.id for one in fit}


def _is(loaded: Mapping[int, edits.LoadedSentence], decision: DecisionView) -> bool:
    sentence = loaded.get(decision.target_id)
    return sentence is not None and sentence.annotation.to_json() == edits.to_card(decision.after)


def _restore_synthetic(session: Session, part: Sequence[DecisionView]) -> set[int]:
    """Restore synthetic sentences that are as the decisions left them; return the decisions that were taken back."""
    ids = [one.target_id for one in part]
    present = {view.id: view for view in synthetic.get_synthetic_views(session, ids)}
    later = find_later_decisions(session, part)
    fit = [
        one
        for one in part
        if one.id not in later
        and one.target_id in present
        and synthetic_edits.to_edit(present[one.target_id]).to_json() == one.after
    ]
    changes = [(present[one.target_id], synthetic_edits.SyntheticEdit.from_json(one.before)) for one in fit]
    bulk_edits.save_synthetic_edits(session, changes)
    return {one.id for one in fit}


_RESTORERS: dict[str, Callable[[Session, Sequence[DecisionView]], set[int]]] = {
    decisions.SENTENCE: _restore_sentences,
    decisions.SYNTHETIC: _restore_synthetic,
}


def _record(session: Session, part: Sequence[DecisionView], done: set[int], batch_id: str | None) -> None:
    """Add a decision for each row: taken back, or left as it is."""
    undone = [Change(one.target_id, one.after, one.before, one.id) for one in part if one.id in done]
    kept = [Change(one.target_id, one.after, one.after, one.id) for one in part if one.id not in done]
    common: dict[str, Any] = {"target_kind": part[0].target_kind, "batch_id": batch_id} if part else {}
    for action, changes in ((decisions.UNDO, undone), (decisions.KEEP, kept)):
        if changes:
            decisions.add_bulk_decisions(
                session, changes, project_id=part[0].project_id, user_id=part[0].user_id, action=action, **common
            )


def _changed_since(decision: DecisionView, later: LaterDecision | None) -> ConflictError:
    noun = {decisions.SYNTHETIC: "synthetic sentence"}.get(decision.target_kind, decision.target_kind)
    fault = f"This step ({decision.action}) cannot be undone: {noun} {decision.target_id} was"
    if later is None:
        return ConflictError(
            f"{fault} changed since, by a later decision, by somebody else or by a model. Nothing was overwritten; "
            "take the later decision back first, or change it by hand."
        )
    return ConflictError(
        f"{fault} confirmed or changed since by {later.user_name!r} ({later.action}). Nothing was overwritten; ask "
        f"{later.user_name!r} to take that back first, or change it by hand."
    )
