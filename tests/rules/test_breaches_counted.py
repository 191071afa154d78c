"""How often a rule was broken: turns that say forbidden words, situations answered wrongly, waits handled wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from callaudit.records import Finding

SLOW: dict[str, Any] = {"agent": "您慢慢等着吧。"}
WAIT: list[dict[str, Any]] = [
    {"agent": "我看一下。"},
    {"hold": 20},
    {"agent": "查到了，是星期三。"},
    {"customer": "知道了，还有一件事。"},
]
THANKS: list[dict[str, Any]] = [{"customer": "谢谢你啊。"}, {"agent": "还有其他问题没有。"}]


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize(
    ("check", "lines"),
    [
        ("{operator: never_say, words: [慢慢等着吧]}", [SLOW, {"customer": "那好吧，我再问一下。"}]),
        ("{operator: hold, before: [请您稍等一下]}", WAIT),
        ("{operator: respond, trigger: {words: [谢谢你]}, any: [不用客气]}", THANKS),
    ],
)
def test_every_breach_counts(judged: Callable[..., Finding], check: str, lines: list[dict[str, Any]], n: int) -> None:
    found = judged(f"check: {check}", lines * n)
    assert (found.status, found.times) == ("violated", n)


def test_twice_in_one_turn_is_once(judged: Callable[..., Finding]) -> None:
    rule = "check: {operator: never_say, words: [慢慢等着吧]}"
    assert judged(rule, [{"agent": "您慢慢等着吧，慢慢等着吧。"}, {"customer": "好。"}]).times == 1
