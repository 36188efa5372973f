"""Dependency parsing by whatever spaCy pipeline is shipped, installed or named."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Token
from spacy.util import get_installed_models, get_model_meta, get_package_path, is_package, load_config

from core.domain import Span
from core.errors import ParserNotFoundError
from core.nlp.dependency import AUTO, PARSER_REMEDY, Parse, hide_masks
from core.starter import PARSER_STARTER, find_starter

# Biomedical pipelines (scispaCy) go before those for news and web text.
_PREFERRED_PREFIX = "en_core_sci"
# A parser reads the vectors that one of these computes; nothing else of a pipeline is needed.
_NEEDED_FACTORIES = frozenset({"tok2vec", "transformer", "curated_transformer", "parser"})
_BATCH_SENTENCES = 256


@dataclass(frozen=True, slots=True)
class SpacyParser:
    """The parser of a spaCy pipeline.

    Args:
        name: Name of the pipeline with its language ("en_core_web_sm").
        version: Version of the pipeline.
        pipeline: The loaded pipeline, reduced to what its parser needs.
    """

    name: str
    version: str
    pipeline: Language

    def parse(self, texts: Sequence[str]) -> list[Parse]:
        """Parse sentences; masks of synthetic text are read as plain words."""
        hidden = [hide_masks(text) for text in texts]
        return [_read_parse(doc) for doc in self.pipeline.pipe(hidden, batch_size=_BATCH_SENTENCES)]


def load_parser(name: str = AUTO) -> SpacyParser:
    """Load a dependency parser.

    Args:
        name: The shipped parser, an installed spaCy package, the folder of a pipeline, or "auto": the shipped
            parser if there is one, else the first installed English package with a parser, scispaCy's first.

    Raises:
        ParserNotFoundError: Nothing with a parser lies under that name, or it cannot be loaded.
    """
    pipeline = load_pipeline(name, factories=_NEEDED_FACTORIES)
    meta = pipeline.meta
    return SpacyParser(f"{meta['lang']}_{meta['name']}", str(meta["version"]), pipeline)


def load_pipeline(name: str, *, factories: frozenset[str]) -> Language:
    """Load the components of a pipeline with a parser that are made by one of `factories`.

    Args:
        name: As for `load_parser`.
        factories: spaCy's names of the kinds of component to load, such as "tagger".

    Raises:
        ParserNotFoundError: As for `load_parser`.
    """
    folder = _find_default() if name == AUTO else _find_folder(name)
    if folder is None:
        problem = "No dependency parser is installed." if name == AUTO else f"No spaCy pipeline {name!r}."
        raise ParserNotFoundError(f"{problem} {PARSER_REMEDY}")
    factory_by_component = _read_factories(folder)
    if "parser" not in factory_by_component.values():
        raise ParserNotFoundError(f"The spaCy pipeline {name!r} has no parser component. {PARSER_REMEDY}")
    unneeded = [component for component, factory in factory_by_component.items() if factory not in factories]
    try:
        return spacy.load(folder, exclude=unneeded)
    except (ImportError, OSError, ValueError) as error:
        raise ParserNotFoundError(f"The parser {name!r} cannot be loaded: {error} {PARSER_REMEDY}") from error


def _find_default() -> Path | None:
    """Return the folder of the shipped parser or of the best installed one, or None."""
    shipped = _find_folder(PARSER_STARTER)
    if shipped is not None:
        return shipped
    for package in sorted(get_installed_models(), key=lambda name: (not name.startswith(_PREFERRED_PREFIX), name)):
        folder = _find_folder(package) if package.startswith("en_") else None
        if folder and "parser" in _read_factories(folder).values():
            return folder
    return None


def _find_folder(name: str) -> Path | None:
    """Return the folder that holds the data of a starter, a package or a pipeline, or None."""
    folder = find_starter(name) or Path(name)
    if is_package(name):
        package = get_package_path(name)
        meta = get_model_meta(package)
        folder = package / f"{meta['lang']}_{meta['name']}-{meta['version']}"
    return folder if (folder / "config.cfg").is_file() else None


def _read_factories(folder: Path) -> dict[str, str]:
    """Map each component of a pipeline, by name, to the factory that makes it."""
    config: dict[str, Any] = load_config(folder / "config.cfg")
    return {name: config["components"][name].get("factory", "") for name in config["nlp"]["pipeline"]}


def _read_parse(doc: Doc) -> Parse:
    """Read the tree of a sentence, as one tree even where spaCy saw several sentences in it.

    The extra roots become children of the first one. The text is one sentence to everything else here, and in
    a graph of several parts nothing would pass from a head in one part to a tail in another.
    """
    tokens = [token for token in doc if not token.is_space]
    index_by_position = {token.i: index for index, token in enumerate(tokens)}
    heads = [index_by_position.get(_find_head(token).i, index) for index, token in enumerate(tokens)]
    roots = [index for index, head in enumerate(heads) if index == head]
    for root in roots:
        heads[root] = roots[0]
    return Parse(tuple(Span(token.idx, token.idx + len(token)) for token in tokens), tuple(heads))


def _find_head(token: Token) -> Token:
    """Return the nearest ancestor that is not white space, or the white space at the root."""
    head: Token = token.head
    while head.is_space and head.head.i != head.i:
        head = head.head
    return head
