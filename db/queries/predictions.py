"""What models say about sentences: stored beside what people decided, never over it."""

from collections.abc import Mapping, Set
from dataclasses import replace

from sqlmodel import Session

from core.domain import Mention, SentencePrediction, Source, State
from core.errors import ConflictError
from db.queries.crossing import list_held_mentions
from db.queries.edits import Annotation, LoadedSentence, RelationLink, load_sentences, save_annotation


def store_predictions(
    session: Session, predictions: Mapping[int, SentencePrediction], *, predicted_by: str
) -> list[int]:
    """Store predictions by sentence id and return the ids of the sentences that took them.

    A sentence that a person reviewed, or changes at this moment, is left as it is. What the model said about a
    sentence earlier and nobody decided goes away; a mention or relation that a person rejected does not return.

    Args:
        session: An open session; the caller commits, best after some hundred sentences.
        predictions: Spans in sentence coordinates.
        predicted_by: Name of the model.
    """
    stored = []
    held = list_held_mentions(session, list(predictions))
    for sentence_id, loaded in load_sentences(session, list(predictions)).items():
        if loaded.annotation.state is not State.PENDING:
            continue
        prediction = predictions[sentence_id]
        try:
            _store(session, loaded, prediction, predicted_by, held)
        except ConflictError:
            continue
        stored.append(sentence_id)
    return stored


def _store(
    session: Session, loaded: LoadedSentence, prediction: SentencePrediction, predicted_by: str, held: Set[int]
) -> None:
    save_annotation(
        session,
        loaded,
        _merge(_without_open_predictions(loaded.annotation, held), prediction),
        uncertainty=prediction.uncertainty,
        disagreement=prediction.disagreement,
        predicted_by=predicted_by,
    )


def _without_open_predictions(annotation: Annotation, held: Set[int]) -> Annotation:
    """Return what people decided or imported; a mention stays while a relation that stays needs it.

    Args:
        annotation: What is stored about a sentence.
        held: Mentions that such a relation across sentences needs.
    """
    relations = {relation_id: link for relation_id, link in annotation.relations.items() if not _is_open(link)}
    needed = {mention_id for link in relations.values() for mention_id in (link.head_id, link.tail_id)}
    mentions = {
        mention_id: mention
        for mention_id, mention in annotation.mentions.items()
        if not _is_open(mention) or mention_id in needed or mention_id in held
    }
    return replace(annotation, mentions=mentions, relations=relations)


def _is_open(item: Mention | RelationLink) -> bool:
    return item.state is State.PENDING and item.source is Source.MODEL


def _merge(kept: Annotation, prediction: SentencePrediction) -> Annotation:
    """Add predicted mentions and relations that contradict nothing a person decided."""
    ids = {mention: mention_id for mention_id, mention in kept.mentions.items()}
    gold = [mention.span for mention in kept.mentions.values() if mention.state.is_gold]
    mentions, relations = dict(kept.mentions), dict(kept.relations)
    for mention in prediction.mentions:
        if mention not in ids and not any(mention.span.overlaps(span) for span in gold):
            ids[mention] = -len(ids) - 1
            mentions[ids[mention]] = replace(mention, state=State.PENDING, source=Source.MODEL)
    known = {(link.head_id, link.tail_id, link.label) for link in relations.values()}
    rejected = {mention_id for mention_id, mention in mentions.items() if mention.state is State.REJECTED}
    for relation in prediction.relations:
        head_id, tail_id = ids.get(relation.head), ids.get(relation.tail)
        if head_id is None or tail_id is None or {head_id, tail_id} & rejected:
            continue
        if (head_id, tail_id, relation.label) not in known:
            known.add((head_id, tail_id, relation.label))
            relations[-len(relations) - 1] = RelationLink(
                head_id, tail_id, relation.label, relation.score, State.PENDING, Source.MODEL
            )
    return replace(kept, mentions=mentions, relations=relations)
