"""Reads treebanks in CoNLL-U, plain or gzipped, by paragraphs, and turns them into spaCy's training documents."""

import gzip
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from spacy.tokens import Doc
from spacy.vocab import Vocab

from core.errors import FormatError

ROOT = "ROOT"  # spaCy's own name for the label that CoNLL-U writes "root"
_NUM_COLUMNS = 10
_NO_VALUE = "_"
_PARAGRAPH_MARK = re.compile(r"#\s*new(?:par|doc)\b")
_MULTIWORD_ID = re.compile(r"(\d+)-(\d+)")
_STOPS = (".", "!", "?", ":", ";")
_CLOSERS = frozenset("\"'”’)]}")
_EMPTY_NODE_ID = re.compile(r"\d+\.\d+")


@dataclass(frozen=True, slots=True)
class TreebankWord:
    """One word of a sentence.

    Args:
        form: The word as it is written.
        tag: Language-specific tag (XPOS); "" where the treebank gives none.
        head: Index of the head in the sentence; its own index for the root.
        label: Label of the edge to the head; `ROOT` for the root.
        has_space: Whether white space follows.
    """

    form: str
    tag: str
    head: int
    label: str
    has_space: bool


Sentence = tuple[TreebankWord, ...]
Paragraph = tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Treebank:
    """The paragraphs of one file.

    Args:
        name: Name of the file.
        sha256: SHA-256 of the unpacked file, in hex.
        paragraphs: Sentences that follow one another in running text.
    """

    name: str
    sha256: str
    paragraphs: tuple[Paragraph, ...]

    @property
    def num_sentences(self) -> int:
        """Number of sentences."""
        return sum(map(len, self.paragraphs))

    @property
    def num_words(self) -> int:
        """Number of words."""
        return sum(len(sentence) for paragraph in self.paragraphs for sentence in paragraph)


def read_treebank(path: Path) -> Treebank:
    """Read a file of CoNLL-U.

    `# newpar` and `# newdoc` begin a paragraph; in a file without them each sentence is one. Empty nodes (5.1)
    are left out, and words that are written as one (5-6) stay words without a space between them.

    Raises:
        FormatError: A line breaks the format or a sentence is no tree; names file, line and remedy.
    """
    data = _unpack(path)
    try:
        paragraphs = _read_paragraphs(_decode_lines(data))
    except FormatError as error:
        raise FormatError(error.message, source=path.name, line=error.line) from error
    if not paragraphs:
        raise FormatError("No sentence in it. Choose a file of CoNLL-U.", source=path.name)
    return Treebank(path.name, hashlib.sha256(data).hexdigest(), paragraphs)


def split_at_headings(treebank: Treebank) -> Treebank:
    """End a paragraph after each sentence without a stop.

    Articles set headings and captions on lines of their own. CoNLL-U keeps no line breaks, and CRAFT's files have
    them in one paragraph with the text that follows.
    """
    paragraphs: list[list[Sentence]] = []
    for paragraph in treebank.paragraphs:
        paragraphs.append([])
        for number, sentence in enumerate(paragraph, start=1):
            paragraphs[-1].append(sentence)
            if not _has_stop(sentence) and number < len(paragraph):
                paragraphs.append([])
    return replace(treebank, paragraphs=tuple(map(tuple, paragraphs)))


def _has_stop(sentence: Sentence) -> bool:
    """Return whether a sentence ends with a stop, perhaps inside brackets or quotes."""
    last = next((word.form for word in reversed(sentence) if word.form not in _CLOSERS), "")
    return last.endswith(_STOPS)


def make_doc(paragraph: Paragraph, vocab: Vocab) -> Doc:
    """Return a paragraph as spaCy reads gold: words, tags and trees; a space sets each sentence off the next."""
    words = [word for sentence in paragraph for word in sentence]
    starts = [start for sentence, start in _with_starts(paragraph) for _ in sentence]
    ends = {start + len(sentence) - 1 for sentence, start in _with_starts(paragraph)}
    return Doc(
        vocab,
        words=[word.form for word in words],
        spaces=[word.has_space or index in ends for index, word in enumerate(words)],
        tags=[word.tag for word in words],
        heads=[start + word.head for word, start in zip(words, starts, strict=True)],
        deps=[word.label for word in words],
    )


def _with_starts(paragraph: Paragraph) -> Iterator[tuple[Sentence, int]]:
    """Yield each sentence with the index of its first word in the paragraph."""
    start = 0
    for sentence in paragraph:
        yield sentence, start
        start += len(sentence)


def _unpack(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix != ".gz":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError) as error:
        raise FormatError(f"Not unpacked: {error}. Fetch the file again.", source=path.name) from error


def _decode_lines(data: bytes) -> list[str]:
    lines = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        try:
            lines.append(line.decode("utf-8").removesuffix("\r"))
        except UnicodeDecodeError as error:
            raise FormatError("Not UTF-8. Save the file as UTF-8.", line=number) from error
    return lines


