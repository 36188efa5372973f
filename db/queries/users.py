"""People who decide."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from db.tables import UserAccount

LOCAL_USER = "local"
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def get_or_add_user(session: Session, name: str = LOCAL_USER, *, role: str = "lead") -> int:
    """Return the id of the user of that name, who is added on the first call.

    Args:
        session: An open session.
        name: Sign-in name; the default is the one user of an installation without sign-in.
        role: Role of a user who is added.
    """
    query = select(UserAccount.id).where(UserAccount.name == name)
    user_id = session.exec(query).first()
    if user_id is None:
        # Another session may add the same user at this moment: then that one is taken, not refused.
        insert = _INSERT[session.connection().dialect.name](UserAccount).values(name=name, role=role)
        session.execute(insert.on_conflict_do_nothing())
        user_id = session.exec(query).one()
    return user_id


def get_user_names(session: Session) -> dict[int, str]:
    """Return the name of every user by id."""
    return {user.id: user.name for user in session.exec(select(UserAccount))}
