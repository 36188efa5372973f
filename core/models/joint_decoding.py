"""From what the joint model scored to predicted mentions and relations."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain import NO_RELATION, Mention, Relation, SentencePrediction, Source, Span, State
from core.models.joint_data import JointConfig, JointItem
from core.models.joint_mentions import MentionNumbers


@dataclass(frozen=True, slots=True)
class JointScores:
    """What the model says about a batch.

    Args:
        tag_scores: Probabilities of the words' tags, for each sentence a list a word with one a layer; those of
            padding are not read.
        mentions: What the tags stand for.
        pairs: Places of head and tail among `mentions`.
        pair_scores: Probabilities of NEG and of each label, a list for each pair.
    """

    tag_scores: Sequence[Sequence[Sequence[float]]]
    mentions: Sequence[MentionNumbers]
    pairs: Sequence[Sequence[int]]
    pair_scores: Sequence[Sequence[float]]


def make_predictions(
    items: Sequence[JointItem], scores: JointScores, config: JointConfig, *, threshold: float
) -> list[SentencePrediction]:
    """Turn the scores of a batch into the prediction of each sentence.

    Args:
        items: The sentences of the batch.
        scores: What the model says about them.
        config: Names of types and labels.
        threshold: A relation is predicted if its score reaches this, in [0, 1].
    """
    mentions = [_make_mention(items[one[0]], one, scores.tag_scores[one[0]], config) for one in scores.mentions]
    mentions_of: list[list[Mention]] = [[] for _ in items]
    for (sentence, *_), mention in zip(scores.mentions, mentions, strict=True):
        mentions_of[sentence].append(mention)
    relations_of: list[list[Relation]] = [[] for _ in items]
    # The probability of the least certain decision, on a word or on a pair.
    least = [
        min((min(layers) for layers in row[: len(item.encoded.words)]), default=1.0)
        for row, item in zip(scores.tag_scores, items, strict=True)
    ]
    for (head, tail), row in zip(scores.pairs, scores.pair_scores, strict=True):
        sentence = scores.mentions[head][0]
        least[sentence] = min(least[sentence], max(row))
        relation = make_relation(mentions[head], mentions[tail], row, config, threshold=threshold)
        if relation:
            relations_of[sentence].append(relation)
    return [
        SentencePrediction(tuple(m), tuple(r), uncertainty=1 - p)
        for m, r, p in zip(mentions_of, relations_of, least, strict=True)
    ]


def make_relation(
    head: Mention, tail: Mention, scores: Sequence[float], config: JointConfig, *, threshold: float
) -> Relation | None:
    """Return the relation of the most probable label, if that reaches the threshold.

    Args:
        head: First mention.
        tail: Second one.
        scores: Probabilities of NEG and of each label.
        config: Names of the labels.
        threshold: In [0, 1].
    """
    label = find_label(scores, config, threshold=threshold)
    if label == NO_RELATION:
        return None
    return Relation(head, tail, label, max(scores[1:]), State.PENDING, Source.MODEL)


def find_label(scores: Sequence[float], config: JointConfig, *, threshold: float) -> str:
    """Return the most probable label if that reaches the threshold, else NO_RELATION, as a member of an ensemble votes.

    Args:
        scores: Probabilities of NEG and of each label.
        config: Names of the labels.
        threshold: In [0, 1].
    """
    best = max(range(1, len(scores)), key=scores.__getitem__, default=0)
    return config.labels[best - 1] if best and scores[best] >= threshold else NO_RELATION


def _make_mention(
    item: JointItem, place: MentionNumbers, tag_scores: Sequence[Sequence[float]], config: JointConfig
) -> Mention:
    """A mention is as certain as its least certain word."""
    _, first, last, type_id = place
    words = item.encoded.words
    span = Span(words[first].start, words[last - 1].end)
    entity_type = config.entity_types[type_id]
    score = min(layers[config.layer_of(entity_type)] for layers in tag_scores[first:last])
    return Mention(span, entity_type, score=score, state=State.PENDING, source=Source.MODEL)