@dataclass(frozen=True, slots=True)
class _Row:
    """The ten columns of one line."""

    line: int
    columns: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.columns[0]

    @property
    def form(self) -> str:
        return self.columns[1]

    @property
    def has_space(self) -> bool:
        return "SpaceAfter=No" not in self.columns[9].split("|")


def _read_paragraphs(lines: Sequence[str]) -> tuple[Paragraph, ...]:
    paragraphs: list[list[Sentence]] = []
    has_marks = any(_PARAGRAPH_MARK.match(line) for line in lines)
    for is_first, rows in _split_sentences(lines):
        if is_first or not has_marks or not paragraphs:
            paragraphs.append([])
        paragraphs[-1].append(_read_sentence(rows))
    return tuple(map(tuple, paragraphs))


def _split_sentences(lines: Sequence[str]) -> Iterator[tuple[bool, list[_Row]]]:
    """Yield the rows of each sentence, and whether a paragraph begins with it."""
    is_first, rows = False, list[_Row]()
    for number, line in enumerate([*lines, ""], start=1):
        if line.startswith("#") and not rows:
            is_first = is_first or _PARAGRAPH_MARK.match(line) is not None
        elif line.strip():
            rows.append(_split_columns(line, number))
        elif rows:
            yield is_first, rows
            is_first, rows = False, []


def _split_columns(line: str, number: int) -> _Row:
    columns = tuple(line.split("\t"))
    if len(columns) != _NUM_COLUMNS:
        raise FormatError(
            f"{len(columns)} columns instead of {_NUM_COLUMNS}, between tabs. Save the file as CoNLL-U, with an empty "
            "line after each sentence.",
            line=number,
        )
    return _Row(number, columns)


def _read_sentence(rows: Sequence[_Row]) -> Sentence:
    words = [row for row in rows if not _MULTIWORD_ID.fullmatch(row.id) and not _EMPTY_NODE_ID.fullmatch(row.id)]
    for index, row in enumerate(words):
        if row.id != str(index + 1):
            raise FormatError(f"Word {row.id!r} where {index + 1} is due. Number the words from 1.", line=row.line)
    if not words:
        raise FormatError("A sentence without words. Delete it.", line=rows[0].line)
    spaces = _read_spaces(rows, words)
    heads = _read_heads(words)
    return tuple(
        TreebankWord(
            form=row.form,
            tag="" if row.columns[4] == _NO_VALUE else row.columns[4],
            head=head,
            label=ROOT if head == index else row.columns[7],
            has_space=has_space,
        )
        for index, (row, head, has_space) in enumerate(zip(words, heads, spaces, strict=True))
    )


def _read_spaces(rows: Sequence[_Row], words: Sequence[_Row]) -> list[bool]:
    """Return whether white space follows each word; inside words that are written as one there is none."""
    spaces = [row.has_space for row in words]
    for row in rows:
        match = _MULTIWORD_ID.fullmatch(row.id)
        if match is None:
            continue
        first, last = int(match[1]), int(match[2])
        parts = "".join(word.form for word in words[first - 1 : last])
        if not 1 <= first < last <= len(words) or parts != row.form:
            raise FormatError(
                f"{row.form!r} stands for the words {row.id}, which are written {parts!r}. Only words that join to "
                "what is written can be read; correct or split the line.",
                line=row.line,
            )
        spaces[first - 1 : last] = [False] * (last - first) + [row.has_space]
    return spaces


def _read_heads(words: Sequence[_Row]) -> list[int]:
    """Return the index of each word's head, the root's own.

    Raises:
        FormatError: The heads are no tree with one root.
    """
    heads = []
    for index, row in enumerate(words):
        head, label = row.columns[6], row.columns[7]
        if not head.isdecimal() or int(head) > len(words) or int(head) == index + 1:
            raise FormatError(
                f"Head {head!r} of word {index + 1}; it needs the number of another word of the sentence (1 to "
                f"{len(words)}), or 0 for the root.",
                line=row.line,
            )
        if label == _NO_VALUE or (label.lower() == "root") != (head == "0"):
            raise FormatError(f"Label {label!r} with head {head}; the root, and it alone, is 'root'.", line=row.line)
        heads.append(int(head) - 1 if int(head) else index)
    roots = [index for index, head in enumerate(heads) if index == head]
    if len(roots) != 1:
        raise FormatError(f"{len(roots)} roots; a sentence needs exactly one.", line=words[0].line)
    _require_no_cycle(words, heads, roots[0])
    return heads


def _require_no_cycle(words: Sequence[_Row], heads: Sequence[int], root: int) -> None:
    reached = {root}
    for index, row in enumerate(words):
        path: list[int] = []
        while index not in reached:
            if index in path:
                raise FormatError(f"Word {index + 1} is its own ancestor. Correct the heads.", line=row.line)
            path.append(index)
            index = heads[index]
        reached.update(path)
