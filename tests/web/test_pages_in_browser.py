"""Every page in Chromium: accessible in both languages and themes, whole at both widths, without a complaint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from callaudit.web.desk import Desk
from tests.web.browser import Visit, Visits, too_wide
from tests.web.lived import live
from tests.web.shown import NO_PAGE, NO_PAGE_ENDS, SHOWN, Shown, places
from tests.web.test_access_matrix import routes_of

pytestmark = pytest.mark.browser
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def test_every_page_is_looked_at(app: FastAPI) -> None:
    """A page that is added is listed in `SHOWN`, so that the tests below see it."""
    pages = {_shape(path) for path in _pages(app)}
    assert "/" in pages
    assert pages <= {_shape(shown.path) for shown in SHOWN}


def _pages(app: FastAPI) -> list[str]:
    paths = [route.removeprefix("GET ") for route in routes_of(app) if route.startswith("GET ")]
    return [
        path
        for path in paths
        if not path.startswith("/api/") and path not in NO_PAGE and not path.endswith(NO_PAGE_ENDS)
    ]


def _shape(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.partition("?")[0].split("/"))


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown.name)
def test_a_page_is_accessible_whole_and_without_complaint(shown: Shown, visit: Visits, desk: Desk) -> None:
    live(desk)
    with desk.store.session() as session:
        path = shown.path.format(**places(session))
    for language in ("zh", "en"):
        window = visit(shown.user, language=language)
        assert window.goto(path).status == shown.status
        assert list(_faults(window, language)) == []
        expected = [] if shown.status == 200 else [told for told in window.complaints if "404" in told]
        assert window.complaints == expected


def _faults(window: Visit, language: str) -> Iterator[str]:
    page = window.page
    if page.get_attribute("html", "lang") != {"zh": "zh-CN", "en": "en"}[language]:
        yield "the page is in another language"
    if page.locator("h1").count() != 1:
        yield f"{page.locator('h1').count()} main headings"
    yield from _barriers(page, {"type": "tag", "values": list(RULES)})
    for size in ((1440, 900), (900, 900)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        yield from (f"at {size[0]}: {what}" for what in too_wide(page))
    page.evaluate("document.querySelector('link[data-dark]').media = 'screen'")
    yield from (f"narrow, in the dark: {what}" for what in _barriers(page, {"type": "tag", "values": list(RULES)}))


def _barriers(page: Any, only: dict[str, Any]) -> Iterator[str]:
    """What axe finds, one line for each element."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": only, "resultTypes": ["violations"]}).response["violations"]
    for rule in found:
        for node in rule["nodes"]:
            why = node["failureSummary"].splitlines()[1].strip()
            yield f"{rule['id']}: {' '.join(map(str, node['target']))} ({why})"
