"""What rules make of words that only mean what they look for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from callaudit.errors import RulebookError
from callaudit.records import Finding
from callaudit.rules import Rulebook, judge
from callaudit.rules.aids import NO_AIDS
from callaudit.testing.other_calls import aids_from_script
from callaudit.testing.scripts import call_from_script
from tests.books import built_in

BOOK = built_in("etiquette-zh")
OPENING = {"agent": "您好，这里是星河银行，请问有什么可以帮您？"}
ASKED = {"customer": "我想查一下账单。"}
TOLD = {"agent": "您本月应还两千元。"}
CLOSED = [{"customer": "好，我知道了。"}, {"agent": "感谢您的来电，再见。"}, {"customer": "再见。"}]


def found(rule: str, *turns: dict[str, Any], meaning: bool = True, **more: Any) -> Finding:
    script = {"turns": list(turns), **more}
    book = replace(BOOK, rules=(BOOK.rule(rule),))
    findings, failures = judge(call_from_script(script), book, aids_from_script(script) if meaning else NO_AIDS)
    assert failures == ()
    return findings[0]


def closed_with(said: str, *, meaning: bool = True) -> Finding:
    return found(
        "closing-anything-else", OPENING, ASKED, {"agent": f"您本月应还两千元。{said}"}, *CLOSED, meaning=meaning
    )


def test_other_words_for_what_was_wanted_pass_and_the_evidence_says_by_meaning() -> None:
    kept = closed_with("别的方面需要我再给您看看吗？")
    assert (kept.status, kept.layer) == ("passed", "meaning")
    assert kept.confidence >= 0.78
    assert kept.matched is not None
    assert "按意思" in kept.matched
    assert "需要我再给您看看" in kept.matched
    assert closed_with("别的方面需要我再给您看看吗？", meaning=False).status == "violated"
    assert closed_with("请问还有什么可以帮您？").layer in ("exact", "pattern", "sound")


@pytest.mark.parametrize("said", ["我没有办法帮助您。", "请您别再打来了。", ""])
def test_what_only_looks_alike_does_not_pass(said: str) -> None:
    assert closed_with(said).status == "violated"


def test_without_an_encoder_only_the_letters_count() -> None:
    assert closed_with("别的方面需要我再给您看看吗？", meaning=False).status == "violated"
    assert closed_with("请问还有什么可以帮您？", meaning=False).status == "passed"


def test_nothing_critical_is_found_by_meaning_alone() -> None:
    said = {"agent": "你跟我说也没用，我解决不了。"}
    doubtful = found("no-helplessness", OPENING, ASKED, said)
    assert (doubtful.status, doubtful.layer) == ("not_assessable", "meaning")
    assert found("no-helplessness", OPENING, ASKED, said, meaning=False).status == "passed"


RUDE = """
severity: major
check:
  operator: never_say
  words: [完全不沾边的话]
  means:
    title: 让客户滚
    like: [你给我滚, 滚开, 滚蛋吧, 快滚, 你滚远点, 赶紧滚, 滚一边去, 给我滚出去]
    unlike: [您慢走, 请您离开, 轮子滚动, 请您稍等, 我马上走, 您先别走, 滚动条往下拉, 出去左转]
"""


def test_a_meaning_accuses_only_where_it_is_sure_and_the_words_were_heard(judged: Callable[..., Finding]) -> None:
    accused = judged(RUDE, [{"customer": "你好。"}, {"agent": "你赶紧给我滚。"}])
    assert (accused.status, accused.layer) == ("violated", "meaning")
    unheard = judged(RUDE, [{"customer": "你好。"}, {"agent": "你赶紧给我滚。", "prob": 0.3}])
    assert unheard.status == "not_assessable"
    assert judged(RUDE, [{"customer": "你好。"}, {"agent": "您把滚动条往下拉。"}]).status == "passed"
    assert judged(RUDE, [{"customer": "你赶紧给我滚。"}, {"agent": "请您别生气。"}]).status == "passed"


def test_an_excuse_in_the_turn_holds_for_a_meaning_too(judged: Callable[..., Finding]) -> None:
    excused = RUDE.replace("words:", "excused_by: [[我学一下他的话]]\n  words:")
    assert judged(excused, [{"customer": "他怎么说？"}, {"agent": "你赶紧给我滚，我学一下他的话。"}]).status == "passed"


def test_a_situation_may_be_opened_by_its_meaning() -> None:
    rule, opened = "wrong-number-customer-apologises", {"customer": "哎，我好像记错电话了。"}
    curt, kind = {"agent": "这里是星河银行。"}, {"agent": "您不用觉得抱歉。"}
    assert found(rule, OPENING, opened, curt, meaning=False).status == "not_applicable"
    accused = found(rule, OPENING, opened, curt)
    assert (accused.status, accused.layer) == ("violated", "meaning")
    kept = found(rule, OPENING, opened, kind)
    assert (kept.status, kept.layer) == ("passed", "meaning")


def test_a_name_that_no_meaning_has_is_refused_with_its_place(book_of: Callable[..., Rulebook]) -> None:
    with pytest.raises(RulebookError, match=r"means: no meaning is named 'mockery'"):
        book_of("check: {operator: never_say, words: [滚], means: mockery}")


def test_nothing_critical_is_found_that_the_words_alone_do_not_show() -> None:
    scripts = [script for rule in BOOK.rules for script in (*rule.passes, *rule.fails)][::40]
    for script in scripts:
        call = call_from_script(script)
        plain = {f.rule: f for f in judge(call, BOOK)[0]}
        for one in judge(call, BOOK, aids_from_script(script))[0]:
            before = plain[one.rule]
            if one.status == "violated" and before.status != "violated":
                assert one.severity != "critical", one.rule
            if one.layer == "meaning" and one.status == "passed":
                assert before.status != "passed" or before.layer != "exact", one.rule
