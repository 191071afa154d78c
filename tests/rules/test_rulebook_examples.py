"""Every rule of the built-in rulebooks is tested by its own examples: `passes` stay silent, `fails` are found."""

from __future__ import annotations

from typing import Any

import pytest

from callaudit.records import Finding
from callaudit.rules import Rule, Rulebook, judge, load_rulebook
from callaudit.testing.other_calls import aids_from_script
from callaudit.testing.scripts import call_from_script

BOOKS = {"": load_rulebook("etiquette-zh"), "en-": load_rulebook("etiquette-en")}
RULES = [pytest.param(rule, id=prefix + rule.id) for prefix, book in BOOKS.items() for rule in book.rules]
KINDS = {
    "passes": "passed",
    "fails": "violated",
    "not_applicable": "not_applicable",
    "not_assessable": "not_assessable",
}
CASES = [
    pytest.param(book, rule, script, status, id=f"{prefix}{rule.id}-{kind}-{number}")
    for prefix, book in BOOKS.items()
    for rule in book.rules
    for kind, status in KINDS.items()
    for number, script in enumerate(getattr(rule, kind), 1)
]


def finding(book: Rulebook, rule: Rule, script: Any) -> Finding:
    direction = rule.applies_to if rule.applies_to != "both" else "inbound"
    call = call_from_script(script, direction=direction, language=book.language)
    findings, failures = judge(call, book, aids_from_script(script))
    assert [failure for failure in failures if failure.rule == rule.id] == []
    return next(found for found in findings if found.rule == rule.id)


def test_the_rulebooks_have_rules() -> None:
    assert all(len(book.rules) > 10 for book in BOOKS.values())
    assert len(CASES) > len(RULES)


@pytest.mark.parametrize(("book", "rule", "script", "status"), CASES)
def test_rule_judges_its_examples(book: Rulebook, rule: Rule, script: Any, status: str) -> None:
    found = finding(book, rule, script)
    assert found.status == status, f"{found.message} (why: {found.why}; quote: {found.quote}; matched: {found.matched})"


@pytest.mark.parametrize("rule", RULES)
def test_rule_has_examples_of_what_it_can_say(rule: Rule) -> None:
    if all(check.operator == "needs" for check in rule.checks):
        assert rule.not_assessable, "an example that cannot be judged is missing"
    else:
        assert rule.passes, "an example that passes is missing"
        assert rule.fails, "an example that fails is missing"
