"""What the rulebook's examples do not reach: doubtful words before a hold, faint customers, how a protocol ends."""

from __future__ import annotations

from typing import Any

import pytest

from callaudit.records import Finding
from callaudit.rules import judge
from callaudit.testing.scripts import call_from_script
from tests.books import built_in

BOOK = built_in("etiquette-zh")


def finding(rule: str, script: Any) -> Finding:
    findings, failures = judge(call_from_script(script), BOOK)
    assert not failures
    return next(found for found in findings if found.rule == rule)


def parked(*, prob: float, then: str) -> list[dict[str, Any]]:
    return [
        {"customer": "房间里还有婴儿床吗？"},
        {"agent": "没有。", "prob": prob},
        {"customer": then},
        {"hold": 9},
        {"agent": "您可以延到两点。"},
    ]


@pytest.mark.parametrize(
    ("prob", "then", "status"),
    [
        (0.95, "好的。", "violated"),
        (0.4, "好的。", "not_assessable"),
        (0.4, "那我想晚一点退房，可以延到下午三点吗？", "violated"),
    ],
    ids=["clear", "doubtful", "doubtful before a question"],
)
def test_doubtful_words_before_a_question_announce_no_hold(prob: float, then: str, status: str) -> None:
    assert finding("hold-say-please-wait-first", parked(prob=prob, then=then)).status == status


@pytest.mark.parametrize(("level_db", "status"), [(-44, "violated"), (-33, "violated"), (-31, "not_applicable")])
def test_a_customer_is_faint_from_ten_decibels_below_the_agent(level_db: float, status: str) -> None:
    script = [
        {"agent": "您好，请问有什么可以帮助您？", "level_db": -22},
        {"customer": "我想办一张新的借记卡。", "level_db": level_db},
        {"agent": "喂，大声一点儿！", "level_db": -22},
    ]
    assert finding("faint-customer-protocol", script).status == status


@pytest.mark.parametrize("hangup", ["customer", "agent", "unknown"])
def test_a_customer_who_answers_and_later_hangs_up_excuses_no_missing_prompt(hangup: str) -> None:
    turns = [
        {"customer": "你是哪里？"},
        {"agent": "您的宽带到期了，请问您续不续？"},
        {"silence": 9},
        {"agent": "说话呀，续还是不续？"},
        {"customer": "不续了，谢谢。"},
        {"agent": "好，再见。"},
    ]
    assert finding("mid-call-silence-protocol", {"turns": turns, "hangup": hangup}).status == "violated"


def test_a_proxy_says_what_it_is_inferred_from() -> None:
    found = finding("voice-cheerful-smile", [{"agent": "您好，请问有什么可以帮助您？", "spread_st": 1.0}])
    assert found.status == "violated"
    assert "请听录音核实" in found.message


@pytest.mark.parametrize(("rate", "status"), [(240, "passed"), (330, "violated")])
def test_an_address_is_dictated_slowly_or_announced(rate: float, status: str) -> None:
    text = "我们的地址是滨江路一百二十六号海岳大厦十二楼三号窗口，地铁三号线二号出口出来往右走两百米，门口有报刊亭。"
    assert finding("slow-down-and-warn-for-dictation", [{"agent": text, "rate": rate}]).status == status


def test_a_number_in_passing_is_no_dictation() -> None:
    script = [{"agent": "请您拨打四零零八八二零零。", "rate": 330}]
    assert finding("slow-down-and-warn-for-dictation", script).status == "not_applicable"
