"""Runs of digits as they are read aloud in English: "four one one one, double five, oh three", or as figures."""

from __future__ import annotations

import re
from functools import lru_cache

from callaudit.text.english.words import FILLERS
from callaudit.text.runs import Part, Run

_DIGIT = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_TEEN = dict(zip(
    ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
    map(str, range(10, 20)), strict=True,
))  # fmt: skip
_TEN = dict(zip(
    ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), map(str, range(2, 10)), strict=True
))  # fmt: skip
_TIMES = {"double": 2, "triple": 3}
_MISHEARD = {"for": "4", "to": "2", "too": "2", "won": "1", "ate": "8", "tree": "3", "sex": "6", "free": "3"}
"""Words that a recogniser writes for a digit; they count only between digits."""

_BETWEEN = FILLERS - {"oh"} | {"and", "dash", "then", "hyphen", "space", "that", "is", "okay", "ok"}
_UNIT = frozenset({
    "dollar", "dollars", "pound", "pounds", "euro", "euros", "cent", "cents", "percent", "minute", "minutes", "hour",
    "hours", "day", "days", "week", "weeks", "month", "months", "year", "years", "am", "pm", "oclock", "th", "st", "nd",
    "rd", "hundred", "thousand", "million", "items", "times", "points", "miles", "people", "bucks",
})  # fmt: skip
_TOKEN = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?|\d+|[$£€%:]|[.!?](?=\s+[A-Z])")


@lru_cache(maxsize=4096)
def runs(text: str) -> tuple[Run, ...]:
    """The numbers read aloud in an English text, single digits left out.

    >>> [run.digits for run in runs("It's four one one one, uh, double five 12, and that's $2,500")]
    ['41115512', '2500']
    """
    tokens = [(found.start(), found.end(), found[0].lower()) for found in _TOKEN.finditer(text)]
    found: list[Run] = []
    own: list[Part] = []
    money, at = False, 0
    while at < len(tokens):
        start, end, word = tokens[at]
        following = tokens[at + 1][2] if at + 1 < len(tokens) else ""
        if digits := _digits(word, following, at, tokens, bool(own)):
            own.append(Part(start, end, digits))
        elif word in _TIMES and _digits(following, "", at + 1, tokens, True):
            own.append(Part(start, end, _digits(following, "", at + 1, tokens, True)[:1] * (_TIMES[word] - 1)))
        elif own and word in _BETWEEN and at + 1 < len(tokens):
            pass
        else:
            _close(found, own, money or word in _UNIT or word in "%:")
            own, money = [], word in "$£€"
        at += 1
    _close(found, own, money)
    return tuple(found)


def _digits(word: str, following: str, at: int, tokens: list[tuple[int, int, str]], inside: bool) -> str:
    if word.isdigit():
        return word
    if word in ("oh", "o") and not inside and not _plain(following):
        return ""
    if word in _DIGIT:
        return _DIGIT[word]
    if word in _TEEN:
        return _TEEN[word]
    if word in _TEN:
        return _TEN[word] + ("" if following in _DIGIT and following not in ("oh", "o", "zero") else "0")
    if inside and word in _MISHEARD and _plain(following) and _plain(tokens[at - 1][2]):
        return _MISHEARD[word]
    return ""


def _plain(word: str) -> bool:
    return word.isdigit() or word in _DIGIT or word in _TEEN or word in _TEN


def _close(found: list[Run], own: list[Part], measured: bool) -> None:
    if sum(len(part.digits) for part in own) >= 2:
        found.append(Run(tuple(own), measured))
