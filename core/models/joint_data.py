"""What the joint model reads: its shape, encoded sentences with gold tags, padded batches."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import torch
from torch import Tensor

from core.domain import EntityType, Mention, Relation, RelationLabel, Schema
from core.errors import ModelError
from core.models.encoder import EncodedText, pad_pieces
from core.nlp.alignment import find_word_range, ranges_from_tags, tags_from_ranges

IGNORED_TAG = -100


@dataclass(frozen=True, slots=True, kw_only=True)
class JointConfig:
    """Shape of a joint model.

    Args:
        entity_types: Names, in tag order.
        relation_labels: The positive labels with the types each may join; index 0 of the output is NEG.
        tag_width: Size of a tag embedding (the paper's 128).
        hidden_width: First layer of the head and tail networks (512).
        pair_width: What the biaffine acts on (256 in the authors' code).
        dropout: Probability in [0, 1).
        word_dropout: Probability in [0, 1) that training hides a piece behind the encoder's own mask, so that words
            are read off their context too and not names learnt by heart (word dropout; none in the paper).
        has_teacher_forcing: Whether gold mentions are candidates too while training.
        has_nesting: Whether each type has a tag sequence of its own, so that mentions of different types may lie in
            each other, as the chemical in "dopamine transporter"; the paper has one sequence for all types.
        num_relation_layers: How many of the encoder's last layers pairs have a copy of, which reads the tags too; in
            the paper both tasks share all layers.
        has_context: Whether a pair is also scored by the words before, between and after its mentions; the paper
            reads the mentions' last words alone.
        relation_weight: What lambda of eq. 10 rises to, >= 0. Each loss is a mean, over words and over pairs; most
            words are plain and easy, so that at the paper's 1 the gradients of the pairs drown those of the words.
        max_pieces: Longest sentence in pieces.
        temperature: What the logits of pairs are divided by, > 0, so that scores are probabilities (Guo et al. 2017);
            fitted on dev when the model is trained, as is the threshold.
        threshold: Least probability of a label that is predicted, in [0, 1].
    """

    entity_types: tuple[str, ...]
    relation_labels: tuple[RelationLabel, ...]
    tag_width: int = 128
    hidden_width: int = 512
    pair_width: int = 256
    dropout: float = 0.1
    word_dropout: float = 0.1
    has_teacher_forcing: bool = True
    has_nesting: bool = True
    num_relation_layers: int = 1
    has_context: bool = True
    relation_weight: float = 0.3
    max_pieces: int = 256
    temperature: float = 1.0
    threshold: float = 0.5

    @classmethod
    def from_schema(cls, schema: Schema, **options: Any) -> Self:  # noqa: ANN401
        """Take types and labels from a schema; colours and guidelines are no business of a model."""
        labels = tuple(RelationLabel(one.name, one.legal_types, one.is_symmetric) for one in schema.relation_labels)
        return cls(entity_types=schema.type_names, relation_labels=labels, **options)

    @classmethod
    def from_json(cls, options: Mapping[str, Any]) -> Self:
        """Take the shape that `to_json` gave; what is missing was as in the paper then."""
        rest = dict(options)
        names = rest.pop("labels", ())
        pairs = rest.pop("legal_types", ())
        # Files of before had one list of pairs for all labels, and no symmetric ones.
        listed = rest.pop("relation_labels", [{"name": name, "legal_types": pairs} for name in names])
        schema = Schema.from_json({
            "entity_types": [{"name": name} for name in rest.pop("entity_types")],
            "relation_labels": listed,
        })  # fmt: skip
        paper = {
            "word_dropout": 0.0, "has_nesting": False, "num_relation_layers": 0, "has_context": False,
            "relation_weight": 1.0,
        }  # fmt: skip
        return cls.from_schema(schema, **{**paper, **rest})

    def to_json(self) -> dict[str, Any]:
        """Return the shape as plain values."""
        labels = [
            {"name": one.name, "legal_types": one.legal_types, "is_symmetric": one.is_symmetric}
            for one in self.relation_labels
        ]
        return {**asdict(self), "relation_labels": labels}

    def restrict(self, entity_types: Sequence[str], labels: Sequence[str]) -> Self:
        """Return the shape that knows only these types and labels, in this config's order.

        Raises:
            ModelError: One of them is not known, or there is no type.
        """
        if not entity_types:
            raise ModelError("A part of a model needs an entity type; none was named.")
        unknown = [*(set(entity_types) - set(self.entity_types)), *(set(labels) - set(self.labels))]
        if unknown:
            raise ModelError(f"The model knows no {', '.join(sorted(unknown))}; it knows {self.entity_types} and "
                             f"{self.labels}.")  # fmt: skip
        return replace(
            self,
            entity_types=tuple(name for name in self.entity_types if name in entity_types),
            relation_labels=tuple(
                replace(one, legal_types=tuple(pair for pair in one.legal_types if set(pair) <= set(entity_types)))
                for one in self.relation_labels
                if one.name in labels
            ),
        )

    def rename(self, names: Mapping[str, str]) -> Self:
        """Return the shape with other names for entity types: those that `names` has, by their names here."""
        return replace(
            self,
            entity_types=tuple(names.get(name, name) for name in self.entity_types),
            relation_labels=tuple(
                replace(one, legal_types=tuple((names.get(a, a), names.get(b, b)) for a, b in one.legal_types))
                for one in self.relation_labels
            ),
        )

    def to_schema(self) -> Schema:
        """Return types and labels as a schema."""
        return Schema(tuple(EntityType(name) for name in self.entity_types), self.relation_labels)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the positive labels."""
        return tuple(one.name for one in self.relation_labels)

    @property
    def layers(self) -> tuple[tuple[str, ...], ...]:
        """BIOES tags, "O" first, of each sequence of tags that a sentence has; as many in every layer."""
        groups = [[name] for name in self.entity_types] if self.has_nesting else [self.entity_types]
        return tuple(("O", *(f"{prefix}-{name}" for name in group for prefix in "BIES")) for group in groups)

    def layer_of(self, entity_type: str) -> int:
        """Return the index of the layer that tags a type."""
        return self.entity_types.index(entity_type) if self.has_nesting else 0


@dataclass(frozen=True, slots=True)
class JointScope:
    """What a corpus annotates, of all that a model may learn from several: the rest is not absent there but unknown.

    Args:
        entity_types: Names of types whose mentions are all marked.
        labels: Names of labels whose relations are all marked.
    """

    entity_types: tuple[str, ...]
    labels: tuple[str, ...]

    def unknown_tags(self, config: JointConfig) -> list[list[bool]]:
        """Return for each tag of each layer whether its type is not annotated; "O" is always known."""
        return [[tag != "O" and tag[2:] not in self.entity_types for tag in layer] for layer in config.layers]

    def unknown_classes(self, config: JointConfig) -> list[bool]:
        """Return for each class of a pair, NEG first, whether its label is not annotated."""
        return [False, *(label not in self.labels for label in config.labels)]


@dataclass(frozen=True, slots=True)
class JointItem:
    """One training sentence: pieces, gold tags by word, gold relations by word ranges of their mentions.

    Args:
        encoded: Pieces and words.
        tag_ids: For each layer of tags, one a word.
        mentions: (first word, last word + 1, entity type id) of each gold mention, sorted.
        relations: (head index, tail index, label id >= 1) into `mentions`; one a pair.
        num_untagged: Mentions that no tag stands for, because they overlap a longer one of their layer.
        scope: What its corpus annotates; None for all.
    """

    encoded: EncodedText
    tag_ids: tuple[tuple[int, ...], ...]
    mentions: tuple[tuple[int, int, int], ...]
    relations: tuple[tuple[int, int, int], ...]
    num_untagged: int = 0
    scope: JointScope | None = None


@dataclass(frozen=True, slots=True)
class JointBatch:
    """Padded sentences.

    Shape:
        piece_ids, attention_mask: (batch, pieces), int64.
        first_pieces: (batch, words), int64; index of each word's first piece, 0 where there is no word.
        tag_ids: (batch, words, layers), int64; -100 where there is no word.
        unknown_tags: (batch, layers, tags), bool; what the sentence's corpus does not annotate.
        unknown_classes: (batch, labels + 1), bool.
    """

    piece_ids: Tensor
    attention_mask: Tensor
    first_pieces: Tensor
    tag_ids: Tensor
    unknown_tags: Tensor
    unknown_classes: Tensor
    mentions: tuple[tuple[tuple[int, int, int], ...], ...] = ()
    relations: tuple[tuple[tuple[int, int, int], ...], ...] = ()

    @property
    def is_word(self) -> Tensor:
        """Where there is a word: (batch, words), bool."""
        return self.tag_ids[..., 0] != IGNORED_TAG

    def count_words(self) -> list[int]:
        """Return the number of words of each sentence."""
        counts: list[int] = self.is_word.sum(1).tolist()
        return counts

    def to(self, device: torch.device) -> "JointBatch":
        """Return the batch on `device`."""
        return replace(
            self,
            piece_ids=self.piece_ids.to(device),
            attention_mask=self.attention_mask.to(device),
            first_pieces=self.first_pieces.to(device),
            tag_ids=self.tag_ids.to(device),
            unknown_tags=self.unknown_tags.to(device),
            unknown_classes=self.unknown_classes.to(device),
        )


def make_item(
    config: JointConfig, encoded: EncodedText, mentions: Sequence[Mention], relations: Sequence[Relation]
) -> JointItem:
    """Turn gold annotation of a sentence into tags and word ranges; what the pieces cannot hold is left out.

    A pair gets one label, the first of the schema that gold has for it: the model gives no second one.
    """
    types = config.entity_types
    ranges = {mention: find_word_range(mention.span, encoded.words) for mention in mentions}
    spans = [(*found, mention.entity_type) for mention, found in ranges.items() if found]
    layers = [
        tags_from_ranges([one for one in spans if config.layer_of(one[2]) == layer], num_words=len(encoded.words))
        for layer in range(len(config.layers))
    ]
    rows = sorted({(first, last, types.index(name)) for first, last, name in spans})
    gold: dict[tuple[int, int], int] = {}
    for relation in relations:
        head, tail = ranges.get(relation.head), ranges.get(relation.tail)
        if head and tail and relation.label in config.labels:
            head_row = rows.index((*head, types.index(relation.head.entity_type)))
            tail_row = rows.index((*tail, types.index(relation.tail.entity_type)))
            label_id = config.labels.index(relation.label) + 1
            gold[head_row, tail_row] = min(label_id, gold.get((head_row, tail_row), label_id))
    return JointItem(
        encoded,
        tuple(tuple(names.index(tag) for tag in tags) for names, tags in zip(config.layers, layers, strict=True)),
        tuple(rows),
        tuple((head_row, tail_row, label_id) for (head_row, tail_row), label_id in gold.items()),
        num_untagged=len(rows) - sum(len(ranges_from_tags(tags)) for tags in layers),
    )


def make_batch(items: Sequence[JointItem], config: JointConfig, *, pad_id: int) -> JointBatch:
    """Pad items to one batch; a batch without any word still has one empty column."""
    piece_ids, attention_mask = pad_pieces([item.encoded.piece_ids for item in items], pad_id=pad_id)
    num_words = max([1, *(len(item.encoded.words) for item in items)])
    first_pieces = torch.zeros(len(items), num_words, dtype=torch.long)  # (batch, words)
    tag_ids = torch.full((len(items), num_words, len(config.layers)), IGNORED_TAG)  # (batch, words, layers)
    for row, item in enumerate(items):
        count = len(item.encoded.words)
        first_pieces[row, :count] = torch.tensor(item.encoded.first_pieces, dtype=torch.long)
        tag_ids[row, :count] = torch.tensor(item.tag_ids, dtype=torch.long).T
    everything = JointScope(config.entity_types, config.labels)
    scopes = [item.scope or everything for item in items]
    return JointBatch(
        piece_ids,
        attention_mask,
        first_pieces,
        tag_ids,
        torch.tensor([scope.unknown_tags(config) for scope in scopes]),
        torch.tensor([scope.unknown_classes(config) for scope in scopes]),
        tuple(item.mentions for item in items),
        tuple(item.relations for item in items),
    )
