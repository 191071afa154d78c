"""What the text of a turn shows without any rulebook: whether it asks, how much it says, which number it gives."""

from __future__ import annotations

import re

from callaudit.text.normalise import standard
from callaudit.text.numbers import digits

ASKING_CHARS = 24
"""A question in so many last characters of a turn is still open when the turn ends."""

_SPOKEN = re.compile(r"[㐀-鿿A-Za-z0-9]")
_QUESTION_END = re.compile(r"(吗|呢|么|没有|不行|吧)[啊呀]?$")
_QUESTION = re.compile(
    r"吗|请问|为什么|什么|怎么|怎样|多少|多久|几点|几号|几天|哪|谁|如何|能否|可否"
    r"|(?:能|可|是|有|行|好|对|要)[不没](?:能|可|是|有|行|好|对|要)|(.)不\1"
)
"""Whisper drops question marks on telephone speech more often than not, so that words must tell (A不A included)."""

_REQUEST = re.compile(
    r"(?:请|麻烦|劳驾)[您你]?(?:再|先)?(?:帮我|给我|跟我)?"
    r"(?:报|说|讲|提供|告诉|留|输入|念|描述|重复|核对|确认|选|回答|出示|看看|看一下|检查)"
)
"""What hands the word to the customer without being a question: 「麻烦您报一下卡号」."""

_GREETING = re.compile(r"^(喂|你好|您好|哎|嗯|哦|啊|早上好|上午好|下午好|晚上好|，|。|！|？|,|\s)+")


def n_chars(text: str) -> int:
    """Han characters, letters and digits."""
    return len(_SPOKEN.findall(text))


def substance(text: str) -> int:
    """Characters besides the greeting.

    >>> substance("喂，你好。"), substance("你好，我想查账单。")
    (0, 5)
    """
    return n_chars(_GREETING.sub("", text))


def asks(text: str, *, requests: bool) -> bool:
    """Whether the last words ask something; `requests` takes 「麻烦您报一下卡号」 for a question too.

    >>> asks("周五有号，您续不续", requests=False), asks("麻烦您报一下卡号", requests=True), asks("好的", requests=True)
    (True, True, False)
    """
    said = standard("".join(_SPOKEN.findall(text)))
    last = said[-ASKING_CHARS:]
    marks = text[-ASKING_CHARS:]
    words = _QUESTION_END.search(said) or _QUESTION.search(last) or (requests and _REQUEST.search(last))
    return bool(words) or "？" in marks or "?" in marks


def longest_number(text: str) -> str:
    """The longest run of spoken digits; commas and pauses do not end a run, quantities (三百二十) are no numbers.

    >>> longest_number("我姓林，卡号后八位是六二一五，三零九七。"), longest_number("三百二十块")
    ('62153097', '')
    """
    joined = re.sub(r"[\s，,。.、；;\-—:：嗯啊]", "", text)
    runs = re.findall(r"[0-9零〇一二三四五六七八九幺]+(?![十百千万亿点年])", joined)
    return max((digits(run) for run in runs if not re.fullmatch(r"[一二三四五六七八九]", run)), key=len, default="")
