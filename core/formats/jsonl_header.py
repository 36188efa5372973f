"""The header record of the native JSONL format: name, version, schema."""

from dataclasses import asdict
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from core.domain import EntityType, RelationLabel, Schema

FORMAT_NAME: Literal["dare-curator"] = "dare-curator"
FORMAT_VERSION = 1

Pairs = tuple[tuple[str, str], ...]


class Record(BaseModel):
    """Base of all records: unknown keys and wrong types are refused, never ignored."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class EntityTypeRecord(Record):
    """An entity type of the schema."""

    name: str
    colour: str = EntityType("").colour
    guideline: str = ""


class RelationLabelRecord(Record):
    """A relation label of the schema."""

    name: str
    legal_types: Pairs
    is_symmetric: bool = False
    colour: str = RelationLabel("", ()).colour
    guideline: str = ""


class SchemaRecord(Record):
    """The schema of the project that wrote the file."""

    entity_types: tuple[EntityTypeRecord, ...]
    relation_labels: tuple[RelationLabelRecord, ...]

    @classmethod
    def from_domain(cls, schema: Schema) -> Self:
        """Return the record of a schema."""
        return cls.model_validate(asdict(schema))

    def to_domain(self) -> Schema:
        """Return the schema.

        Raises:
            SchemaError: A name is used twice, reserved or unknown.
        """
        return Schema(
            tuple(EntityType(item.name, item.colour, item.guideline) for item in self.entity_types),
            tuple(
                RelationLabel(item.name, item.legal_types, item.is_symmetric, item.colour, item.guideline)
                for item in self.relation_labels
            ),
        )


class HeaderRecord(Record):
    """The first line of a file."""

    format: Literal["dare-curator"] = FORMAT_NAME
    version: int = FORMAT_VERSION
    schema_record: SchemaRecord | None = Field(default=None, alias="schema")
