"""Browsers that are signed in: begun, recognised, ended."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from callaudit.desk.people import User, user_from
from callaudit.store.desk_tables import SignInRow, UserRow

SECRET_BYTES: Final = 32
SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly it is kept when a browser was last seen: a write for each request would be too many."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A browser that is signed in; `id` is the digest of its secret."""

    id: str
    user: User
    must_change: bool
    seen_at: datetime

    def is_stale(self, now: datetime) -> bool:
        """Whether it is time to note that it was seen."""
        return now - self.seen_at >= SEEN_EVERY


def digest_of(secret: str) -> str:
    """What is kept of a secret: who reads the table can sign in with none of its rows."""
    return hashlib.sha256(secret.encode()).hexdigest()


def begin(session: Session, user_id: int, *, now: datetime, days: int) -> str:
    """Signs a browser in for at most so many days; the secret that it will show. What is over is swept away."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    session.execute(delete(SignInRow).where(SignInRow.until <= now))
    row = {"id": digest_of(secret), "user_id": user_id, "began_at": now, "seen_at": now, "until": now + timedelta(days)}
    session.execute(insert(SignInRow).values(row))
    return secret


_SIGNED_IN: Final = (
    select(SignInRow.id, SignInRow.seen_at, UserRow)
    .join(UserRow, UserRow.id == SignInRow.user_id)
    .where(SignInRow.id == bindparam("digest"), SignInRow.until > bindparam("now"))
    .where(SignInRow.seen_at > bindparam("since"), UserRow.disabled_at.is_(None))
)


def signed_in(session: Session, secret: str, *, now: datetime, idle: timedelta) -> SignIn | None:
    """Who shows that secret; None where the sign-in has ended, or the account is disabled."""
    row = session.execute(_SIGNED_IN, {"digest": digest_of(secret), "now": now, "since": now - idle}).first()
    if row is None:
        return None
    sign_in_id, seen_at, user = row
    return SignIn(sign_in_id, user_from(user), user.must_change, seen_at)


def count(session: Session, user_id: int) -> int:
    """With how many browsers an account is signed in."""
    return session.scalar(select(func.count()).where(SignInRow.user_id == user_id)) or 0


def touch(session: Session, sign_in_id: str, *, now: datetime) -> None:
    """Notes that the browser was seen."""
    session.execute(update(SignInRow).where(SignInRow.id == sign_in_id).values(seen_at=now))


def end(session: Session, sign_in_id: str) -> None:
    """Signs a browser out."""
    session.execute(delete(SignInRow).where(SignInRow.id == sign_in_id))


def end_all(session: Session, user_id: int, *, but: str | None = None) -> int:
    """Signs every browser of an account out, but one; how many there were."""
    ended = delete(SignInRow).where(SignInRow.user_id == user_id, SignInRow.id != (but or ""))
    return int(session.execute(ended).rowcount)  # type: ignore[attr-defined]  # a DELETE's result has it
