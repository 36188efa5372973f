"""Joint mentions and relations in one pass: BIOES tags, then a biaffine over pairs of predicted mentions.

Giorgi et al. 2019, "End-to-end Named Entity Recognition and Relation Extraction using Pre-trained
Language Models", eq. 1-10 and app. A.2. Beyond the paper each entity type may have a tag sequence of its own, pairs may
have layers of their own (`core.models.relation_layers`), and be scored by the words around their mentions too
(`core.models.pair_context`); `JointConfig` says which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.domain import NO_RELATION, Instance, SentencePrediction
from core.models.encoder import ENCODER_FOLDER, EncodedText, Encoder, build_encoder, encode_texts, save_encoder
from core.models.joint_data import IGNORED_TAG, JointBatch, JointConfig, JointItem, make_batch, make_item
from core.models.joint_decoding import JointScores, make_predictions
from core.models.joint_layers import Bilinear, feed_forward
from core.models.joint_mentions import MentionTable, join_gold, make_table, place_candidates, read_mentions
from core.models.joint_parts import pick_weights
from core.models.pair_context import NUM_SEGMENTS, pool_segments
from core.models.passes import default_batch_pieces, run_batches
from core.models.relation_layers import NO_MARK, RelationLayers
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


@dataclass(frozen=True, slots=True)
class WordStates:
    """What the encoder says about a batch.

    Shape:
        words: (batch, words, width), after its last layer.
        earlier: (batch, pieces, width), before the layers that pairs have a copy of.
    """

    words: Tensor
    earlier: Tensor


class JointModel(nn.Module):
    """Encoder, tag layer and biaffine pair layer.

    Args:
        encoder: Any BERT-like encoder.
        config: Shape.
    """

    def __init__(self, encoder: Encoder, config: JointConfig) -> None:
        super().__init__()
        self.config = config
        self.tokenizer = encoder.tokenizer
        self.encoder = encoder.model
        self._parts = encoder
        self.dropout = nn.Dropout(config.dropout)
        self.num_layers, self.num_tags = len(config.layers), len(config.layers[0])
        self.tag_layer = nn.Linear(encoder.width, self.num_layers * self.num_tags)
        self.tag_embedding = nn.Embedding(self.num_layers * self.num_tags, config.tag_width, scale_grad_by_freq=True)
        if config.num_relation_layers:
            self.relation_layers = RelationLayers(
                encoder.model,
                num_layers=config.num_relation_layers,
                num_tags=self.num_layers * self.num_tags,
            )
        width = encoder.width + config.tag_width
        self.head_layer = feed_forward(width, config.hidden_width, config.pair_width, config.dropout)
        self.tail_layer = feed_forward(width, config.hidden_width, config.pair_width, config.dropout)
        num_classes = len(config.labels) + 1
        self.bilinear = Bilinear(config.pair_width, config.pair_width, num_classes, bias=False)
        self.linear = nn.Linear(2 * config.pair_width, num_classes)
        if config.has_context:
            pooled_width = 2 * config.pair_width + NUM_SEGMENTS * encoder.width
            self.context_layer = nn.Sequential(
                nn.Linear(pooled_width, config.hidden_width), nn.ReLU(), nn.Dropout(config.dropout)
            )
            self.context_output = nn.Linear(config.hidden_width, num_classes)
        legal = torch.zeros(len(config.entity_types), len(config.entity_types), dtype=torch.bool)
        for head_type, tail_type in config.legal_types:
            legal[config.entity_types.index(head_type), config.entity_types.index(tail_type)] = True
        self.register_buffer("legal", legal, persistent=False)  # (head types, tail types)
        self.legal: Tensor
        layer_of = torch.tensor([config.layer_of(name) for name in config.entity_types], dtype=torch.long)
        self.register_buffer("layer_of", layer_of, persistent=False)  # (types,)
        self.layer_of: Tensor

    @classmethod
    def create(cls, encoder: Encoder, config: JointConfig, *, seed: int) -> Self:
        """Build a new model on an encoder; the new weights are drawn from `seed`."""
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return cls(encoder, config)

    # The forward pass, top to bottom.

    def tag_words(self, batch: JointBatch) -> tuple[WordStates, Tensor]:
        """Score the tags of every word (eq. 1).

        Shape:
            returns: states; tag logits (batch, words, layers, tags).
        """
        output = self.encoder(batch.piece_ids, attention_mask=batch.attention_mask, output_hidden_states=True)
        pieces = output.last_hidden_state  # (batch, pieces, width)
        index = batch.first_pieces.unsqueeze(-1).expand(-1, -1, pieces.shape[-1])  # (batch, words, width)
        words = self.dropout(pieces.gather(1, index))  # (batch, words, width)
        states = WordStates(words, output.hidden_states[-1 - self.config.num_relation_layers])
        return states, self.tag_layer(words).unflatten(-1, (self.num_layers, self.num_tags))

    def mark_words(self, batch: JointBatch, states: WordStates, tag_ids: Tensor, sentences: Tensor) -> Tensor:
        """Return what pairs read: the words again with their tags known, or as they are if all layers are shared.

        Shape:
            tag_ids: (batch, words, layers), int64, the predicted tags.
            sentences: (pairs,), int64; that of each pair. The words of others, which nothing reads, stay as they are.
            returns: (batch, words, width).
        """
        if not self.config.num_relation_layers:
            return states.words
        rows = tag_ids + torch.arange(self.num_layers, device=tag_ids.device) * self.num_tags
        is_marked = (tag_ids > 0) & batch.is_word.unsqueeze(-1)  # (batch, words, layers)
        rows = rows.masked_fill(~is_marked, NO_MARK)
        few: Tensor = torch.unique(sentences)  # (sentences,)
        read = self.relation_layers(
            states.earlier[few], batch.attention_mask[few], batch.first_pieces[few], rows[few]
        )  # (sentences, words, width)
        return states.words.index_copy(0, few, self.dropout(read).to(states.words.dtype))

    def score_pairs(self, words: Tensor, tag_ids: Tensor, table: MentionTable, pairs: Tensor) -> Tensor:
        """Score every label for pairs of mentions, each represented by its last word (eq. 3-7), and by their context.

        Shape:
            words: (batch, words, width), as `mark_words` returns them.
            tag_ids: (batch, words, layers), int64, the predicted tags.
            pairs: (pairs, 2), int64; rows of `table`, head first.
            returns: (pairs, labels + 1); class 0 is NEG.
        """
        layers = self.layer_of[table.type_ids]  # (mentions,)
        tags = layers * self.num_tags + tag_ids[table.sentences, table.last_words, layers]  # (mentions,)
        states = words[table.sentences, table.last_words]  # (mentions, width)
        ends = torch.cat([states, self.tag_embedding(tags)], dim=-1)  # (mentions, width + tag width)
        head = self.head_layer(ends)[pairs[:, 0]]  # (pairs, pair width)
        tail = self.tail_layer(ends)[pairs[:, 1]]  # (pairs, pair width)
        logits: Tensor = self.bilinear(head, tail) + self.linear(torch.cat([head, tail], dim=-1))
        if self.config.has_context:
            pooled = torch.cat([head, tail, pool_segments(words, table, pairs)], dim=-1)  # (pairs, pooled width)
            logits = logits + self.context_output(self.context_layer(pooled))
        return logits

    def legal_pairs(self, table: MentionTable) -> Tensor:
        """Return every ordered pair of different mentions of one sentence whose types may be related.

        Shape:
            returns: (pairs, 2), int64; rows of `table`, head first.
        """
        same_sentence = table.sentences.unsqueeze(1) == table.sentences.unsqueeze(0)  # (mentions, mentions)
        allowed = self.legal[table.type_ids.unsqueeze(1), table.type_ids.unsqueeze(0)] & same_sentence
        allowed.fill_diagonal_(False)
        return allowed.nonzero()

    def loss(self, batch: JointBatch, epochs_done: float) -> Tensor:
        """L_NER + lambda L_RE, lambda rising from 0 to its full weight over the first epoch (eq. 2, 8 and 10).

        L_NER is a mean over words; that of several layers of tags is their sum. What a sentence's corpus does not
        annotate takes no part: its words compete for the other tags only.
        """
        states, tag_logits = self.tag_words(batch)
        num_words = batch.count_words()
        # (batch, words, layers, tags)
        tag_logits = tag_logits.masked_fill(batch.unknown_tags.unsqueeze(1), -torch.inf)
        tag_loss = functional.cross_entropy(
            tag_logits.flatten(0, 2).float(), batch.tag_ids.flatten(), ignore_index=IGNORED_TAG, reduction="sum"
        ) / max(1, sum(num_words))
        tag_ids = tag_logits.argmax(-1)  # (batch, words, layers)
        found = read_mentions(tag_ids, num_words, self.config)
        mentions, targets = join_gold(batch, found, has_teacher_forcing=self.config.has_teacher_forcing)
        table = make_table(mentions, num_words, device=self.legal.device)
        pairs = self.legal_pairs(table)
        if not len(pairs):
            return tag_loss
        sentences = table.sentences[pairs[:, 0]]  # (pairs,)
        words = self.mark_words(batch, states, tag_ids, sentences)
        pair_logits = self.score_pairs(words, tag_ids, table, pairs)  # (pairs, labels + 1)
        pair_logits = pair_logits.masked_fill(batch.unknown_classes[sentences], -torch.inf)
        gold = torch.tensor([targets.get((h, t), 0) for h, t in pairs.tolist()], device=pairs.device)  # (pairs,)
        weight = self.config.relation_weight * min(1.0, epochs_done)
        return tag_loss + weight * functional.cross_entropy(pair_logits.float(), gold)

    # Sentences in, predictions out.

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
        table = make_table(mentions, num_words, device=self.legal.device)
        pairs = self.legal_pairs(table)
        pair_scores: list[list[float]] = []
        if len(pairs):
            with torch.autocast(self.legal.device.type, dtype=torch.bfloat16, enabled=precision == "bf16"):
                words = self.mark_words(batch, states, tag_ids, table.sentences[pairs[:, 0]]).float()
            pair_scores = self.score_pairs(words, tag_ids, table, pairs).float().softmax(-1).tolist()
        scores = JointScores(tag_scores.tolist(), mentions, pairs.tolist(), pair_scores)
        return make_predictions(items, scores, self.config, threshold=threshold)

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
