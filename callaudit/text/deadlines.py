"""Times that are promised in Mandarin: 两小时内, 三到五个工作日, 明天中午前, 今天下班之前, 下周三下午三点.

A deadline is what was said, not yet a date: `callaudit.rules.due` sets it against the moment and the calendar. What
lies in the past (三天前, 等了两个小时) is none, nor is 尽快, which names no time. The code is our own: dateparser and
the time parsers for Chinese date a moment (明天三点) but know neither 之前 and 以内, nor working days, nor 下班前.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import time
from math import ceil

from callaudit.text.deadline import DayRef, Deadline
from callaudit.text.numbers import value

_DIGIT = "零〇一二两三四五六七八九十百半几"
_NUM = rf"(?:\d+(?:\.\d+)?|[{_DIGIT}]+)"
_UNIT = "小时|钟头|分钟|刻钟|工作日|天|日|周|星期|礼拜|月"
_LENGTH = re.compile(
    rf"(?P<low>{_NUM})(?:[到至~\-－—、]|个?到|个?至)?(?P<high>{_NUM})??(?P<measure>个)?(?P<half>半)?(?P<unit>{_UNIT})(?P<more>半)?"
    r"(?P<limit>之内|以内|内|之后|以后|后|左右)?"
)
HOURS = {"小时": 1.0, "钟头": 1.0, "分钟": 1 / 60, "刻钟": 0.25}
DAYS = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "月": 31}
_PAST_BEFORE = re.compile(r"(等了|过了|用了|花了|已经|都|了|前|第|每|每隔|这|那|上个?|最近|营业|服务|热线|全天)$")
_PAST_AFTER = re.compile(r"^(前|之前|以前|了|多了|来|无理由|的?(服务|热线|营业|客服|在线|电话))")

_PAST_DAY = re.compile(r"(昨天?|昨日|前天|上个?|大前)$")

_PARTS = {
    "凌晨": time(6), "早上": time(12), "早晨": time(12), "清早": time(12), "上午": time(12), "中午": time(14),
    "下午": time(18), "傍晚": time(19), "晚上": None, "晚间": None, "夜里": None, "早": time(12), "晚": None,
}  # fmt: skip
"""Parts of the day, and when they end (None: with the day)."""

_BEGINS = {"中午": time(12), "下午": time(14), "傍晚": time(18), "晚上": time(19), "晚间": time(19), "晚": time(19)}
"""What 中午前, 晚上之前 mean."""

_DAYS_AHEAD = {"今": 0, "当": 0, "本日": 0, "明": 1, "后": 2, "大后": 3}
_DAY = r"(?P<ahead>大后|今|当|明|后)(?:天|日|儿)|(?P<short>今|明)(?=[早晚])"
_WEEK = r"(?P<week>下下|下|本|这)?个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])"
_SPAN = r"(?P<span>(?:本|这)(?:个)?(?:周|星期|礼拜)|下(?:个)?(?:周|星期|礼拜)|周末|月底|本月|这个月)"
_PART = r"(?P<part>" + "|".join(_PARTS) + r")"
_CLOCK = rf"(?P<hour>\d{{1,2}}|[{_DIGIT}]{{1,3}})(?:点钟?|:|：)(?P<minute>半|一刻|三刻|{_NUM}分?)?"
_LIMIT = r"(?P<before>之前|以前|前(?!后))?(?P<within>之内|以内|内)?(?P<about>左右|前后)?"
_MOMENT = re.compile(rf"(?:{_DAY}|{_WEEK}|{_SPAN})?(?:的)?(?:{_PART})?(?P<close>下班)?(?:{_CLOCK})?{_LIMIT}")
_WEEKDAYS = "一二三四五六日"


def deadlines(text: str) -> tuple[Deadline, ...]:
    """Every time ahead that is named in a text, in order.

    >>> [(d.said, d.hours, d.workdays) for d in deadlines("我们会在两小时内回复您，最晚三到五个工作日到账")]
    [('两小时内', 2.0, None), ('三到五个工作日', None, 5.0)]
    >>> [(d.said, d.day, d.n, d.until) for d in deadlines("明天中午前给您答复")]
    [('明天中午前', 'in_days', 1, datetime.time(12, 0))]
    >>> deadlines("我等了三天了，两小时前就打过，请尽快"), deadlines("二十四小时客服热线")
    ((), ())
    """
    lengths = [found for match in _LENGTH.finditer(text) if (found := _length(match, text))]
    taken = [(one.start, one.end) for one in lengths]
    moments = [
        found
        for match in _MOMENT.finditer(text)
        if match[0] and all(match.end() <= start or end <= match.start() for start, end in taken)
        if (found := _moment(match, text))
    ]
    return tuple(sorted([*lengths, *moments], key=lambda one: one.start))


# ── lengths: 两小时内, 三到五个工作日 ────────────────────────────────────────────────────────────
def _length(match: re.Match[str], text: str) -> Deadline | None:
    unit = match["unit"]
    if unit in ("日", "月") and not (match["measure"] or match["limit"]):
        return None  # a date: 三月五日
    if _PAST_BEFORE.search(text[: match.start()]) or _PAST_AFTER.match(text[match.end() :]):
        return None
    amount = _amount(match["high"] or match["low"])
    if amount is None or (unit == "月" and not match["measure"]):
        return None
    amount += 0.5 if match["half"] or match["more"] else 0.0
    place = Deadline(match[0], match.start(), match.end(), about=match["limit"] == "左右")
    if unit in HOURS:
        return replace(place, hours=amount * HOURS[unit])
    if unit == "工作日":
        return replace(place, workdays=amount)
    if unit == "天" and amount < 1:
        return replace(place, hours=12.0)  # 半天
    return replace(place, day="in_days", n=ceil(amount * DAYS[unit]))


def _amount(said: str) -> float | None:
    """A number as it is said: 两三 is three at most, 半 a half, 几 no number."""
    if "几" in said:
        return None
    if said == "半":
        return 0.5
    if len(said) == 2 and all(char in "一二两三四五六七八九" for char in said):
        return value(said[1])  # 三五个, 两三天
    return value(said.replace("半", "")) if said.replace("半", "") else None


# ── moments: 明天中午前, 下周三三点 ────────────────────────────────────────────────────────────
def _moment(match: re.Match[str], text: str) -> Deadline | None:
    dated = match["ahead"] or match["short"] or match["weekday"] or match["span"]
    named = dated or match["part"] or match["close"]
    limited = match["before"] or match["within"]
    if not named and not (match["hour"] and limited):
        return None
    if not dated and match["part"] in ("早", "晚"):
        return None  # 早 and 晚 alone say anything
    if not dated and not match["close"] and not match["hour"] and not limited:
        return None  # 上午好, 晚上
    if match["close"] and not limited:
        return None  # 下班了
    before = text[: match.start()]
    if _PAST_DAY.search(before) or (_PAST_BEFORE.search(before) and not dated):
        return None
    until = _until(match)
    day, n = _day(match)
    appointed = bool(match["hour"]) and not limited
    return Deadline(
        match[0], match.start(), match.end(), day=day, n=n, until=until, close=bool(match["close"]),
        about=appointed or bool(match["about"]),
    )  # fmt: skip


def _day(match: re.Match[str]) -> tuple[DayRef, int]:
    if ahead := match["ahead"] or match["short"]:
        return "in_days", _DAYS_AHEAD[ahead]
    if match["weekday"]:
        weekday = _WEEKDAYS.index(match["weekday"].replace("天", "日"))
        return "weekday", weekday + 7 * {"下": 1, "下下": 2}.get(match["week"] or "", 0)
    if span := match["span"]:
        if span.endswith(("月底", "本月", "这个月")):
            return "month_end", 0
        return ("next_week_end" if span.startswith("下") else "week_end"), 0
    return "today", 0


def _until(match: re.Match[str]) -> time | None:
    part = match["part"]
    if match["hour"]:
        hour, minute = value(match["hour"]), _minute(match["minute"])
        if hour is None or hour > 24 or minute > 59:
            return None
        afternoon = part in ("下午", "傍晚", "晚上", "晚间", "夜里", "晚") or (part == "中午" and hour < 6)
        hour += 12 if afternoon and hour < 12 else 0
        return time(int(hour), int(minute)) if hour < 24 else None
    if part and match["before"]:
        return _BEGINS.get(part, _PARTS[part])
    return _PARTS[part] if part else None


def _minute(said: str | None) -> float:
    if said is None:
        return 0.0
    return {"半": 30.0, "一刻": 15.0, "三刻": 45.0}.get(said) or value(said) or 0.0
