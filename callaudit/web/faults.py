"""What is answered when something cannot be done: JSON to programs, a fragment to a part of a page, else a page."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from markupsafe import escape
from starlette.exceptions import HTTPException

from callaudit.desk.people import User
from callaudit.errors import CallauditError, DeskError, NotAllowed, NotThere, Stale, StoreError, Unstorable
from callaudit.web.drawing import language_of, page
from callaudit.web.words import say, translated

log = logging.getLogger("callaudit.web")

STATUS: Final[Mapping[type[DeskError], int]] = {NotAllowed: 403, NotThere: 404, Stale: 409}
KNOWN: Final = (400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503)
"""Statuses that have words (`fault.404`)."""


def wants_json(request: Request) -> bool:
    """Whether a program asks."""
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return path.startswith("/api/")


def answer(
    request: Request, status: int, said: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer to what cannot be done; `said` is for people, and repeats nothing of what they sent."""
    user = getattr(request.state, "user", None)
    user = user if isinstance(user, User) else None
    known = status if status in KNOWN else 500 if status >= 500 else 400
    language = language_of(request, user)
    said = translated(language, said) if said else say(language, f"fault.{known}.more")
    if wants_json(request):
        return JSONResponse({"detail": said}, status, headers=dict(headers or {}))
    if "hx-request" in request.headers:
        told = f'<p class="toast bad" role="alert">{escape(said)}</p>'
        return HTMLResponse(
            told, status, headers={"HX-Retarget": "#toasts", "HX-Reswap": "beforeend", **(headers or {})}
        )
    drawn = page(request, user, "access/fault.html.j2", status, known=known, said=said)
    drawn.headers.update(headers or {})
    return drawn


def to_sign_in(request: Request) -> Response:
    """Sends who is not signed in to the page where one does; a program is told so."""
    root = request.scope.get("root_path", "")
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": f"{root}/sign-in"})
    is_page = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")
    if wants_json(request) or not is_page:
        return JSONResponse(
            {"detail": say(language_of(request, None), "fault.401.more")}, 401, headers={"WWW-Authenticate": "Bearer"}
        )
    target = request.url.path.removeprefix(root) + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{root}/sign-in" + (f"?{urlencode({'next': target})}" if target != "/" else ""), 303)


def add_faults(app: FastAPI) -> None:
    """Has the application answer so to every error."""

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 401:
            return to_sign_in(request)
        own = error.detail if error.detail and not _is_phrase(error) else None
        return answer(request, error.status_code, own, error.headers)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        faults = [{"loc": list(one["loc"]), "msg": one["msg"], "type": one["type"]} for one in error.errors()]
        if wants_json(request):  # without the values: they are not ours to repeat
            return JSONResponse({"detail": faults}, 422)
        return answer(request, 422)

    async def desk(request: Request, error: Exception) -> Response:
        return answer(request, next((STATUS[kind] for kind in STATUS if isinstance(error, kind)), 422), str(error))

    async def store(request: Request, error: Exception) -> Response:
        if isinstance(error, Unstorable):
            return answer(request, 422)
        log.error("the store failed: %s", error)
        return answer(request, 503)

    async def other(request: Request, error: Exception) -> Response:
        log.error("%s: %s", type(error).__name__, error)
        return answer(request, 500)

    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(DeskError, desk)
    app.add_exception_handler(StoreError, store)
    app.add_exception_handler(CallauditError, other)


def _is_phrase(error: HTTPException) -> bool:
    try:
        return error.detail == HTTPStatus(error.status_code).phrase
    except ValueError:
        return False
