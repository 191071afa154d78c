"""When a call is placed: hours, days, and whose phone rings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, time, timedelta, timezone
from typing import Annotated, Literal

from pydantic import Field

from callaudit.messages import Text, message
from callaudit.rules.base import Outcome, not_applicable, not_assessable, operator, options, passed, violated
from callaudit.rules.facts import Facts

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "workday", "weekend", "holiday"]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"^([01]\d|2[0-4]):[0-5]\d$"


@options
class Period:
    """A time of day, [start, end), over midnight if start is later; on all days, or on the `days` named.

    `outside_work_hours` stands for the times that the rulebook's settings leave out.
    """

    start: Annotated[str | None, Field(validation_alias="from", pattern=_TIME)] = None
    end: Annotated[str | None, Field(validation_alias="to", pattern=_TIME)] = None
    days: tuple[Day, ...] = ()
    outside_work_hours: bool = False
    name: str | None = None
    origin: Literal["source", "derived", "proposed"] = "proposed"

    def __post_init__(self) -> None:
        if (self.start is None) != (self.end is None):
            raise ValueError("a period needs both from and to, or neither")
        if not (self.start or self.days or self.outside_work_hours):
            raise ValueError("a period needs from and to, days, or outside_work_hours")


@options
class Calendar:
    """The call must not start in any of the `forbid` periods; `number` limits the rule to mobile or overseas numbers.

    `zones` maps country prefixes (+1, +44) to hours from UTC, for overseas numbers.
    """

    forbid: Annotated[tuple[Period, ...], Field(min_length=1)]
    number: Literal["any", "mobile", "overseas"] = "any"
    zones: Mapping[str, float] = field(default_factory=dict)


@operator("calendar", Calendar)
def calendar(facts: Facts, asked: Calendar) -> Outcome:
    """Not assessable without a start time."""
    started = facts.call.metadata.started_at
    number = facts.call.metadata.customer_number
    if asked.number != "any":
        if number is None:
            return not_assessable(message("calendar.number_unknown"))
        if kind_of(number) != asked.number:
            return not_applicable(
                message("calendar.no_mobile" if asked.number == "mobile" else "calendar.not_overseas")
            )
    if started is None:
        return not_assessable(message("calendar.start_unknown"))
    if asked.number == "overseas":
        there = _there(started, number or "", asked.zones)
        if there is None:
            return not_assessable(message("calendar.zone_unknown"))
        started = there
    when = message("calendar.when", started=started)
    if facts.holiday:
        when = message("calendar.when_holiday", started=started, holiday=facts.holiday)
    for period in asked.forbid:
        if _inside(facts, period, started):
            note = message("limit.proposed") if period.origin == "proposed" else ""
            return violated(message("calendar.bad_time", when=when, period=_called(facts, period), note=note), 0.95)
    return passed(message("calendar.good_time", when=when), 0.95)


def kind_of(number: str) -> Literal["mobile", "overseas", "other"]:
    """What a telephone number is, seen from China.

    >>> kind_of("13800001234"), kind_of("+8613800001234"), kind_of("+442071234567"), kind_of("010-62345678")
    ('mobile', 'mobile', 'overseas', 'other')
    """
    plain = re.sub(r"[^\d+]", "", number)
    home = re.sub(r"^(\+|00)86", "", plain)
    if re.fullmatch(r"1[3-9]\d{9}", home):
        return "mobile"
    return "overseas" if re.match(r"(\+|00)(?!86)", plain) else "other"


def _there(started: datetime, number: str, zones: Mapping[str, float]) -> datetime | None:
    plain = re.sub(r"^00", "+", re.sub(r"[^\d+]", "", number))
    fitting = [prefix for prefix in zones if plain.startswith(prefix)]
    if not fitting or started.tzinfo is None:
        return None
    return started.astimezone(timezone(timedelta(hours=zones[max(fitting, key=len)])))


def _inside(facts: Facts, period: Period, started: datetime) -> bool:
    today: set[str] = {DAYS[started.weekday()]}
    today.add("holiday" if facts.holiday else "weekend" if started.weekday() >= 5 else "workday")
    if started.weekday() >= 5:
        today.add("weekend")
    if period.days and not today & set(period.days):
        return False
    now = started.time()
    if period.outside_work_hours:
        begin, end = (_time(text) for text in facts.settings.work_hours)
        if begin <= now < end:
            return False
    if period.start is None or period.end is None:
        return True
    begin, end = _time(period.start), _time(period.end)
    return begin <= now < end if begin < end else now >= begin or now < end


def _time(text: str) -> time:
    return time.max if text.startswith("24") else time.fromisoformat(text)


def _called(facts: Facts, period: Period) -> Text:
    if period.name:
        return period.name
    if period.outside_work_hours:
        begin, end = facts.settings.work_hours
        return message("calendar.after_hours", begin=begin, end=end)
    return f"{period.start}–{period.end}" if period.start else message("calendar.bad_day")
