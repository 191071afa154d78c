"""When a promise falls due: the time that was named, set against the moment and the calendar."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from math import ceil

from callaudit.rules.base import Settings
from callaudit.rules.days import clock, opening_after, workday_after
from callaudit.text.deadline import Deadline


def due(deadline: Deadline, made_at: datetime, settings: Settings) -> datetime | None:
    """The last moment at which the promise is kept; None where it needs a year whose holidays are not known.

    A length of hours counts from the moment of the promise to the second; days and working days run to the end of the
    last one. A time of day that has gone by is meant for the afternoon, or for the next day.

    >>> from zoneinfo import ZoneInfo
    >>> from callaudit.text.deadlines import deadlines
    >>> made = datetime(2026, 9, 30, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    >>> [str(due(deadlines(said)[0], made, Settings()))[5:16] for said in ("两小时内", "一个工作日内", "五点前")]
    ['09-30 12:00', '10-08 23:59', '09-30 17:00']
    """
    if deadline.hours is not None:
        return made_at + timedelta(hours=deadline.hours)
    if deadline.workdays is not None:
        last = workday_after(made_at, max(1, ceil(deadline.workdays)), settings)
        return None if last is None else datetime.combine(last, time.max, made_at.tzinfo)
    day = _day(deadline, made_at.date())
    until = clock(settings.work_hours[1]) if deadline.close else deadline.until or time.max
    at = datetime.combine(day, until, made_at.tzinfo)
    if at >= made_at or deadline.day != "today":
        return at
    if deadline.until is not None and until.hour < 12 and (later := at + timedelta(hours=12)) >= made_at:
        return later
    return at + timedelta(days=1)


def _day(deadline: Deadline, today: date) -> date:
    week_ends = today + timedelta(days=6 - today.weekday())
    match deadline.day:
        case "in_days":
            return today + timedelta(days=deadline.n)
        case "weekday":
            day = today + timedelta(days=deadline.n - today.weekday())
            return day if day >= today else day + timedelta(days=7)  # 周三 said on a Friday is the next one
        case "week_end":
            return week_ends
        case "next_week_end":
            return week_ends + timedelta(days=7)
        case "month_end":
            return today.replace(day=calendar.monthrange(today.year, today.month)[1])
        case _:
            return today


def past_the_night(due_at: datetime, settings: Settings) -> datetime:
    """The moment, put off to the end of the morning where it lies in the night, when nobody is to be called (C20)."""
    start, end = (clock(text) for text in settings.night)
    now = due_at.time()
    if not (start <= now < end if start < end else now >= start or now < end):
        return due_at
    day = due_at.date() + timedelta(days=int(start > end and now >= start))
    return datetime.combine(day, clock(settings.lunch[0]), due_at.tzinfo)


def after_opening(start: datetime, hours: float, settings: Settings) -> datetime | None:
    """The moment so many hours of opening time after `start`; None where the calendar does not reach so far."""
    left = timedelta(hours=hours)
    closes = clock(settings.work_hours[1])
    now = opening_after(start, settings)
    while now is not None:
        end = datetime.combine(now.date(), closes, now.tzinfo)
        if now + left <= end:
            return now + left
        left -= end - now
        now = opening_after(end, settings)
    return None
