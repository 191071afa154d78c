"""Text made comparable: one width, one script, no punctuation.

您 and 你 stay apart here, because some rules tell them apart; matching by sound takes them for one (see phrases).
"""

from __future__ import annotations

import re
import unicodedata

from callaudit.text.simplify import simplify

STANDARD = {
    "咋": "怎么", "啥": "什么", "啥子": "什么", "甭": "不用", "俩": "两个", "仨": "三个", "咱": "我", "俺": "我",
    "晓得": "知道", "今儿": "今天", "明儿": "明天", "昨儿": "昨天", "木有": "没有", "莫得": "没有",
    "瞅": "看", "忒": "太",
}  # fmt: skip
"""Regional words and what stands for them in phrases; text is shown to people as it was said."""

REGIONAL = re.compile("(?:" + "|".join(sorted(STANDARD, key=len, reverse=True)) + ")(?!(?<=儿)[童子女科])")

_NOT_SPOKEN = re.compile(r"[^\w]|_")


def normalise(text: str) -> str:
    """The text in NFKC, simplified characters, lower case; punctuation and spaces stay.

    >>> normalise("請問 ＡＢＣ？")
    '请问 abc?'
    """
    return simplify(unicodedata.normalize("NFKC", text)).lower()


def plain(text: str) -> str:
    """What is spoken of a text: normalised letters, characters and digits alone.

    >>> plain("您好，請 稍等！")
    '您好请稍等'
    """
    return _NOT_SPOKEN.sub("", normalise(text))


def familiar(text: str) -> str:
    """The text with 您 as 你, for comparisons that do not care for politeness."""
    return text.replace("您", "你")


def standard(text: str) -> str:
    """The text with regional words in standard ones; its length may change.

    >>> standard("你咋不早说")
    '你怎么不早说'
    """
    return REGIONAL.sub(lambda found: STANDARD[found[0]], text)
