"""Many rows of one table at once, without an object or a statement for each."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session


def insert_rows(session: Session, row_class: Any, rows: Sequence[Mapping[str, Any]]) -> None:  # noqa: ANN401 - a class
    """Insert rows that all have the same columns, those of a class of `db.tables`.

    On SQLite, where everybody else waits meanwhile, values are bound here a column at a time: in its own way SQLAlchemy
    takes several times as long for that as SQLite takes to store them.
    """
    if not rows:
        return
    table: sa.Table = row_class.__table__
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        connection.execute(sa.insert(table), rows)
        return
    columns = [table.c[name] for name in rows[0]]
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column in columns)
    statement = f"INSERT INTO {quote(table.name)} ({names}) VALUES ({', '.join('?' * len(columns))})"
    bound = [_bind(connection.dialect, column, [row[column.key] for row in rows]) for column in columns]
    connection.exec_driver_sql(statement, list(zip(*bound, strict=True)))


def _bind(dialect: sa.Dialect, column: "sa.Column[Any]", values: list[Any]) -> list[Any]:
    """Return the values of a column as the driver takes them."""
    bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    return values if bind is None else [bind(value) for value in values]
