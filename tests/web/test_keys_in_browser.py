"""The keys, the messages, the theme and the focus, on a page made for these tests."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from callaudit.errors import Stale, StoreError
from callaudit.web.app import make_app
from callaudit.web.desk import Desk, SignedIn, page
from tests.web.browser import Visit, Visits, serving

pytestmark = pytest.mark.browser

ROW = '<li data-row="{n}"><a href="/list?row={n}">Row {n}{more}</a> <button type="button" data-key="1" \
hx-post="/judge/{n}" hx-target="closest li">Right {n}</button></li>'
LIST = f"""
<input type="search" aria-label="Find" data-key="/">
<ol id="list">{"".join(ROW.format(n=n, more="") for n in (1, 2, 3))}</ol>
<button type="button" data-key="s" hx-post="/stale" hx-target="#list">Stale</button>
<button type="button" data-key="x" hx-post="/broken" hx-target="#list">Broken</button>
<button type="button" data-key="e" hx-on:click="document.title = 'evil'">Evil</button>
"""
WITHIN_MS = 20_000

router = APIRouter()


@router.get("/list")
def _list(request: Request, user: SignedIn) -> HTMLResponse:
    drawn = gzip.decompress(page(request, user, "base.html.j2").body).decode()
    return HTMLResponse(drawn.replace("</main>", f"{LIST}</main>"))


@router.post("/judge/{n}")
def _judge(n: int) -> HTMLResponse:
    toast = '<div hx-swap-oob="beforeend:#toasts"><p class="toast good">Kept</p></div>'
    return HTMLResponse(ROW.format(n=n, more=", judged") + toast)


@router.post("/stale")
def _stale() -> Response:
    raise Stale("Somebody <b>else</b> was faster")


@router.post("/broken")
def _broken() -> Response:
    raise StoreError("a secret of the house")


@pytest.fixture
def listed(chromium: Any, desk: Desk) -> Iterator[Callable[..., Visit]]:
    """Opens windows on the list, with more routes than the desk has."""
    app = make_app(desk)
    app.include_router(router)
    with serving(desk, app) as address:
        visits = Visits(chromium, desk, address)

        def make(**options: Any) -> Visit:
            window = visits(**options)
            window.goto("/list")
            return window

        yield make
        visits.close()


def _press(window: Visit, *keys: str) -> None:
    for key in keys:
        window.page.keyboard.press(key)


def _focused(window: Visit) -> str:
    return str(window.page.evaluate("document.activeElement.textContent.trim()"))


def test_j_and_k_move_and_enter_opens(listed: Callable[..., Visit]) -> None:
    window = listed()
    _press(window, "j")
    assert _focused(window) == "Row 1"
    _press(window, "j", "j", "j")
    assert _focused(window) == "Row 3"
    _press(window, "k")
    assert _focused(window) == "Row 2"
    _press(window, "ArrowUp", "ArrowDown")
    assert _focused(window) == "Row 2"
    _press(window, "Enter")
    window.page.wait_for_url("**/list?row=2", timeout=WITHIN_MS)
    assert window.complaints == []


def test_what_is_typed_is_nobodys_key(listed: Callable[..., Visit]) -> None:
    window = listed()
    _press(window, "/", "j", "?", "g", "q")
    field = window.page.get_by_label("Find")
    assert field.input_value() == "j?gq"
    _press(window, "Escape", "j")
    assert _focused(window) == "Row 1"
    _press(window, "Control+k")
    assert _focused(window) == "Row 1"


def test_a_key_of_a_row_acts_on_the_row_with_the_focus(listed: Callable[..., Visit]) -> None:
    window = listed()
    _press(window, "1")  # no row has the focus: nothing is judged
    _press(window, "j", "j", "1")
    window.page.get_by_text("Row 2, judged").wait_for(timeout=WITHIN_MS)
    assert window.page.get_by_text("judged").count() == 1
    window.page.locator("#toasts .toast.good").wait_for(timeout=WITHIN_MS)
    window.page.wait_for_function("document.activeElement.textContent.includes('Row 2, judged')", timeout=WITHIN_MS)
    assert window.complaints == []


def test_g_and_a_letter_go_to_a_page(listed: Callable[..., Visit]) -> None:
    window = listed()
    _press(window, "g", "q")
    window.page.wait_for_url(f"{window.address}/", timeout=WITHIN_MS)


def test_the_keys_of_the_page_are_listed_and_can_be_switched_off(listed: Callable[..., Visit]) -> None:
    window = listed(language="en")
    _press(window, "?")
    dialog = window.page.get_by_role("dialog", name="Shortcuts")
    dialog.wait_for(timeout=WITHIN_MS)
    told = dialog.inner_text()
    for name in ("Stale", "Right 1", "Queue", "Down and up in a list"):
        assert name in told
    _press(window, "s")  # the page behind it hears nothing
    dialog.get_by_label("Single-key shortcuts on").uncheck()
    _press(window, "Escape")
    dialog.wait_for(state="hidden", timeout=WITHIN_MS)
    _press(window, "j", "?")
    assert window.page.evaluate("document.activeElement.closest('[data-row]')") is None
    assert not dialog.is_visible()
    window.page.get_by_role("button", name="Shortcuts").click()
    dialog.get_by_label("Single-key shortcuts on").check()
    _press(window, "Escape", "j")
    assert _focused(window) == "Row 1"
    assert window.complaints == []


@pytest.mark.parametrize(
    ("key", "told"), [("s", "Somebody <b>else</b> was faster"), ("x", "The database does not answer")]
)
def test_what_fails_is_said_and_leaves_the_page(key: str, told: str, listed: Callable[..., Visit]) -> None:
    window = listed(language="en")
    _press(window, key)
    toast = window.page.locator("#toasts .toast.bad")
    toast.wait_for(timeout=WITHIN_MS)
    assert told in toast.inner_text()
    assert "secret" not in window.page.content()
    assert window.page.locator("#list [data-row]").count() == 3
    toast.get_by_role("button", name="Close").click()
    assert toast.count() == 0


def test_a_server_that_is_gone_is_said(listed: Callable[..., Visit]) -> None:
    window = listed(language="en")
    window.page.route("**/stale", lambda route: route.abort())
    _press(window, "s")
    window.page.get_by_text("The server does not answer").wait_for(timeout=WITHIN_MS)


def test_nothing_is_evaluated(listed: Callable[..., Visit]) -> None:
    window = listed()
    before = window.page.title()
    window.page.get_by_role("button", name="Evil").click()
    assert window.page.title() == before


def test_theme_and_language_are_chosen_from_the_bar(listed: Callable[..., Visit]) -> None:
    window = listed(language="en")
    page = window.page
    ground = "getComputedStyle(document.body).backgroundColor"
    other = f"(before) => {ground} !== before"
    light = page.evaluate(ground)
    page.locator("details.menu summary").click()
    with page.expect_response("**/look"):
        page.get_by_role("button", name="Dark").click()
    page.wait_for_function(other, arg=light, timeout=WITHIN_MS)
    dark = page.evaluate(ground)
    page.reload()
    assert page.evaluate(ground) == dark
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="中文").click()
    page.wait_for_selector("html[lang='zh-CN']", state="attached", timeout=WITHIN_MS)
    assert page.url == f"{window.address}/list"
    page.locator("details.menu summary").click()
    _press(window, "Escape")
    assert page.locator("details.menu[open]").count() == 0
    assert window.complaints == []


def test_the_first_tab_skips_to_the_content(listed: Callable[..., Visit]) -> None:
    window = listed(language="en")
    _press(window, "Tab")
    assert _focused(window) == "Skip to content"
    _press(window, "Enter", "Tab")
    assert window.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Find"
