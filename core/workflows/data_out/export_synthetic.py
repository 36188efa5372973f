"""Synthetic sentences with all that is known of them: both texts, scores, decision, edit and provenance."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.domain import State
from core.workflows.curation.synthetic_reading import realise_view
from db.queries import synthetic, synthetic_history, users
from db.queries.synthetic import SyntheticView
from db.queries.synthetic_history import History
from db.session import Session

PAGE_SIZE = 1_000
_PIECE = re.compile(r"\$\w+\$|\w+|[^\w\s]")


def describe_sentences(
    session: Session, project_id: int, *, label: str | None = None, state: State | None = None
) -> Iterator[dict[str, Any]]:
    """Yield each synthetic sentence of a project as JSON, in the order they were written.

    A sentence has `text` with the spans of its masks, `realised` with names and their spans (None where it has no
    names), `scores`, `state`, `reason`, `reviewer` and `decision` of the change that gave it its state (None where
    nobody decided), `is_flagged`, `comment`, `edit` (text and label as generated, and the words changed; None where
    unchanged) and `provenance`. Spans are code points, half open.

    Args:
        session: An open session.
        project_id: The project.
        label: Only this label.
        state: Only this state; None takes all.
    """
    names = users.get_user_names(session)
    ids = synthetic.list_ids(session, project_id, label=label, state=state)
    for start in range(0, len(ids), PAGE_SIZE):
        views = synthetic.get_synthetic_views(session, ids[start : start + PAGE_SIZE], project_id=project_id)
        histories = synthetic_history.get_histories(session, [view.id for view in views], project_id=project_id)
        for view in views:
            yield describe_sentence(view, histories.get(view.id), names)


def write_lines(sentences: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Yield one JSON object a line."""
    for sentence in sentences:
        yield json.dumps(sentence, ensure_ascii=False) + "\n"


def describe_sentence(view: SyntheticView, history: History | None, names: Mapping[int, str]) -> dict[str, Any]:
    """Return one sentence as JSON; `names` gives people by id."""
    is_decided = history is not None and view.state is not State.PENDING
    return {
        "id": view.id,
        "label": view.label,
        "text": view.text,
        "head": _mask_json(view.head_start, view.head_end, view.head_type),
        "tail": _mask_json(view.tail_start, view.tail_end, view.tail_type),
        "realised": _realised_json(view),
        "scores": {
            "agreement": view.agreement,
            "disagreement": view.disagreement,
            "novelty": view.novelty,
            "nearest_gold": view.nearest_gold or None,
        },
        "state": view.state.value,
        "reason": view.reason,
        "is_flagged": view.is_flagged,
        "comment": view.comment,
        "reviewer": names.get(history.user_id) if is_decided and history else None,
        "decision": _decision_json(history) if is_decided and history else None,
        "edit": _edit_json(view, history),
        "provenance": dict(view.provenance) | ({"job_id": view.job_id} if view.job_id else {}),
    }


def _mask_json(start: int, end: int, entity_type: str) -> dict[str, Any]:
    return {"start": start, "end": end, "entity_type": entity_type}


def _realised_json(view: SyntheticView) -> dict[str, Any] | None:
    if not (view.head_name and view.tail_name):
        return None
    realised = realise_view(view)
    return {
        "text": realised.text,
        "head": _mask_json(realised.head.start, realised.head.end, view.head_type),
        "tail": _mask_json(realised.tail.start, realised.tail.end, view.tail_type),
    }


def _decision_json(history: History) -> dict[str, Any]:
    return {
        "action": history.action,
        "time": history.decided_at.isoformat(),
        "in_bulk": history.is_bulk,
    }


def _edit_json(view: SyntheticView, history: History | None) -> dict[str, Any] | None:
    """Return text and label as generated, and each change as [words before, words after]."""
    text = view.text if view.original_text is None else view.original_text
    label = history.first_label if history else view.label
    if (text, label) == (view.text, view.label):
        return None
    before, after = _PIECE.findall(text), _PIECE.findall(view.text)
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    changes = [
        [" ".join(before[a:b]), " ".join(after[c:d])] for kind, a, b, c, d in matcher.get_opcodes() if kind != "equal"
    ]
    return {"original_text": text, "original_label": label, "changes": changes}
