"""Reads a zip of files that stand each for itself: every one in the format that its content has, all or none."""

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Protocol

from core.domain import Corpus, Document, EntityType, RelationLabel, Schema, SyntheticSentence
from core.errors import FormatError
from core.formats.archives import GZIP_SIGNATURE, MAX_UNPACKED_MEGABYTES, ZIP_SIGNATURES, unpack_gzip, unpack_zip
from core.formats.base import IssueLog, ReadResult, Severity
from core.formats.checks import shorten

OFFICE_MEMBERS = ("[Content_Types].xml", "mimetype")
# What lies beside data and is none: descriptions, settings of brat, the card of a snapshot.
COMPANION_STEMS = {"readme", "license", "licence", "copying", "notice", "changelog", "disclaimer", "manifest"}
COMPANIONS = {"card.json", "card.md", "report.json", "annotation.conf", "visual.conf", "tools.conf", "thumbs.db"}


class MemberReader(Protocol):
    """Reads one file of an archive as if it had come alone."""

    def __call__(self, data: bytes, *, source: str) -> ReadResult:
        """Return its corpus and report."""
        ...


def read_members(data: bytes, *, log: IssueLog, read_member: MemberReader) -> Corpus:
    """Read the files of an archive; whatever is said of one names it.

    Raises:
        FormatError: The archive is unsafe or damaged, an office document, holds archives, or holds no files to read.
    """
    files = unpack_zip(data)
    if files.keys() & set(OFFICE_MEMBERS):
        raise FormatError("The file is an office document. Save it as plain text (UTF-8) and import that.")
    left_out = [name for name in files if is_companion(name)]
    files = {name: content for name, content in files.items() if name not in left_out}
    if not files:
        raise FormatError("The archive holds no files to read. Add texts, or files of a format that is read.")
    corpora = []
    formats = Counter[str]()
    for name, content in _unpack_members(files):
        result = read_member(content, source=name)
        for issue in result.report.issues:
            place = f"{name}, line {issue.line}" if issue.line else name
            log.add(issue.severity, f"{place}: {issue.message}")
        formats[result.report.format_name] += 1
        corpora.append(result.corpus)
    log.add(Severity.NOTED, f"Files read: {', '.join(f'{number} {kind}' for kind, number in formats.items())}.")
    if left_out:
        log.add(Severity.NOTED, f"Files left out: {', '.join(left_out[:20])}{', …' if len(left_out) > 20 else ''}.")
    return _join(corpora)


def is_companion(name: str) -> bool:
    """Return whether a file of an archive is none of its data, told by its name."""
    path = PurePosixPath(name)
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return is_hidden or path.name.casefold() in COMPANIONS or path.stem.casefold() in COMPANION_STEMS


def _unpack_members(files: dict[str, bytes]) -> Iterable[tuple[str, bytes]]:
    """Yield the files, gzipped ones unpacked within one limit for all."""
    left = MAX_UNPACKED_MEGABYTES * 2**20
    for name, content in files.items():
        if content.startswith(ZIP_SIGNATURES):
            raise FormatError(f"{shorten(name)} is an archive inside the archive. Unpack it first.")
        if content.startswith(GZIP_SIGNATURE):
            try:
                content = unpack_gzip(content, left=left)  # noqa: PLW2901
            except FormatError as error:
                raise FormatError(f"{shorten(name)}: {error.message}") from error
            left -= len(content)
        yield name, content


def _join(corpora: list[Corpus]) -> Corpus:
    documents: list[Document] = []
    synthetic: list[SyntheticSentence] = []
    for corpus in corpora:
        documents += corpus.documents
        synthetic += corpus.synthetic
    schemas = [corpus.schema for corpus in corpora if corpus.schema is not None]
    return Corpus(tuple(documents), tuple(synthetic), _join_schemas(schemas) if schemas else None)


def _join_schemas(schemas: list[Schema]) -> Schema:
    """Return one schema of several: the first says what a name means, a label may join what any lets it join."""
    types: dict[str, EntityType] = {}
    labels: dict[str, RelationLabel] = {}
    for schema in schemas:
        types |= {one.name: one for one in schema.entity_types if one.name not in types}
        for label in schema.relation_labels:
            known = labels.get(label.name, label)
            pairs = tuple(dict.fromkeys((*known.legal_types, *label.legal_types)))
            labels[label.name] = RelationLabel(known.name, pairs, known.is_symmetric, known.colour, known.guideline)
    return Schema(tuple(types.values()), tuple(labels.values()))
