"""Signing in and out."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from callaudit.desk import accounts, sign_ins
from callaudit.desk.people import User
from callaudit.desk.single_sign_on import Stranger, admit, strongest
from callaudit.desk.trail import note
from callaudit.errors import DeskError, NotAllowed
from callaudit.web.desk import Desk, TheDesk, page
from callaudit.web.drawing import language_of
from callaudit.web.oidc import Provider, claim
from callaudit.web.sessions import START, START_COOKIE, csrf_of, keeps_cookie, new_start, put, secret_in, take
from callaudit.web.shared import shared_of
from callaudit.web.words import say, translated

router = APIRouter()
AWAY = timedelta(minutes=15)
AWAY_COOKIE = "callaudit-away"
"""Of a browser that signs in at the provider."""


def safe_target(given: str, *, sign_in: bool = False) -> str:
    """Where one goes on: a page of ours, whatever was asked for; `sign_in`: it may be the sign-in page, too.

    >>> safe_target("/calls/3?at=2"), safe_target("//evil.example"), safe_target("/\\\\evil.example")
    ('/calls/3?at=2', '/', '/')
    """
    ours = given.startswith("/") and not given.startswith("//") and given.isprintable() and "\\" not in given
    return given if ours and (sign_in or not given.startswith("/sign-")) else "/"


@router.get("/sign-in")
def sign_in_page(request: Request, desk: TheDesk, next: str = "/") -> Response:
    """The form; where nobody has an account yet, how to make one."""
    if getattr(request.state, "user", None) is not None:
        return RedirectResponse(safe_target(next), 303)
    return form(request, desk, next)


def form(request: Request, desk: Desk, target: str, said: str = "", status: int = 200, name: str = "") -> Response:
    """The sign-in page, with what went wrong."""
    oidc = desk.config.review.oidc
    if not keeps_cookie(request, desk.config.review.plain_http):
        return page(request, None, "access/no_https.html.j2", 403)
    if not oidc.wanted and not desk.store.transact(accounts.has_any, write=False):
        return page(request, None, "access/nobody.html.j2", 503, store=desk.store.name)
    start = secret_in(request, START_COOKIE) or new_start()
    request.state.csrf = csrf_of(start)
    answer = page(
        request, None, "access/sign_in.html.j2", status, target=safe_target(target), name=name,
        said=translated(language_of(request, None), said),
        sso=(oidc.label or oidc.issuer) if oidc.wanted else None,
    )  # fmt: skip
    put(request, answer, start, lasts=START, name=START_COOKIE)
    return answer


@router.post("/sign-in")
async def sign_in(
    request: Request,
    desk: TheDesk,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)],
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Signs in, or says that name or password are not right; never which."""
    tries = shared_of(request).tries
    address = request.client.host if request.client else ""
    if wait_s := tries.refuse_s(name, address):
        refused = await run_in_threadpool(form, request, desk, next, _say(request, "fault.429.more"), 429, name)
        refused.headers["Retry-After"] = str(wait_s)
        return refused
    if slow_s := tries.slow_s(name):
        await asyncio.sleep(slow_s)
    return await run_in_threadpool(_prove, request, desk, name, password, next, address)


def _prove(request: Request, desk: Desk, name: str, password: str, target: str, address: str) -> Response:
    user = accounts.proven(desk.store, name, password, now=desk.clock())
    if user is None:
        accounts.note_failure(desk.store, name, now=desk.clock())
        return form(request, desk, target, _say(request, "access.wrong"), 401, name)
    shared_of(request).tries.succeeded(name, address)
    return welcome(request, desk, user, target, "sign in")


def _say(request: Request, key: str) -> str:
    return say(language_of(request, None), key)


def welcome(request: Request, desk: Desk, user: User, target: str, act: str) -> Response:
    """Signs the browser in with a new secret: what it held before opens nothing any more."""
    now, days = desk.clock(), desk.config.review.sign_in_days
    before = request.state.sign_in

    def work(session: Session) -> str:
        if before is not None:
            sign_ins.end(session, before.id)
        note(session, user, act, now=now)
        return sign_ins.begin(session, user.id, now=now, days=days)

    secret = desk.store.transact(work)
    answer = RedirectResponse(safe_target(target), 303)
    put(request, answer, secret, lasts=timedelta(days=days))
    take(request, answer, START_COOKIE)
    return answer


# ── single sign-on ───────────────────────────────────────────────────────────────────────────────────────────────
@router.get("/sign-in/sso")
def leave(request: Request, desk: TheDesk, next: str = "/") -> Response:
    """Sends the browser to the company's provider."""
    if not keeps_cookie(request, desk.config.review.plain_http):
        return form(request, desk, next)
    try:
        leaving = _provider(request).leave(_back(request))
    except DeskError as error:
        return form(request, desk, next, str(error), 503)
    answer = RedirectResponse(leaving.address, 303)
    put(request, answer, leaving.packed(safe_target(next)), lasts=AWAY, name=AWAY_COOKIE)
    return answer


@router.get("/sign-in/sso/back")
def come_back(request: Request, desk: TheDesk) -> Response:
    """Signs in whom the provider vouches for."""
    provider, config = _provider(request), desk.config.review.oidc
    try:
        came = provider.returned(secret_in(request, AWAY_COOKIE), request.query_params)
        claims = provider.claims(came, _back(request))
        role = strongest(claim(claims, config.role_claim), config.roles) if config.roles else None
        if config.roles and role is None:
            raise NotAllowed(_say(request, "access.sso.no_role"))
        agent_id = claim(claims, config.agent_claim) if config.agent_claim else None
        who = Stranger(
            claims["iss"], claims["sub"], str(claim(claims, config.name_claim) or ""),
            str(claim(claims, config.shown_name_claim) or ""), role, None if agent_id is None else str(agent_id),
        )  # fmt: skip
        now = desk.clock()
        user = desk.store.transact(lambda session: admit(session, who, now=now))
    except DeskError as error:
        refused = form(request, desk, "/", str(error), 403)
        take(request, refused, AWAY_COOKIE)
        return refused
    answer = welcome(request, desk, user, came.target, "sign in by single sign-on")
    take(request, answer, AWAY_COOKIE)
    return answer


def _provider(request: Request) -> Provider:
    provider = request.app.state.provider
    if not isinstance(provider, Provider):
        raise HTTPException(404)
    return provider


def _back(request: Request) -> str:
    return str(request.url_for("come_back"))


# ── signing out ──────────────────────────────────────────────────────────────────────────────────────────────────
@router.post("/sign-out")
def sign_out(request: Request, desk: TheDesk) -> Response:
    """Signs this browser out."""
    sign_in = request.state.sign_in
    now = desk.clock()

    def work(session: Session) -> None:
        sign_ins.end(session, sign_in.id)
        note(session, sign_in.user, "sign out", now=now)

    if sign_in is not None:
        desk.store.transact(work)
    answer = RedirectResponse("/sign-in", 303)
    take(request, answer)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer
