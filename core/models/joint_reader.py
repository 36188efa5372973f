"""Sentences in, predictions out: what a joint network finds in them, and how it labels mentions that are given."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import torch
from torch import Tensor

from core.domain import Instance, Mention, Relation, SentencePrediction
from core.models.encoder import EncodedText, encode_texts
from core.models.joint_data import JointBatch, JointItem, make_batch, make_item
from core.models.joint_decoding import JointScores, find_label, make_predictions, make_relation
from core.models.joint_mentions import MentionNumbers, MentionTable, make_table, place_mentions, read_mentions
from core.models.joint_network import JointNetwork, WordStates
from core.models.passes import default_batch_pieces, run_batches
from core.models.tagging import decode_layers
from core.training.config import Precision

Given = TypeVar("Given")
Result = TypeVar("Result")


class JointReader(JointNetwork):
    """A joint network that reads sentences.

    Args:
        encoder: Any BERT-like encoder.
        config: Shape.
    """

    def decide(self, *, temperature: float, threshold: float) -> None:
        """Predict a label where its probability at this temperature, > 0, reaches this threshold, in [0, 1]."""
        self.config = replace(self.config, temperature=temperature, threshold=threshold)

    def encode(self, texts: Sequence[str]) -> list[EncodedText]:
        """Cut sentences into pieces and align words."""
        return encode_texts(self._parts, texts, max_pieces=self.config.max_pieces)

    def collate(self, items: Sequence[JointItem]) -> JointBatch:
        """Pad items to one batch."""
        return make_batch(items, self.config, pad_id=self.tokenizer.pad_token_id)

    def predict(
        self,
        texts: Sequence[str],
        *,
        threshold: float | None = None,
        max_batch_pieces: int | None = None,
        precision: Precision = "fp32",
    ) -> list[SentencePrediction]:
        """Find mentions and relations of sentences.

        Args:
            texts: Sentences.
            threshold: A relation is predicted if its score reaches this, in [0, 1]; None takes the config's.
            max_batch_pieces: Padded pieces of one forward pass; None takes what suits the device.
            precision: Of the encoder, "fp32" or "bf16"; pairs are scored in fp32. On a processor with bf16 units, bf16
                took half the time and changed F1 on BC5CDR dev by 0.0002 (mentions) and 0.0016 (CID).
        """
        self.eval()
        least = self.config.threshold if threshold is None else threshold
        items = [make_item(self.config, one, [], []) for one in self.encode(texts)]
        return run_batches(
            lambda indices: self._predict_batch([items[index] for index in indices], least, precision),
            [len(item.encoded.piece_ids) for item in items],
            device=self.legal.device,
            max_pieces=max_batch_pieces or default_batch_pieces(self.legal.device),
        )

    def _predict_batch(
        self, items: Sequence[JointItem], threshold: float, precision: Precision
    ) -> list[SentencePrediction]:
        batch = self.collate(items).to(self.legal.device)
        with torch.autocast(self.legal.device.type, dtype=torch.bfloat16, enabled=precision == "bf16"):
            states, tag_logits = self.tag_words(batch)
        num_words = batch.count_words()
        tag_ids = decode_layers(tag_logits, num_words, self.config.layers[0])  # (batch, words, layers)
        # (batch, words, layers)
        tag_scores = tag_logits.float().softmax(-1).gather(3, tag_ids.unsqueeze(3)).squeeze(3)
        found = read_mentions(tag_ids, num_words, self.config)
        mentions = [(sentence, *one) for sentence, several in enumerate(found) for one in several]
        pairs, pair_scores = self._score_legal_pairs(batch, states, tag_ids, mentions, precision)
        scores = JointScores(tag_scores.tolist(), mentions, pairs, pair_scores)
        return make_predictions(items, scores, self.config, threshold=threshold)

    def _score_legal_pairs(
        self,
        batch: JointBatch,
        states: WordStates,
        tag_ids: Tensor,
        mentions: Sequence[MentionNumbers],
        precision: Precision,
    ) -> tuple[list[list[int]], list[list[float]]]:
        """Return every pair of mentions that may be related, by their places, with its probabilities."""
        table = make_table(mentions, batch.count_words(), device=self.legal.device)
        pairs = self.legal_pairs(table)  # (pairs, 2)
        if not len(pairs):
            return [], []
        logits = self._score_given_pairs(batch, states, tag_ids, table, pairs, precision)
        return pairs.tolist(), self._to_probabilities(logits)

    def _score_given_pairs(
        self,
        batch: JointBatch,
        states: WordStates,
        tag_ids: Tensor,
        table: MentionTable,
        pairs: Tensor,
        precision: Precision,
    ) -> Tensor:
        """Return the logits of NEG and of each label, (pairs, labels + 1), of pairs, (pairs, 2).

        A label that may not join the types of a pair takes nothing from the others: its logit is -inf.
        """
        with torch.autocast(self.legal.device.type, dtype=torch.bfloat16, enabled=precision == "bf16"):
            words = self.mark_words(batch, states, tag_ids, table.sentences[pairs[:, 0]]).float()
        heads, tails = table.type_ids[pairs].unbind(1)  # (pairs,) each
        logits = self.score_pairs(words, tag_ids, table, pairs).float()
        return logits.masked_fill(~self.legal[heads, tails], -torch.inf)

    def _to_probabilities(self, logits: Tensor) -> list[list[float]]:
        """Return softmax(logits / temperature) of pairs, (pairs, labels + 1)."""
        scores: list[list[float]] = (logits / self.config.temperature).softmax(-1).tolist()
        return scores

    def relate(
        self,
        texts: Sequence[str],
        mentions: Sequence[Sequence[Mention]],
        *,
        threshold: float | None = None,
        precision: Precision = "fp32",
    ) -> list[tuple[Relation, ...]]:
        """Find the relations of sentences whose mentions are given, all of them and no others.

        A mention of a type that is not known, or beyond the longest input, takes no part.

        Args:
            texts: Sentences.
            mentions: Those of each sentence, in its coordinates.
            threshold: As in `predict`.
            precision: As in `predict`.
        """
        least = self.config.threshold if threshold is None else threshold
        return self._read_given(texts, mentions, lambda rows: self._relate_batch(rows, least, precision))

    def _read_given(
        self,
        texts: Sequence[str],
        given: Sequence[Sequence[Given]],
        read: Callable[[Sequence[tuple[EncodedText, Sequence[Given]]]], Sequence[Result]],
    ) -> list[Result]:
        """Read sentences, each with what is given of it, in batches."""
        self.eval()
        rows = list(zip(self.encode(texts), given, strict=True))
        return run_batches(
            lambda indices: read([rows[index] for index in indices]),
            [len(encoded.piece_ids) for encoded, _ in rows],
            device=self.legal.device,
            max_pieces=default_batch_pieces(self.legal.device),
        )

    def _relate_batch(
        self, rows: Sequence[tuple[EncodedText, Sequence[Mention]]], threshold: float, precision: Precision
    ) -> list[tuple[Relation, ...]]:
        batch, states, tag_ids, placed = self._mark_given(rows, precision)
        numbers = [number for number, _ in placed]
        pairs, scores = self._score_legal_pairs(batch, states, tag_ids, numbers, precision)
        relations: list[list[Relation]] = [[] for _ in rows]
        for (head, tail), row in zip(pairs, scores, strict=True):
            relation = make_relation(placed[head][1], placed[tail][1], row, self.config, threshold=threshold)
            if relation:
                relations[numbers[head][0]].append(relation)
        return [tuple(several) for several in relations]

    def _mark_given(
        self, rows: Sequence[tuple[EncodedText, Sequence[Mention]]], precision: Precision
    ) -> tuple[JointBatch, WordStates, Tensor, list[tuple[MentionNumbers, Mention]]]:
        """Read sentences; return their batch, states, tags (batch, words, layers) and those mentions that took part."""
        rows = [(one, [m for m in mentions if m.entity_type in self.config.entity_types]) for one, mentions in rows]
        batch = self.collate([make_item(self.config, encoded, given, []) for encoded, given in rows])
        batch = batch.to(self.legal.device)
        with torch.autocast(self.legal.device.type, dtype=torch.bfloat16, enabled=precision == "bf16"):
            states, _ = self.tag_words(batch)
        # No word beside the mentions has a tag; that of padding is not read.
        return batch, states, batch.tag_ids.clamp(min=0), place_mentions(rows, self.config)

    def classify(self, instances: Sequence[Instance]) -> dict[str, str]:
        """Label candidate pairs whose mentions are given: instance id → label; see `score_candidates`."""
        logits = self.score_candidates(instances)
        scores = self._to_probabilities(torch.tensor(list(logits.values())))
        return {
            one: find_label(row, self.config, threshold=self.config.threshold)
            for one, row in zip(logits, scores, strict=True)
        }

    def score_candidates(self, instances: Sequence[Instance]) -> dict[str, list[float]]:
        """Score candidate pairs whose mentions are given: instance id → logits of NEG, which are 0, and of each label.

        A sentence is read once, with the mentions of all its candidates. A candidate with a mention of a type that is
        not known, or beyond the longest input, is left out. A symmetric label, which a candidate has in text order, is
        scored in the direction that was learnt (`Schema.orient`); one that may not join the pair has -inf.
        """
        by_text: dict[str, list[Instance]] = {}
        for one in instances:
            by_text.setdefault(one.text, []).append(one)
        found = self._read_given(list(by_text), list(by_text.values()), self._score_candidates)
        return {one: scores for by_id in found for one, scores in by_id.items()}

    def _score_candidates(self, rows: Sequence[tuple[EncodedText, Sequence[Instance]]]) -> list[dict[str, list[float]]]:
        given = [(one, list({m: None for i in several for m in (i.head, i.tail)})) for one, several in rows]
        batch, states, tag_ids, placed = self._mark_given(given, "fp32")
        table = make_table([number for number, _ in placed], batch.count_words(), device=self.legal.device)
        pairs = self.legal_pairs(table)  # (pairs, 2)
        scores: dict[tuple[int, int], list[float]] = {}
        if len(pairs):
            logits = self._score_given_pairs(batch, states, tag_ids, table, pairs, "fp32")  # (pairs, labels + 1)
            scores = {(head, tail): row for (head, tail), row in zip(pairs.tolist(), logits.tolist(), strict=True)}
        places: list[dict[Mention, int]] = [{} for _ in rows]
        for index, ((sentence, *_), mention) in enumerate(placed):
            places[sentence][mention] = index
        return [
            {one.id: self._score_candidate(one, here, scores) for one in several if {one.head, one.tail} <= here.keys()}
            for here, (_, several) in zip(places, rows, strict=True)
        ]

    def _score_candidate(
        self, one: Instance, places: Mapping[Mention, int], scores: Mapping[tuple[int, int], Sequence[float]]
    ) -> list[float]:
        """Take each label's logit, less that of NEG, from the pair in the direction in which it was learnt."""
        schema = self.config.to_schema()
        logits = [0.0, *(-math.inf for _ in schema.label_names)]
        for label in schema.candidate_labels(one.head, one.tail):
            learnt = schema.orient(Relation(one.head, one.tail, label.name))
            row = scores[places[learnt.head], places[learnt.tail]]
            class_id = schema.label_names.index(label.name) + 1
            logits[class_id] = row[class_id] - row[0]
        return logits
