"""Filters of the queue under a name: one's own, and those that leads share with everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from callaudit.desk.asked import asked_of
from callaudit.desk.people import User
from callaudit.errors import DeskError, NotAllowed, NotThere
from callaudit.store.desk_tables import UserRow, ViewRow

LONGEST_NAME: Final = 40
MOST: Final = 30
"""Views that one may keep."""


@dataclass(frozen=True, slots=True)
class View:
    """A view as somebody sees it; `by` is who shares it, None where it is one's own."""

    id: int
    name: str
    query: str
    shared: bool
    by: str | None


_OWN: Final = ViewRow.user_id == bindparam("user_id")
_SEEN: Final = (
    select(ViewRow, UserRow.shown_name)
    .join(UserRow, UserRow.id == ViewRow.user_id)
    .where(or_(_OWN, ViewRow.shared))
    .order_by(~_OWN, ViewRow.name, ViewRow.id)
)


def views_of(session: Session, user: User) -> tuple[View, ...]:
    """One's own views, then those shared by others, by name."""
    return tuple(
        View(row.id, row.name, row.query, row.shared, None if row.user_id == user.id else name)
        for row, name in session.execute(_SEEN, {"user_id": user.id})
    )


def keep(session: Session, user: User, name: str, query: str, *, shared: bool = False) -> int:
    """Keeps a view; one of the same name is replaced. Returns its id.

    Raises
    ------
    NotAllowed, DeskError
    """
    if not user.may_write or (shared and not user.may("share views")):
        raise NotAllowed(f"{user.role} may not: share views")
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME:
        raise DeskError("a view has a name of 40 characters at most")
    values = {"query": asked_of(query).query(), "shared": shared}
    own = list(session.execute(select(ViewRow.id, ViewRow.name).where(ViewRow.user_id == user.id)))
    if (known := next((row.id for row in own if row.name == plain), None)) is not None:
        session.execute(update(ViewRow).where(ViewRow.id == known).values(**values))
        return int(known)
    if len(own) >= MOST:
        raise DeskError("you have 30 views; delete one first")
    made = insert(ViewRow).returning(ViewRow.id).values(user_id=user.id, name=plain, **values)
    return int(session.scalars(made).one())


def drop(session: Session, user: User, view_id: int) -> None:
    """Deletes an own view.

    Raises
    ------
    NotThere
    """
    own = delete(ViewRow).where(ViewRow.id == view_id, ViewRow.user_id == user.id)
    if not session.execute(own).rowcount:  # type: ignore[attr-defined]  # a DELETE's result has it
        raise NotThere("there is no such view, or it is not yours")
