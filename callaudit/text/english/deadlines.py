"""Times that are promised in English: within two hours, in three to five working days, by tomorrow noon."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import time
from typing import Final

from callaudit.text.deadline import Deadline

_WORDS: Final = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "twenty-four": 24,
    "twenty four": 24, "forty-eight": 48, "forty eight": 48,
}  # fmt: skip
_NUMBER = r"(?:\d+|" + "|".join(sorted(_WORDS, key=len, reverse=True)) + ")"
_LENGTH = re.compile(
    rf"\b(?:within|in|after)\s+(?:the next\s+)?(?P<half>half\s+an?\s+)?(?:{_NUMBER}(?:\s+to\s+|\s*-\s*))?"
    rf"(?P<n>{_NUMBER})?\s*(?P<unit>minutes?|hours?|(?:working|business)\s+days?|days?|weeks?)\b",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"\b(?:by\s+|before\s+)?(?:(?P<end>the end of (?:the day|business))|(?P<day>today|tonight|tomorrow))"
    r"(?:\s+(?P<part>morning|noon|afternoon|evening|night))?\b",
    re.IGNORECASE,
)
_PARTS: Final = {"morning": time(12), "noon": time(12), "afternoon": time(18)}
_HOURS: Final = {"minute": 1 / 60, "hour": 1.0}


def deadlines(text: str) -> tuple[Deadline, ...]:
    """Every time ahead that is named in a text, in order.

    >>> [(d.said, d.hours, d.workdays) for d in deadlines("We call you within two hours, or in 3 to 5 working days.")]
    [('within two hours', 2.0, None), ('in 3 to 5 working days', None, 5.0)]
    >>> [(d.said, d.day, d.n, d.until) for d in deadlines("You will hear from us by tomorrow noon.")]
    [('by tomorrow noon', 'in_days', 1, datetime.time(12, 0))]
    """
    found = [_length(match) for match in _LENGTH.finditer(text)] + [_moment(match) for match in _DAY.finditer(text)]
    return tuple(sorted(found, key=lambda one: one.start))


def _length(match: re.Match[str]) -> Deadline:
    place = Deadline(match[0], match.start(), match.end())
    said = (match["n"] or "one").lower()
    amount = float(_WORDS.get(said, 0) or said) * (0.5 if match["half"] else 1)
    unit = match["unit"].lower().rstrip("s")
    if unit in _HOURS:
        return replace(place, hours=amount * _HOURS[unit])
    if unit.endswith("day") and unit != "day":
        return replace(place, workdays=amount)
    return replace(place, day="in_days", n=int(amount * (7 if unit == "week" else 1)))


def _moment(match: re.Match[str]) -> Deadline:
    place = Deadline(match[0], match.start(), match.end(), day="in_days", close=bool(match["end"]))
    ahead = 1 if (match["day"] or "").lower() == "tomorrow" else 0
    return replace(place, n=ahead, until=_PARTS.get((match["part"] or "").lower()))
