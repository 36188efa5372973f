"""Masks → real names: the form of a synthetic sentence that people read and joint models train on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random

from core.domain import Span


@dataclass(frozen=True, slots=True)
class RealisedSentence:
    """A sentence with names in the place of its masks; spans are code points of `text`."""

    text: str
    head: Span
    tail: Span


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Names of the project's own mentions, by entity type; a name as often as it occurs.

    Args:
        names_by_type: Entity type → names.
    """

    names_by_type: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @staticmethod
    def from_names(names: Iterable[tuple[str, str]]) -> "Lexicon":
        """Collect (entity type, name) pairs; names on several lines or without a letter are left out."""
        by_type: dict[str, list[str]] = {}
        for entity_type, name in names:
            tidy = " ".join(name.split())
            if tidy == name and any(character.isalpha() for character in name):
                by_type.setdefault(entity_type, []).append(name)
        return Lexicon({entity_type: tuple(found) for entity_type, found in by_type.items()})

    def draw_pair(self, head_type: str, tail_type: str, *, rng: Random) -> tuple[str, str]:
        """Draw a name for head and tail; the same name, whatever its case, never stands for both.

        Returns:
            The two names; both empty where the lexicon cannot name the pair.
        """
        heads = self.names_by_type.get(head_type, ())
        tails = self.names_by_type.get(tail_type, ())
        if not heads or not tails:
            return "", ""
        head = rng.choice(heads)
        others = [name for name in tails if name.casefold() != head.casefold()]
        return (head, rng.choice(others)) if others else ("", "")


def realise(text: str, *, head: Span, tail: Span, head_name: str, tail_name: str) -> RealisedSentence:
    """Put names in the place of two masks.

    Args:
        text: The masked sentence.
        head: The head's mask, in code points of `text`.
        tail: The tail's mask; does not overlap the head's.
        head_name: Name for the head; empty leaves its mask.
        tail_name: Name for the tail; empty leaves its mask.
    """
    names = {head: head_name or head.text(text), tail: tail_name or tail.text(text)}
    first, second = sorted(names)
    before, between, after = text[: first.start], text[first.end : second.start], text[second.end :]
    start = len(before) + len(names[first]) + len(between)
    spans = {
        first: Span(len(before), len(before) + len(names[first])),
        second: Span(start, start + len(names[second])),
    }
    return RealisedSentence(f"{before}{names[first]}{between}{names[second]}{after}", spans[head], spans[tail])
