"""The negative-instance filter: pairs that rules alone show to be unrelated are neither trained on nor predicted.

Li & Ji 2019 (LOUHI, D19-6204), sec. 3.1: pairs that name the same thing, and pairs within one list. The paper
does not print its rules. On the 27,792 pairs of DDI2013's training files these drop 8,270 of 23,771 negatives
and 7 of 4,021 positives.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.domain import Instance, Origin, Span
from core.nlp.abbreviations import abbreviates

# What may stand between two members of a list; white space alone does not make one.
_LIST_JOINT = re.compile(r"(?=.*\S)(?:[\s,;/()\[\]&+]|\b(?:and|or|plus)\b)*", re.IGNORECASE | re.DOTALL)
_SEPARATOR = re.compile(r"[,;/&+]|\b(?:and|or|plus)\b", re.IGNORECASE)
_CONJUNCTION = re.compile(r"[&+]|\b(?:and|or|plus)\b", re.IGNORECASE)
_OPENING = re.compile(r"\s*[(\[]\s*")
_CLOSING = re.compile(r"\s*[)\]]")
# Two mentions that are joined are a pair and may interact ("aspirin and warfarin"); longer lists only enumerate.
_MIN_LIST = 3


@dataclass(frozen=True, slots=True)
class FilterResult:
    """Instances that stay, and those that are NO_RELATION by rule; both in their first order."""

    kept: tuple[Instance, ...]
    dropped: tuple[Instance, ...]


def filter_negatives(instances: Sequence[Instance]) -> FilterResult:
    """Drop pairs that name the same thing or stand in one list of three or more mentions.

    The lists of a sentence are found among the mentions of all its instances, so give all of them at once.
    A dropped pair that is related in truth is a miss: a scorer must keep it in its denominator. Synthetic
    instances are never dropped, because their sentences were written for their one pair.
    """
    mentions_by_text: dict[str, set[Span]] = defaultdict(set)
    for instance in instances:
        mentions_by_text[instance.text] |= {instance.head.span, instance.tail.span}
    lists_by_text = {text: _find_lists(text, mentions) for text, mentions in mentions_by_text.items()}
    kept: list[Instance] = []
    dropped: list[Instance] = []
    for instance in instances:
        is_unrelated = instance.origin is Origin.CURATED and (
            _is_same_thing(instance)
            or any({instance.head.span, instance.tail.span} <= members for members in lists_by_text[instance.text])
        )
        (dropped if is_unrelated else kept).append(instance)
    return FilterResult(tuple(kept), tuple(dropped))


def _is_same_thing(instance: Instance) -> bool:
    """Return whether both mentions have one name, or one is the other's abbreviation in brackets behind it."""
    text = instance.text
    left, right = sorted([instance.head.span, instance.tail.span])
    name, other = (" ".join(span.text(text).casefold().split()) for span in (left, right))
    if name == other:
        return True
    is_in_brackets = _OPENING.fullmatch(text, left.end, right.start) and _CLOSING.match(text, right.end)
    return is_in_brackets is not None and (abbreviates(other, name) or abbreviates(name, other))


def _find_lists(text: str, mentions: Iterable[Span]) -> list[frozenset[Span]]:
    """Return the members of each list of a sentence.

    A conjunction joins the last member, so a list ends with the mention behind it and the next may begin
    there: in "aspirin and codeine, ketamine or warfarin" aspirin is apart from a list of three. A bracket
    alone joins a mention to the list but is no further item: "beta-blockers (propranolol) and warfarin"
    names two things.
    """
    lists: list[frozenset[Span]] = []
    members: list[Span] = []
    num_items = 0
    for mention in [*sorted(mentions), None]:
        joint = text[members[-1].end : mention.start] if members and mention else ""
        if mention and _LIST_JOINT.fullmatch(joint):
            members.append(mention)
            num_items += _SEPARATOR.search(joint) is not None
            if not _CONJUNCTION.search(joint):
                continue
        if num_items >= _MIN_LIST:
            lists.append(frozenset(members))
        members, num_items = ([mention], 1) if mention else ([], 0)
    return lists
