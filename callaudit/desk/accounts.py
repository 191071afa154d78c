"""Accounts: made, given a role, disabled; never deleted, since the trail names them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from callaudit.desk import passwords, sign_ins, tokens
from callaudit.desk.people import ROLES, Role, User, user_from
from callaudit.desk.trail import note
from callaudit.errors import DeskError, NotThere
from callaudit.store.database import Store
from callaudit.store.desk_tables import SignInRow, UserRow

NAME: Final = re.compile(r"[\w.@+-]{1,64}")
LONGEST_TEXT: Final = 80


@dataclass(frozen=True, slots=True)
class Account:
    """An account, as a list of them shows it."""

    user: User
    has_password: bool
    signs_in_elsewhere: bool
    must_change: bool
    made_at: datetime
    disabled_at: datetime | None
    n_sign_ins: int
    seen_at: datetime | None


def plain_name(given: str) -> str:
    """A name as accounts have it: NFKC, in lower case, so that nobody is told apart by the width of a letter.

    Raises
    ------
    DeskError
        It is empty, too long, or holds something else than letters, digits and . _ - + @
    """
    name = unicodedata.normalize("NFKC", given.strip()).lower()
    if not NAME.fullmatch(name):
        raise DeskError("a name is 1 to 64 letters, digits or . _ - + @")
    return name


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
def all_accounts(session: Session) -> Sequence[Account]:
    """Every account, by name, with its open sign-ins and when it was last seen."""
    at_work = (
        select(SignInRow.user_id, func.count().label("n"), func.max(SignInRow.seen_at).label("seen_at"))
        .group_by(SignInRow.user_id)
        .subquery()
    )
    wanted = select(UserRow, at_work.c.n, at_work.c.seen_at).outerjoin(at_work, at_work.c.user_id == UserRow.id)
    return [
        Account(
            user_from(row), row.password is not None, row.subject is not None, row.must_change, row.made_at,
            row.disabled_at, n or 0, seen_at,
        )
        for row, n, seen_at in session.execute(wanted.order_by(UserRow.disabled_at.is_not(None), UserRow.name))
    ]  # fmt: skip


def has_any(session: Session) -> bool:
    """Whether anybody could sign in."""
    return session.scalar(select(UserRow.id).where(UserRow.disabled_at.is_(None)).limit(1)) is not None


def named(session: Session, name: str) -> User:
    """The user of that name, disabled or not.

    Raises
    ------
    NotThere
    """
    row = session.scalar(select(UserRow).where(UserRow.name == plain_name(name)))
    if row is None:
        raise NotThere("there is no account of that name; `callaudit accounts list` shows them")
    return user_from(row)


def by_id(session: Session, user_id: int) -> UserRow:
    """The row of an account.

    Raises
    ------
    NotThere
    """
    row = session.get(UserRow, user_id)
    if row is None:
        raise NotThere("there is no such account")
    return row


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────
def make(
    session: Session,
    by: User | str,
    name: str,
    role: Role,
    *,
    now: datetime,
    shown_name: str = "",
    agent_id: str | None = None,
    password: str | None = None,
    must_change: bool = True,
) -> int:
    """The id of a new account; without a password it signs in elsewhere (single sign-on).

    Raises
    ------
    DeskError
        The name is taken or none, the password is refused, or an agent lacks the id of whose calls it sees.
    """
    name = plain_name(name)
    if session.scalar(select(UserRow.id).where(UserRow.name == name)) is not None:
        raise DeskError("there is an account of that name; choose another, or enable it again")
    if password is not None:
        passwords.check_new(password, name)
    row: dict[str, Any] = {
        "name": name, "shown_name": _text(shown_name) or name, "made_at": now,
        "password": passwords.hashed(password) if password is not None else None,
        "must_change": must_change and password is not None, **check_role(role, agent_id),
    }  # fmt: skip
    user_id = session.execute(insert(UserRow).values(row).returning(UserRow.id)).scalar_one()
    note(session, by, "make account", now=now, account=name, role=role)
    return user_id


def set_role(
    session: Session, by: User | str, user_id: int, role: Role, *, agent_id: str | None, now: datetime
) -> None:
    """Gives an account another role; what it may is different from its next request on.

    Raises
    ------
    DeskError
        It is the last admin's, or an agent lacks the id of whose calls it sees.
    """
    row = by_id(session, user_id)
    if role != "admin":
        _keep_an_admin(session, row)
    session.execute(update(UserRow).where(UserRow.id == user_id).values(check_role(role, agent_id)))
    note(session, by, "set role", now=now, account=row.name, role=role)


def set_password(
    session: Session, by: User | str, user_id: int, password: str, *, now: datetime, must_change: bool = True
) -> None:
    """Gives an account a password that its owner must change; whoever is signed in with it is signed out.

    Raises
    ------
    DeskError
        The password is refused.
    """
    row = by_id(session, user_id)
    passwords.check_new(password, row.name)
    changed = {"password": passwords.hashed(password), "must_change": must_change}
    session.execute(update(UserRow).where(UserRow.id == user_id).values(changed))
    sign_ins.end_all(session, user_id)
    note(session, by, "set password", now=now, account=row.name)


def disable(session: Session, by: User | str, user_id: int, *, now: datetime) -> None:
    """Shuts an account: its sign-ins and tokens end at once.

    Raises
    ------
    DeskError
        It is the last admin's.
    """
    row = by_id(session, user_id)
    _keep_an_admin(session, row)
    session.execute(update(UserRow).where(UserRow.id == user_id, UserRow.disabled_at.is_(None)).values(disabled_at=now))
    sign_ins.end_all(session, user_id)
    tokens.revoke_all(session, user_id, now=now)
    note(session, by, "disable account", now=now, account=row.name)


def enable(session: Session, by: User | str, user_id: int, *, now: datetime) -> None:
    """Opens an account again; its tokens stay revoked."""
    row = by_id(session, user_id)
    session.execute(update(UserRow).where(UserRow.id == user_id).values(disabled_at=None))
    note(session, by, "enable account", now=now, account=row.name)


def sign_out(session: Session, by: User, user_id: int, *, now: datetime, but: str | None = None) -> None:
    """Ends the sign-ins of an account everywhere, but one."""
    row = by_id(session, user_id)
    note(session, by, "sign out everywhere", now=now, account=row.name, n=sign_ins.end_all(session, user_id, but=but))


# ── one's own ────────────────────────────────────────────────────────────────────────────────────────────────────
def proven(store: Store, name: str, password: str, *, now: datetime) -> User | None:
    """Whose name and password that are; None for a wrong one, an unknown or a disabled account, in the same time."""
    try:
        name = plain_name(name)
    except DeskError:
        name = ""  # nobody's; it takes as long as any other
    row = store.transact(lambda s: s.scalar(select(UserRow).where(UserRow.name == name)), write=False)
    right = passwords.proves(password, row.password if row is not None else None)  # outside: it takes a while
    if row is None or not right or row.disabled_at is not None:
        return None
    if row.password is not None and passwords.is_dated(row.password):
        anew = update(UserRow).where(UserRow.id == row.id, UserRow.password == row.password)
        hashed = passwords.hashed(password)
        store.transact(lambda s: s.execute(anew.values(password=hashed)))
    return user_from(row)


def note_failure(store: Store, name: str, *, now: datetime) -> None:
    """Notes that somebody failed to sign in; a name that is nobody's may be a password in the wrong field, and is not
    noted."""

    def work(session: Session) -> None:
        try:
            who = named(session, name).name
        except DeskError:
            who = "?"
        note(session, who, "fail to sign in", now=now)

    store.transact(work)


def change_password(store: Store, user: User, old: str, new: str, *, now: datetime, but: str | None = None) -> None:
    """Changes one's own password; other browsers are signed out.

    Raises
    ------
    DeskError
        The old one is wrong, the new one is refused or the same.
    """
    if proven(store, user.name, old, now=now) is None:
        raise DeskError("the present password is not right")
    if old == new:
        raise DeskError("the new password is the present one; choose another")
    passwords.check_new(new, user.name)
    hashed = passwords.hashed(new)

    def work(session: Session) -> None:
        session.execute(update(UserRow).where(UserRow.id == user.id).values(password=hashed, must_change=False))
        sign_ins.end_all(session, user.id, but=but)
        note(session, user, "change password", now=now)

    store.transact(work)


def set_language(session: Session, user: User, language: str | None) -> None:
    """The language that the user's pages are in; None: what the browser asks for."""
    session.execute(update(UserRow).where(UserRow.id == user.id).values(language=language))


def check_role(role: Role, agent_id: str | None) -> dict[str, Any]:
    """The columns of a role.

    Raises
    ------
    DeskError
        There is no such role, or an agent lacks the id of whose calls it sees.
    """
    if role not in ROLES:
        raise DeskError(f"there is no role {role!r}; wanted one of {', '.join(ROLES)}")
    agent_id = _text(agent_id or "") or None
    if role == "agent" and agent_id is None:
        raise DeskError("an agent's account needs the agent id of the calls it may see")
    return {"role": role, "agent_id": agent_id}


# ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _text(given: str) -> str:
    return " ".join(given.split())[:LONGEST_TEXT]


def _keep_an_admin(session: Session, row: UserRow) -> None:
    if row.role != "admin" or row.disabled_at is not None:
        return
    open_admins = select(UserRow.id).where(UserRow.role == "admin", UserRow.disabled_at.is_(None)).with_for_update()
    if set(session.scalars(open_admins)) == {row.id}:
        raise DeskError("this is the last admin; make another one first")
