"""A time by which something is promised, in any language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Literal

DayRef = Literal["today", "in_days", "weekday", "week_end", "month_end", "next_week_end"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A time named in a text, as the characters [start, end) of it.

    Exactly one of these says when: `hours` from now; `workdays` from today; or `day` with `n` (days from now, or
    weekday 0 … 6 of the week `n // 7` weeks on). `until` is the time of that day, None its end; `close` the end of
    work. `about`: an appointment (明天三点) or a vague time (左右), not a limit.
    """

    said: str
    start: int
    end: int
    hours: float | None = None
    workdays: float | None = None
    day: DayRef | None = None
    n: int = 0
    until: time | None = None
    close: bool = False
    about: bool = False
