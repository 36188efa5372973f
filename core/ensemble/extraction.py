"""Sentences → mentions and relations: a joint model finds mentions, an ensemble (if there is one) labels pairs."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.domain import (
    NO_RELATION,
    Instance,
    Mention,
    Relation,
    Schema,
    SentencePrediction,
    Source,
    State,
)
from core.ensemble.consistency import AnnotatedText, agree_on_names
from core.errors import ModelError
from core.models.joint import JointModel
from core.training.config import Precision

if TYPE_CHECKING:
    from core.ensemble.ensemble import Ensemble, Verdict


@dataclass(frozen=True, slots=True)
class Extractor:
    """The models that a project predicts with.

    Args:
        schema: Only its types and labels are predicted, whatever the models know beside them.
        finder: Finds mentions; None if no model knows any of the schema's types.
        ensemble: Labels pairs; None before a model was promoted: then the finder's own relations stand.
        precision: What the finder computes in: "fp32" or "bf16".
    """

    schema: Schema
    finder: JointModel | None
    ensemble: "Ensemble | None"
    precision: Precision = "fp32"

    def predict(
        self,
        texts: Sequence[str],
        known: Sequence[tuple[Mention, ...]] | None = None,
        documents: Sequence[Hashable] | None = None,
        reviewed: Mapping[Hashable, Sequence[AnnotatedText]] | None = None,
    ) -> list[SentencePrediction]:
        """Predict sentences.

        Args:
            texts: Sentences.
            known: Mentions that curators already made in each sentence; they take part in relations and
                no predicted mention overlaps one of the same type.
            documents: Key of the document of each sentence: what a name is in most places of a document it is in all.
                None takes each sentence alone.
            reviewed: Sentences of these documents in which a person has decided what is a mention: of the names that
                stand there they alone decide.
        """
        known = known if known is not None else [()] * len(texts)
        found = [SentencePrediction((), ()) for _ in texts]
        if self.finder:
            found = self.finder.predict(texts, precision=self.precision)
        merged = [self._merge(prediction, kept) for prediction, kept in zip(found, known, strict=True)]
        agreed = _agree(texts, merged, documents if documents is not None else range(len(texts)), reviewed or {})
        if self.ensemble:
            agreed = self._relabel(self.ensemble, texts, agreed)
        elif self.finder:
            agreed = self._relate(self.finder, texts, found, agreed)
        return [self._join_directions(prediction) for prediction in agreed]

    def classify(self, instances: Sequence[Instance]) -> dict[str, frozenset[str]]:
        """Label instances whose mentions are given: instance id → positive labels.

        Raises:
            ModelError: There is neither an ensemble nor a finder that could label them.
        """
        if self.ensemble:
            verdicts = self.ensemble.classify(instances)
            return {one.id: verdict.labels for one, verdict in zip(instances, verdicts, strict=True)}
        if self.finder:
            found = self.finder.classify(instances)
            return {one: frozenset({label}) - {NO_RELATION} for one, label in found.items()}
        raise ModelError("No model here can label relations of this schema; train and promote one first.")

    def _merge(self, prediction: SentencePrediction, kept: tuple[Mention, ...]) -> SentencePrediction:
        """Put curated mentions in the place of predicted ones, and drop what the schema does not know."""
        new = tuple(
            mention
            for mention in prediction.mentions
            if mention.entity_type in self.schema.type_names
            and not any(m.entity_type == mention.entity_type and m.span.overlaps(mention.span) for m in kept)
        )
        mentions = (*kept, *new)
        relations = tuple(
            relation
            for relation in prediction.relations
            if relation.head in mentions
            and relation.tail in mentions
            and self._allows(relation.label, relation.head, relation.tail)
        )
        return SentencePrediction(mentions, relations, prediction.uncertainty, prediction.disagreement)

    def _relate(
        self,
        finder: JointModel,
        texts: Sequence[str],
        found: Sequence[SentencePrediction],
        agreed: Sequence[SentencePrediction],
    ) -> list[SentencePrediction]:
        """Let the finder read once more the sentences in which a mention that it had not found may be related."""
        again = [
            index
            for index, (before, after) in enumerate(zip(found, agreed, strict=True))
            if self._may_relate({*after.mentions} - {*before.mentions}, after.mentions)
        ]
        if not again:
            return list(agreed)
        given = [agreed[index].mentions for index in again]
        relations = finder.relate([texts[index] for index in again], given, precision=self.precision)
        predictions = list(agreed)
        for index, several in zip(again, relations, strict=True):
            allowed = tuple(one for one in several if self._allows(one.label, one.head, one.tail))
            predictions[index] = replace(agreed[index], relations=allowed)
        return predictions

    def _join_directions(self, prediction: SentencePrediction) -> SentencePrediction:
        """Make the two directions of a symmetric relation one, by the more certain of them."""
        best: dict[tuple[Mention, Mention, str], Relation] = {}
        for relation in map(self.schema.orient, prediction.relations):
            key = (relation.head, relation.tail, relation.label)
            best[key] = max(best.get(key, relation), relation, key=lambda one: one.score or 0.0)
        return replace(prediction, relations=tuple(best.values()))

    def _may_relate(self, new: Set[Mention], mentions: tuple[Mention, ...]) -> bool:
        return bool(new) and any(not new.isdisjoint(pair) for pair in self.schema.candidates(mentions))

    def _allows(self, label: str, head: Mention, tail: Mention) -> bool:
        """Return whether the schema has the label and lets it join these mentions."""
        return any(legal.name == label for legal in self.schema.legal_labels(head.entity_type, tail.entity_type))

    def _relabel(
        self, ensemble: "Ensemble", texts: Sequence[str], found: Sequence[SentencePrediction]
    ) -> list[SentencePrediction]:
        """Let the ensemble label every candidate pair of every sentence; labels that the schema forbids are dropped."""
        instances: list[Instance] = []
        owners: list[int] = []
        for index, (text, prediction) in enumerate(zip(texts, found, strict=True)):
            for head, tail in self.schema.candidates(prediction.mentions):
                instances.append(Instance(str(len(instances)), text, head, tail))
                owners.append(index)
        relations: list[list[Relation]] = [[] for _ in texts]
        verdicts: list[list[Verdict]] = [[] for _ in texts]
        for instance, owner, verdict in zip(instances, owners, ensemble.classify(instances), strict=True):
            verdicts[owner].append(verdict)
            given = [(verdict.label, verdict.score), *verdict.others] if verdict.labels else []
            relations[owner] += [
                Relation(instance.head, instance.tail, label, score, State.PENDING, Source.MODEL)
                for label, score in given
                if self._allows(label, instance.head, instance.tail)
            ]
        return [
            SentencePrediction(
                prediction.mentions,
                tuple(relations[index]),
                max([prediction.uncertainty, *(verdict.uncertainty for verdict in verdicts[index])]),
                max([0.0, *(verdict.disagreement for verdict in verdicts[index])]),
            )
            for index, prediction in enumerate(found)
        ]


def _agree(
    texts: Sequence[str],
    predictions: Sequence[SentencePrediction],
    documents: Sequence[Hashable],
    reviewed: Mapping[Hashable, Sequence[AnnotatedText]],
) -> list[SentencePrediction]:
    """Let the sentences of a document agree on its names; one that gains or loses a mention is the less certain."""
    by_document: dict[Hashable, list[int]] = defaultdict(list)
    for index, document in enumerate(documents):
        by_document[document].append(index)
    agreed = list(predictions)
    for document, indices in by_document.items():
        mentions_of = [predictions[i].mentions for i in indices]
        several = agree_on_names([texts[i] for i in indices], mentions_of, reviewed.get(document, ()))
        for index, mentions in zip(indices, several, strict=True):
            if mentions != predictions[index].mentions:
                agreed[index] = _change_mentions(predictions[index], mentions)
    return agreed


def _change_mentions(prediction: SentencePrediction, mentions: tuple[Mention, ...]) -> SentencePrediction:
    """Put other mentions in a prediction; where one is gone, either reading is as good."""
    doubts = [1 - (one.score or 0.0) for one in mentions if one not in prediction.mentions]
    doubts += [0.5 for one in prediction.mentions if one not in mentions]
    relations = tuple(one for one in prediction.relations if one.head in mentions and one.tail in mentions)
    return replace(prediction, mentions=mentions, relations=relations, uncertainty=max(prediction.uncertainty, *doubts))
