"""Every rule of the built-in rulebook is tested by its own examples: `passes` stay silent, `fails` are found."""

from __future__ import annotations

from typing import Any

import pytest

from callaudit.records import Finding
from callaudit.rules import Rule, judge, load_rulebook
from callaudit.testing.other_calls import aids_from_script
from callaudit.testing.scripts import call_from_script

BOOK = load_rulebook("etiquette-zh")
KINDS = {
    "passes": "passed",
    "fails": "violated",
    "not_applicable": "not_applicable",
    "not_assessable": "not_assessable",
}
CASES = [
    pytest.param(rule, script, status, id=f"{rule.id}-{kind}-{number}")
    for rule in BOOK.rules
    for kind, status in KINDS.items()
    for number, script in enumerate(getattr(rule, kind), 1)
]


def finding(rule: Rule, script: Any) -> Finding:
    direction = rule.applies_to if rule.applies_to != "both" else "inbound"
    findings, failures = judge(call_from_script(script, direction=direction), BOOK, aids_from_script(script))
    assert [failure for failure in failures if failure.rule == rule.id] == []
    return next(found for found in findings if found.rule == rule.id)


def test_the_rulebook_has_rules() -> None:
    assert len(BOOK.rules) > 10
    assert len(CASES) > len(BOOK.rules)


@pytest.mark.parametrize(("rule", "script", "status"), CASES)
def test_rule_judges_its_examples(rule: Rule, script: Any, status: str) -> None:
    found = finding(rule, script)
    assert found.status == status, f"{found.message} (why: {found.why}; quote: {found.quote}; matched: {found.matched})"


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in BOOK.rules])
def test_rule_has_examples_of_what_it_can_say(rule: Rule) -> None:
    if all(check.operator == "needs" for check in rule.checks):
        assert rule.not_assessable, "an example that cannot be judged is missing"
    else:
        assert rule.passes, "an example that passes is missing"
        assert rule.fails, "an example that fails is missing"
