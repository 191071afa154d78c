"""Times ahead in Mandarin: what is one, what is none, and when it falls due."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from callaudit.rules.base import Settings
from callaudit.rules.due import after_opening, due, past_the_night
from callaudit.text.deadlines import deadlines

MADE = datetime(2026, 11, 10, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
"""A Tuesday morning."""


@pytest.mark.parametrize(
    ("said", "due_at"),
    [
        ("两小时内给您答复", "2026-11-10 12:00:00"), ("二十四小时之内", "2026-11-11 10:00:00"),
        ("24小时内", "2026-11-11 10:00:00"), ("半小时后给您回电", "2026-11-10 10:30:00"),
        ("半个小时", "2026-11-10 10:30:00"), ("一个半小时之内", "2026-11-10 11:30:00"),
        ("两个半小时", "2026-11-10 12:30:00"), ("一刻钟以后", "2026-11-10 10:15:00"),
        ("四十八小时之内", "2026-11-12 10:00:00"), ("一百二十分钟内", "2026-11-10 12:00:00"),
        ("半天内", "2026-11-10 22:00:00"), ("两天之内", "2026-11-12 23:59:59"), ("三五天", "2026-11-15 23:59:59"),
        ("一周内", "2026-11-17 23:59:59"), ("一个工作日内", "2026-11-11 23:59:59"),
        ("三到五个工作日", "2026-11-17 23:59:59"), ("1-3个工作日", "2026-11-13 23:59:59"),
        ("今天下班前", "2026-11-10 18:00:00"), ("下班之前", "2026-11-10 18:00:00"),
        ("今天下午五点之前", "2026-11-10 17:00:00"), ("五点前", "2026-11-10 17:00:00"),
        ("九点之前", "2026-11-10 21:00:00"), ("明天上午", "2026-11-11 12:00:00"),
        ("明天中午前", "2026-11-11 12:00:00"), ("明天中午", "2026-11-11 14:00:00"),
        ("明早九点", "2026-11-11 09:00:00"), ("今晚八点半", "2026-11-10 20:30:00"), ("后天", "2026-11-12 23:59:59"),
        ("周三之前", "2026-11-11 23:59:59"), ("周一", "2026-11-16 23:59:59"), ("下周三下午三点", "2026-11-18 15:00:00"),
        ("本周五下班前", "2026-11-13 18:00:00"), ("这周内", "2026-11-15 23:59:59"), ("月底前", "2026-11-30 23:59:59"),
    ],
)  # fmt: skip
def test_when_a_promise_falls_due(said: str, due_at: str) -> None:
    found = deadlines(said)
    assert len(found) == 1, found
    at = due(found[0], MADE, Settings())
    assert at is not None
    assert f"{at:%Y-%m-%d %H:%M:%S}" == due_at


@pytest.mark.parametrize(
    "said",
    [
        "我等了三天了", "三天前就打过", "两个小时前", "已经两天了", "24小时服务热线", "二十四小时客服电话",
        "您晚上好", "上午好，请问", "三月五日到期", "2026年11月22日", "第二天", "每天", "几天后", "尽快给您回复",
        "一会儿", "下班了", "七天无理由退货", "昨天下午三点打过", "上周三", "三点", "工号八零一六", "",
    ],
)  # fmt: skip
def test_what_names_no_time_ahead(said: str) -> None:
    assert deadlines(said) == ()


def test_several_times_are_told_apart_and_placed() -> None:
    text = "今天下午师傅上门，明天中午前给您答复"
    found = deadlines(text)
    assert [text[one.start : one.end] for one in found] == ["今天下午", "明天中午前"]


def test_working_days_skip_a_week_of_holidays() -> None:
    made = datetime(2026, 9, 30, 10, 0, tzinfo=MADE.tzinfo)
    at = due(deadlines("一个工作日内")[0], made, Settings())
    assert at is not None
    assert f"{at:%m-%d}" == "10-08"
    assert due(deadlines("一个工作日内")[0], made.replace(year=2099), Settings()) is None


def test_a_limit_in_the_night_lasts_until_noon() -> None:
    night, morning = MADE.replace(hour=22), MADE.replace(hour=6, minute=59)
    assert f"{past_the_night(night, Settings()):%d %H:%M}" == "11 12:00"
    assert f"{past_the_night(morning, Settings()):%d %H:%M}" == "10 12:00"
    assert past_the_night(MADE.replace(hour=21, minute=59), Settings()) == MADE.replace(hour=21, minute=59)
    assert past_the_night(MADE.replace(hour=7), Settings()) == MADE.replace(hour=7)


def test_opening_hours_are_counted_over_nights() -> None:
    def at(hour: int, hours: float) -> str:
        return f"{after_opening(MADE.replace(hour=hour), hours, Settings()):%d %H:%M}"

    assert at(10, 2) == "10 12:00"
    assert at(16, 2) == "10 18:00"
    assert at(17, 2) == "11 10:00"
    assert at(23, 2) == "11 11:00"
    assert at(17, 11) == "12 10:00"
