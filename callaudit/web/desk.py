"""What handlers work with: the store, the settings, the clock; and who is asking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request

from callaudit.config import Config
from callaudit.desk.people import Act, User
from callaudit.store.database import Store
from callaudit.web.drawing import page

__all__ = ["Desk", "SignedIn", "TheDesk", "desk_of", "needs", "page", "user_of"]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    """One review desk: a store, the settings, and what tells the time (in tests: a clock of theirs)."""

    store: Store
    config: Config = field(default_factory=Config)
    clock: Callable[[], datetime] = _now


def desk_of(request: Request) -> Desk:
    """The desk of the application."""
    found = request.app.state.desk
    assert isinstance(found, Desk)
    return found


def user_of(request: Request) -> User:
    """Who is signed in, by cookie or token; `callaudit.web.gate` has looked, and lets nobody else get here.

    Raises
    ------
    HTTPException
        401: nobody, on one of the few pages that are open to everybody.
    """
    found = getattr(request.state, "user", None)
    if not isinstance(found, User):
        raise HTTPException(401)
    return found


async def _desk(request: Request) -> Desk:  # async, so that it takes no thread of its own
    return desk_of(request)


async def _user(request: Request) -> User:
    return user_of(request)


def needs(act: Act) -> Any:
    """Dependency: who is signed in, if the role allows the act, else 403."""

    async def check(user: SignedIn) -> User:
        if not user.may(act):
            raise HTTPException(403)
        return user

    return Depends(check)


TheDesk = Annotated[Desk, Depends(_desk)]
SignedIn = Annotated[User, Depends(_user)]
