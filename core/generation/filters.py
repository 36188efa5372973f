"""What makes a generated sentence unusable, and the filter that says why (DARE sec. 3.2, and more)."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.domain import Mention, Source, State
from core.errors import AlignmentError
from core.generation.near_copies import NearCopyIndex, split_content_words
from core.nlp.masking import locate_masks, mask_word

MIN_WORDS = 8
# A word that fewer gold sentences hold is no word of such prose, but what a generator wrote for want of a name.
MIN_GOLD_SHARE = 0.01

_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*$")


class Removal(StrEnum):
    """Why a generated sentence was removed; the first that applies, in this order."""

    MASKS = "masks"
    BARE_TYPE = "bare_type"
    TOO_SHORT = "too_short"
    UNFINISHED = "unfinished"
    MEMORISED = "memorised"
    COPY_OF_GOLD = "copy_of_gold"
    COPY_OF_SYNTHETIC = "copy_of_synthetic"
    JUDGES = "judges"

    @property
    def description(self) -> str:
        """What happened, in words for a curator."""
        return _DESCRIPTIONS[self]


_DESCRIPTIONS = {
    Removal.MASKS: "does not hold exactly one mask of each mention",
    Removal.BARE_TYPE: "names a type where a name belongs (“due to chemical”), as gold sentences do not",
    Removal.TOO_SHORT: f"has fewer than {MIN_WORDS} words",
    Removal.UNFINISHED: "does not end like a sentence",
    Removal.MEMORISED: "repeats a sentence of the dev or test split",
    Removal.COPY_OF_GOLD: "repeats a gold sentence of the train split",
    Removal.COPY_OF_SYNTHETIC: "repeats another synthetic sentence",
    Removal.JUDGES: "fits its label less than the least agreement of the judges that was asked for",
}


@dataclass(frozen=True, slots=True)
class MaskPair:
    """The masks that stand for head and tail, and the entity types behind them.

    Args:
        head_mask: Mask of the head.
        tail_mask: Mask of the tail.
        head_type: Its entity type.
        tail_type: Its entity type.
        is_ordered: Whether the head comes first in the text, as it does in gold where no label has a direction.
    """

    head_mask: str
    tail_mask: str
    head_type: str
    tail_type: str
    is_ordered: bool = False


@dataclass(frozen=True, slots=True)
class KeptSentence:
    """A generated sentence that passed every filter; mentions are its two masks."""

    text: str
    head: Mention
    tail: Mention


class SentenceFilter:
    """Judges generated sentences of one label and remembers those it keeps.

    Args:
        pairs: The mask pairs that the label's sentences may hold, the most usual first.
        masks: Every mask of the schema; one that is not of the pair makes a sentence unusable.
        gold: Masked gold sentences of the train split, of every label.
        heldout: Masked gold sentences of dev and test, of every label.
        synthetic: Masked synthetic sentences that exist already.

    Attributes:
        bare_types: Words of masks that gold sentences do not use as words, and no generated one may.
    """

    def __init__(
        self,
        pairs: Sequence[MaskPair],
        *,
        masks: Iterable[str],
        gold: Iterable[str] = (),
        heldout: Iterable[str] = (),
        synthetic: Iterable[str] = (),
    ) -> None:
        known, gold = sorted(masks, key=len, reverse=True), tuple(gold)
        self._pairs = tuple(pairs)
        self._mask_pattern = re.compile("|".join(map(re.escape, known)))
        self.bare_types = _find_unused({mask_word(mask) for mask in known}, gold)
        self._copies = {
            Removal.MEMORISED: NearCopyIndex(heldout),
            Removal.COPY_OF_GOLD: NearCopyIndex(gold),
            Removal.COPY_OF_SYNTHETIC: NearCopyIndex(synthetic),
        }

    def judge(self, text: str) -> KeptSentence | Removal:
        """Return the sentence with its mentions found, or why it is removed; a kept one counts as seen."""
        kept = self._find_masks(text)
        if kept is None:
            return Removal.MASKS
        words = split_content_words(text)
        if not self.bare_types.isdisjoint(words):
            return Removal.BARE_TYPE
        if len(words) < MIN_WORDS:
            return Removal.TOO_SHORT
        if not _SENTENCE_END.search(text):
            return Removal.UNFINISHED
        for reason, index in self._copies.items():
            if index.has_near_copy(text):
                return reason
        self._copies[Removal.COPY_OF_SYNTHETIC].add(text)
        return kept

    def _find_masks(self, text: str) -> KeptSentence | None:
        """Return the sentence with head and tail of the first pair that is there, alone and once."""
        found = Counter(self._mask_pattern.findall(text))
        for pair in self._pairs:
            if set(found) != {pair.head_mask, pair.tail_mask}:
                continue
            try:
                head, tail = locate_masks(text, pair.head_mask, pair.tail_mask)
            except AlignmentError:
                return None
            if pair.is_ordered and tail < head:
                return None
            return KeptSentence(
                text,
                Mention(head, pair.head_type, state=State.ACCEPTED, source=Source.MODEL),
                Mention(tail, pair.tail_type, state=State.ACCEPTED, source=Source.MODEL),
            )
        return None


def _find_unused(words: Collection[str], gold: Sequence[str]) -> frozenset[str]:
    """Return the words that next to no gold sentence holds; none where there is no gold to tell."""
    counts = Counter(word for text in gold for word in {*split_content_words(text)}.intersection(words))
    return frozenset(word for word in words if counts[word] < MIN_GOLD_SHARE * len(gold))
