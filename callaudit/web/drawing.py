"""From a template and its values to a page."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final, cast

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from callaudit.desk.people import Act, User
from callaudit.web.moments import moment
from callaudit.web.sessions import masked
from callaudit.web.statics import statics
from callaudit.web.words import LANGUAGES, say

LANGUAGE_COOKIE: Final = "callaudit-language"
THEME_COOKIE: Final = "callaudit-theme"
THEMES: Final = ("auto", "light", "dark")

NAVIGATION: Final[tuple[tuple[str, str, str, Act], ...]] = (
    ("/", "q", "desk.queue", "see calls"),
    ("/figures", "d", "desk.figures", "see figures"),
    ("/me/calls", "m", "coaching.mine", "appeal"),
    ("/rules", "r", "desk.learn", "learn"),
    ("/calibrations", "c", "desk.calibrate", "judge"),
    ("/appeals", "a", "desk.appeals", "see calls"),
    ("/accounts", "u", "desk.accounts", "manage accounts"),
    ("/trail", "t", "desk.trail", "see trail"),
)
"""Address, key after g, word, and what one must be allowed to see it."""

WORTH_PACKING: Final = 1500
"""Bytes: a page below fits a packet."""
PACKED: Final = 4
"""Of 9: a sixth of the size after a millisecond."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the navigation."""

    href: str
    key: str
    word: str
    here: bool


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("callaudit.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def language_of(request: Request, user: User | None) -> str:
    """The language of a page: the user's choice, this browser's choice, what the browser asks for, Chinese."""
    chosen = (user.language if user else None) or request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    asked = []
    for place, part in enumerate(request.headers.get("accept-language", "").split(",")):
        name, _, quality = part.strip().partition(";q=")
        try:
            asked.append((-float(quality or 1), place, name.partition("-")[0].lower()))
        except ValueError:
            continue
    return next((name for _, _, name in sorted(asked) if name in LANGUAGES), LANGUAGES[0])


def theme_of(request: Request) -> str:
    """The theme this browser chose."""
    chosen = request.cookies.get(THEME_COOKIE)
    return chosen if chosen in THEMES else THEMES[0]


def page(request: Request, user: User | None, template: str, status: int = 200, **given: Any) -> HTMLResponse:
    """A page: `callaudit/web/templates/<template>`, in the language of the user, with what it is given.

    Beside that, a template has `t(key, **values)`, `csrf()` (the hidden field of every form that is posted),
    `csrf_token`, `user`, `language`, `theme`, `navigation`, `static(name)`, `moment(at)`, `request` and `root` (what
    precedes each address of ours: ``href="{{ root }}/calls/3"``).
    """
    language = language_of(request, user)
    root = request.scope.get("root_path", "")
    token = masked(getattr(request.state, "csrf", ""))
    hidden = _field(token)
    own: dict[str, Any] = {
        "request": request, "user": user, "language": language, "theme": theme_of(request), "root": root,
        "t": partial(say, language), "csrf_token": token, "csrf": lambda: hidden,
        "navigation": _navigation(request, user), "static": lambda name: root + statics().address(name),
        "moment": moment,
    }  # fmt: skip
    content = _environment().get_template(template).render(own | given).encode()
    headers = {"Content-Language": language, "Vary": "Accept-Encoding"}
    if len(content) >= WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, PACKED)
        headers["Content-Encoding"] = "gzip"
    return HTMLResponse(content, status, headers=headers)


def _field(token: str) -> Markup:
    return Markup('<input type="hidden" name="csrf" value="{}">').format(token)


def _navigation(request: Request, user: User | None) -> list[Place]:
    if user is None:
        return []
    path = request.url.path.removeprefix(cast(str, request.scope.get("root_path", "")))
    own = {} if user.may("see all calls") else {"/": "queue.mine"}
    return [
        Place(href, key, own.get(href, word), here=path == href or (href != "/" and path.startswith(href)))
        for href, key, word, act in NAVIGATION
        if user.may(act)
    ]
