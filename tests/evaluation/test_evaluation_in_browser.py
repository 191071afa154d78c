"""The page in Chromium: nothing is refused by its policy, nothing is fetched, nothing is wider than the window."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from callaudit.evaluation import Evaluation, compare
from callaudit.evaluation.reports.html import render_html

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def test_the_page_is_whole_at_every_width(measured: Evaluation, tmp_path: Path) -> None:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    path = tmp_path / "evaluation.html"
    path.write_text(render_html(measured, compare(measured, measured)), encoding="utf-8")
    complaints: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("request", lambda request: complaints.append(request.url) if request.url.startswith("http") else None)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width in (1440, 900, 390):
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(path.as_uri())
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                assert page.evaluate("getComputedStyle(document.querySelector('.tile')).display") == "flex"
        browser.close()
    assert complaints == []
