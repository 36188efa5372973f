"""The header record of the native JSONL format: name, version, schema."""

from dataclasses import asdict
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from core.domain import EntityType, RelationLabel, Schema

FORMAT_NAME: Literal["dare-curator"] = "dare-curator"
FORMAT_VERSION = 1

Pairs = tuple[tuple[str, str], ...]


class Record(BaseModel):
    """Base of all records: unknown keys and wrong types are refused, never ignored."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


Colour = Annotated[str, Field(description="Colour on the pages, as #RRGGBB.")]
Guideline = Annotated[str, Field(description="What annotators are told about it.")]


class EntityTypeRecord(Record):
    """An entity type of the schema."""

    name: str = Field(description="Name that mentions use.")
    colour: Colour = EntityType("").colour
    guideline: Guideline = ""


class RelationLabelRecord(Record):
    """A relation label of the schema."""

    name: str = Field(description="Name that relations use.")
    legal_types: Pairs = Field(description="Pairs of head type and tail type that it may join.")
    is_symmetric: bool = Field(False, description="Whether head and tail may change places.")
    colour: Colour = RelationLabel("", ()).colour
    guideline: Guideline = ""


class SchemaRecord(Record):
    """The schema of the project that wrote the file."""

    entity_types: tuple[EntityTypeRecord, ...] = Field(description="Types that mentions may have.")
    relation_labels: tuple[RelationLabelRecord, ...] = Field(description="Labels that relations may have.")

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

    format: Literal["dare-curator"] = Field(FORMAT_NAME, description="Name of the format.")
    version: int = Field(
        FORMAT_VERSION, description="Version of the format.", json_schema_extra={"const": FORMAT_VERSION}
    )
    schema_record: SchemaRecord | None = Field(
        default=None, alias="schema", description="Types and labels of the project that wrote the file; null for any."
    )
