"""Two people on one call, and a reviewer who never touches the mouse, in Chromium."""

from __future__ import annotations

import pytest

from callaudit.web.desk import Desk
from tests.web.browser import Visits, too_wide

pytestmark = pytest.mark.browser

CALL = "/calls/2"
WITHIN_MS = 20_000


def _score(page: object) -> str:
    return page.locator("#judging .outcome").inner_text()  # type: ignore[attr-defined]  # a page of Playwright


def test_a_call_is_judged_by_keys_alone(visit: Visits, desk: Desk) -> None:
    lead = visit("lead")
    lead.goto(CALL)
    page = lead.page
    cards = page.locator("article.finding[data-rule]")
    first, second = cards.nth(0).get_attribute("data-rule"), cards.nth(1).get_attribute("data-rule")
    page.keyboard.press("j")
    page.keyboard.press("2")
    page.locator(f"#judged-{first}.overturned").wait_for(timeout=WITHIN_MS)
    assert page.evaluate("document.activeElement.dataset.rule") == first  # the focus stays where it was
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.keyboard.type("1 2 3 z")  # what is typed is no command
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    page.locator(f"#judged-{second}.unsure").wait_for(timeout=WITHIN_MS)
    assert page.locator(f"#judged-{second} q").inner_text() == "1 2 3 z"
    page.keyboard.press("z")
    page.locator(f"#judged-{second}:not(.unsure)").wait_for(timeout=WITHIN_MS)
    page.keyboard.press("m")
    page.locator("dialog#missing[open]").wait_for(timeout=WITHIN_MS)
    page.keyboard.type("不说")  # the field of rules has the focus
    page.locator("#miss-rule").select_option("never-say-wei")
    page.locator("#miss-start").fill("12.5")
    page.locator("#miss-start").press("Enter")
    page.locator("#judging article[data-rule=never-say-wei]").wait_for(timeout=WITHIN_MS)
    assert page.locator("dialog[open]").count() == 0
    page.on("dialog", lambda asked: asked.accept())
    page.keyboard.press("R")
    page.wait_for_url(lambda url: not url.endswith(CALL), timeout=WITHIN_MS)  # done: the next call of the queue
    page.wait_for_load_state("networkidle")
    page.goto(lead.address + CALL)
    assert page.locator("#judging .badge.good", has_text="复核").count() == 1
    assert not lead.complaints


def test_a_miss_is_reported_without_script(visit: Visits) -> None:
    lead = visit("lead", script=False)
    lead.goto(CALL)
    page = lead.page
    assert not page.locator("#miss-rule").is_visible()
    page.locator("a[href='#missing']").click()
    page.locator("#miss-rule").select_option("never-say-wei")
    page.locator("#miss-start").fill("12.5")
    page.locator("#missing button.main").click()
    page.locator("#judging article[data-rule=never-say-wei]").wait_for(timeout=WITHIN_MS)
    assert not lead.complaints


def test_of_two_the_second_is_told_and_nothing_is_overwritten(visit: Visits) -> None:
    first, second = visit("reviewer"), visit("second", language="en", theme="dark", size=(900, 900))
    first.goto(CALL)
    second.goto(CALL)
    for one, key in ((first, "2"), (second, "1")):
        one.page.keyboard.press("j")
        if one is second:
            one.page.keyboard.press("c")
            one.page.keyboard.type("I heard it")
            one.page.keyboard.press("Escape")
        one.page.keyboard.press(key)
        one.page.locator("#judging .outcome", has_text="→").wait_for(timeout=WITHIN_MS)
    told = second.page.locator("#judging .notice.bad")
    told.wait_for(timeout=WITHIN_MS)
    assert "Reviewer" in told.inner_text()
    card = second.page.locator("article.finding[data-rule]").first
    assert card.locator(".said b").inner_text() == "Overturned"
    assert card.locator("textarea").input_value() == "I heard it"
    assert _score(second.page).split()[-1] == _score(first.page).split()[-1]
    second.page.keyboard.press("1")  # having looked
    card.locator(".judged.upheld, .said b.upheld").first.wait_for(timeout=WITHIN_MS)
    assert not first.complaints
    assert not too_wide(second.page)
    assert all("409" in one for one in second.complaints)


@pytest.mark.parametrize("path", ["/appeals", "/trail"])
def test_appeals_and_trail_fit_their_window(visit: Visits, path: str) -> None:
    lead = visit("lead", size=(900, 900), theme="dark")
    lead.goto(path)
    assert not too_wide(lead.page)
    assert not lead.complaints
