"""Joint mentions and relations in one pass: sentences in, predictions out; parts; files.

Giorgi et al. 2019; `core.models.joint_network` has the layers and what goes beyond the paper.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from core.domain import NO_RELATION, Instance, Mention, Relation, SentencePrediction
from core.models.encoder import ENCODER_FOLDER, EncodedText, build_encoder, encode_texts, save_encoder
from core.models.joint_data import JointBatch, JointConfig, JointItem, make_batch, make_item
from core.models.joint_decoding import JointScores, make_predictions, make_relation
from core.models.joint_mentions import MentionNumbers, make_table, place_candidates, place_mentions, read_mentions
from core.models.joint_network import JointNetwork, WordStates
from core.models.joint_parts import pick_weights
from core.models.passes import default_batch_pieces, run_batches
from core.models.tagging import decode_layers
from core.training.checkpoints import (
    WEIGHTS_OF,
    find_weights_folder,
    load_config,
    load_weights,
    save_config,
    save_weights,
)
from core.training.config import Precision

ARCHITECTURE = "joint"


class JointModel(JointNetwork):
    """A joint network that reads sentences, gives parts of itself, and lies in a folder.

    Args:
        encoder: Any BERT-like encoder.
        config: Shape.
    """

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
        threshold: float = 0.5,
        max_batch_pieces: int | None = None,
        precision: Precision = "fp32",
    ) -> list[SentencePrediction]:
        """Find mentions and relations of sentences.

        Args:
            texts: Sentences.
            threshold: A relation is predicted if its score reaches this, in [0, 1].
            max_batch_pieces: Padded pieces of one forward pass; None takes what suits the device.
            precision: Of the encoder, "fp32" or "bf16"; pairs are scored in fp32. On a processor with bf16 units, bf16
                took half the time and changed F1 on BC5CDR dev by 0.0002 (mentions) and 0.0016 (CID).
        """
        self.eval()
        items = [make_item(self.config, one, [], []) for one in self.encode(texts)]
        return run_batches(
            lambda indices: self._predict_batch([items[index] for index in indices], threshold, precision),
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
        with torch.autocast(self.legal.device.type, dtype=torch.bfloat16, enabled=precision == "bf16"):
            words = self.mark_words(batch, states, tag_ids, table.sentences[pairs[:, 0]]).float()
        scores: list[list[float]] = self.score_pairs(words, tag_ids, table, pairs).float().softmax(-1).tolist()
        return pairs.tolist(), scores

    def relate(
        self,
        texts: Sequence[str],
        mentions: Sequence[Sequence[Mention]],
        *,
        threshold: float = 0.5,
        precision: Precision = "fp32",
    ) -> list[tuple[Relation, ...]]:
        """Find the relations of sentences whose mentions are given, all of them and no others.

        A mention of a type that is not known, or beyond the longest input, takes no part.

        Args:
            texts: Sentences.
            mentions: Those of each sentence, in its coordinates.
            threshold: A relation is predicted if its score reaches this, in [0, 1].
            precision: As in `predict`.
        """
        self.eval()
        known = [[one for one in several if one.entity_type in self.config.entity_types] for several in mentions]
        rows = list(zip(self.encode(texts), known, strict=True))
        return run_batches(
            lambda indices: self._relate_batch([rows[index] for index in indices], threshold, precision),
            [len(encoded.piece_ids) for encoded, _ in rows],
            device=self.legal.device,
            max_pieces=default_batch_pieces(self.legal.device),
        )

    def _relate_batch(
        self, rows: Sequence[tuple[EncodedText, Sequence[Mention]]], threshold: float, precision: Precision
    ) -> list[tuple[Relation, ...]]:
        batch = self.collate([make_item(self.config, encoded, given, []) for encoded, given in rows])
        batch = batch.to(self.legal.device)
        with torch.autocast(self.legal.device.type, dtype=torch.bfloat16, enabled=precision == "bf16"):
            states, _ = self.tag_words(batch)
        placed = place_mentions(rows, self.config)
        numbers = [number for number, _ in placed]
        # No word beside the mentions has a tag; that of padding is not read.
        pairs, scores = self._score_legal_pairs(batch, states, batch.tag_ids.clamp(min=0), numbers, precision)
        relations: list[list[Relation]] = [[] for _ in rows]
        for (head, tail), row in zip(pairs, scores, strict=True):
            relation = make_relation(placed[head][1], placed[tail][1], row, self.config, threshold=threshold)
            if relation:
                relations[numbers[head][0]].append(relation)
        return [tuple(several) for several in relations]

    @torch.inference_mode()
    def classify(self, instances: Sequence[Instance], *, batch_size: int = 64) -> dict[str, str]:
        """Label candidate pairs whose mentions are given: instance id → label.

        The tags of the two mentions are set to gold; everything else is as in `predict`. A mention without
        a piece (beyond the longest input) leaves its instances out.
        """
        self.eval()
        labels: dict[str, str] = {}
        encoded = self.encode([instance.text for instance in instances])
        for start in range(0, len(instances), batch_size):
            chunk = list(zip(instances[start : start + batch_size], encoded[start : start + batch_size], strict=True))
            labels |= self._classify_batch(chunk)
        return labels

    def _classify_batch(self, chunk: Sequence[tuple[Instance, EncodedText]]) -> dict[str, str]:
        ids, items, mentions = place_candidates(chunk, self.config)
        if not items:
            return {}
        batch = self.collate(items).to(self.legal.device)
        states, tag_logits = self.tag_words(batch)
        is_gold = batch.tag_ids > 0  # (batch, words, layers); words inside the two mentions
        tag_ids = torch.where(is_gold, batch.tag_ids, tag_logits.argmax(-1))  # (batch, words, layers)
        table = make_table(mentions, batch.count_words(), device=self.legal.device)
        pairs = torch.arange(2 * len(items), device=self.legal.device).reshape(-1, 2)  # (pairs, 2)
        words = self.mark_words(batch, states, tag_ids, table.sentences)
        scores = self.score_pairs(words, tag_ids, table, pairs)  # (pairs, labels + 1)
        classes = (NO_RELATION, *self.config.labels)
        return {one: classes[index] for one, index in zip(ids, scores.argmax(-1).tolist(), strict=True)}

    # A part of what it knows.

    def restrict(
        self, entity_types: Sequence[str], labels: Sequence[str], *, known_as: Mapping[str, str] | None = None
    ) -> "JointModel":
        """Return a model that knows only these types and labels: the same encoder, and the rows they need of the rest.

        Args:
            entity_types: Names in the part.
            labels: Names, here and in the part.
            known_as: Names of the part's types in this model, where they differ.

        Raises:
            ModelError: One of them is not known.
        """
        known_as = known_as or {}
        config = self.config.restrict([known_as.get(name, name) for name in entity_types], labels)
        part = JointModel(self._parts, config.rename({here: there for there, here in known_as.items()}))
        part.load_state_dict(pick_weights(self.state_dict(), self.config, config))
        return part.to(self.legal.device).eval()

    # Files.

    def save(self, path: Path, *, is_half: bool = False) -> None:
        """Write weights (as fp16 if `is_half`), config and tokenizer into a folder."""
        save_weights(path, self.state_dict(), dtype=torch.float16 if is_half else None)
        save_config(path, {"architecture": ARCHITECTURE, "config": asdict(self.config)})
        save_encoder(path, self.encoder, self.tokenizer)

    def save_part(
        self,
        path: Path,
        *,
        weights_of: str,
        entity_types: Sequence[str],
        labels: Sequence[str],
        known_as: Mapping[str, str] | None = None,
    ) -> None:
        """Write a folder without weights, which stands for a part of the model in the folder beside it.

        Args:
            path: Folder to write into.
            weights_of: Name of the folder, beside `path`, that holds the weights.
            entity_types: Names in the part.
            labels: Names, here and in the part.
            known_as: Names of the part's types in this model, where they differ.

        Raises:
            ModelError: One of the names is not known.
        """
        part = self.restrict(entity_types, labels, known_as=known_as).config
        content = {"entity_types": part.entity_types, "labels": part.labels, "known_as": dict(known_as or {})}
        save_config(path, {"architecture": ARCHITECTURE, WEIGHTS_OF: weights_of, **content})

    @classmethod
    def load(cls, path: Path) -> "JointModel":
        """Read a model written by `save`, or the part of one that `save_part` describes.

        Raises:
            ModelError: The folder is incomplete.
        """
        saved = load_config(path)
        if WEIGHTS_OF in saved:
            whole = cls.load(find_weights_folder(path))
            return whole.restrict(saved["entity_types"], saved["labels"], known_as=saved.get("known_as"))
        model = cls(build_encoder(path / ENCODER_FOLDER), JointConfig.from_json(saved["config"]))
        model.load_state_dict(load_weights(path))
        model.eval()
        return model
