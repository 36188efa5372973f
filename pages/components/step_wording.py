"""A step of the history in words: what was done, and to which mention, relation or sentence."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from core.domain import State
from db.queries.decisions import SYNTHETIC
from db.queries.history import Step
from pages.components.session import escape
from pages.components.wording import count, label_name, shorten

# What a decision recorded of a sentence, before it and after it.
Contents: TypeAlias = tuple[Mapping[str, Any], Mapping[str, Any]]
Part: TypeAlias = Mapping[str, Any]

# Short enough for one line of the panel beside the step's buttons, on a window of 1280 pixels.
SENTENCE_LENGTH, MENTION_LENGTH, END_LENGTH, NAME_LENGTH = 34, 26, 12, 14
_WORDS = {
    "accept": "accepted",
    "reject": "rejected",
    "edit": "text edited",
    "relabel": "relabelled",
    "flag": "flag changed",
    "comment": "comment written",
    "reopen": "reopened",
    "add_mention": "mention added",
    "delete_mention": "mention removed",
    "set_type": "type changed",
    "resize_mention": "mention resized",
    "add_relation": "relation added",
    "reverse_relation": "relation reversed",
    "set_label": "label changed",
    "delete_relation": "relation removed",
    "accept_above": "suggestions accepted above a score",
}
_OF_RELATIONS = ("add_relation", "reverse_relation", "set_label", "delete_relation")
_OF_MENTIONS = ("add_mention", "delete_mention", "set_type", "resize_mention")


def describe_step(step: Step, text: str | None, contents: Contents | None) -> str:
    """Return what a step did, as markdown.

    Args:
        step: The step.
        text: The whole text of its sentence; None where that was removed.
        contents: What the step recorded; None where nobody asked, as for a bulk step.
    """
    what = _WORDS.get(step.action, step.action.replace("_", " "))
    if step.num_rows > 1:
        return f"**{count(step.num_rows, 'sentence')}: {escape(what)}** in one step"
    if text is None:
        return f"**{escape(what.capitalize())}**: a sentence that was removed"
    if step.target_kind == SYNTHETIC or contents is None:
        return _tell(what, _quote(text, SENTENCE_LENGTH))
    found = find_part(step.action, *contents)
    if found is not None:
        noun, part = found
        is_whole = step.action in ("accept", "reject")
        return _tell(f"{noun} {what}" if is_whole else what, _describe_part(part, contents, text))
    # All suggestions are rejected at once; the sentence itself stays, as reviewed.
    return _tell("suggestions rejected" if step.action == "reject" else what, _quote(text, SENTENCE_LENGTH))


def find_part(action: str, before: Part, after: Part) -> tuple[str, Part] | None:
    """Return the mention or relation that a step was about, with the word for it; None where it was the whole sentence.

    A mention that is rejected takes its relations with it, and a relation that is accepted its mentions.
    """
    order: tuple[str, ...]
    if action in _OF_MENTIONS:
        order = ("mention",)
    elif action in _OF_RELATIONS:
        order = ("relation",)
    elif action in ("accept", "reject") and before["state"] == after["state"]:
        order = ("relation", "mention") if action == "accept" else ("mention", "relation")
    else:
        return None
    for noun in order:
        changed = _list_changed(before[f"{noun}s"], after[f"{noun}s"])
        if changed:
            return noun, changed[0]
    return None


def _list_changed(before: list[Part], after: list[Part]) -> list[Part]:
    """Return the parts that were changed or added, as they are after the step, then those that are gone."""
    known = {part["id"]: part for part in before}
    present = {part["id"] for part in after}
    changed = [part for part in after if known.get(part["id"]) != part]
    return changed + [part for part in before if part["id"] not in present and part["state"] != State.REJECTED]


def _describe_part(part: Part, contents: Contents, text: str) -> str:
    if "label" not in part:
        return f"{_quote(text[part['start'] : part['end']], MENTION_LENGTH)}, {_name(part['entity_type'])}"
    mentions = {one["id"]: one for content in contents for one in content["mentions"]}
    ends = (mentions[part["head_id"]], mentions[part["tail_id"]])
    head, tail = (_quote(text[end["start"] : end["end"]], END_LENGTH) for end in ends)
    return f"{head} → {tail}, {_name(label_name(part['label']))}"


def _name(name: str) -> str:
    return escape(shorten(name, NAME_LENGTH))


def _quote(text: str, length: int) -> str:
    return f"“{escape(shorten(text, length))}”"


def _tell(what: str, about: str) -> str:
    return f"**{escape(what.capitalize())}**: {about}"
