"""The page of a call in Chromium: what is clicked is heard, over and over or once; lanes lie where they are heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from callaudit.reports.summary import with_status
from callaudit.web.calls import quiet
from callaudit.web.desk import Desk
from tests.web.browser import Visit, Visits, too_wide

pytestmark = pytest.mark.browser
LEAD_S = 0.2
AUDIO = "document.querySelector('audio')"


@pytest.fixture
def call(visit: Visits) -> Callable[..., Any]:
    """Opens a call, its sound at hand and drawn."""

    def open(number: int = 1, **given: Any) -> Any:
        window: Visit = visit("lead", **given)
        window.goto(f"/calls/{number}")
        page = window.page
        page.window = window
        until(page, f"{AUDIO}.readyState >= 1")
        until(page, "document.querySelectorAll('.wave .outline').length > 0")
        until(page, "!document.querySelector('.htmx-added, .htmx-settling')")
        return page

    return open


def until(page: Any, condition: str) -> None:
    """Polls from outside: the policy of the page forbids what playwright's own waiting would run in it."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(25)
    pytest.fail(f"never came true: {condition}")


def at(page: Any) -> float:
    until(page, f"!{AUDIO}.seeking")
    return float(page.evaluate(f"{AUDIO}.currentTime"))


def stop(page: Any) -> None:
    page.evaluate(f"{AUDIO}.pause()")


def test_a_word_is_heard_where_it_is_said(call: Any, desk: Desk) -> None:
    page, turn = call(), desk.store.call(1).turns[2]
    word = turn.words[4]
    page.evaluate(f"{AUDIO}.play = () => Promise.resolve()")  # stays where it is put
    page.locator(f".turn p [data-t='{word.span.start_s:g}']").first.click()
    assert at(page) == pytest.approx(word.span.start_s, abs=0.1)
    assert page.locator(".turn p span.now").get_attribute("data-t") == f"{word.span.start_s:g}"
    assert page.locator(".turn.now").count() == 1
    assert page.window.complaints == []


def test_evidence_is_played_with_a_lead_and_to_its_end(call: Any, desk: Desk) -> None:
    page, place = call(), with_status(desk.store.audit(1), "violated")[1].places[0].span
    page.check(".stops")
    page.click(f".finding [data-t='{place.start_s:g}']")
    first = float(page.evaluate(f"{AUDIO}.currentTime"))
    assert place.start_s - LEAD_S - 0.05 <= first <= place.start_s + 0.5
    until(page, f"{AUDIO}.paused && {AUDIO}.currentTime > {place.end_s}")
    assert at(page) == pytest.approx(place.end_s + 0.3, abs=0.25)
    assert page.evaluate("performance.getEntriesByName('call:sound').length") == 1


def test_an_example_of_a_rule_is_heard_at_once(visit: Visits, desk: Desk) -> None:
    finding = with_status(desk.store.audit(1), "violated")[2]
    window = visit("lead")
    window.goto(f"/calls/1?play={finding.rule}")
    until(window.page, f"{AUDIO}.currentTime > 0 && !{AUDIO}.seeking")
    stop(window.page)
    assert at(window.page) == pytest.approx(finding.places[0].span.start_s, abs=2.0)
    assert window.page.evaluate("document.activeElement.dataset.rule") == finding.rule


def test_a_finding_is_looped_until_it_is_let_go(call: Any, desk: Desk) -> None:
    page, place = call(), with_status(desk.store.audit(1), "violated")[1].places[0].span
    page.evaluate(
        f"""() => {{ window.backs = 0; let last = 0; const audio = {AUDIO};
            audio.addEventListener('seeked', () => {{ if (audio.currentTime < last - 0.2) window.backs++;
                last = audio.currentTime; }});
            audio.addEventListener('timeupdate', () => {{ last = Math.max(last, audio.currentTime); }}); }}"""
    )
    page.locator(".finding").nth(1).locator("button.loop").click()
    until(page, "window.backs >= 2")
    assert place.start_s - 0.5 < float(page.evaluate(f"{AUDIO}.currentTime")) < place.end_s + 0.6
    assert page.locator(".plot .chosen").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".plot .chosen").count() == 0
    until(page, f"{AUDIO}.currentTime > {place.end_s + 0.6}")


def test_silence_is_skipped(call: Any, desk: Desk) -> None:
    long = max(quiet(desk.store.call(4)), key=lambda span: span.duration_s)
    assert long.duration_s > 4
    page = call(4)
    page.check(".skips")
    page.evaluate(f"{AUDIO}.currentTime = {long.start_s - 0.3}")
    page.click(".play")
    until(page, f"{AUDIO}.currentTime > {long.end_s - 0.5}")
    stop(page)
    assert at(page) < long.end_s + 2
    played = page.evaluate(
        f"[...Array({AUDIO}.played.length).keys()].map((k) => [{AUDIO}.played.start(k), {AUDIO}.played.end(k)])"
    )
    inside = sum(max(0, min(end, long.end_s) - max(start, long.start_s)) for start, end in played)
    assert inside < 2.0


