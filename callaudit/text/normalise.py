"""Text made comparable: one width, one script, no punctuation.

您 and 你 stay apart here, because some rules tell them apart; matching by sound takes them for one (see phrases).
"""

from __future__ import annotations

import re
import unicodedata

from callaudit.text.simplify import simplify

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
