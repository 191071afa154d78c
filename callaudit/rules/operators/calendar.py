"""When a call is placed: hours and days, by the clock of whoever is called."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from callaudit.messages import Text, message
from callaudit.rules.base import (
    CLOCK,
    Origin,
    Outcome,
    Settings,
    not_applicable,
    not_assessable,
    operator,
    options,
    passed,
    violated,
)
from callaudit.rules.days import Day, unknown_day, within
from callaudit.rules.facts import Facts

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Kind = Literal["workday", "weekend", "holiday"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@options
class Period:
    """A time: all that is given must hold, and something must be given.

    `start` and `end` are a time of day, [start, end), over midnight if start is later; `hours` is such a time from the
    settings, `outside_work_hours` all that the settings' work_hours leave out. `weekdays` and `days` (a make-up workday
    is a workday, a day off around a festival a holiday) are any of those named.
    """

    start: Annotated[str | None, Field(validation_alias="from", pattern=CLOCK)] = None
    end: Annotated[str | None, Field(validation_alias="to", pattern=CLOCK)] = None
    hours: Literal["night", "lunch", "dinner"] | None = None
    outside_work_hours: bool = False
    weekdays: tuple[Weekday, ...] = ()
    days: tuple[Kind, ...] = ()
    name: str | None = None
    origin: Origin = "proposed"

    def __post_init__(self) -> None:
        if (self.start is None) != (self.end is None):
            raise ValueError("a period needs both from and to, or neither")
        if not (self.start or self.hours or self.outside_work_hours or self.weekdays or self.days):
            raise ValueError("a period needs from and to, hours, outside_work_hours, weekdays or days")


@options
class Calendar:
    """The call must not start in any of the `forbid` periods; `number` limits this to mobile or overseas numbers."""

    forbid: Annotated[tuple[Period, ...], Field(min_length=1)]
    number: Literal["any", "mobile", "overseas"] = "any"


@operator("calendar", Calendar)
def calendar(facts: Facts, asked: Calendar) -> Outcome:
    """Not assessable without a start time, or where the number lies in several zones of which only some are in time."""
    if bar := _wrong_number(facts, asked):
        return bar
    if facts.started is None:
        return not_assessable(message("calendar.start_unknown"))
    zones = _zones(facts)
    if not zones:
        return not_assessable(message("calendar.zone_unknown"))
    clocks = sorted({facts.started.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for zone in zones})
    # Where it is uncertain what day it is for the customer, only hours can tell.
    day = None if _abroad(facts) else facts.calendar_day
    found = [_first(facts.settings, asked, now, day) for now in clocks]
    when = _when(facts, clocks)
    if all(inside for _, inside in found):
        period = found[0][0]
        assert period is not None  # it is inside one
        note = message("limit.proposed") if period.origin == "proposed" else ""
        called = _called(facts.settings, period)
        return violated(message("calendar.bad_time", when=when, period=called, note=note), 0.95)
    if all(inside is False for _, inside in found):
        return passed(message("calendar.good_time", when=when), 0.95)
    if any(inside is None for _, inside in found) and not _abroad(facts):
        return not_assessable(unknown_day(facts.started.date()))
    return not_assessable(message("calendar.there_unknown"))


def _wrong_number(facts: Facts, asked: Calendar) -> Outcome | None:
    """Why the rule does not concern the customer's number, or cannot tell whether it does."""
    if asked.number == "any":
        return None
    if facts.telephone is None:
        return not_assessable(message("calendar.number_unknown"))
    if asked.number == "overseas":
        if facts.telephone.region is None:
            return not_assessable(message("calendar.number_unreadable"))
        return None if _abroad(facts) else not_applicable(message("calendar.not_overseas"))
    if facts.telephone.kind == "unknown":
        return not_assessable(message("calendar.number_unreadable"))
    return None if facts.telephone.kind == "mobile" else not_applicable(message("calendar.no_mobile"))


def _abroad(facts: Facts) -> bool:
    """Whether the number is known to be of another country than the office."""
    return facts.telephone is not None and facts.telephone.region not in (None, facts.settings.country)


def _zones(facts: Facts) -> tuple[str, ...]:
    """Time zones that the customer may be in: those of a number abroad, else that of the office."""
    if _abroad(facts):
        assert facts.telephone is not None  # it is abroad
        return facts.telephone.zones
    return (facts.settings.time_zone,)


def _first(settings: Settings, asked: Calendar, now: datetime, day: Day | None) -> tuple[Period | None, bool | None]:
    """The first forbidden period that it is, and whether it is one; None where the kind of day decides, unknown."""
    found = [(period, _inside(settings, period, now, day)) for period in asked.forbid]
    surely = [one for one in found if one[1]]
    unsure = [one for one in found if one[1] is None]
    return (*surely, *unsure, (None, False))[0]


def _inside(settings: Settings, period: Period, now: datetime, day: Day | None) -> bool | None:
    if period.weekdays and WEEKDAYS[now.weekday()] not in period.weekdays:
        return False
    if period.start and period.end and not within(now.time(), (period.start, period.end)):
        return False
    if period.hours and not within(now.time(), getattr(settings, period.hours)):
        return False
    if period.outside_work_hours and within(now.time(), settings.work_hours):
        return False
    if not period.days:
        return True
    return None if day is None or day.kind is None else day.kind in period.days


def _when(facts: Facts, clocks: list[datetime]) -> Text:
    assert facts.started is not None  # asked before
    here = message("calendar.when", started=facts.started)
    if _abroad(facts):
        there = tuple(message("calendar.when", started=now) for now in (clocks[0], clocks[-1])[: len(clocks)])
        return message("calendar.when_there", here=here, there=there)
    if facts.holiday:
        return message("calendar.when_holiday", started=facts.started, holiday=facts.holiday)
    if facts.calendar_day and facts.calendar_day.made_up:
        return message("calendar.when_made_up", started=facts.started)
    return here


def _called(settings: Settings, period: Period) -> Text:
    if period.name:
        return period.name
    if period.outside_work_hours:
        return message("calendar.after_hours", begin=settings.work_hours[0], end=settings.work_hours[1])
    hours = getattr(settings, period.hours) if period.hours else (period.start, period.end)
    return f"{hours[0]}–{hours[1]}" if hours[0] else message("calendar.bad_day")
