"""Waits at the limit, a tenth of a second inside and outside it, and the steps that say so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from callaudit.records import Call, Finding
from callaudit.rules import judge
from callaudit.spans import Span
from callaudit.testing.scripts import call_from_script
from tests.books import built_in

BOOK = built_in("etiquette-zh")
GREETING = "您好，请问有什么可以帮助您？"
NO_SOUND = "对不起，您的电话没有声音，请您换一部电话再次打来，好吗？再见！"
NOISY = "对不起，您的电话杂音太大，听不清，请您换一部电话再次打来好吗？再见！"
CHANGE_PHONE = "对不起，您的电话声音太小，请您换一部电话打来，好吗？"


def judged(rule: str, call: Call) -> Finding:
    findings, failures = judge(call, replace(BOOK, rules=(BOOK.rule(rule),)))
    assert not failures
    return findings[0]


def script(turns: list[Any], after_s: float = 5.0) -> dict[str, Any]:
    return {"turns": turns, "hangup": {"by": "agent", "after_s": after_s}}


def silent_call(wait_s: float) -> dict[str, Any]:
    return script([{"agent": GREETING}, {"agent": GREETING, "gap_s": wait_s}, {"agent": NO_SOUND, "gap_s": 5}])


def silent_call_before_script(wait_s: float) -> dict[str, Any]:
    return script([{"agent": GREETING}, {"agent": GREETING, "gap_s": 5}, {"agent": NO_SOUND, "gap_s": wait_s}])


def silent_call_hangup(wait_s: float) -> dict[str, Any]:
    return script([{"agent": GREETING}, {"agent": GREETING, "gap_s": 5}, {"agent": NO_SOUND, "gap_s": 5}], wait_s)


def mid_call(wait_s: float) -> dict[str, Any]:
    return script(
        [
            {"customer": "我要改手机号。"},
            {"agent": "请问您要改成哪个号码？"},
            {"agent": "很抱歉，我听不到您的声音，请讲话。", "gap_s": 6},
            {"agent": "您好，请讲话。", "gap_s": wait_s},
            {"agent": "很抱歉，由于线路原因我听不到您讲话，请稍后再拨，再见。", "gap_s": 3},
        ]
    )


def noisy(wait_s: float) -> dict[str, Any]:
    return script([{"agent": "您好。"}, {"customer": "我的快递到哪儿了？"}, {"agent": NOISY}], wait_s)


def faint(wait_s: float) -> dict[str, Any]:
    asked = {"agent": "对不起，请您大声一点，好吗？"}
    low = {"customer": "我想办一张卡。", "level_db": -44}
    return script([{"agent": "您好。"}, low, asked, low, {"agent": CHANGE_PHONE}], wait_s)


def not_hung_up(wait_s: float) -> dict[str, Any]:
    return script(
        [
            {"customer": "没有了，谢谢。"},
            {"agent": "不客气，感谢您的来电，再见。"},
            {"agent": "请问还有什么可以帮助您？", "gap_s": 5},
            {"agent": "对不起，我挂线了，再见。", "gap_s": wait_s},
        ]
    )


def goodbye(wait_s: float) -> dict[str, Any]:
    return script([{"customer": "没有了。"}, {"agent": "感谢您的来电，再见。"}], wait_s)


@pytest.mark.parametrize(
    ("rule", "make", "least_s"),
    [
        ("silent-call-protocol", silent_call, 4.0),
        ("silent-call-protocol", silent_call_before_script, 4.0),
        ("silent-call-protocol", silent_call_hangup, 4.0),
        ("mid-call-silence-protocol", mid_call, 2.0),
        ("noisy-line-protocol", noisy, 4.0),
        ("faint-customer-protocol", faint, 4.0),
        ("customer-not-hung-up", not_hung_up, 4.0),
        ("five-second-wait-before-hangup", noisy, 4.0),
        ("let-customer-hang-up-first", goodbye, 4.0),
    ],
)
def test_a_wait_is_long_enough_from_the_limit_less_the_tolerance(rule: str, make: Any, least_s: float) -> None:
    for wait_s, status in ((least_s + 0.1, "passed"), (least_s, "passed"), (least_s - 0.1, "violated")):
        found = judged(rule, call_from_script(make(wait_s)))
        assert found.status == status, wait_s
        waits = [step for step in found.steps if step.waited_s == pytest.approx(wait_s, abs=0.01)]
        assert waits, f"{wait_s} s are not in the evidence"
        assert waits[-1].done is (status == "passed")
        assert waits[-1].at_s is not None
    assert found.confidence < 0.7, "so near the limit an edge may decide"
    assert judged(rule, call_from_script(make(least_s - 1))).confidence > 0.7


@pytest.mark.parametrize(
    ("rule", "turns", "limit_s"),
    [("long-wait-offer-callback", [{"customer": "我的快递呢？"}, {"agent": "请稍等。"}], 60.0)],
)
def test_a_wait_is_too_long_above_the_limit(rule: str, turns: list[Any], limit_s: float) -> None:
    for length_s, status in ((limit_s, "not_applicable"), (limit_s + 0.1, "violated")):
        found = judged(rule, call_from_script([*turns, {"hold": length_s}, {"agent": "今天到。"}]))
        assert found.status == status
    ended = next(step for step in found.steps if step.wanted_s == limit_s)
    assert (ended.at_most, ended.done) == (True, False)
    assert ended.waited_s == pytest.approx(limit_s + 0.1)


@pytest.mark.parametrize(("gap_s", "status"), [(1.9, "passed"), (2.0, "passed"), (2.1, "violated")])
def test_the_agent_speaks_within_two_seconds_of_the_answer(gap_s: float, status: str) -> None:
    found = judged("opening-prompt-after-answer", call_from_script([{"agent": GREETING, "gap_s": gap_s}]))
    assert found.status == status
    assert [step.name for step in found.steps] == ["开始振铃", "接听", "客服开口"]
    assert found.steps[-1].waited_s == pytest.approx(gap_s)


def test_a_late_answer_shows_the_ringing_and_the_apology() -> None:
    turns = [{"agent": "您好，对不起，让您久等了，请问有什么可以帮您？"}, {"customer": "查账单。"}]
    found = judged("late-answer-apology-after-five-rings", call_from_script({"ring": 5, "turns": turns}))
    assert found.status == "passed"
    assert [step.name for step in found.steps] == ["开始振铃", "接听", "致歉"]
    assert found.steps[1].waited_s == pytest.approx(20.8)
    assert found.steps[2].at_s == pytest.approx(20.8 + 0.5, abs=1.0)


def test_breath_between_two_prompts_ends_no_wait() -> None:
    """A wordless sound of the agent's, as a turn of its own or at the edge of one, is no speech."""
    call = call_from_script(silent_call(5.0))
    first, second = call.turns[0], call.turns[1]
    breath = replace(first, span=Span(first.span.end_s + 2.0, first.span.end_s + 2.6), words=(), text="")
    beside = replace(call, turns=(first, breath, *call.turns[1:]))
    found = judged("silent-call-protocol", beside)
    assert found.status == "passed"
    assert found.steps[1].waited_s == pytest.approx(5.0)

    early = Span(second.span.start_s - 1.3, second.span.start_s - 1.0)
    speech = [s for s in call.timeline.spans if s.kind == "speech"]
    timeline = replace(call.timeline, spans=(*call.timeline.spans, replace(speech[0], span=early)))
    longer = replace(second, span=Span(early.start_s, second.span.end_s))
    found = judged("silent-call-protocol", replace(call, timeline=timeline, turns=(first, longer, *call.turns[2:])))
    assert found.steps[1].waited_s == pytest.approx(5.0)


@pytest.mark.parametrize(("after_s", "status"), [(5.0, "passed"), (1.0, "not_assessable")])
def test_who_hung_up_unknown_a_short_last_wait_is_not_assessable(after_s: float, status: str) -> None:
    given = {**silent_call_hangup(after_s), "hangup": {"by": "unknown", "after_s": after_s}}
    found = judged("silent-call-protocol", call_from_script(given))
    assert found.status == status
    assert found.steps[-1].done is (True if status == "passed" else None)
