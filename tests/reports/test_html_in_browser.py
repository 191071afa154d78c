"""The page in Chromium: what is clicked is heard, nothing is refused by the policy, nothing is fetched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from callaudit.records import Audio, Audit
from callaudit.reports import Clip, ReportOptions, Waveform, render

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
soundfile = pytest.importorskip("soundfile")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
def page(audit: Audit, audio: Audio, waveform: tuple[Waveform, ...], tmp_path: Path) -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    sound = BytesIO()
    soundfile.write(sound, audio.samples.T, audio.sample_rate_hz, format="WAV", subtype="ULAW")
    options = ReportOptions(waveform=waveform, clip=Clip("audio/wav", sound.getvalue()))
    path = tmp_path / "report.html"
    path.write_text(render(audit, "html", options), encoding="utf-8")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if request.url.startswith("http") else None)
        page.goto(path.as_uri())
        wait_until(page, "document.querySelector('audio').readyState >= 1")
        yield page
        assert complaints == []
        browser.close()


def wait_until(page: Any, condition: str) -> None:
    """Poll from outside: the page's policy forbids what playwright's own waiting would run in it."""
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came true: {condition}")


def heard_at(page: Any) -> float:
    """Where the sound is once no seek is under way."""
    wait_until(page, "!document.querySelector('audio').seeking")
    return float(page.evaluate("document.querySelector('audio').currentTime"))


def pause(page: Any) -> None:
    page.evaluate("document.querySelector('audio').pause()")


def test_a_finding_jumps_to_its_place(page: Any) -> None:
    page.click(".finding.critical .jump")
    pause(page)
    assert heard_at(page) == pytest.approx(24.3, abs=0.6)
    head = float(page.get_attribute(".head", "x1").removesuffix("%"))
    assert head == pytest.approx(100 * heard_at(page) / 70, abs=0.5)


def test_a_word_jumps_and_lights_up(page: Any) -> None:
    page.click(".turn:nth-of-type(1) >> text=书")
    pause(page)
    assert heard_at(page) == pytest.approx(16.0 + 4 * 3 / 15, abs=0.6)
    assert page.locator(".turn p span.now").count() == 1
    assert page.locator(".turn.now").count() == 1


def test_a_mark_of_the_chart_jumps_and_shows_its_card(page: Any) -> None:
    page.click(".mark.major rect >> nth=1")
    pause(page)
    assert heard_at(page) == pytest.approx(21.9, abs=0.6)
    assert page.url.endswith("#c1-f2")


def test_the_waveform_is_a_scrubber(page: Any) -> None:
    box = page.locator(".plot").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 100)
    assert heard_at(page) == pytest.approx(35.0, abs=0.2)


def test_keys_play_pause_and_seek(page: Any) -> None:
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert heard_at(page) == pytest.approx(5.0, abs=0.1)
    page.keyboard.press(" ")
    wait_until(page, "!document.querySelector('audio').paused")
    wait_until(page, "document.querySelector('audio').currentTime > 5.2")
    assert page.get_attribute(".play", "aria-label") == "暂停"
    page.keyboard.press(" ")
    wait_until(page, "document.querySelector('audio').paused")


@pytest.mark.parametrize("width", [1440, 900, 390])
def test_nothing_is_wider_than_the_window(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_player_stays_in_sight(page: Any) -> None:
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_timeout(100)
    assert page.locator(".play").bounding_box()["y"] < 100
