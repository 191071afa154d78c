"""What kind of day it is: worked, a weekend, a public holiday, or unknown because its year has not been announced.

Chinese holidays, with the days off around them and the weekends worked in exchange (调休), come from the package
chinesecalendar, which holds the announcements of the State Council and refuses a year that it does not have. Of such a
year only the holidays of fixed date are known; the others are not worked out here, since the days off around them are
announced, not computed. A rulebook's settings outrank all that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal

import chinese_calendar

from callaudit.messages import Text, message
from callaudit.rules.base import Settings

Kind = Literal["workday", "weekend", "holiday"]

FIXED = {(1, 1): "元旦", (5, 1): "劳动节", (10, 1): "国庆节", (10, 2): "国庆节", (10, 3): "国庆节"}
"""Holidays of fixed date in 《全国年节及纪念日放假办法》, article 2."""

MOST_DAYS = 60
"""How far ahead the next working day is looked for."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar; `kind` None means unknown, `name` is that of a holiday.

    `made_up`: a weekend on which people work in exchange for a day off.
    """

    kind: Kind | None
    name: str | None = None
    made_up: bool = False

    @property
    def worked(self) -> bool | None:
        """Whether people work; None where the day is unknown."""
        return None if self.kind is None else self.kind == "workday"


def day_of(day: date, settings: Settings) -> Day:
    """The kind of a day: by the settings' own lists, else by the public calendar of their country.

    >>> day_of(date(2026, 2, 17), Settings()), day_of(date(2026, 10, 10), Settings()).made_up
    (Day(kind='holiday', name='春节', made_up=False), True)
    """
    weekend = day.weekday() >= 5
    if day.isoformat() in settings.workdays:
        return Day("workday", made_up=weekend)
    if own := settings.holidays.get(day.isoformat()) or settings.holidays.get(day.strftime("%m-%d")):
        return Day("holiday", own)
    if settings.country == "CN" and day.year not in settings.calendar_years:
        return _in_china(day)
    return Day("weekend" if weekend else "workday")


@lru_cache(maxsize=4096)
def _in_china(day: date) -> Day:
    weekend = day.weekday() >= 5
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:  # its way to say: a year that I do not have
        fixed = FIXED.get((day.month, day.day))
        return Day("holiday", fixed) if fixed else Day(None)
    if not off:
        return Day("workday", made_up=weekend)
    return Day("holiday", _chinese(name)) if name else Day("weekend")


def _chinese(name: str) -> str:
    """Name of a holiday as it is wished: 中秋 → 中秋节."""
    chinese = next((holiday.chinese for holiday in chinese_calendar.Holiday if holiday.value == name), name)
    return chinese + "节" if chinese in ("清明", "端午", "中秋") else chinese


def unknown_day(day: date) -> Text:
    """Why nothing is known about a day, and what to do about it."""
    return message("calendar.year_unknown", year=str(day.year))


# ── working time ─────────────────────────────────────────────────────────────────────────────────────────────────
def clock(text: str) -> time:
    """A time of day from HH:MM; 24:00 is the last instant of the day."""
    return time.max if text.startswith("24") else time.fromisoformat(text)


def within(now: time, hours: tuple[str, str]) -> bool:
    """Whether a time of day lies in [start, end), over midnight where start is the later one."""
    start, end = clock(hours[0]), clock(hours[1])
    return start <= now < end if start < end else now >= start or now < end


def workday_after(start: datetime, n: int, settings: Settings) -> date | None:
    """The n-th working day after that of `start`; None where the calendar does not reach so far."""
    day = start.date()
    for _ in range(MOST_DAYS):
        day += timedelta(days=1)
        worked = day_of(day, settings).worked
        if worked is None:
            return None
        n -= worked
        if n <= 0:
            return day
    return None


def opening_after(start: datetime, settings: Settings) -> datetime | None:
    """When work begins next, or `start` itself within working hours; None where the calendar does not reach so far."""
    worked, now = day_of(start.date(), settings).worked, start.time()
    if worked is None:
        return None
    opens, closes = (clock(text) for text in settings.work_hours)
    if worked and now < closes:
        return start if now >= opens else datetime.combine(start.date(), opens, start.tzinfo)
    day = workday_after(start, 1, settings)
    return None if day is None else datetime.combine(day, opens, start.tzinfo)
