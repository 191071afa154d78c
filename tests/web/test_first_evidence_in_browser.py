"""A new reviewer without a mouse: signs in, opens the worst call, hears the evidence, judges it, and goes on.

Prints (``pytest -s``) how many keys and seconds it takes from the queue until the first evidence is heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import pytest

from callaudit.reports.summary import with_status
from callaudit.web.desk import Desk
from tests.web.browser import PATIENCE_S, Visit, Visits
from tests.web.calls import PASSWORD

pytestmark = pytest.mark.browser
HEARS = """(() => { const audio = document.querySelector('audio');
    return audio && !audio.paused && audio.readyState >= 3 ? audio.currentTime : null; })()"""
WHISPERS = "performance.getEntriesByName('queue:sound').length > 0"
"""The queue's own sound is in no element of the page."""
MOST_KEYS = 3


class Keyboard:
    """What a reviewer presses, counted since the last time that it was asked for."""

    def __init__(self, page: Any) -> None:
        self.page, self.n = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.n += 1

    def count(self) -> int:
        n, self.n = self.n, 0
        return n


@contextmanager
def _told(what: str, keyboard: Keyboard) -> Iterator[None]:
    keyboard.count()
    began = perf_counter()
    yield
    n, took = keyboard.count(), perf_counter() - began
    print(f"\n{what}: {n} keys, 0 clicks, {took:.2f} s", end="")
    assert n <= MOST_KEYS


def _until(page: Any, asked: str) -> Any:
    """Asks from outside: the policy of the page forbids what Playwright's own waiting would run in it."""
    for _ in range(int(PATIENCE_S / 0.02)):
        if (got := page.evaluate(asked)) not in (None, False):
            return got
        page.wait_for_timeout(20)
    pytest.fail(f"never came true: {asked}")


def _signed_in(window: Visit) -> Keyboard:
    page, keyboard = window.page, Keyboard(window.page)
    page.goto(f"{window.address}/")
    assert page.url.endswith("/sign-in")
    page.keyboard.type("reviewer")  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#queue").wait_for()
    return keyboard


def test_from_the_queue_to_the_next_call_by_keys_alone(visit: Visits, desk: Desk) -> None:
    window = visit(None)
    keyboard, page = _signed_in(window), window.page
    opened = page.locator("tbody [data-row]").first.get_attribute("data-row")
    with _told("queue → call → its first evidence heard", keyboard):
        page.reload(wait_until="commit")  # the queue is opened now
        page.locator("#queue").wait_for()
        _until(page, "document.readyState === 'complete'")
        keyboard.press("j", "Enter")
        page.wait_for_url(lambda url: "/calls/" in url, wait_until="commit")
        _until(page, "document.readyState === 'complete'")
        keyboard.press("n")
        heard_at = _until(page, HEARS)
    assert f"/calls/{opened}" in page.url
    first = page.locator("article.finding").first
    place = next(
        one
        for one in with_status(desk.store.audit(int(opened or 0)), "violated")
        if one.rule == first.get_attribute("data-rule")
    ).places[0]
    assert place.span.start_s - 0.3 <= heard_at <= place.span.start_s + 3
    cards = page.locator("article.finding")
    for nth in range(cards.count()):
        rule, key, says = cards.nth(nth).get_attribute("data-rule"), *(("2", "overturned"), ("1", "upheld"))[nth > 0]
        if nth:
            keyboard.press("n")
        keyboard.press(key)
        page.locator(f"#judged-{rule}.{says}").wait_for()
    keyboard.press("r")
    page.wait_for_url(lambda url: "/calls/" in url and f"/calls/{opened}" not in url)
    page.locator("#judging").wait_for()
    print(f"\n{cards.count()} findings")
    assert window.complaints == []


def test_the_first_evidence_is_heard_in_the_queue_itself(visit: Visits) -> None:
    window = visit(None, language="en")
    keyboard, page = _signed_in(window), window.page
    with _told("queue → first evidence heard where it stands", keyboard):
        page.reload(wait_until="commit")
        page.locator("#queue").wait_for()
        _until(page, "document.readyState === 'complete'")
        keyboard.press("j", "p")
        _until(page, WHISPERS)
    assert page.url.endswith("/")
    assert window.complaints == []
