"""One instance at a time, over its dependency graph: encoder, graph convolution, attentive pooling, two heads.

Li & Ji 2019, "Syntax-aware Multi-task Graph Convolutional Networks for Biomedical Relation Extraction"
(LOUHI, D19-6204), sec. 2.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, Self

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from core.domain import Instance, Schema
from core.errors import AlignmentError, ParserNotFoundError
from core.models.classifier import Classifier
from core.models.encoder import ENCODER_FOLDER, Encoder, add_mask_tokens, build_encoder
from core.models.losses import Objective, loss_of_heads
from core.models.syntax_gcn_data import SyntaxGcnBatch, SyntaxGcnConfig, SyntaxGcnItem, make_batch, make_graph
from core.models.targets import SoftLabels, make_targets
from core.nlp.dependency import Parse, Parser, describe_parser
from core.nlp.masking import MarkedText, mark_instance, mask_tokens
from core.training.checkpoints import load_config, load_weights

_log = logging.getLogger(__name__)


class SyntaxGcnModel(Classifier):
    """Encoder, position embeddings, graph layers, pooling and the output layers.

    Args:
        encoder: Any BERT-like encoder; the masks must already be in its vocabulary (see `create`).
        config: Shape.
        class_weights: Weight of each class in the loss, by name; 1 where it is absent (the paper's alpha).
        parser: Finds the trees; `encode` needs it, nothing else does.
    """

    architecture: ClassVar[str] = "syntax_gcn"

    def __init__(
        self, encoder: Encoder, config: SyntaxGcnConfig, *,
        class_weights: Mapping[str, float] | None = None, parser: Parser | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.config = config
        self.parser = parser
        self.tokenizer = encoder.tokenizer
        self.encoder: PreTrainedModel = encoder.model
        self.head_distance = nn.Embedding(2 * config.max_distance + 1, config.position_width)
        self.tail_distance = nn.Embedding(2 * config.max_distance + 1, config.position_width)
        widths = [encoder.width + 2 * config.position_width] + [config.hidden_width] * config.num_layers
        self.layers = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(widths))
        self.dropout = nn.Dropout(config.dropout)
        self.attention = nn.Linear(config.hidden_width, 1, bias=False)
        self.output = nn.Linear(3 * config.hidden_width, len(config.classes))
        self.auxiliary = nn.Linear(3 * config.hidden_width, 2) if config.has_auxiliary else None
        weights = [(class_weights or {}).get(name, 1.0) for name in config.classes]
        self.register_buffer("class_weights", torch.tensor(weights), persistent=False)  # (classes,)
        self.class_weights: Tensor
        self._objective = Objective(loss=config.loss, gamma=config.gamma)
        self._piece_limit = min(config.max_pieces, encoder.max_pieces)

    @classmethod
    def create(
        cls, encoder: Encoder, config: SyntaxGcnConfig, *, seed: int,
        class_weights: Mapping[str, float] | None = None, parser: Parser | None = None,
    ) -> Self:  # fmt: skip
        """Build a new model on an encoder: add the schema's masks, draw the new weights from `seed`."""
        add_mask_tokens(encoder, mask_tokens(config.schema), seed=seed)
        if parser is not None:
            config = replace(config, parser=describe_parser(parser))
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return cls(encoder, config, class_weights=class_weights, parser=parser)

    def forward(self, batch: SyntaxGcnBatch) -> Tensor:
        """Score every class of every instance.

        Shape:
            returns: (batch, classes) logits; class 0 is NO_RELATION.

        Source:
            Li & Ji 2019, sec. 2.1.
        """
        logits: Tensor = self.output(self._represent(batch))
        return logits

    def _represent(self, batch: SyntaxGcnBatch) -> Tensor:
        """Return what both heads read: the pooled sentence, the head and the tail, (batch, 3 * hidden)."""
        nodes = self._convolve(self._embed(batch), batch.adjacency)  # (batch, nodes, hidden)
        rows = torch.arange(nodes.shape[0], device=nodes.device)  # (batch,)
        # A mention is one node, the mask, so that node is the maximum over the mention.
        head, tail = nodes[rows, batch.head_nodes], nodes[rows, batch.tail_nodes]  # (batch, hidden) each
        return torch.cat([self._pool(nodes, batch.is_node), head, tail], dim=-1)  # (batch, 3 * hidden)

    def _embed(self, batch: SyntaxGcnBatch) -> Tensor:
        """Return each node's first piece beside its distances to head and tail, (batch, nodes, width)."""
        states = self.encoder(batch.piece_ids, attention_mask=batch.attention_mask).last_hidden_state
        rows = torch.arange(states.shape[0], device=states.device)[:, None]  # (batch, 1)
        words = states[rows, batch.first_pieces]  # (batch, nodes, encoder width)
        positions = torch.arange(words.shape[1], device=words.device)  # (nodes,)
        limit = self.config.max_distance
        to_head = (positions - batch.head_nodes[:, None]).clamp(-limit, limit) + limit  # (batch, nodes)
        to_tail = (positions - batch.tail_nodes[:, None]).clamp(-limit, limit) + limit  # (batch, nodes)
        return torch.cat([words, self.head_distance(to_head), self.tail_distance(to_tail)], dim=-1)

    def _convolve(self, nodes: Tensor, adjacency: Tensor) -> Tensor:
        """Let every node gather its neighbours, layer by layer: h_l = relu(A~ W h / d + b).

        Shape:
            nodes: (batch, nodes, width).
            adjacency: (batch, nodes, nodes), A~ = A + I.
            returns: (batch, nodes, hidden).

        Source:
            Li & Ji 2019, sec. 2.1, first equation; dropout between layers only, after Zhang et al. 2018.
        """
        shares = adjacency / adjacency.sum(-1, keepdim=True)  # (batch, nodes, nodes), A~ / d
        for index, layer in enumerate(self.layers):
            # Each row of the shares sums to 1, so the layer's bias comes out of the product unchanged.
            nodes = torch.relu(shares @ layer(nodes))  # (batch, nodes, hidden)
            if index + 1 < len(self.layers):
                nodes = self.dropout(nodes)
        return nodes

    def _pool(self, nodes: Tensor, is_node: Tensor) -> Tensor:
        """Average the nodes by attention, softmax(w^T tanh(h)).

        Shape:
            nodes: (batch, nodes, hidden).
            is_node: (batch, nodes), bool.
            returns: (batch, hidden).

        Source:
            Li & Ji 2019, sec. 2.1, second equation.
        """
        weights: Tensor = self.attention(torch.tanh(nodes)).squeeze(-1)  # (batch, nodes)
        weights = weights.masked_fill(~is_node, float("-inf")).softmax(-1)  # (batch, nodes)
        return (weights[:, None] @ nodes).squeeze(1)  # (batch, hidden)

    def loss(self, batch: SyntaxGcnBatch, epochs_done: float) -> Tensor:
        """The loss of the labels, and that of "related at all" if there is a head for it.

        Source:
            Li & Ji 2019, sec. 2.2; its L2 term is the optimiser's weight decay.
        """
        del epochs_done
        represented = self._represent(batch)  # (batch, 3 * hidden)
        related = None if self.auxiliary is None else self.auxiliary(represented)  # (batch, 2)
        return loss_of_heads(self._objective, self.output(represented), related, batch.targets, self.class_weights)

    def encode(self, instances: Sequence[Instance], targets: SoftLabels | None = None) -> list[SyntaxGcnItem]:
        """Parse each sentence once, mask its pairs and cut them into pieces.

        Instances that no input can hold (overlapping mentions, masks farther apart than the longest input)
        are left out; a scorer counts their relations as misses.

        Raises:
            ParserNotFoundError: The model was created or loaded without a parser.
        """
        readable: list[tuple[Instance, MarkedText]] = []
        for instance in instances:
            try:
                readable.append((instance, mark_instance(instance, self.config.schema, marking="masks")))
            except AlignmentError:
                continue
        parses = self._parse([instance.text for instance, _ in readable])
        if not readable:
            return []
        output = self.tokenizer([marked.text for _, marked in readable], return_offsets_mapping=True)
        rows = make_targets([instance for instance, _ in readable], self.config.classes, targets)  # (items, classes)
        items = []
        for index, (instance, marked) in enumerate(readable):
            graph = make_graph(
                instance, marked, parses[instance.text], piece_ids=output["input_ids"][index],
                offsets=output["offset_mapping"][index], piece_limit=self._piece_limit,
            )  # fmt: skip
            if graph is not None:
                items.append(SyntaxGcnItem((instance.id,), graph, rows[index : index + 1]))
        return items

    def _parse(self, texts: Sequence[str]) -> dict[str, Parse]:
        """Parse each distinct sentence once; all pairs of a sentence share its tree."""
        if self.parser is None:
            raise ParserNotFoundError(
                "The architecture syntax_gcn reads dependency trees and this model has no parser; "
                f"load it with one (trained with: {self.config.parser or 'unknown'})."
            )
        distinct = list(dict.fromkeys(texts))
        return dict(zip(distinct, self.parser.parse(distinct), strict=True))

    def collate(self, items: Sequence[SyntaxGcnItem]) -> SyntaxGcnBatch:
        """Pad items to one batch."""
        return make_batch(items, pad_id=self.tokenizer.pad_token_id)

    @classmethod
    def load(cls, path: Path, parser: Parser | None = None) -> Self:
        """Read a model written by `save`, which keeps no parser; without one it can score items but not encode.

        A parser other than that of the training is used, with a warning in the log.

        Raises:
            ModelError: The folder is incomplete.
        """
        options = load_config(path)["config"]
        config = SyntaxGcnConfig(**{**options, "schema": Schema.from_json(options["schema"])})
        if parser is not None and config.parser not in ("", describe_parser(parser)):
            _warn_of_other_parser(config.parser, describe_parser(parser))
        model = cls(build_encoder(path / ENCODER_FOLDER), config, parser=parser)
        model.load_state_dict(load_weights(path))
        model.eval()
        return model


@cache
def _warn_of_other_parser(trained_with: str, given: str) -> None:
    """Say it once, and not for every member of every ensemble."""
    _log.warning(
        "A syntax_gcn model was trained on trees of the parser %r and is given those of %r, so its scores may "
        "differ from the stored ones; install %r, or train again.",
        trained_with,
        given,
        trained_with,
    )
