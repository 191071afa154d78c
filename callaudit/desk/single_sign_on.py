"""Who comes from the company's single sign-on: which account that is, and what it may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from callaudit.desk import accounts
from callaudit.desk.people import ROLES, Role, User, user_from
from callaudit.errors import NotAllowed
from callaudit.store.desk_tables import UserRow


@dataclass(frozen=True, slots=True)
class Stranger:
    """What the provider says of who signed in; `role` and `agent_id` are None where the settings take none from it."""

    issuer: str
    subject: str
    name: str
    shown_name: str
    role: Role | None = None
    agent_id: str | None = None


def strongest(values: object, roles: dict[str, Role]) -> Role | None:
    """The strongest role that values of a claim stand for.

    >>> strongest(["staff", "qa"], {"qa": "reviewer", "boss": "lead"})
    'reviewer'
    """
    given = [values] if isinstance(values, str) else values if isinstance(values, list) else []
    found = {roles[value] for value in given if isinstance(value, str) and value in roles}
    return next((role for role in ROLES if role in found), None)


def admit(session: Session, who: Stranger, *, now: datetime) -> User:
    """The account of who signed in elsewhere: the one of that identity; else one made beforehand under that name for
    single sign-on; else, where the provider gives a role, a new one.

    Raises
    ------
    NotAllowed
        There is none, it is disabled, or it belongs to somebody who signs in with a password.
    """
    subject = f"{who.issuer} {who.subject}"
    row = session.scalar(select(UserRow).where(UserRow.subject == subject))
    if row is None:
        name = accounts.plain_name(who.name)
        row = session.scalar(select(UserRow).where(UserRow.name == name))
        if row is not None and (row.password is not None or row.subject is not None):
            raise NotAllowed("the account of that name is not for single sign-on; ask an admin")
        if row is None:
            row = _made(session, who, name, now)
        session.execute(update(UserRow).where(UserRow.id == row.id).values(subject=subject))
    if row.disabled_at is not None:
        raise NotAllowed("this account is disabled; ask an admin")
    if who.role is not None:
        agent_id = who.agent_id or row.agent_id
        if (who.role, agent_id) != (row.role, row.agent_id):
            accounts.check_role(who.role, agent_id)
            session.execute(update(UserRow).where(UserRow.id == row.id).values(role=who.role, agent_id=agent_id))
    session.flush()
    session.refresh(row)
    return user_from(row)


def _made(session: Session, who: Stranger, name: str, now: datetime) -> UserRow:
    if who.role is None:
        raise NotAllowed("there is no account for you here yet; ask an admin")
    by = "single sign-on"
    user_id = accounts.make(session, by, name, who.role, now=now, shown_name=who.shown_name, agent_id=who.agent_id)
    return session.get_one(UserRow, user_id)
