"""People who decide."""

from sqlmodel import Session, select

from db.tables import UserAccount

LOCAL_USER = "local"


def get_or_add_user(session: Session, name: str = LOCAL_USER, *, role: str = "lead") -> int:
    """Return the id of the user of that name, who is added on the first call.

    Args:
        session: An open session.
        name: Sign-in name; the default is the one user of an installation without sign-in.
        role: Role of a user who is added.
    """
    user = session.exec(select(UserAccount).where(UserAccount.name == name)).first()
    if user is None:
        user = UserAccount(name=name, role=role)
        session.add(user)
        session.flush()
    return user.id


def get_user_names(session: Session) -> dict[int, str]:
    """Return the name of every user by id."""
    return {user.id: user.name for user in session.exec(select(UserAccount))}
