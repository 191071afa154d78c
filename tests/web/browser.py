"""The desk in Chromium: a real server on a free port, and pages that are signed in and note what went wrong on them."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from callaudit.desk import accounts, sign_ins
from callaudit.web import bundle
from callaudit.web.app import make_app
from callaudit.web.desk import Desk
from callaudit.web.drawing import LANGUAGE_COOKIE, THEME_COOKIE
from callaudit.web.sessions import COOKIE

CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required")
"""The last one: what a test presses is no gesture of a person."""
PATIENCE_S: Final = 20.0


@cache
def missing() -> str | None:
    """Why no page can be looked at here; None where it can. Makes the pages' script, if it is not made yet."""
    try:
        import playwright  # noqa: F401  # only whether it is there
    except ImportError:
        return "playwright is not installed"
    if CHROMIUM is None:
        return "no Chromium on this machine"
    try:
        if not bundle.is_fresh():
            bundle.bundle()
    except bundle.BundleError as error:
        return f"the pages' script cannot be made: {error}"
    return None


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def serving(desk: Desk, app: FastAPI | None = None) -> Iterator[str]:
    """A server of the desk in a thread; gives its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(app or make_app(desk), log_config=None, access_log=False, lifespan="off")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.listen()  # from here on a browser that is early waits
        thread.start()
        yield address
        server.should_exit = True
        thread.join(PATIENCE_S)


@dataclass
class Visit:
    """A page of a browser, and what went wrong on it: errors of script, refused requests, requests to elsewhere."""

    page: Any  # playwright.sync_api.Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def goto(self, path: str) -> Any:
        """Opens a page of the desk, and waits until it is at rest."""
        answer = self.page.goto(self.address + path)
        self.page.wait_for_load_state("networkidle")
        return answer


@dataclass
class Visits:
    """Opens windows on a served desk; each is a browser of its own, with cookies of its own."""

    browser: Any
    desk: Desk
    address: str
    open: list[Any] = field(default_factory=list)

    def __call__(
        self,
        name: str | None = "lead",
        *,
        language: str = "zh",
        theme: str = "light",
        size: tuple[int, int] = (1440, 900),
        secret: str | None = None,
        script: bool = True,
    ) -> Visit:
        """A window of the user of that name, or of nobody."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="zh-CN" if language == "zh" else "en-US",
            reduced_motion="reduce", java_script_enabled=script,
        )  # fmt: skip
        context.set_default_timeout(PATIENCE_S * 1000 * 3)  # a machine under load is no fault of a page
        self.open.append(context)
        cookies = {THEME_COOKIE: theme, LANGUAGE_COOKIE: language}
        if name is not None:
            cookies[COOKIE] = secret or secret_of(self.desk, name)
        context.add_cookies([{"name": key, "value": value, "url": self.address} for key, value in cookies.items()])
        return self._watched(context.new_page())

    def _watched(self, page: Any) -> Visit:
        visit = Visit(page, self.address)
        note: Callable[[str], None] = visit.complaints.append
        page.on("console", lambda message: note(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: note(str(error)))
        page.on("response", lambda got: note(f"{got.status} {got.url}") if got.status >= 400 else None)
        page.on("request", lambda asked: None if _ours(asked.url, self.address) else note(f"went out: {asked.url}"))
        return visit

    def close(self) -> None:
        """Closes every window."""
        for context in self.open:
            context.close()
        self.open.clear()


def secret_of(desk: Desk, name: str) -> str:
    """The secret of a new sign-in."""
    with desk.store.session() as session:
        return sign_ins.begin(session, accounts.named(session, name).id, now=desk.clock(), days=7)


def _ours(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:"))


def too_wide(page: Any) -> Sequence[str]:
    """What reaches beyond the window, as tag and class; empty where nothing makes the page scroll sideways."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
            .slice(0, 6).map((e) => `${e.tagName} ${e.className}`).concat("wider than the window")"""
    )
    clipped: list[str] = page.evaluate(  # what a card cuts off makes nothing scroll
        """() => [...document.querySelectorAll(".card.flush > table")].filter((e) => e.checkVisibility() &&
            e.getBoundingClientRect().right > e.parentElement.getBoundingClientRect().right + 1)
            .map((e) => `TABLE ${e.className} cut off`)"""
    )
    return found + clipped
