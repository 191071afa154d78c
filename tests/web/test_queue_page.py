"""The queue as a page: what it lists, how it is narrowed, and what agents see of it."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.web.conftest import Browser


def _calls(browser: Browser, path: str = "/") -> list[int]:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return [int(one) for one in re.findall(r'<tr data-row="(\d+)"', answer.text)]


def test_flagged_calls_are_listed(client: Callable[..., Browser]) -> None:
    assert len(_calls(client("lead"))) == 8 - len(_calls(client("lead"), "/?verdict=pass"))
