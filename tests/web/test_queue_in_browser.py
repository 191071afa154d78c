"""The queue in Chromium, by keys alone: the worst call is opened, its worst finding heard, calls chosen and given."""

from __future__ import annotations

import pytest

from tests.web.browser import Visit, Visits, too_wide

pytestmark = pytest.mark.browser
WITHIN_MS = 20_000


def _press(window: Visit, *keys: str) -> None:
    for key in keys:
        window.page.keyboard.press(key)


def test_the_worst_call_is_opened_by_keys_alone(visit: Visits) -> None:
    window = visit("lead")
    window.goto("/?verdict=fail")
    first = window.page.locator("tr[data-row]").first.get_attribute("data-row")
    _press(window, "j", "Enter")
    window.page.wait_for_url(f"**/calls/{first}?queue=verdict%3Dfail", timeout=WITHIN_MS)
    assert window.complaints == []


def test_the_worst_finding_is_heard_in_the_list_by_two_keys(visit: Visits) -> None:
    window = visit("lead")
    window.goto("/")
    _press(window, "j", "p")
    window.page.locator('.hear[aria-pressed="true"]:not(.waits)').wait_for(timeout=WITHIN_MS)
    assert window.page.evaluate("performance.getEntriesByName('queue:sound').length") == 1  # it was heard
    assert window.page.locator('.hear[aria-pressed="true"]').count() == 1
    _press(window, "p")
    assert window.page.locator('.hear[aria-pressed="true"]').count() == 0
    assert window.complaints == []


def test_a_filter_swaps_the_list_and_the_address(visit: Visits) -> None:
    window = visit("lead")
    window.goto("/")
    n = window.page.locator("tr[data-row]").count()
    window.page.get_by_label("坐席", exact=True).fill("4711")
    window.page.keyboard.press("Enter")
    window.page.wait_for_url("**/?agent=4711", timeout=WITHIN_MS)
    assert 0 < window.page.locator("tr[data-row]").count() < n
    window.page.get_by_label("严重程度").select_option("critical")
    window.page.wait_for_url("**/?agent=4711&severity=critical", timeout=WITHIN_MS)
    window.page.locator(".chip").first.click()
    window.page.wait_for_url("**/?severity=critical", timeout=WITHIN_MS)
    window.page.go_back()
    window.page.wait_for_url("**/?agent=4711&severity=critical", timeout=WITHIN_MS)
    window.page.locator(".chip").first.wait_for(timeout=WITHIN_MS)
    assert window.page.locator(".chip").count() == 2
    assert window.complaints == []


def test_what_is_said_is_looked_for(visit: Visits) -> None:
    window = visit("reviewer", size=(900, 900))
    window.goto("/?verdict=all")
    _press(window, "/")
    window.page.keyboard.type("您好")
    window.page.keyboard.press("Enter")
    window.page.locator("mark").first.wait_for(timeout=WITHIN_MS)
    assert set(window.page.locator("mark").all_inner_texts()) == {"您好"}
    assert too_wide(window.page) == []
    assert window.complaints == []


def test_calls_are_chosen_and_given_by_keys_alone(visit: Visits) -> None:
    window = visit("lead")
    window.goto("/")
    _press(window, "j", "x", "j", "x", "a")
    assert window.page.locator('input[name="call"]:checked').count() == 2
    share = window.page.locator(".assign select[name=share]").nth(2)
    share.focus()
    share.press("1")
    window.page.locator(".assign button.main").press("Enter")
    window.page.get_by_text("已分配 2 通").wait_for(timeout=WITHIN_MS)
    assert window.complaints == []


def test_a_reviewer_takes_a_call_by_keys_alone(visit: Visits) -> None:
    window = visit("reviewer")
    window.goto("/")
    _press(window, "j", "t")
    window.page.get_by_text("退回").wait_for(timeout=WITHIN_MS)
    assert window.page.get_by_text("退回").count() == 1
    assert window.complaints == []
