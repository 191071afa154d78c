"""What the engine makes of rules: one finding each, three-valued conditions, failures that stop nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from callaudit.records import Finding
from callaudit.rules import Rulebook, base, judge
from callaudit.testing.scripts import call_from_script

Judged = Callable[..., Finding]
SAY = "check: {operator: say, any: [再见]}"
MUTE: list[dict[str, Any]] = [{"agent": "请问有什么可以帮助您？"}, {"customer": "我想查账单。"}]
POLITE: list[dict[str, Any]] = [*MUTE, {"agent": "好的，再见。"}]


def test_every_rule_of_the_direction_has_exactly_one_finding(book_of: Callable[..., Rulebook]) -> None:
    book = book_of(f"applies_to: inbound\n{SAY}", f"applies_to: outbound\n{SAY}", SAY)
    for direction, ids in (("inbound", ["rule-1", "rule-3"]), ("outbound", ["rule-2", "rule-3"])):
        findings, failures = judge(call_from_script(POLITE, direction=direction), book)
        assert [finding.rule for finding in findings] == ids
        assert failures == ()


def test_without_a_direction_one_sided_rules_cannot_be_assessed(book_of: Callable[..., Rulebook]) -> None:
    book = book_of(f"applies_to: inbound\n{SAY}", SAY)
    findings, _ = judge(call_from_script(POLITE, direction=None), book)
    assert [finding.status for finding in findings] == ["not_assessable", "passed"]
    assert "呼入还是呼出" in (findings[0].why or "")


def test_a_crashed_rule_is_a_failure_and_the_others_go_on(book_of: Callable[..., Rulebook]) -> None:
    def crash(facts: object, options: object) -> base.Outcome:
        raise ZeroDivisionError("division by zero")

    book = book_of(SAY, SAY)
    broken = base.OPERATORS["say"]
    base.OPERATORS["crash"] = base.Operator("crash", broken.options, crash)
    try:
        from dataclasses import replace

        first = book.rules[0]
        rules = (replace(first, checks=(replace(first.checks[0], operator="crash"),)), *book.rules[1:])
        findings, failures = judge(call_from_script(POLITE), replace(book, rules=rules))
    finally:
        del base.OPERATORS["crash"]
    assert [finding.rule for finding in findings] == ["rule-2"]
    assert [(failure.rule, failure.error) for failure in failures] == [
        ("rule-1", "ZeroDivisionError: division by zero")
    ]


@pytest.mark.parametrize(
    ("metadata", "missing", "said"),
    [
        ({"call_type": "survey"}, "violated", "passed"),
        ({"call_type": "complaint"}, "not_applicable", "not_applicable"),
        ({}, "not_assessable", "passed"),
    ],
)
def test_an_unknown_condition_never_makes_a_violation(
    judged: Judged, metadata: dict[str, str], missing: str, said: str
) -> None:
    rule = f"when: [{{meta: {{call_type: [survey]}}}}]\n{SAY}"
    assert judged(rule, {"metadata": metadata, "turns": MUTE}).status == missing
    assert judged(rule, {"metadata": metadata, "turns": POLITE}).status == said


@pytest.mark.parametrize(
    ("by", "status"), [("customer", "not_applicable"), ("agent", "violated"), ("unknown", "not_assessable")]
)
def test_an_excuse_takes_a_violation_back_but_never_a_pass(judged: Judged, by: str, status: str) -> None:
    rule = f"excuse: [{{hangup: customer}}]\n{SAY}"
    assert judged(rule, {"turns": MUTE, "hangup": by}).status == status
    assert judged(rule, {"turns": POLITE, "hangup": by}).status == "passed"


def test_a_bar_makes_even_a_pass_not_applicable(judged: Judged) -> None:
    rule = f"unless: [{{said: {{words: [账单], who: customer}}}}]\n{SAY}"
    assert judged(rule, POLITE).status == "not_applicable"


@pytest.mark.parametrize(
    ("sector", "status"), [("bank", "violated"), ("hotel", "not_applicable"), (None, "not_assessable")]
)
def test_a_sector_rule_judges_its_sector_alone(judged: Judged, sector: str | None, status: str) -> None:
    metadata = {"sector": sector} if sector else {}
    assert judged(f"sector: [bank]\n{SAY}", {"metadata": metadata, "turns": MUTE}).status == status


def test_of_several_checks_any_violation_decides(judged: Judged) -> None:
    rule = "check:\n- {operator: say, any: [帮助]}\n- {operator: never_say, words: [账单], who: customer}"
    found = judged(rule, MUTE)
    assert found.status == "violated"
    assert "账单" in found.message


def test_severity_is_raised_where_the_conditions_hold(judged: Judged) -> None:
    rule = (
        "raised: {to: critical, when: [{said: {words: [喂], where: first, anchor: whole}}]}\n"
        "check: {operator: never_say, words: [喂], anchor: start}"
    )
    assert judged(rule, [{"agent": "喂？"}, {"customer": "你好。"}]).severity == "critical"
    assert judged(rule, [{"agent": "您好。"}, {"customer": "你好。"}, {"agent": "喂，听得到吗？"}]).severity == "minor"


def test_a_summary_is_judged_after_the_rules_it_sums_up(book_of: Callable[..., Rulebook]) -> None:
    book = book_of(
        "check: {operator: summary, rules: [rule-2, rule-3]}", "check: {operator: never_say, words: [随便你]}", SAY
    )
    findings, _ = judge(call_from_script([*POLITE, {"agent": "随便你。"}]), book)
    assert [finding.status for finding in findings] == ["violated", "violated", "passed"]
    assert findings[0].places == findings[1].places


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("{ring: {over: 3, over_s: 9}}", False),
        ("{ring: {over: 1, over_s: 9}}", True),
        ("{ring: {known: true}}", True),
        ("{agent_turns: 1}", True),
        ("{agent_turns: 2}", False),
        ("{customer_spoke: true}", True),
        ("{last_speaker: customer}", True),
        ("{weekend: true}", False),
        ("{holiday: false}", True),
        ("{hold: {least_s: 1}}", False),
        ("{lasts_s: 600}", False),
        ("{layout: [stereo]}", True),
        ("{known: [company]}", False),
        ("{measured: {name: agent_talk_share, most: 1}}", True),
        ("{situation: {words: [账单]}}", True),
        ("{not: {situation: {words: [账单]}}}", False),
        ("{any: [{agent_turns: 9}, {customer_turns: 1}]}", True),
        ("{all: [{agent_turns: 9}, {customer_turns: 1}]}", False),
        ("{agent_turns: 1, customer_turns: 9}", False),
    ],
)
def test_conditions_say_when_a_rule_applies(judged: Judged, condition: str, holds: bool) -> None:
    assert judged(f"when: [{condition}]\n{SAY}", MUTE).status == ("violated" if holds else "not_applicable")
