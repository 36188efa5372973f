"""The named ways to score. Classification (mentions given) and extraction (mentions found) are never mixed."""

from collections.abc import Sequence

from core.domain import Document, Mention, Relation, SentencePrediction
from core.evaluation.labels import LabelSets
from core.evaluation.matching import (
    RelationKey,
    boundaries_key,
    count_by_label,
    count_matches,
    end_token_key,
    strict_key,
)
from core.evaluation.scores import Counts, Scores

CLASSIFICATION = "mention-pair classification (mentions given, intra-sentence)"
EXTRACTION_KEYS: dict[str, RelationKey] = {
    "strict": strict_key,
    "boundaries": boundaries_key,
    "end-token": end_token_key,
}
MENTIONS = "mentions (span and type exact)"

# What a model and one file of gold documents can be scored under: name → what is printed with the score.
PROTOCOLS: dict[str, str] = {
    "classification": CLASSIFICATION,
    "mentions": MENTIONS,
    **{name: f"extraction, {name} (mentions found)" for name in EXTRACTION_KEYS},
    "concept-pair": "concept-pair classification (mentions and concepts given), unique per document",
    "ddi2013": "DDI2013 classification (mentions given), micro F1 of advise, effect, mechanism, int",
    "chemprot": "ChemProt classification (mentions given), micro F1 of CPR:3, CPR:4, CPR:5, CPR:6, CPR:9",
    "semeval-official": "SemEval-2010 Task 8 official (mentions given), macro F1 with direction, without Other",
    "redn-paper": "REDN paper (mentions given), micro F1 with direction, pairs without a gold relation dropped",
}


def score_classification(
    gold: LabelSets, predicted: LabelSets, labels: Sequence[str], *, protocol: str = CLASSIFICATION
) -> Scores:
    """Score labels given to instances by id.

    Args:
        gold: Positive labels of every instance of the split, none for NO_RELATION; also of those that the
            system could not see (filtered, truncated, overlapping), because those are misses.
        predicted: Positive labels of every instance that the system saw.
        labels: The positive labels to score.
        protocol: What is printed with the score.
    """
    return Scores(protocol, count_by_label(gold, predicted, labels))


def score_mentions(
    gold: Sequence[Sequence[Mention]], predicted: Sequence[Sequence[Mention]], types: Sequence[str]
) -> Scores:
    """Score mentions of the same sentences; span and type must be exact."""
    totals = {name: Counts() for name in types}
    for gold_mentions, predicted_mentions in zip(gold, predicted, strict=True):
        for name in types:
            totals[name] += count_matches(
                (m for m in gold_mentions if m.entity_type == name),
                (m for m in predicted_mentions if m.entity_type == name),
            )
    return Scores(MENTIONS, totals)


def score_extraction(
    gold: Sequence[Sequence[Relation]],
    predicted: Sequence[Sequence[Relation]],
    labels: Sequence[str],
    *,
    criterion: str,
) -> Scores:
    """Score relations between mentions that the system found itself.

    Args:
        gold: Every gold relation of each sentence.
        predicted: Relations found in the same sentences.
        labels: The positive labels.
        criterion: "strict", "boundaries" or "end-token".
    """
    key = EXTRACTION_KEYS[criterion]
    totals = {label: Counts() for label in labels}
    for gold_relations, predicted_relations in zip(gold, predicted, strict=True):
        for label in labels:
            totals[label] += count_matches(
                (key(r) for r in gold_relations if r.label == label),
                (key(r) for r in predicted_relations if r.label == label),
            )
    return Scores(PROTOCOLS[criterion], totals)


def gold_by_sentence(document: Document) -> list[tuple[str, list[Mention], list[Relation]]]:
    """Return (text, gold mentions, gold relations) of each sentence, in sentence coordinates.

    Mentions and relations that cross a sentence border belong to no sentence and are left out here; a
    scorer that must count them as misses adds them from the document.
    """
    mentions = [mention for mention in document.mentions if mention.state.is_gold]
    relations = [relation for relation in document.relations if relation.state.is_gold]
    output = []
    for sentence in document.sentences:
        local = {m: _localise(m, sentence.span.start) for m in mentions if sentence.span.contains(m.span)}
        inside = [
            Relation(local[r.head], local[r.tail], r.label) for r in relations if r.head in local and r.tail in local
        ]
        output.append((sentence.span.text(document.text), list(local.values()), inside))
    return output


def _localise(mention: Mention, start: int) -> Mention:
    return Mention(mention.span.shifted(-start), mention.entity_type, mention.concept_ids)


def score_predictions(
    documents: Sequence[Document],
    predictions: Sequence[Sequence[SentencePrediction]],
    *,
    types: Sequence[str],
    labels: Sequence[str],
) -> dict[str, Scores]:
    """Score end-to-end predictions of whole documents under every extraction protocol.

    Args:
        documents: Gold documents, split into sentences.
        predictions: For each document one prediction a sentence.
        types: Entity types to score.
        labels: Relation labels to score.

    Returns:
        Protocol name → scores. Gold mentions and relations that cross sentences count as misses.
    """
    gold_mentions: list[list[Mention]] = []
    gold_relations: list[list[Relation]] = []
    found: list[SentencePrediction] = []
    for document, document_predictions in zip(documents, predictions, strict=True):
        sentences = gold_by_sentence(document)
        gold_mentions += [mentions for _, mentions, _ in sentences]
        gold_relations += [relations for _, _, relations in sentences]
        found += document_predictions
        gold_mentions.append(_crossing_mentions(document))
        gold_relations.append(_crossing_relations(document))
        found.append(SentencePrediction((), ()))
    scores = {"mentions": score_mentions(gold_mentions, [p.mentions for p in found], types)}
    for criterion in EXTRACTION_KEYS:
        scores[criterion] = score_extraction(gold_relations, [p.relations for p in found], labels, criterion=criterion)
    return scores


def _crossing_mentions(document: Document) -> list[Mention]:
    inside = [sentence.span for sentence in document.sentences]
    return [m for m in document.mentions if m.state.is_gold and not any(span.contains(m.span) for span in inside)]


def _crossing_relations(document: Document) -> list[Relation]:
    inside = [sentence.span for sentence in document.sentences]
    return [
        relation
        for relation in document.relations
        if relation.state.is_gold
        and not any(span.contains(relation.head.span) and span.contains(relation.tail.span) for span in inside)
    ]
