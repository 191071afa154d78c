"""The English rulebook: the requirements of the Chinese one, and no Chinese where people read English."""

from __future__ import annotations

import re

import pytest

from callaudit.records import Finding
from callaudit.rules import judge
from callaudit.testing.scripts import call_from_script
from tests.books import built_in

ENGLISH, CHINESE = built_in("etiquette-en"), built_in("etiquette-zh")
HAN = re.compile(r"[\u3400-\u9fff]")
CALL = {
    "ring": 6,
    "hangup": {"by": "agent", "after_s": 1},
    "turns": [
        {"agent": "Yes?"},
        {"customer": "Hello, where is my parcel? The number is 5580 123."},
        {"agent": "I don't know."},
        {"hold": 70},
        {"customer": "This is unacceptable. Thank you for nothing."},
        {"agent": "That's not my job.", "readings": {"That's not my jog.": 0.3}},
    ],
}


def findings(script: object) -> tuple[Finding, ...]:
    found, failures = judge(call_from_script(script, language="en"), ENGLISH)  # type: ignore[arg-type]
    assert failures == ()
    return found


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in ENGLISH.rules])
def test_each_rule_is_a_requirement_of_the_documents(rule: object) -> None:
    own = ENGLISH.rule(rule.id)  # type: ignore[attr-defined]
    theirs = CHINESE.rule(own.id)
    assert own.sources
    assert set(own.sources) <= set(theirs.sources)
    assert (own.title.zh, own.severity, own.applies_to) == (theirs.title.zh, theirs.severity, theirs.applies_to)


def test_an_english_finding_holds_no_chinese() -> None:
    found = findings(CALL)
    assert {finding.status for finding in found} >= {"violated", "passed", "not_applicable"}
    for finding in found:
        shown = [finding.title, finding.message, finding.why, finding.matched, finding.chapter]
        assert not [text for text in shown if text and HAN.search(text)], finding.rule


def test_a_chinese_call_is_not_judged_by_english_words() -> None:
    call = call_from_script([{"agent": "您好，请问有什么可以帮您？"}, {"customer": "谢谢。"}])
    found, _ = judge(call, ENGLISH)
    assert not [finding.rule for finding in found if finding.status == "violated"]


def test_slips_of_the_recogniser_are_forgiven_and_denials_are_not() -> None:
    heard = {f.rule: f.status for f in findings([{"customer": "Thank you."}, {"agent": "Your welcome."}])}
    assert heard["customer-thanks"] != "violated"
    said = findings([{"customer": "When does it come?"}, {"agent": "I do know, it comes on Tuesday."}])
    assert next(f.status for f in said if f.rule == "never-say-dont-know") == "passed"
