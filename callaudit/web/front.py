"""The front door: what every answer carries, a line in the log for each, and no trace of a fault to anybody outside."""

from __future__ import annotations

import time
from typing import Final

import structlog
from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callaudit.desk.people import User
from callaudit.web.faults import answer

log: Final = structlog.stdlib.get_logger("callaudit.web.access")

POLICY: Final = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "media-src 'self'",
        "connect-src 'self'", "font-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
    )
)  # fmt: skip
HEADERS: Final = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
HSTS: Final = "max-age=31536000"
"""A year."""


class Front:
    """The outermost part of the application."""

    def __init__(self, app: ASGIApp, root_path: str = "") -> None:
        self._app, self._root_path = app, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        if self._root_path:
            scope["root_path"] = self._root_path
        began, status = time.perf_counter(), 0

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _dress(scope, MutableHeaders(scope=message))
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception as error:  # the border: whatever it is, the next request is served
            log.error("request.broken", exc_info=error, method=scope["method"], path=scope["path"])
            if status:
                raise  # half of the answer is gone already: the connection is all that can be ended
            await answer(Request(scope), 500)(scope, receive, sent)
        finally:
            user = scope["state"].get("user")
            tell = log.debug if scope["path"].endswith("/health") else log.info  # every few seconds, by what watches
            tell(
                "request", method=scope["method"], path=scope["path"], status=status,
                ms=round(1000 * (time.perf_counter() - began), 1), user=user.name if isinstance(user, User) else None,
            )  # fmt: skip


def _dress(scope: Scope, headers: MutableHeaders) -> None:
    for name, value in HEADERS:
        headers[name] = value
    if scope.get("scheme") == "https":
        headers["Strict-Transport-Security"] = HSTS
    headers.setdefault("Cache-Control", "no-store")
    root = scope.get("root_path", "")
    for name in ("location", "hx-redirect", "hx-push-url", "hx-location", "hx-replace-url"):
        value = headers.get(name, "")
        if root and value.startswith("/") and not value.startswith((f"{root}/", "//")):
            headers[name] = root + value  # handlers name addresses as if there were nothing before them
