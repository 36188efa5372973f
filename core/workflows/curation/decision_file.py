"""A file of decisions, one a row: read from JSON lines or a table with a head, and applied as a whole or not at all."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.domain import Mention, State
from core.errors import ConflictError, DareError, DomainError, FormatError
from core.workflows.curation import curate
from core.workflows.curation.event_fields import take_integer, take_text
from db.queries import decisions, edits, synthetic
from db.session import Session

NUMBERS = frozenset({"id", "version", "mention_id", "relation_id", "head_id", "tail_id", "start", "end"})
TEXTS = ("kind", "entity_type", "label", "text", "reason")
# A mention by its place, START-END or START-END:TYPE in the sentence, in the stead of an id.
PLACES = {"mention": "mention_id", "head": "head_id", "tail": "tail_id"}


@dataclass(frozen=True, slots=True)
class Row:
    """One decision: the line that it stands on, counted from 1, and its fields."""

    line: int
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Applied:
    """What a file of decisions did.

    Args:
        num_changed: Rows that changed something.
        num_unchanged: Rows whose sentence was so already.
        first_step: Decision of the first change, to undo back to; None where nothing changed.
    """

    num_changed: int
    num_unchanged: int
    first_step: int | None


def read_decisions(data: bytes, *, source: str) -> list[Row]:
    """Read the rows of a file: JSON objects, one a line, or a comma-separated table; empty cells are no fields.

    Raises:
        FormatError: The file is not UTF-8, a line is no JSON object, or a field is unknown or no number.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"Not UTF-8 at byte {error.start}; store the file as UTF-8.", source=source) from error
    rows = _read_json(text, source) if text.lstrip().startswith("{") else _read_table(text, source)
    return [_check_fields(row, source) for row in rows]


def _read_json(text: str, source: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise FormatError(f"Not JSON: {error}.", source=source, line=number) from error
        if not isinstance(fields, dict):
            raise FormatError("A decision is a JSON object with id and kind.", source=source, line=number)
        yield Row(number, fields)


def _read_table(text: str, source: str) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="")
    try:
        for cells in reader:
            fields: dict[str, Any] = {name: cell for name, cell in cells.items() if cell}
            numbers = {
                name: _read_number(name, fields[name], source, reader.line_num) for name in NUMBERS & fields.keys()
            }
            yield Row(reader.line_num, fields | numbers)
    except csv.Error as error:
        raise FormatError(f"Not a table: {error}.", source=source, line=reader.line_num + 1) from error


def _read_number(name: str, cell: str, source: str, line: int) -> int:
    try:
        return int(cell)
    except ValueError as error:
        raise FormatError(f"{name} is {cell!r}; it must be a whole number.", source=source, line=line) from error


def _check_fields(row: Row, source: str) -> Row:
    known = (*sorted(NUMBERS), *TEXTS, *PLACES)
    unknown = [repr(name) for name in row.fields if name not in known]
    if unknown:
        message = f"Unknown field {', '.join(unknown)}; known: {', '.join(known)}."
        raise FormatError(message, source=source, line=row.line)
    return row


def apply_decisions(
    session: Session, project_id: int, user_id: int, rows: Sequence[Row], *, target_kind: str, source: str
) -> Applied:
    """Apply decisions in their order, each one a step of its own.

    A row has `id`, `kind` and the fields that `curate` names for that kind; with `version` it is refused where the
    sentence was changed since that version was read, by others than this file.

    Args:
        session: An open session; the caller commits, or rolls back when this raises.
        project_id: The project.
        user_id: Who decides.
        rows: As `read_decisions` gives them.
        target_kind: What the ids name: "sentence" or "synthetic".
        source: Name of the file, for errors.

    Raises:
        FormatError: A row cannot be applied; it names the line and why.
    """
    desk = _Desk(session, project_id, user_id, target_kind, {}, {})
    first_step, num_changed = None, 0
    for row in rows:
        try:
            is_changed = desk.apply(row.fields)
        except DareError as error:
            raise FormatError(f"{error} Nothing of the file was stored.", source=source, line=row.line) from error
        num_changed += is_changed
        if is_changed and first_step is None:
            target = (target_kind, int(row.fields["id"]))
            last = decisions.find_last(session, project_id=project_id, user_id=user_id, target=target)
            first_step = last.id if last else None
    return Applied(num_changed, len(rows) - num_changed, first_step)


@dataclass(slots=True)
class _Desk:
    """Who decides what, and the versions of the rows: before the file, and now."""

    session: Session
    project_id: int
    user_id: int
    target_kind: str
    before: dict[int, int]
    present: dict[int, int]

    def apply(self, fields: Mapping[str, Any]) -> bool:
        """Apply one decision; return whether it changed anything."""
        take_text(fields, "kind")
        row_id = take_integer(fields, "id")
        if row_id not in self.present:
            self.before[row_id] = self.present[row_id] = self._read_version(row_id)
        seen = fields.get("version")
        if seen is not None and take_integer(fields, "version") != self.before[row_id]:
            raise ConflictError(
                f"Sentence {row_id} was changed elsewhere: you saw version {seen}, it is at {self.before[row_id]}; "
                "look at it again."
            )
        version = self._store(row_id, self._to_event(row_id, fields))
        is_changed = version != self.present[row_id]
        self.present[row_id] = version
        return is_changed

    def _read_version(self, row_id: int) -> int:
        if self.target_kind == decisions.SENTENCE:
            return edits.load_sentence(self.session, row_id, project_id=self.project_id).version
        return synthetic.get_synthetic_view(self.session, row_id, project_id=self.project_id).version

    def _store(self, row_id: int, event: Mapping[str, Any]) -> int:
        who = {"project_id": self.project_id, "user_id": self.user_id}
        version = self.present[row_id]
        if self.target_kind == decisions.SENTENCE:
            return curate.apply_sentence_event(
                self.session, **who, sentence_id=row_id, version=version, event=event
            ).version
        return curate.apply_synthetic_event(
            self.session, **who, synthetic_id=row_id, version=version, event=event
        ).version

    def _to_event(self, row_id: int, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields as events have them, places of mentions replaced by their ids."""
        event = {name: value for name, value in fields.items() if name not in ("id", "version", *PLACES)}
        places = {name: take_text(fields, name) for name in PLACES if fields.get(name) is not None}
        if places:
            mentions = edits.load_sentence(self.session, row_id, project_id=self.project_id).annotation.mentions
            event |= {PLACES[name]: _find_mention(mentions, place) for name, place in places.items()}
        return event


def _find_mention(mentions: Mapping[int, Mention], place: str) -> int:
    """Return the id of the one live mention at a place."""
    span, _, entity_type = place.partition(":")
    found = [
        mention_id
        for mention_id, mention in mentions.items()
        if mention.state is not State.REJECTED
        and f"{mention.span.start}-{mention.span.end}" == span
        and entity_type in ("", mention.entity_type)
    ]
    if len(found) != 1:
        raise DomainError(f"{len(found)} mentions stand at {place!r}; give START-END:TYPE of one in the sentence.")
    return found[0]
