"""The layers of the joint model and its loss: BIOES tags, then a biaffine over pairs of predicted mentions.

Giorgi et al. 2019, "End-to-end Named Entity Recognition and Relation Extraction using Pre-trained
Language Models", eq. 1-10 and app. A.2. Beyond the paper each entity type may have a tag sequence of its own, pairs may
have layers of their own (`core.models.relation_layers`), and be scored by the words around their mentions too
(`core.models.pair_context`); `JointConfig` says which.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.models.encoder import Encoder
from core.models.joint_data import IGNORED_TAG, JointBatch, JointConfig
from core.models.joint_layers import Bilinear, feed_forward
from core.models.joint_mentions import MentionTable, join_gold, make_table, read_mentions
from core.models.pair_context import NUM_SEGMENTS, pool_segments
from core.models.relation_layers import NO_MARK, RelationLayers


@dataclass(frozen=True, slots=True)
class WordStates:
    """What the encoder says about a batch.

    Shape:
        words: (batch, words, width), after its last layer.
        earlier: (batch, pieces, width), before the layers that pairs have a copy of.
    """

    words: Tensor
    earlier: Tensor


class JointNetwork(nn.Module):
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
        num_types = len(config.entity_types)
        legal = torch.zeros(num_types, num_types, num_classes, dtype=torch.bool)
        legal[..., 0] = True  # NEG
        for class_id, label in enumerate(config.relation_labels, start=1):
            for head_type, tail_type in label.legal_types:
                legal[config.entity_types.index(head_type), config.entity_types.index(tail_type), class_id] = True
        self.register_buffer("legal", legal, persistent=False)  # (head types, tail types, labels + 1)
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

    def tag_words(self, batch: JointBatch) -> tuple[WordStates, Tensor]:
        """Score the tags of every word (eq. 1).

        Shape:
            returns: states; tag logits (batch, words, layers, tags).
        """
        piece_ids = self._hide_pieces(batch.piece_ids) if self.training else batch.piece_ids  # (batch, pieces)
        output = self.encoder(piece_ids, attention_mask=batch.attention_mask, output_hidden_states=True)
        pieces = output.last_hidden_state  # (batch, pieces, width)
        index = batch.first_pieces.unsqueeze(-1).expand(-1, -1, pieces.shape[-1])  # (batch, words, width)
        words = self.dropout(pieces.gather(1, index))  # (batch, words, width)
        states = WordStates(words, output.hidden_states[-1 - self.config.num_relation_layers])
        return states, self.tag_layer(words).unflatten(-1, (self.num_layers, self.num_tags))

    def _hide_pieces(self, piece_ids: Tensor) -> Tensor:
        """Put the encoder's mask in the place of pieces drawn by chance; special ones stay.

        Shape:
            piece_ids: (batch, pieces), int64.
            returns: (batch, pieces).
        """
        mask_id = self.tokenizer.mask_token_id  # none where the encoder was pretrained otherwise
        if not self.config.word_dropout or mask_id is None:
            return piece_ids
        special = torch.tensor(self.tokenizer.all_special_ids, device=piece_ids.device)
        is_hidden = torch.rand(piece_ids.shape, device=piece_ids.device) < self.config.word_dropout
        return piece_ids.masked_fill(is_hidden & ~torch.isin(piece_ids, special), mask_id)

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
        may_relate = self.legal[..., 1:].any(-1)  # (head types, tail types)
        allowed = may_relate[table.type_ids.unsqueeze(1), table.type_ids.unsqueeze(0)] & same_sentence
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
        # A sentence whose corpus annotates no label at all has nothing to say of its pairs.
        gold = gold.masked_fill(batch.unknown_classes[sentences, 1:].all(-1), IGNORED_TAG)
        pair_loss = functional.cross_entropy(pair_logits.float(), gold, ignore_index=IGNORED_TAG, reduction="sum")
        weight = self.config.relation_weight * min(1.0, epochs_done)
        return tag_loss + weight * pair_loss / (gold != IGNORED_TAG).sum().clamp(min=1)
