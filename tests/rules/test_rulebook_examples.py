"""Every rule of the built-in rulebooks is tested by its own examples: `passes` stay silent, `fails` are found."""

from __future__ import annotations

from typing import Any

import pytest

from callaudit.authoring.examples import KINDS, only
from callaudit.records import Finding
from callaudit.rules import Rule, Rulebook, judge
from callaudit.testing.other_calls import aids_from_script
from callaudit.testing.scripts import call_from_script
from tests.books import built_in

BOOKS = {"": built_in("etiquette-zh"), "en-": built_in("etiquette-en")}
RULES = [pytest.param(rule, id=prefix + rule.id) for prefix, book in BOOKS.items() for rule in book.rules]
CASES = [
    pytest.param(book, rule, script, allowed, id=f"{prefix}{rule.id}-{kind}-{number}")
    for prefix, book in BOOKS.items()
    for rule in book.rules
    for kind, allowed in KINDS.items()
    for number, script in enumerate(getattr(rule, kind), 1)
]


def finding(book: Rulebook, rule: Rule, script: Any) -> Finding:
    direction = rule.applies_to if rule.applies_to != "both" else "inbound"
    call = call_from_script(script, direction=direction, language=book.language)
    findings, failures = judge(call, only(book, rule), aids_from_script(script))
    assert [failure for failure in failures if failure.rule == rule.id] == []
    return next(found for found in findings if found.rule == rule.id)


def test_the_rulebooks_have_rules() -> None:
    assert all(len(book.rules) > 10 for book in BOOKS.values())
    assert len(CASES) > len(RULES)


@pytest.mark.parametrize(("book", "rule", "script", "allowed"), CASES)
def test_rule_judges_its_examples(book: Rulebook, rule: Rule, script: Any, allowed: tuple[str, ...]) -> None:
    found = finding(book, rule, script)
    assert found.status in allowed, (
        f"{found.message} (why: {found.why}; quote: {found.quote}; matched: {found.matched})"
    )


ACCUSES_NOBODY = {"ask-for-feedback", "bad-line-fix-later-time", "hotel-approved-phrases"}
"""What is good to say and no duty: there is nothing to break."""


@pytest.mark.parametrize("rule", RULES)
def test_rule_has_examples_of_what_it_can_say(rule: Rule) -> None:
    if all(check.operator == "needs" for check in rule.checks):
        assert rule.not_assessable, "an example that cannot be judged is missing"
        return
    assert len(rule.passes) >= 2, "two examples that pass are wanted"
    assert len(rule.fails) >= 2 or rule.id in ACCUSES_NOBODY, "two examples that fail are wanted"


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in BOOKS[""].rules])
def test_every_rule_has_a_trap(rule: Rule) -> None:
    """A wording that looks like a breach and is none; where nothing is accused, nothing can be."""
    if rule.id not in ACCUSES_NOBODY and not all(check.operator == "needs" for check in rule.checks):
        assert rule.traps, "an example that looks like a breach and is none is wanted"


def test_rules_that_accuse_nobody_want_only_what_may_be_left_out() -> None:
    book = BOOKS[""]
    optional = {rule.id for rule in book.rules for check in rule.checks if getattr(check.options, "optional", False)}
    assert optional >= ACCUSES_NOBODY
    assert not any(book.rule(rule_id).fails for rule_id in ACCUSES_NOBODY)


MEASURED = (
    "adapt-to-listening-type", "answer-within-three-rings", "apology-in-apologetic-tone", "avoid-internet-slang",
    "brief-and-clear", "control-call-length", "five-second-wait-before-hangup", "hold-press-hold-key",
    "keep-own-volume-when-customer-faint", "mouth-mic-distance", "no-interrupting",
    "opening-prompt-after-answer", "pace-by-customer-type", "polite-phrase-lexicon",
    "raise-volume-slightly-when-unheard", "readback-account-number", "say-thanks-often",
    "slow-down-and-warn-for-dictation", "use-surname-and-title", "voice-cheerful-smile", "voice-energetic-upright",
    "voice-gentle-courteous",
)  # fmt: skip
"""Rules whose findings name a number and its limit, kept or broken."""


@pytest.mark.parametrize("rule_id", MEASURED)
def test_a_measured_rule_has_an_example_at_its_limit(rule_id: str) -> None:
    rule = BOOKS[""].rule(rule_id)
    found = [finding(BOOKS[""], rule, script) for script in (*rule.passes, *rule.fails)]
    measured = [(f.value, f.limit) for f in found if f.value is not None and f.limit is not None]
    assert [value for value, limit in measured if abs(value - limit) <= max(0.011, 0.001 * abs(limit))], measured
