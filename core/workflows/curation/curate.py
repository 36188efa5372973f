"""A curator's changes: each one checked, versioned, recorded as a decision, and undoable (see `undo`).

Every function here reads first, computes the change on plain values, and writes last: an event that is
refused has written nothing. The caller commits.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from core.errors import ConflictError, DomainError, NotFoundError
from core.workflows.curation import sentence_events, synthetic_events
from core.workflows.curation.event_fields import Event
from core.workflows.curation.undo import undo
from db.queries import annotations, bulk_edits, decisions, edits, projects, synthetic, synthetic_edits
from db.queries.annotations import SentenceView
from db.queries.decisions import Change
from db.queries.synthetic import SyntheticView
from db.session import Session

BULK_KINDS = ("accept", "reject")
# What agrees with the card as it stands; a sentence that is reviewed is not changed by rejecting what is pending.
_CONFIRMING = {decisions.SENTENCE: ("accept",), decisions.SYNTHETIC: ("accept", "reject")}


def apply_sentence_event(
    session: Session, *, project_id: int, user_id: int, sentence_id: int, version: int, event: Event
) -> SentenceView:
    """Apply one event of a curator to a sentence and return it as it is now.

    An event is a mapping with `kind` and its fields; spans are in sentence coordinates:
    add_mention(start, end, entity_type), delete_mention(mention_id), set_type(mention_id, entity_type),
    resize_mention(mention_id, start, end), add_relation(head_id, tail_id, label), reverse_relation(relation_id),
    set_label(relation_id, label), delete_relation(relation_id), accept and reject (with mention_id or relation_id
    for one item; without, everything pending, and the sentence is reviewed), flag (turns it on and off),
    comment(text), reopen, undo (the user's last step on this sentence). Accepting what somebody else decided, as it
    stands, is recorded as a second opinion.

    Args:
        session: An open session; the caller commits.
        project_id: The project.
        user_id: Who decides.
        sentence_id: The sentence.
        version: The version that the curator saw; undo does not need it.
        event: What the curator did.

    Raises:
        DomainError: The event cannot be applied; nothing was changed.
        NotFoundError: The sentence, or what the event names, does not exist; or there is nothing to undo.
        ConflictError: Somebody else changed the sentence; nothing was overwritten.
    """
    if event.get("kind") == decisions.UNDO:
        _undo_on(session, project_id=project_id, user_id=user_id, target=(decisions.SENTENCE, sentence_id))
    else:
        _change_sentence(session, project_id, user_id, sentence_id, version=version, event=event)
    return annotations.get_sentence_view(session, sentence_id, project_id=project_id)


def apply_sentence_batch(
    session: Session, *, project_id: int, user_id: int, versions: Mapping[int, int], event: Event
) -> int:
    """Apply one event to many sentences as one step, which one undo takes back.

    Args:
        session: An open session; the caller commits, or rolls back when this raises.
        project_id: The project.
        user_id: Who decides.
        versions: Sentence id → version that the curator saw.
        event: "accept", "reject", "flag" or "reopen".

    Returns:
        Number of sentences that changed.
    """
    batch_id = secrets.token_hex(8)
    return sum(
        _change_sentence(session, project_id, user_id, sentence_id, version=version, event=event, batch_id=batch_id)
        for sentence_id, version in versions.items()
    )


def apply_synthetic_event(
    session: Session, *, project_id: int, user_id: int, synthetic_id: int, version: int, event: Event
) -> SyntheticView:
    """Apply one event of a curator to a synthetic sentence and return it as it is now.

    Events: accept, reject(reason, may be left out), edit(text; each mask must stay exactly once), relabel(label),
    flag (turns it on and off), comment(text), skip (changes nothing), undo (the user's last step on this sentence).

    Raises:
        DomainError: The event cannot be applied; nothing was changed.
        NotFoundError: The sentence does not exist, or there is nothing to undo.
        ConflictError: Somebody else changed the sentence; nothing was overwritten.
    """
    if event.get("kind") == decisions.UNDO:
        _undo_on(session, project_id=project_id, user_id=user_id, target=(decisions.SYNTHETIC, synthetic_id))
    else:
        _change_synthetic(session, project_id, user_id, synthetic_id, version=version, event=event)
    return synthetic.get_synthetic_view(session, synthetic_id, project_id=project_id)


def apply_synthetic_batch(
    session: Session, *, project_id: int, user_id: int, synthetic_ids: Iterable[int], event: Event
) -> int:
    """Apply "accept" or "reject" to many synthetic sentences as one step, which one undo takes back.

    Returns:
        Number of sentences that changed.

    Raises:
        DomainError: The event is another one.
        NotFoundError: The project lacks one of the sentences; nothing was changed.
        ConflictError: Somebody else changed one of them meanwhile; the caller must roll back.
    """
    if event.get("kind") not in BULK_KINDS:
        raise DomainError(f"{event.get('kind')!r} cannot be done to many sentences; known: {', '.join(BULK_KINDS)}.")
    ids = list(dict.fromkeys(synthetic_ids))
    views = synthetic.get_synthetic_views(session, ids, project_id=project_id)
    if len(views) < len(ids):
        missing = sorted(set(ids) - {view.id for view in views})
        raise NotFoundError(
            f"{len(missing)} of {len(ids)} synthetic sentences are not in this project, {missing[0]} for one; "
            "nothing was changed."
        )
    schema = projects.get_schema(session, project_id)
    befores = [synthetic_edits.to_edit(view) for view in views]
    afters = [synthetic_events.apply_event(before, event, schema) for before in befores]
    triples = [one for one in zip(views, befores, afters, strict=True) if one[1] != one[2]]
    bulk_edits.save_synthetic_edits(session, [(view, after) for view, _, after in triples])
    decisions.add_bulk_decisions(
        session,
        [Change(view.id, before.to_json(), after.to_json()) for view, before, after in triples],
        project_id=project_id,
        user_id=user_id,
        target_kind=decisions.SYNTHETIC,
        action=str(event["kind"]),
        batch_id=secrets.token_hex(8),
    )
    return len(triples)


def _undo_on(session: Session, *, project_id: int, user_id: int, target: tuple[str, int]) -> None:
    # The caller commits: a file of decisions is applied as a whole or not at all.
    if not undo(session, project_id, user_id, target=target, in_parts=False).restored:
        raise NotFoundError("You have nothing left to undo here.")


def _change_sentence(
    session: Session,
    project_id: int,
    user_id: int,
    sentence_id: int,
    *,
    version: int,
    event: Event,
    batch_id: str | None = None,
) -> bool:
    """Apply an event; return whether it changed anything, or confirmed what somebody else decided."""
    loaded = edits.load_sentence(session, sentence_id, project_id=project_id)
    if loaded.version != version:
        raise ConflictError(
            f"Sentence {sentence_id} was changed elsewhere: you saw version {version}, it is at {loaded.version}. "
            "Nothing was overwritten; look at it again and repeat the change."
        )
    text = annotations.get_sentence_text(session, sentence_id)
    context = sentence_events.EventContext(projects.get_schema(session, project_id), text)
    after = sentence_events.apply_event(loaded.annotation, event, context)
    before_json, target = loaded.annotation.to_json(), (decisions.SENTENCE, sentence_id)
    if after.to_json() == before_json and not _is_second_opinion(session, project_id, user_id, target, event):
        return False
    stored = edits.save_annotation(session, loaded, after)
    _record(session, project_id, user_id, target, event, batch_id, before_json, stored)
    return True


def _change_synthetic(
    session: Session,
    project_id: int,
    user_id: int,
    synthetic_id: int,
    *,
    version: int,
    event: Event,
) -> None:
    """Apply an event."""
    view = synthetic.get_synthetic_view(session, synthetic_id, project_id=project_id)
    if view.version != version:
        raise ConflictError(
            f"Synthetic sentence {synthetic_id} was changed elsewhere: you saw version {version}, it is at "
            f"{view.version}. Nothing was overwritten; look at it again and repeat the change."
        )
    before = synthetic_edits.to_edit(view)
    after = synthetic_events.apply_event(before, event, projects.get_schema(session, project_id))
    target = (decisions.SYNTHETIC, synthetic_id)
    if after == before and not _is_second_opinion(session, project_id, user_id, target, event):
        return
    synthetic_edits.save_synthetic(session, view, after)
    _record(session, project_id, user_id, target, event, None, before.to_json(), after)


def _is_second_opinion(session: Session, project_id: int, user_id: int, target: tuple[str, int], event: Event) -> bool:
    """Return whether an event that changes nothing confirms what somebody else was the last to decide."""
    if event["kind"] not in _CONFIRMING[target[0]] or {"mention_id", "relation_id"} & event.keys():
        return False
    last = decisions.list_decisions(session, project_id=project_id, target=target, limit=1)
    return bool(last) and last[0].user_id != user_id


def _record(
    session: Session,
    project_id: int,
    user_id: int,
    target: tuple[str, int],
    event: Event,
    batch_id: str | None,
    before: Mapping[str, Any],
    after: edits.Annotation | synthetic_edits.SyntheticEdit,
) -> None:
    decisions.add_decision(
        session,
        project_id=project_id,
        user_id=user_id,
        target=target,
        action=str(event["kind"]),
        before=before,
        after=after.to_json(),
        batch_id=batch_id,
    )
