"""The annotation of a sentence as one value that can be changed, saved with a version check, and recorded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from core.domain import Mention, Source, Span, State
from core.errors import ConflictError, NotFoundError
from db.columns import Table, utc_now
from db.mapping import mention_values, to_mention
from db.queries.crossing import follow_mentions
from db.tables import MentionRow, RelationRow, SentenceRow


@dataclass(frozen=True, slots=True)
class RelationLink:
    """A relation by the ids of its mentions."""

    head_id: int
    tail_id: int
    label: str
    score: float | None = None
    state: State = State.ACCEPTED
    source: Source = Source.CURATOR


@dataclass(frozen=True, slots=True)
class Annotation:
    """Everything about one sentence that a curator can change, rejected items too.

    Args:
        mentions: By id, in sentence coordinates; ids below 0 are not stored yet.
        relations: By id; ids below 0 are not stored yet.
        crossing: Relations across sentences that went with a mention rejected by this change, by id, with the state
            that they had; empty in what is read from the database.
    """

    state: State
    is_flagged: bool = False
    comment: str = ""
    mentions: Mapping[int, Mention] = field(default_factory=dict)
    relations: Mapping[int, RelationLink] = field(default_factory=dict)
    crossing: Mapping[int, State] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the annotation as JSON, for a decision."""
        crossing = [{"id": relation_id, "state": state.value} for relation_id, state in sorted(self.crossing.items())]
        return {
            "state": self.state.value,
            "is_flagged": self.is_flagged,
            "comment": self.comment,
            "mentions": [_mention_json(mention_id, m) for mention_id, m in sorted(self.mentions.items())],
            "relations": [_relation_json(relation_id, r) for relation_id, r in sorted(self.relations.items())],
            **({"crossing": crossing} if crossing else {}),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Annotation":
        """Return the annotation that a decision recorded, without what went beside it."""
        return Annotation(
            State(data["state"]),
            data["is_flagged"],
            data["comment"],
            {item["id"]: _mention_from_json(item) for item in data["mentions"]},
            {item["id"]: _relation_from_json(item) for item in data["relations"]},
        )


def to_card(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a decision recorded of the row itself, to compare it with the row as it is."""
    return {name: value for name, value in recorded.items() if name != "crossing"}


def _mention_json(mention_id: int, mention: Mention) -> dict[str, Any]:
    return {
        "id": mention_id,
        "start": mention.span.start,
        "end": mention.span.end,
        "entity_type": mention.entity_type,
        "concept_ids": list(mention.concept_ids),
        "names": list(mention.names),
        "score": mention.score,
        "state": mention.state.value,
        "source": mention.source.value,
    }


def _relation_json(relation_id: int, link: RelationLink) -> dict[str, Any]:
    return {
        "id": relation_id,
        "head_id": link.head_id,
        "tail_id": link.tail_id,
        "label": link.label,
        "score": link.score,
        "state": link.state.value,
        "source": link.source.value,
    }


def _mention_from_json(item: Mapping[str, Any]) -> Mention:
    return Mention(
        Span(item["start"], item["end"]),
        item["entity_type"],
        concept_ids=tuple(item["concept_ids"]),
        names=tuple(item["names"]),
        score=item["score"],
        state=State(item["state"]),
        source=Source(item["source"]),
    )


def _relation_from_json(item: Mapping[str, Any]) -> RelationLink:
    state, source = State(item["state"]), Source(item["source"])
    return RelationLink(item["head_id"], item["tail_id"], item["label"], item["score"], state, source)


@dataclass(frozen=True, slots=True)
class LoadedSentence:
    """A sentence read for a change: where it stands, at which version, and its annotation."""

    id: int
    project_id: int
    document_id: int
    start: int
    length: int
    version: int
    annotation: Annotation


def load_sentence(session: Session, sentence_id: int, *, project_id: int) -> LoadedSentence:
    """Read a sentence for a change.

    Raises:
        NotFoundError: The project has no such sentence.
    """
    loaded = load_sentences(session, [sentence_id]).get(sentence_id)
    if loaded is None or loaded.project_id != project_id:
        raise NotFoundError(f"Sentence {sentence_id} is not in this project; its document may have been removed.")
    return loaded


def load_sentences(session: Session, sentence_ids: Sequence[int]) -> dict[int, LoadedSentence]:
    """Read sentences for a change, by id; ids that do not exist are left out."""
    rows = {row.id: row for row in _rows(session, SentenceRow, "id", sentence_ids)}
    mentions: dict[int, dict[int, Mention]] = {sentence_id: {} for sentence_id in rows}
    for mention in _rows(session, MentionRow, "sentence_id", sentence_ids):
        sentence = rows[mention.sentence_id or 0]
        mentions[sentence.id][mention.id] = to_mention(mention, shift=-sentence.start)
    relations: dict[int, dict[int, RelationLink]] = {sentence_id: {} for sentence_id in rows}
    for row in _rows(session, RelationRow, "sentence_id", sentence_ids):
        link = RelationLink(row.head_id, row.tail_id, row.label, row.score, row.state, row.source)
        relations[row.sentence_id or 0][row.id] = link
    return {
        row.id: LoadedSentence(
            row.id,
            row.project_id,
            row.document_id,
            row.start,
            row.end - row.start,
            row.version,
            Annotation(row.state, row.is_flagged, row.comment, mentions[row.id], relations[row.id]),
        )
        for row in rows.values()
    }


def _rows(session: Session, table: type[Table], name: str, sentence_ids: Sequence[int]) -> Sequence[Any]:
    """Read rows afresh, as plain rows of their columns: a bulk step reads many, and objects would cost most of it."""
    columns = sa.inspect(table).local_table.c
    return session.execute(sa.select(*columns).where(columns[name].in_(sentence_ids)).order_by(columns["id"])).all()


def save_annotation(session: Session, loaded: LoadedSentence, after: Annotation, **columns: Any) -> Annotation:  # noqa: ANN401
    """Store a changed annotation if nobody changed the sentence since it was loaded.

    Args:
        session: An open session; the caller commits.
        loaded: The sentence as it was read.
        after: What to store; ids below 0 are new, ids that `loaded` has and `after` lacks are removed.
        columns: Further columns of the sentence row to set.

    Returns:
        The stored annotation, with the ids of new items and what became of relations across sentences.

    Raises:
        ConflictError: The sentence changed; nothing was stored.
    """
    _take_version(session, loaded, after, columns)
    before = loaded.annotation
    _remove(session, RelationRow, before.relations.keys() - after.relations.keys())
    _remove(session, MentionRow, before.mentions.keys() - after.mentions.keys())
    new_ids = {old: old for old in after.mentions}
    for mention_id, mention in after.mentions.items():
        # Equality of mentions ignores state and score, so records are compared instead.
        if mention_id not in before.mentions:
            new_ids[mention_id] = _add_mention(session, loaded, mention_id, mention)
        elif _mention_json(mention_id, mention) != _mention_json(mention_id, before.mentions[mention_id]):
            _update_mention(session, loaded, mention_id, mention)
    relations = {}
    for relation_id, link in after.relations.items():
        moved = replace(link, head_id=new_ids[link.head_id], tail_id=new_ids[link.tail_id])
        relations[_store_relation(session, loaded, relation_id, moved)] = moved
    mentions = {new_ids[mention_id]: mention for mention_id, mention in after.mentions.items()}
    crossing = follow_mentions(session, [(before.mentions, mentions)])
    return replace(after, mentions=mentions, relations=relations, crossing=crossing)


def _take_version(session: Session, loaded: LoadedSentence, after: Annotation, columns: Mapping[str, object]) -> None:
    """Write the sentence row, which also locks it, unless its version moved on."""
    written = session.exec(
        sa.update(SentenceRow)
        .where(col(SentenceRow.id) == loaded.id, col(SentenceRow.version) == loaded.version)
        .values(
            version=loaded.version + 1,
            state=after.state,
            is_flagged=after.is_flagged,
            comment=after.comment,
            updated_at=utc_now(),
            **columns,
        )
    )
    if written.rowcount != 1:
        raise ConflictError(
            f"Sentence {loaded.id} was changed elsewhere since version {loaded.version}; "
            "nothing was overwritten. Load it again and repeat the change."
        )


def _remove(session: Session, table: type[MentionRow] | type[RelationRow], ids: Iterable[int]) -> None:
    if found := list(ids):
        session.exec(sa.delete(table).where(col(table.id).in_(found)))


def _add_mention(session: Session, loaded: LoadedSentence, mention_id: int, mention: Mention) -> int:
    """Insert a mention, under its old id when an undo brings it back."""
    row = MentionRow(
        **mention_values(
            mention,
            project_id=loaded.project_id,
            document_id=loaded.document_id,
            sentence_id=loaded.id,
            shift=loaded.start,
        )
    )
    if mention_id >= 0:
        row.id = mention_id
    session.add(row)
    session.flush()
    return row.id


def _update_mention(session: Session, loaded: LoadedSentence, mention_id: int, mention: Mention) -> None:
    session.exec(
        sa.update(MentionRow)
        .where(col(MentionRow.id) == mention_id)
        .values(
            start=mention.span.start + loaded.start,
            end=mention.span.end + loaded.start,
            entity_type=mention.entity_type,
            concept_ids=list(mention.concept_ids),
            names=list(mention.names),
            score=mention.score,
            state=mention.state,
            source=mention.source,
        )
    )


def _store_relation(session: Session, loaded: LoadedSentence, relation_id: int, link: RelationLink) -> int:
    """Insert or update a relation where it changed and return its id."""
    if link == loaded.annotation.relations.get(relation_id):
        return relation_id
    values: dict[str, Any] = {
        "head_id": link.head_id,
        "tail_id": link.tail_id,
        "label": link.label,
        "score": link.score,
        "state": link.state,
        "source": link.source,
    }
    if relation_id in loaded.annotation.relations:
        session.exec(sa.update(RelationRow).where(col(RelationRow.id) == relation_id).values(**values))
        return relation_id
    row = RelationRow(project_id=loaded.project_id, document_id=loaded.document_id, sentence_id=loaded.id, **values)
    if relation_id >= 0:
        row.id = relation_id
    session.add(row)
    session.flush()
    return row.id
