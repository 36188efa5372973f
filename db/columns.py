"""Column types and the base class that all tables share."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

# Decisions name rows by id for ever; SQLite would otherwise give the id of a deleted row to a new one.
IDS_STAY_UNIQUE = {"sqlite_autoincrement": True}

type_of_text: Any = sa.Text()
type_of_json: Any = sa.JSON(none_as_null=True)


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment with its zone; SQLite forgets zones, so UTC is put back on reading."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Store every moment in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Return every moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


type_of_moment: Any = UtcDateTime()


def type_of_enum(enum: type[StrEnum]) -> Any:  # noqa: ANN401 - SQLModel types sa_type as a class only
    """Return a portable column type that stores an enum by its value; a new value needs no migration."""
    return sa.Enum(enum, native_enum=False, length=16, values_callable=_values)


def _values(enum: type[StrEnum]) -> list[str]:
    return [member.value for member in enum]


def utc_now() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(UTC)


class Table(SQLModel):
    """Base of all tables: own metadata with named constraints, which batch migrations on SQLite need."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
