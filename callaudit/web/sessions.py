"""The cookie of a signed-in browser, and the token that proves that a form came from a page of ours."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from datetime import timedelta
from typing import Final

from fastapi import Request, Response

COOKIE: Final = "callaudit"
START_COOKIE: Final = "callaudit-start"
"""Of a browser that is about to sign in."""
START: Final = timedelta(hours=12)
FIELD: Final = "csrf"
HEADER: Final = "x-csrf-token"


def is_local(host: str | None) -> bool:
    """Whether a host is this machine itself.

    >>> is_local("127.0.0.1"), is_local("localhost"), is_local("desk.example.com")
    (True, True, False)
    """
    if host in (None, ""):
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_secure(request: Request) -> bool:
    """Whether the browser came by https."""
    return request.url.scheme == "https"


def keeps_cookie(request: Request, plain_http: bool) -> bool:
    """Whether a sign-in can be kept: by https, on this machine, or where the settings allow plain http."""
    return is_secure(request) or plain_http or is_local(request.url.hostname)


def _name(request: Request, name: str) -> str:
    return f"__Host-{name}" if is_secure(request) else name  # browsers take the prefix with https alone


def secret_in(request: Request, name: str = COOKIE) -> str | None:
    """What the browser's cookie holds."""
    return request.cookies.get(_name(request, name)) or None


def put(request: Request, response: Response, value: str, *, lasts: timedelta, name: str = COOKIE) -> None:
    """Gives the browser a cookie that script cannot read and other sites cannot use to post."""
    response.set_cookie(
        _name(request, name), value, max_age=int(lasts.total_seconds()), path="/", secure=is_secure(request),
        httponly=True, samesite="lax",
    )  # fmt: skip


def take(request: Request, response: Response, name: str = COOKIE) -> None:
    """Takes the cookie away."""
    response.delete_cookie(_name(request, name), path="/", secure=is_secure(request), httponly=True, samesite="lax")


def csrf_of(secret: str) -> str:
    """The token of a browser's forms: bound to its cookie, which it does not give away."""
    return hmac.new(secret.encode(), b"callaudit csrf", hashlib.sha256).hexdigest()


def new_start() -> str:
    """A cookie for a browser that is about to sign in."""
    return secrets.token_urlsafe(32)


def masked(token: str) -> str:
    """The token as a page carries it, another each time: a page that is packed tells nothing of it by its size.

    >>> token = csrf_of("secret")
    >>> masked(token) != masked(token), matches(masked(token), token), matches(token, token), matches("no", token)
    (True, True, True, False)
    """
    plain = bytes.fromhex(token)
    mask = secrets.token_bytes(len(plain))
    return mask.hex() + _xor(plain, mask).hex()


def matches(given: str, wanted: str) -> bool:
    """Whether the token of a form, masked or not, is the right one."""
    if wanted and len(given) == 2 * len(wanted):
        try:
            both = bytes.fromhex(given)
        except ValueError:
            return False
        half = len(both) // 2
        given = _xor(both[:half], both[half:]).hex()
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
