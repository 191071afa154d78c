"""Keys to the API: of one account, never with more rights than it, shown once and kept as a digest."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from callaudit.desk.people import User, user_from
from callaudit.desk.sign_ins import digest_of
from callaudit.desk.trail import note
from callaudit.errors import DeskError, NotAllowed, NotThere
from callaudit.store.desk_tables import TokenRow, UserRow

PREFIX: Final = "callaudit_"
"""Scanners of secrets find a token that got into a repository by this."""
SECRET_BYTES: Final = 32
SEEN_EVERY: Final = timedelta(minutes=1)
LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class Token:
    """A key to the API, without the key."""

    id: int
    name: str
    may_write: bool
    made_at: datetime
    used_at: datetime | None
    until: datetime | None
    revoked_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and (self.until is None or self.until > now)


def make(session: Session, user: User, name: str, *, may_write: bool, days: int | None, now: datetime) -> str:
    """A new token; what is returned is shown once and kept nowhere.

    Raises
    ------
    NotAllowed
        The role makes none.
    DeskError
        It has no name, or a name too long.
    """
    if not user.may("make tokens"):
        raise NotAllowed("this role makes no tokens")
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise DeskError(f"a token needs a name of at most {LONGEST_NAME} characters")
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    until = None if days is None else now + timedelta(days)
    row = {
        "user_id": user.id, "name": name, "digest": digest_of(secret), "may_write": may_write, "made_at": now,
        "until": until,
    }  # fmt: skip
    token_id = session.execute(insert(TokenRow).values(row).returning(TokenRow.id)).scalar_one()
    note(session, user, "make token", now=now, token=token_id, may_write=may_write)
    return secret


def of_user(session: Session, user_id: int) -> Sequence[Token]:
    """The tokens of an account, the newest first."""
    rows = session.scalars(select(TokenRow).where(TokenRow.user_id == user_id).order_by(TokenRow.id.desc()))
    return [Token(row.id, row.name, row.may_write, row.made_at, row.used_at, row.until, row.revoked_at) for row in rows]


def revoke(session: Session, user: User, token_id: int, *, now: datetime) -> None:
    """Ends a token of the user's own.

    Raises
    ------
    NotThere
        The user has no such token.
    """
    mine = update(TokenRow).where(TokenRow.id == token_id, TokenRow.user_id == user.id, TokenRow.revoked_at.is_(None))
    if not session.execute(mine.values(revoked_at=now)).rowcount:  # type: ignore[attr-defined]  # an UPDATE's has it
        raise NotThere("there is no such token")
    note(session, user, "revoke token", now=now, token=token_id)


def revoke_all(session: Session, user_id: int, *, now: datetime) -> None:
    """Ends every token of an account."""
    session.execute(
        update(TokenRow).where(TokenRow.user_id == user_id, TokenRow.revoked_at.is_(None)).values(revoked_at=now)
    )


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who shows a token, and whether it is time to note that it was used."""

    user: User
    token_id: int
    is_stale: bool


def bearer(session: Session, secret: str, *, now: datetime) -> Bearer | None:
    """Who shows that token; None where it opens nothing."""
    wanted = (
        select(TokenRow.id, TokenRow.may_write, TokenRow.used_at, UserRow)
        .join(UserRow, UserRow.id == TokenRow.user_id)
        .where(TokenRow.digest == digest_of(secret), TokenRow.revoked_at.is_(None), UserRow.disabled_at.is_(None))
        .where(UserRow.must_change.is_(False), or_(TokenRow.until.is_(None), TokenRow.until > now))
    )
    row = session.execute(wanted).first()
    if row is None:
        return None
    token_id, may_write, used_at, user = row
    if not user_from(user).may("make tokens"):  # the role was another when it was made
        return None
    return Bearer(user_from(user, may_write=may_write), token_id, used_at is None or now - used_at >= SEEN_EVERY)


def touch(session: Session, token_id: int, *, now: datetime) -> None:
    """Notes that the token was used."""
    session.execute(update(TokenRow).where(TokenRow.id == token_id).values(used_at=now))
