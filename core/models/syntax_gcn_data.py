"""What the syntax GCN reads: its shape, instances as pieces and a graph of words, padded batches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from core.domain import NO_RELATION, Instance, Schema, Span
from core.models.encoder import pad_pieces
from core.models.inputs import cut_to_window, find_window
from core.models.losses import LossName
from core.nlp.alignment import align_words
from core.nlp.dependency import DependencyGraph, Parse, contract_mentions
from core.nlp.masking import MarkedText


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntaxGcnConfig:
    """Shape of a syntax GCN; defaults are the paper's where it names a value.

    Args:
        schema: Labels and masks follow from it; class 0 is NO_RELATION.
        max_pieces: Longest input in pieces, special pieces included.
        hidden_width: Size of a node's state after a graph layer.
        position_width: Size of each of the two position embeddings.
        max_distance: Farther nodes share one position embedding; in nodes, >= 1.
        num_layers: Graph layers, >= 1: how many edges away a node can see.
        dropout: Probability in [0, 1), between graph layers.
        loss: "focal" (the paper) or "cross_entropy".
        gamma: Focusing exponent of the focal loss.
        has_auxiliary: Whether a second head learns if the pair is related at all.
        parser: Name and version of the parser it was trained with; empty before that.
    """

    schema: Schema
    max_pieces: int = 128
    hidden_width: int = 200
    position_width: int = 30
    max_distance: int = 60
    num_layers: int = 2
    dropout: float = 0.5
    loss: LossName = "focal"
    gamma: float = 1.0
    has_auxiliary: bool = True
    parser: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        """Output classes, NO_RELATION first."""
        return (NO_RELATION, *self.schema.label_names)


@dataclass(frozen=True, slots=True)
class PieceGraph:
    """The nodes of a masked sentence that lie in the encoder's window.

    Args:
        piece_ids: Vocabulary ids, special pieces included.
        first_pieces: Index of each node's first piece, in text order.
        edges: Pairs of different nodes, each once.
        head_node: The head's mask.
        tail_node: The tail's mask.
    """

    piece_ids: tuple[int, ...]
    first_pieces: tuple[int, ...]
    edges: tuple[tuple[int, int], ...]
    head_node: int
    tail_node: int


@dataclass(frozen=True, slots=True, eq=False)
class SyntaxGcnItem:
    """One encoded instance.

    Shape:
        targets: (1, classes); all 0 where the label is unknown.
    """

    instance_ids: tuple[str]
    graph: PieceGraph
    targets: Tensor

    @property
    def piece_ids(self) -> tuple[int, ...]:
        """Pieces of the masked sentence."""
        return self.graph.piece_ids


@dataclass(frozen=True, slots=True)
class SyntaxGcnBatch:
    """Padded instances; a node is a word or a mask.

    Shape:
        piece_ids, attention_mask: (batch, pieces), int64.
        first_pieces: (batch, nodes), int64; index of each node's first piece, 0 where there is no node.
        is_node: (batch, nodes), bool; False where there is only padding.
        adjacency: (batch, nodes, nodes), float32 of 0 and 1; symmetric, with 1 on the whole diagonal.
        head_nodes, tail_nodes: (batch,), int64.
        targets: (batch, classes), float32.
    """

    piece_ids: Tensor
    attention_mask: Tensor
    first_pieces: Tensor
    is_node: Tensor
    adjacency: Tensor
    head_nodes: Tensor
    tail_nodes: Tensor
    targets: Tensor

    def to(self, device: torch.device) -> "SyntaxGcnBatch":
        """Return the batch on `device`."""
        return replace(
            self,
            piece_ids=self.piece_ids.to(device),
            attention_mask=self.attention_mask.to(device),
            first_pieces=self.first_pieces.to(device),
            is_node=self.is_node.to(device),
            adjacency=self.adjacency.to(device),
            head_nodes=self.head_nodes.to(device),
            tail_nodes=self.tail_nodes.to(device),
            targets=self.targets.to(device),
        )


def place_nodes(graph: DependencyGraph, instance: Instance, marked: MarkedText) -> tuple[Span, ...]:
    """Return where each node of a sentence stands once head and tail are masked."""
    marks = {graph.mention_nodes[0]: marked.head, graph.mention_nodes[1]: marked.tail}
    growth = [
        (mention.span.start, (mark.end - mark.start) - (mention.span.end - mention.span.start))
        for mention, mark in ((instance.head, marked.head), (instance.tail, marked.tail))
    ]
    return tuple(
        marks.get(index) or node.shifted(sum(by for start, by in growth if start < node.start))
        for index, node in enumerate(graph.nodes)
    )


def make_graph(
    instance: Instance, marked: MarkedText, parse: Parse, *,
    piece_ids: Sequence[int], offsets: Sequence[tuple[int, int]], piece_limit: int,
) -> PieceGraph | None:  # fmt: skip
    """Join the parse of a sentence with the pieces of its masked text.

    A long input is cut to a window around the two masks. Words outside it, and words that have no piece
    of their own, are no nodes.

    Args:
        instance: The sentence and its pair.
        marked: The same with masks.
        parse: Tree of the unmasked sentence.
        piece_ids: Pieces of the masked text, special pieces included.
        offsets: (start, end) of each piece in the masked text; empty for special pieces.
        piece_limit: Longest input in pieces, special pieces included.

    Returns:
        None where the masks are farther apart than the longest input.
    """
    window = find_window(marked, offsets, limit=piece_limit)
    if window is None:
        return None
    graph = contract_mentions(parse, (instance.head.span, instance.tail.span))
    places = place_nodes(graph, instance, marked)
    aligned = align_words(places, offsets)
    pieces = dict(zip(aligned.words, aligned.first_pieces, strict=True))
    kept = [node for node, place in enumerate(places) if window[0] <= pieces.get(place, 0) < window[1]]
    position = {node: index for index, node in enumerate(kept)}
    head_node, tail_node = graph.mention_nodes
    return PieceGraph(
        piece_ids=cut_to_window(piece_ids, window),
        first_pieces=tuple(pieces[places[node]] - window[0] + 1 for node in kept),
        edges=tuple((position[a], position[b]) for a, b in graph.edges if a in position and b in position),
        head_node=position[head_node],
        tail_node=position[tail_node],
    )


def make_batch(items: Sequence[SyntaxGcnItem], *, pad_id: int) -> SyntaxGcnBatch:
    """Pad items to one batch."""
    graphs = [item.graph for item in items]
    piece_ids, attention_mask = pad_pieces([graph.piece_ids for graph in graphs], pad_id=pad_id)
    first_pieces, is_node = pad_pieces([graph.first_pieces for graph in graphs], pad_id=0)  # (batch, nodes) each
    num_nodes = first_pieces.shape[1]
    adjacency = torch.eye(num_nodes).repeat(len(items), 1, 1)  # (batch, nodes, nodes)
    edges = [(row, a, b) for row, graph in enumerate(graphs) for a, b in graph.edges]
    if edges:
        rows, left, right = torch.tensor(edges).T  # (edges,) each
        adjacency[rows, left, right] = 1.0
        adjacency[rows, right, left] = 1.0
    return SyntaxGcnBatch(
        piece_ids=piece_ids,
        attention_mask=attention_mask,
        first_pieces=first_pieces,
        is_node=is_node.bool(),
        adjacency=adjacency,
        head_nodes=torch.tensor([graph.head_node for graph in graphs]),
        tail_nodes=torch.tensor([graph.tail_node for graph in graphs]),
        targets=torch.cat([item.targets for item in items]),
    )
