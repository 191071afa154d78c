"""Errors as a small recogniser makes them, for tests of how well something is found in what was misheard."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

from pypinyin import lazy_pinyin

MISHEARD = 8
"""One Han character in so many is replaced by a frequent one of the same sound."""

COMMON = "".join(
    bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)
)
"""The 3755 frequent characters of GB 2312, from which the wrong one is taken."""


def misheard_text(text: str, rng: random.Random) -> str:
    return "".join(
        rng.choice(_like(char)) if "\u4e00" <= char <= "\u9fff" and rng.random() < 1 / MISHEARD else char
        for char in text
    )


@cache
def _like(char: str) -> Sequence[str]:
    return [other for other in _by_sound().get(lazy_pinyin(char)[0], ()) if other != char] or [char]


@cache
def _by_sound() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for char in COMMON:
        found.setdefault(lazy_pinyin(char)[0], []).append(char)
    return found