def test_lanes_lie_where_they_are_heard(call: Any, desk: Desk) -> None:
    page, audit = call(), desk.store.audit(1)
    duration = audit.call.recording.duration_s
    plot = page.locator(".plot").bounding_box()
    ring = audit.call.timeline.ring.span
    drawn = page.locator(".events rect.ring").bounding_box()
    assert drawn["x"] - plot["x"] == pytest.approx(plot["width"] * ring.start_s / duration, abs=1.5)
    assert drawn["width"] == pytest.approx(plot["width"] * ring.duration_s / duration, abs=1.5)
    for number, finding in enumerate(with_status(audit, "violated"), start=1):
        marks = page.locator(f"a.mark[href='#c1-f{number}']")
        assert marks.count() == len(finding.places)
        if not finding.places:
            continue
        left = min(mark["x"] for k in range(marks.count()) if (mark := marks.nth(k).bounding_box()))
        first = min(place.span.start_s for place in finding.places)
        assert left - plot["x"] == pytest.approx(plot["width"] * first / duration, abs=2)


def test_the_drawing_is_clicked_dragged_and_stretched(call: Any, desk: Desk) -> None:
    page, duration = call(), desk.store.call(1).recording.duration_s
    plot = page.locator(".plot").bounding_box()
    x, y = plot["x"], plot["y"] + 60
    page.mouse.click(x + plot["width"] / 2, y)
    assert at(page) == pytest.approx(duration / 2, abs=0.1)
    page.mouse.move(x + plot["width"] * 0.2, y)
    page.mouse.down()
    page.mouse.move(x + plot["width"] * 0.3, y, steps=4)
    page.mouse.up()
    assert at(page) == pytest.approx(0.2 * duration, abs=0.1)
    chosen = page.locator(".plot .chosen").bounding_box()
    assert chosen["width"] == pytest.approx(0.1 * plot["width"], abs=2)
    page.select_option(".zoom", "16")
    until(page, "document.querySelector('.plot').getBoundingClientRect().width > innerWidth")
    wide = page.locator(".plot").bounding_box()
    assert wide["width"] == pytest.approx(16 * plot["width"], rel=0.02)
    assert page.locator(".plot .head").bounding_box()["x"] >= plot["x"]  # the playhead stays in sight
    assert too_wide(page) == []


def test_keys_play_seek_and_go_from_finding_to_finding(call: Any, desk: Desk) -> None:
    page = call()
    page.evaluate(f"{AUDIO}.play = () => Promise.resolve()")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert at(page) == pytest.approx(5.0, abs=0.1)
    findings = with_status(desk.store.audit(1), "violated")
    for key, number in (("n", 0), ("n", 1), ("p", 0)):
        page.keyboard.press(key)
        assert at(page) == pytest.approx(findings[number].places[0].span.start_s - LEAD_S, abs=0.1)
        assert page.evaluate("document.activeElement.id") == f"c1-f{number + 1}"
    page.keyboard.press("=")
    assert page.evaluate(f"{AUDIO}.playbackRate") == 1.25
    page.keyboard.press("?")
    assert "播放下一条违规" in page.locator("#shortcuts").inner_text()


def test_words_are_found_past_punctuation(call: Any, desk: Desk) -> None:
    page = call()
    said = "".join(filter(str.isalnum, desk.store.call(1).turns[0].text))
    page.keyboard.press("/")
    page.keyboard.type(said[3:9])
    assert page.locator("output.hits").inner_text() == "1 / 1"


def test_one_goes_on_to_the_next_call_and_back(visit: Visits) -> None:
    window = visit("lead")
    window.goto("/calls/1?queue=verdict%3Dall")
    page = window.page
    assert page.locator("[rel=prev]").is_hidden()
    page.keyboard.press("]")
    page.wait_for_url(lambda url: "/calls/1?" not in url)
    assert page.url.endswith("?queue=verdict%3Dall")
    page.keyboard.press("[")
    page.wait_for_url("**/calls/1?queue=verdict%3Dall")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_usable_at_900_pixels(call: Any, theme: str) -> None:
    page = call(theme=theme, size=(900, 900))
    assert too_wide(page) == []
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_timeout(100)
    play = page.locator(".play").bounding_box()
    assert 0 <= play["y"] < 150  # the player stays in sight
    page.locator(".finding .jump").last.click()
    until(page, f"!{AUDIO}.paused")
