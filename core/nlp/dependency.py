"""Dependency parses as plain values, and the graph of a sentence in which each mention is one node."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Protocol

from core.domain import Span
from core.errors import AlignmentError
from core.nlp.alignment import find_word_range

AUTO = "auto"  # the shipped parser, or the best of the installed ones where none is shipped
PARSER_REMEDY = (
    "auto takes the parser that comes with DARE Curator (install it again if that is missing). To use another one, "
    "install a spaCy pipeline that has a parser, en_core_web_sm or scispaCy's en_core_sci_sm, from its release page, "
    "or name the folder of one."
)
_MASK = re.compile(r"\$(\w+)\$")


@dataclass(frozen=True, slots=True)
class Parse:
    """The dependency tree of one sentence.

    Args:
        tokens: Spans of the tokens, in order and disjoint; white space belongs to none.
        heads: Index of each token's head; its own index for the root.

    Raises:
        AlignmentError: Tokens and heads do not line up, or there is not exactly one root.
    """

    tokens: tuple[Span, ...]
    heads: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.tokens) != len(self.heads):
            raise AlignmentError(f"{len(self.tokens)} tokens have {len(self.heads)} heads; each needs one.")
        for left, right in pairwise(self.tokens):
            if right.start < left.end:
                raise AlignmentError(f"Token {right} starts before its neighbour {left} ends.")
        for index, head in enumerate(self.heads):
            if not 0 <= head < len(self.tokens):
                raise AlignmentError(f"Token {index} has head {head}; there are {len(self.tokens)} tokens.")
        num_roots = sum(index == head for index, head in enumerate(self.heads))
        if self.tokens and num_roots != 1:
            raise AlignmentError(f"A parse needs exactly one root, this one has {num_roots}.")


class Parser(Protocol):
    """Finds the dependency tree of sentences."""

    @property
    def name(self) -> str:
        """Name of the parser, for the record of a run."""

    @property
    def version(self) -> str:
        """Version of the parser, for the record of a run."""

    def parse(self, texts: Sequence[str]) -> list[Parse]:
        """Parse sentences; each text is one sentence and gets one tree."""


def describe_parser(parser: Parser) -> str:
    """Return name and version of a parser, as a model and the record of its run keep them."""
    return f"{parser.name} {parser.version}"


@dataclass(frozen=True, slots=True)
class DependencyGraph:
    """A sentence as an undirected graph.

    Args:
        nodes: What each node covers, in text order and disjoint.
        edges: Pairs of different nodes, the smaller index first, sorted, each once.
        mention_nodes: Node of each mention, in the order in which the mentions were given.
    """

    nodes: tuple[Span, ...]
    edges: tuple[tuple[int, int], ...]
    mention_nodes: tuple[int, ...]


def contract_mentions(parse: Parse, mentions: Sequence[Span]) -> DependencyGraph:
    """Make each mention one node that takes over the edges of every token it touches.

    Edges inside a mention vanish. A token that touches two mentions ("aspirin/codeine" left whole) stands
    for both: they share its edges and are joined by one.

    Args:
        parse: Tree of the sentence.
        mentions: Disjoint spans of the sentence.
    """
    mentions_by_token: list[list[Span]] = [[] for _ in parse.tokens]
    for mention in mentions:
        for index in range(*(find_word_range(mention, parse.tokens) or (0, 0))):
            mentions_by_token[index].append(mention)
    free = [token for token, owners in zip(parse.tokens, mentions_by_token, strict=True) if not owners]
    nodes = sorted([*free, *mentions])
    index_by_node = {node: index for index, node in enumerate(nodes)}
    owned = [
        [index_by_node[span] for span in owners or [token]]
        for token, owners in zip(parse.tokens, mentions_by_token, strict=True)
    ]
    edges = {
        (min(pair), max(pair))
        for index, head in enumerate(parse.heads)
        for pair in (*product(owned[index], owned[head]), *product(owned[index], owned[index]))
        if pair[0] != pair[1]
    }
    return DependencyGraph(tuple(nodes), tuple(sorted(edges)), tuple(index_by_node[mention] for mention in mentions))


def hide_masks(text: str) -> str:
    """Turn the masks of synthetic text into plain words without moving any character.

    A parser knows "CHEMICAL" as a noun, while "$CHEMICAL$" looks like a sum of money to it.
    """
    return _MASK.sub(r" \1 ", text)
