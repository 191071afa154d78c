"""What handlers work with: the store, the settings, the clock; and who is asking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse

from callaudit.config import Config
from callaudit.desk.people import Act, User
from callaudit.store.database import Store


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
    """Who is signed in, by cookie or token.

    Raises
    ------
    HTTPException
        401: nobody (a browser is sent to the sign-in page).
    """
    raise HTTPException(401)


def needs(act: Act) -> Any:
    """Dependency: who is signed in, if the role allows the act, else 403; `write` acts ask the token for that right."""

    def check(user: Annotated[User, Depends(user_of)]) -> User:
        if not user.may(act):
            raise HTTPException(403, f"{user.role} may not: {act}")
        return user

    return Depends(check)


TheDesk = Annotated[Desk, Depends(desk_of)]
SignedIn = Annotated[User, Depends(user_of)]


def page(request: Request, user: User | None, template: str, status: int = 200, **given: Any) -> HTMLResponse:
    """A page: `callaudit/web/templates/<template>`, in the language of the user, with what it is given."""
    raise NotImplementedError  # comes with the sign-in
