"""The lines of a WebAnno TSV 3 file: layers of the header, sentences with their tokens, the values in a cell."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from core.errors import FormatError
from core.formats.checks import shorten

HEADER = "#FORMAT=WebAnno TSV 3"
LAYER = re.compile(r"#T_(SP|RL|CH)=(\S+)")
TEXT = "#Text="
TOKEN = re.compile(r"(\d+-\d+)(\.\d+)?\t(\d{1,9})-(\d{1,9})\t([^\t]*)\t?(.*)")
BASE_COLUMN, ROLE_COLUMN = "BT_", "ROLE_"
NAMED = ("value", "label", "category", "type", "entitytype", "concept")
CONCEPT_FEATURES = ("identifier", "conceptid")
ESCAPED = re.compile(r"\\(->|.)")
ESCAPES = {"t": "\t", "n": "\n", "r": "\r"}
NUMBERED = re.compile(r"(.*)\[(\d+)\]", re.DOTALL)
PARTS = {sign: re.compile(rf"(?:\\.|[^\\{sign}]|\\$)+", re.DOTALL) for sign in "|;"}
NOTHING, NO_VALUE = "_", "*"


@dataclass(frozen=True)  # no slots: what follows from the header is worked out once
class Layer:
    """A layer of the header and the columns of its features."""

    kind: str
    name: str
    features: tuple[str, ...]
    first_column: int

    @cached_property
    def short_name(self) -> str:
        """The last part of the layer's name, for spans without a value."""
        return self.name.rpartition(".")[2]

    @cached_property
    def slots(self) -> list[int]:
        """Columns of roles; the one after each names the spans that play them."""
        return [
            self.first_column + place for place, one in enumerate(self.features[:-1]) if one.startswith(ROLE_COLUMN)
        ]

    @cached_property
    def base_column(self) -> int | None:
        """Column of the token that a relation comes from."""
        return next(
            (self.first_column + place for place, one in enumerate(self.features) if one.startswith(BASE_COLUMN)), None
        )

    @cached_property
    def base_layer(self) -> str:
        """Name of the layer whose spans a relation joins, or ""."""
        return next((one.removeprefix(BASE_COLUMN) for one in self.features if one.startswith(BASE_COLUMN)), "")

    @cached_property
    def values(self) -> dict[int, str]:
        """Features that say something of the span or relation itself, by column."""
        others = {one for column in self.slots for one in (column, column + 1)} | {self.base_column}
        columns = {self.first_column + place: name for place, name in enumerate(self.features)}
        return {column: name for column, name in columns.items() if column not in others}

    def find_column(self, names: tuple[str, ...]) -> int | None:
        """Return the column of the first value called one of these names."""
        lowered = {name.casefold(): column for column, name in reversed(self.values.items())}
        return next((lowered[name] for name in names if name in lowered), None)

    @cached_property
    def type_column(self) -> int | None:
        """The column that says the type of a span or the label of a relation; None where no feature does."""
        found = self.find_column(NAMED)
        others = (column for column, name in self.values.items() if name.casefold() not in CONCEPT_FEATURES)
        return next(others, None) if found is None else found


@dataclass(slots=True)
class TokenRow:
    """A token or a part of one: where the file says it stands, in UTF-16 units, and what it says of it."""

    id: str
    line: int
    start: int
    end: int
    word: str
    cells: list[str]

    @property
    def token_id(self) -> str:
        """The id of the whole token."""
        return self.id.partition(".")[0]


@dataclass(slots=True)
class Block:
    """A sentence: its text and its tokens."""

    text: str
    line: int
    rows: list[TokenRow] = field(default_factory=list)


def parse_lines(text: str) -> tuple[list[Layer], list[Block]]:
    """Return the layers of a file and its sentences.

    Raises:
        FormatError: A line is broken.
    """
    layers: list[Layer] = []
    blocks: list[Block] = []
    column = 0
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.removesuffix("\r")
        match = LAYER.match(line)
        if match:
            name, *features = match[2].split("|")
            layers.append(Layer(match[1], name, tuple(features), column))
            column += max(1, len(features))
        elif line.startswith(TEXT):
            piece = unescape(line.removeprefix(TEXT))
            if blocks and not blocks[-1].rows:
                blocks[-1].text += f"\n{piece}"
            else:
                blocks.append(Block(piece, number))
        elif line.strip() and not line.startswith("#"):
            if not blocks:
                raise FormatError(f"{shorten(line)} stands under no {TEXT} line. Correct the file.", line=number)
            blocks[-1].rows.append(_parse_token(line, number))
    return layers, [block for block in blocks if block.rows]


def _parse_token(line: str, number: int) -> TokenRow:
    token = TOKEN.fullmatch(line)
    if token is None:
        raise FormatError(f"{shorten(line)} is no token under a {TEXT} line. Correct the file.", line=number)
    cells = token[6].removesuffix("\t").split("\t") if token[6] else []
    return TokenRow(token[1] + (token[2] or ""), number, int(token[3]), int(token[4]), unescape(token[5]), cells)


def unescape(value: str) -> str:
    """Return a value without the backslashes before reserved signs."""
    return ESCAPED.sub(lambda match: ESCAPES.get(match[1], match[1]), value)


def split_cell(cells: list[str], column: int | None, *, sign: str = "|") -> list[str]:
    """Return the raw value of every annotation in a cell; none in a missing one."""
    cell = cells[column] if column is not None and column < len(cells) else NOTHING
    return [] if cell in (NOTHING, "") else PARTS[sign].findall(cell)


def read_value(raw: str) -> tuple[str, str]:
    """Return the value of an annotation, "" where it has none, and the number that tells it from others, or ""."""
    match = NUMBERED.fullmatch(raw)
    value, number = (match[1], match[2]) if match else (raw, "")
    return "" if value in (NO_VALUE, NOTHING) else unescape(value), number
