"""Days, hours and telephone numbers: known answers, and what is said where there is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callaudit.errors import RulebookError
from callaudit.records import Finding
from callaudit.rules.base import Settings
from callaudit.rules.days import day_of, opening_after, workday_after
from callaudit.rules.telephone import telephone

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = "{applies_to: both, check: {operator: calendar, forbid: [{hours: night}]}}"
Judged = Callable[..., Finding]


# 国务院办公厅关于2026年部分节假日安排的通知 (2025-11-04)
OFF_2026 = {
    "元旦": ("2026-01-01", "2026-01-03"), "春节": ("2026-02-15", "2026-02-23"), "清明节": ("2026-04-04", "2026-04-06"),
    "劳动节": ("2026-05-01", "2026-05-05"), "端午节": ("2026-06-19", "2026-06-21"),
    "中秋节": ("2026-09-25", "2026-09-27"), "国庆节": ("2026-10-01", "2026-10-07"),
}  # fmt: skip
MADE_UP_2026 = {"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"}


def test_every_day_of_2026_is_as_announced() -> None:
    days = [date.fromordinal(date(2026, 1, 1).toordinal() + k) for k in range(365)]
    for day in days:
        found = day_of(day, Settings())
        name = next((n for n, (a, b) in OFF_2026.items() if a <= day.isoformat() <= b), None)
        made_up = day.isoformat() in MADE_UP_2026
        kind = "holiday" if name else "workday" if made_up or day.weekday() < 5 else "weekend"
        assert (found.kind, found.name, found.made_up) == (kind, name, made_up), day


def test_a_year_not_announced_is_unknown_but_for_the_holidays_of_fixed_date() -> None:
    assert day_of(date(2099, 6, 15), Settings()).kind is None
    assert day_of(date(2099, 6, 15), Settings()).worked is None
    assert day_of(date(2099, 10, 3), Settings()).name == "国庆节"
    assert day_of(date(2099, 10, 4), Settings()).kind is None
    assert workday_after(datetime(2098, 12, 31, 10, tzinfo=SHANGHAI), 1, Settings()) is None


def test_the_settings_outrank_the_public_calendar() -> None:
    own = Settings(holidays={"11-11": "店庆", "2026-11-12": "团建"}, workdays=("2026-10-05",), calendar_years=(2099,))
    assert day_of(date(2027, 11, 11), own).name == "店庆"
    assert day_of(date(2026, 11, 12), own).name == "团建"
    assert day_of(date(2026, 10, 5), own).kind == "workday"
    assert day_of(date(2099, 6, 15), own).kind == "workday"  # a Monday of a year that the settings cover
    assert day_of(date(2099, 6, 14), own).kind == "weekend"


def test_another_country_has_only_its_settings_and_plain_weekends() -> None:
    london = Settings(country="GB", time_zone="Europe/London", holidays={"12-25": "Christmas Day"})
    assert day_of(date(2026, 10, 1), london).kind == "workday"
    assert day_of(date(2026, 10, 3), london).kind == "weekend"
    assert day_of(date(2099, 12, 25), london).name == "Christmas Day"


def test_the_next_opening_skips_nights_and_days_off() -> None:
    def opens(said: str) -> str:
        found = opening_after(datetime.fromisoformat(said).replace(tzinfo=SHANGHAI), Settings())
        return "" if found is None else found.isoformat()[:16]

    assert opens("2026-11-10T08:59") == "2026-11-10T09:00"
    assert opens("2026-11-10T17:59") == "2026-11-10T17:59"
    assert opens("2026-11-10T18:00") == "2026-11-11T09:00"
    assert opens("2026-09-30T18:00") == "2026-10-08T09:00"
    assert opens("2026-10-09T18:00") == "2026-10-10T09:00"  # a Saturday worked in exchange


@pytest.mark.parametrize(
    ("number", "e164", "region", "kind", "zones"),
    [
        ("13800001234", "+8613800001234", "CN", "mobile", ("Asia/Shanghai",)),
        ("+86 138 0000 1234", "+8613800001234", "CN", "mobile", ("Asia/Shanghai",)),
        ("138****1234", None, "CN", "mobile", ("Asia/Shanghai",)),
        ("010-62345678", "+861062345678", "CN", "other", ("Asia/Shanghai",)),
        ("4008001234", "+864008001234", "CN", "other", ("Asia/Shanghai",)),
        ("95588", None, "CN", "other", ()),
        ("0081312345678", "+81312345678", "JP", "other", ("Asia/Tokyo",)),
        ("+852 9123 4567", "+85291234567", "HK", "mobile", ("Asia/Hong_Kong",)),
        ("+1 212 555 0123", "+12125550123", "US", "unknown", ("America/New_York",)),
        ("无", None, None, "unknown", ()),
    ],
)
def test_what_a_number_tells(number: str, e164: str | None, region: str | None, kind: str, zones: object) -> None:
    found = telephone(number, "CN")
    assert (found.e164, found.region, found.kind, found.zones) == (e164, region, kind, zones)


def test_a_start_without_a_zone_is_meant_at_the_office(judged: Judged) -> None:
    def status(started_at: str | None, zone: str = "Asia/Shanghai") -> str:
        script = {"started_at": started_at, "turns": [{"agent": "您好。"}]}
        return judged(NIGHT, script, settings=f"{{time_zone: {zone}}}").status

    assert status("2026-11-10T22:00:00") == "violated"
    assert status("2026-11-10T22:00:00+08:00") == "violated"
    assert status("2026-11-10T22:00:00+00:00") == "violated"  # six in the morning in Shanghai
    assert status("2026-11-10T22:00:00+00:00", "Europe/London") == "violated"
    assert status("2026-11-10T22:00:00+08:00", "Europe/London") == "passed"  # two in the afternoon in London
    assert status(None) == "not_assessable"


def test_summer_time_counts_where_the_customer_is(judged: Judged) -> None:
    def status(started_at: str) -> str:
        script = {"started_at": started_at, "metadata": {"customer_number": "+442071234567"}, "turns": []}
        return judged(NIGHT, script).status

    assert status("2026-01-15T14:59:59+08:00") == "violated"  # 6:59:59 in London
    assert status("2026-01-15T15:00:00+08:00") == "passed"
    assert status("2026-07-15T13:59:59+08:00") == "violated"
    assert status("2026-07-15T14:00:00+08:00") == "passed"


def test_the_message_tells_both_clocks(judged: Judged) -> None:
    script = {"started_at": "2026-11-10T10:00:00+08:00", "metadata": {"customer_number": "+442071234567"}, "turns": []}
    assert judged(NIGHT, script).message == "11月10日 10:00（对方当地 11月10日 02:00） 拨出，属于22:00–07:00（建议值）"


@pytest.mark.parametrize(
    ("key", "started_at", "holds"),
    [
        ("holiday", "2026-10-06T10:00:00", True), ("holiday", "2026-10-08T10:00:00", False),
        ("wished_holiday", "2026-06-19T10:00:00", True), ("wished_holiday", "2026-04-05T10:00:00", False),
        ("weekend", "2026-11-14T10:00:00", True), ("weekend", "2026-10-10T10:00:00", False),
        ("workday", "2026-10-10T10:00:00", True), ("workday", "2026-10-06T10:00:00", False),
        ("lunch", "2026-11-10T12:00:00", True), ("lunch", "2026-11-10T14:00:00", False),
        ("night", "2026-11-10T22:00:00", True), ("night", "2026-11-10T07:00:00", False),
        ("holiday", "2099-06-15T10:00:00", None), ("workday", None, None), ("lunch", None, None),
    ],
)  # fmt: skip
def test_conditions_of_the_calendar(judged: Judged, key: str, started_at: str | None, holds: bool | None) -> None:
    rule = f"{{when: [{{{key}: true}}], check: {{operator: never_say, words: [随便你]}}}}"
    script: dict[str, Any] = {"started_at": started_at, "turns": [{"agent": "随便你。"}]}
    found = judged(rule, script, settings="{unwished: [清明节]}")
    assert found.status == {True: "violated", False: "not_applicable", None: "not_assessable"}[holds]
    if started_at is None:
        assert "--started-at" in (found.why or "")


@pytest.mark.parametrize(
    "settings",
    ["{time_zone: Mars/Olympus}", "{lunch: ['12:00']}", "{night: ['25:00', '07:00']}", "{workdays: [明天]}"],
)
def test_a_wrong_setting_is_refused(judged: Judged, settings: str) -> None:
    with pytest.raises(RulebookError, match="settings"):
        judged(NIGHT, [], settings=settings)
