"""One's own account: password, browsers, keys to the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from callaudit.desk import accounts, sign_ins, tokens
from callaudit.desk.passwords import SHORTEST
from callaudit.desk.people import User
from callaudit.errors import DeskError
from callaudit.web.desk import Desk, SignedIn, TheDesk, needs, page
from callaudit.web.drawing import language_of
from callaudit.web.sessions import put
from callaudit.web.shared import shared_of
from callaudit.web.words import say, translated

router = APIRouter()
Maker = Annotated[User, needs("make tokens")]
Password = Annotated[str, Form(max_length=1000)]
LONGEST_DAYS = 3650


@router.get("/me")
def me_page(request: Request, desk: TheDesk, user: SignedIn) -> Response:
    """Who one is here, the browsers one is signed in with, and one's tokens."""
    return _page(request, desk, user)


@router.get("/me/password")
def password_page(request: Request, user: SignedIn) -> Response:
    """The form to change one's password."""
    return _password_page(request, user)


@router.post("/me/password")
def change_password(
    request: Request, desk: TheDesk, user: SignedIn, old: Password, new: Password, again: Password
) -> Response:
    """Changes it, and signs other browsers out; this one goes on with a new secret."""
    tries = shared_of(request).tries
    address = request.client.host if request.client else ""
    language = language_of(request, user)
    if wait_s := tries.refuse_s(user.name, address):
        refused = _password_page(request, user, 429, say(language, "fault.429.more"))
        refused.headers["Retry-After"] = str(wait_s)
        return refused
    if new != again:
        return _password_page(request, user, 422, say(language, "access.password.differs"))
    try:
        accounts.change_password(desk.store, user, old, new, now=desk.clock())
    except DeskError as error:
        return _password_page(request, user, 422, translated(language, str(error)))
    tries.succeeded(user.name, address)
    days = desk.config.review.sign_in_days
    secret = desk.store.transact(lambda s: sign_ins.begin(s, user.id, now=desk.clock(), days=days))
    answer = RedirectResponse("/me", 303)
    put(request, answer, secret, lasts=timedelta(days))
    return answer


@router.post("/me/sign-out")
def sign_out_elsewhere(request: Request, desk: TheDesk, user: SignedIn) -> Response:
    """Ends one's sign-ins in all other browsers."""
    but = request.state.sign_in.id
    desk.store.transact(lambda s: accounts.sign_out(s, user, user.id, now=desk.clock(), but=but))
    return RedirectResponse("/me", 303)


@router.post("/me/tokens")
def make_token(
    request: Request,
    desk: TheDesk,
    user: Maker,
    name: Annotated[str, Form(max_length=200)],
    may_write: Annotated[bool, Form()] = False,
    days: Annotated[int, Form(ge=1, le=LONGEST_DAYS)] = 90,
) -> Response:
    """Makes a key to the API; it is shown this once."""

    def work(session: Session) -> str:
        return tokens.make(session, user, name, may_write=may_write, days=days, now=desk.clock())

    try:
        made = desk.store.transact(work)
    except DeskError as error:
        return _page(request, desk, user, 422, said=translated(language_of(request, user), str(error)))
    return _page(request, desk, user, made=made)


@router.post("/me/tokens/{token_id}/revoke")
def revoke_token(desk: TheDesk, user: SignedIn, token_id: Annotated[int, Path(ge=1, le=2**62)]) -> Response:
    """Ends a key of one's own."""
    desk.store.transact(lambda s: tokens.revoke(s, user, token_id, now=desk.clock()))
    return RedirectResponse("/me", 303)


def _page(request: Request, desk: Desk, user: User, status: int = 200, **more: Any) -> Response:
    def work(session: Session) -> tuple[Any, int, bool]:
        own = accounts.by_id(session, user.id)
        return tokens.of_user(session, user.id), sign_ins.count(session, user.id), own.password is not None

    own_tokens, n_sign_ins, has_password = desk.store.transact(work, write=False)
    shown: dict[str, Any] = {"made": None, "said": ""} | more
    return page(
        request, user, "access/me.html.j2", status, tokens=own_tokens, n_sign_ins=n_sign_ins, now=desk.clock(),
        has_password=has_password, **shown,
    )  # fmt: skip


def _password_page(request: Request, user: User, status: int = 200, said: str = "") -> Response:
    must_change = request.state.sign_in.must_change
    return page(request, user, "access/password.html.j2", status, said=said, must_change=must_change, shortest=SHORTEST)
