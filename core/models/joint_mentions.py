"""Mentions of a batch as rows of numbers: read off tags, joined with gold ones, put in a table for the pair layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from core.domain import Mention
from core.models.encoder import EncodedText
from core.models.joint_data import JointBatch, JointConfig
from core.nlp.alignment import find_word_range, ranges_from_tags

# First word, last word + 1, entity type id.
TypedRange: TypeAlias = tuple[int, int, int]
# The sentence's place in the batch, and a typed range of it.
MentionNumbers: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class MentionTable:
    """Mentions of a whole batch, one row each, sorted by sentence.

    Shape:
        sentences, first_words, last_words, type_ids: (mentions,), int64; `last_words` is inclusive.
        num_words: (mentions,), int64; words of the mention's sentence.
    """

    sentences: Tensor
    first_words: Tensor
    last_words: Tensor
    type_ids: Tensor
    num_words: Tensor


def make_table(mentions: Sequence[MentionNumbers], num_words: Sequence[int], *, device: torch.device) -> MentionTable:
    """Put mentions of sentences that have so many words into a table on `device`, a row each."""
    columns = torch.tensor(mentions, dtype=torch.long, device=device).reshape(-1, 4)  # (mentions, 4)
    lengths = torch.tensor(num_words, dtype=torch.long, device=device)[columns[:, 0]]  # (mentions,)
    return MentionTable(columns[:, 0], columns[:, 1], columns[:, 2] - 1, columns[:, 3], lengths)


def read_mentions(tag_ids: Tensor, num_words: Sequence[int], config: JointConfig) -> list[list[TypedRange]]:
    """Read the mentions off the tags of each sentence, in order.

    Shape:
        tag_ids: (batch, words, layers), int64.
        num_words: words of each sentence; later columns are padding.
    """
    types = config.entity_types
    found: list[list[TypedRange]] = [[] for _ in num_words]
    for layer, tags in enumerate(config.layers):
        for several, row, count in zip(found, tag_ids[..., layer].tolist(), num_words, strict=True):
            ranges = ranges_from_tags([tags[tag] for tag in row[:count]])
            several += [(first, last, types.index(name)) for first, last, name in ranges]
    return [sorted(several) for several in found]


def join_gold(
    batch: JointBatch, found: Sequence[Sequence[TypedRange]], *, has_teacher_forcing: bool
) -> tuple[list[MentionNumbers], dict[tuple[int, int], int]]:
    """Join the mentions found in a batch with its gold ones, for training.

    Args:
        batch: Knows gold.
        found: Predicted mentions of each sentence.
        has_teacher_forcing: Whether gold mentions that were not found are candidates too.

    Returns:
        The mentions, and the label id >= 1 of each gold pair of them by the places of its head and tail.
    """
    mentions: list[MentionNumbers] = []
    targets = {}
    for sentence, gold in enumerate(batch.mentions):
        kept = [one for one in gold if has_teacher_forcing or one in found[sentence]]
        row_by_mention = {mention: len(mentions) + offset for offset, mention in enumerate(kept)}
        mentions += [(sentence, *one) for one in kept]
        mentions += [(sentence, *one) for one in found[sentence] if one not in row_by_mention]
        for head, tail, label_id in batch.relations[sentence]:
            if gold[head] in row_by_mention and gold[tail] in row_by_mention:
                targets[row_by_mention[gold[head]], row_by_mention[gold[tail]]] = label_id
    return mentions, targets


def place_mentions(
    rows: Sequence[tuple[EncodedText, Sequence[Mention]]], config: JointConfig
) -> list[tuple[MentionNumbers, Mention]]:
    """Return the numbers of the mentions given for each sentence, and each mention beside its own.

    A mention that no word of the input holds is left out.
    """
    placed = []
    for sentence, (encoded, mentions) in enumerate(rows):
        for mention in mentions:
            words = find_word_range(mention.span, encoded.words)
            if words:
                placed.append(((sentence, *words, config.entity_types.index(mention.entity_type)), mention))
    return placed
