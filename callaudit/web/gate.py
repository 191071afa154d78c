"""The gate: nothing passes it without a sign-in but what is listed here, and no change without proof of a page of ours.

It stands before the routes, so that a page, a file or an address that nobody thought of is shut, not open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callaudit.desk import sign_ins, tokens
from callaudit.desk.people import User
from callaudit.errors import StoreError
from callaudit.web.drawing import language_of
from callaudit.web.faults import answer, to_sign_in
from callaudit.web.sessions import FIELD, HEADER, START_COOKIE, csrf_of, matches, secret_in
from callaudit.web.statics import statics
from callaudit.web.words import say

if TYPE_CHECKING:
    from callaudit.web.desk import Desk

OPEN: Final = frozenset({"/health", "/sign-in", "/sign-in/sso", "/sign-in/sso/back", "/look"})
"""Pages for everybody: they show nothing of any call."""
OPEN_FILES: Final = ("desk.css", "dark.css", "app.js", "icon.svg")
"""What the sign-in page is drawn with, as `base.html.j2` names it."""
UNCHANGED: Final = frozenset({"/me/password", "/sign-out", "/look"})
"""What is open to who must change the password first."""
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY: Final = 1 << 20
"""Bytes; comments, filters and phrases are smaller."""
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: a user by cookie (then with `sign_in` and `secret`) or by token, or nobody."""

    user: User | None = None
    sign_in: sign_ins.SignIn | None = None
    secret: str | None = None


class Gate:
    """Finds out who asks; lets through who may come in. What it found is in `request.state`: user, sign_in, csrf."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app, self._desk = app, desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # nothing here speaks websocket
        request = Request(scope, receive)
        refusal, receive = await self._look(request, receive)
        await (refusal or self._app)(scope, receive, send)

    async def _look(self, request: Request, receive: Receive) -> tuple[Response | None, Receive]:
        """What is answered instead of the page, if anything; and what the page reads the body from."""
        path = request.url.path.removeprefix(request.scope.get("root_path", ""))
        is_open = path in OPEN or path in open_files()
        try:
            visitor = await self._visitor(request, path)
        except StoreError:
            if path == "/health":
                return None, receive
            return answer(request, 503), receive
        request.state.user, request.state.sign_in = visitor.user, visitor.sign_in
        start = secret_in(request, START_COOKIE)
        proof = visitor.secret or (start if visitor.user is None else None)
        request.state.csrf = csrf_of(proof) if proof else ""
        if visitor.user is None and not is_open:
            return to_sign_in(request), receive
        if visitor.sign_in and visitor.sign_in.must_change and not (is_open or path in UNCHANGED):
            return self._to_password(request, path), receive
        if request.method in SAFE:
            return None, receive
        return await self._check_change(request, receive, visitor)

    async def _check_change(
        self, request: Request, receive: Receive, visitor: Visitor
    ) -> tuple[Response | None, Receive]:
        body = await _body(receive)
        if body is None:
            return answer(request, 413), receive
        again = _again(body, receive)
        if visitor.user is not None and visitor.sign_in is None:  # a token: no browser sends it by itself
            return (None if visitor.user.may_write else self._said(request, "fault.403.read_only")), again
        if not _is_ours(request):
            return self._said(request, "fault.403.csrf"), again
        given = request.headers.get(HEADER) or await _field(request, body)
        if not matches(given, request.state.csrf):
            return self._said(request, "fault.403.csrf"), again
        return None, again

    def _said(self, request: Request, key: str) -> Response:
        return answer(request, 403, say(language_of(request, request.state.user), key))

    def _to_password(self, request: Request, path: str) -> Response:
        to = f"{request.scope.get('root_path', '')}/me/password"
        if path.startswith("/api/"):
            return self._said(request, "fault.403.password")
        if "hx-request" in request.headers:
            return Response(status_code=403, headers={"HX-Redirect": to})
        return RedirectResponse(to, 303)

    async def _visitor(self, request: Request, path: str) -> Visitor:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and path.startswith("/api/"):
            return await run_in_threadpool(self._by_token, token.strip())
        secret = secret_in(request)
        return Visitor() if secret is None else await run_in_threadpool(self._by_cookie, secret)

    def _by_cookie(self, secret: str) -> Visitor:
        desk, now = self._desk, self._desk.clock()
        idle = timedelta(minutes=desk.config.review.idle_minutes)
        found = desk.store.transact(lambda s: sign_ins.signed_in(s, secret, now=now, idle=idle), write=False)
        if found is None:
            return Visitor()
        if found.is_stale(now):
            desk.store.transact(lambda s: sign_ins.touch(s, found.id, now=now))
        return Visitor(found.user, found, secret)

    def _by_token(self, secret: str) -> Visitor:
        desk, now = self._desk, self._desk.clock()
        found = desk.store.transact(lambda s: tokens.bearer(s, secret, now=now), write=False)
        if found is None:
            return Visitor()
        if found.is_stale:
            desk.store.transact(lambda s: tokens.touch(s, found.token_id, now=now))
        return Visitor(found.user)


@cache
def open_files() -> frozenset[str]:
    """Addresses of what the sign-in page is drawn with, and of the parts that its script takes in."""
    files = statics().files
    found, new = set[str](), {statics().names[name] for name in OPEN_FILES if name in statics().names}
    while new:
        found |= new
        said = b"".join(files[name].content for name in new)
        new = {name for name in files if name.encode() in said} - found
    return frozenset(f"/static/{name}" for name in found)


def _is_ours(request: Request) -> bool:
    """Whether the browser says that a page of ours sent this; older ones say nothing, the token counts then."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None where it is too large, or the browser went away."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """A receive that gives the body once more."""
    told: list[bool] = []

    async def once_more() -> Message:
        if told:
            return await receive()
        told.append(True)
        return {"type": "http.request", "body": body, "more_body": False}

    return once_more


async def _field(request: Request, body: bytes) -> str:
    """The token in a form; empty where there is none."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in FORMS:
        return ""

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    form = await Request(request.scope, _again(body, gone)).form()
    found = form.get(FIELD)
    return found if isinstance(found, str) else ""
