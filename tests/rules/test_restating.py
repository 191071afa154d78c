"""What a finding becomes by another limit is what judging the call by it comes to, or the call is asked for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from callaudit.authoring.examples import KINDS
from callaudit.records import Call, Finding
from callaudit.reports.json import finding_document
from callaudit.reports.stored import as_written, call_from, finding_from
from callaudit.rules import Rule, Rulebook, judge
from callaudit.rules.aids import Aids
from callaudit.rules.base import OPERATORS, limit
from callaudit.rules.restating import restated, without_loose_limits
from callaudit.testing.other_calls import aids_from_script
from callaudit.testing.scripts import call_from_script
from tests.books import built_in

BOOKS = tuple(built_in(name) for name in ("etiquette-zh", "etiquette-en"))
LOOSE = tuple((book, rule) for book in BOOKS for rule in book.rules if without_loose_limits(rule) is not None)
SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.audit.json"))
FACTORS = (0.0, 0.5, 0.98, 1.02, 2.0, 50.0)


def moved(rule: Rule, factor: float) -> Iterator[Rule]:
    """The rule with each of its loose limits multiplied, one at a time, and nudged by less than is shown of a value."""
    for number, check in enumerate(rule.checks):
        for name in OPERATORS[check.operator].loose:
            given = getattr(check.options, name)
            if given is not None:
                for value in (given.value * factor, given.value + factor / 1000):
                    options = replace(check.options, **{name: replace(given, value=value)})
                    own = replace(check, options=options)
                    yield replace(rule, checks=(*rule.checks[:number], own, *rule.checks[number + 1 :]))


def kept(finding: Finding) -> Finding:
    """The finding as it is read back from a store."""
    return finding_from(json.loads(json.dumps(finding_document(finding))))


def found(call: Call, book: Rulebook, rule: Rule, aids: Aids) -> Finding:
    findings, failures = judge(call, replace(book, rules=(rule,)), aids)
    assert failures == ()
    return next(one for one in findings if one.rule == rule.id)


def check(call: Call, book: Rulebook, rule: Rule, aids: Aids, factors: Sequence[float]) -> int:
    """How often another limit could be told without the call; where it could, rightly."""
    before, n_told = kept(found(call, book, rule, aids)), 0
    for factor in factors:
        for changed in moved(rule, factor):
            now = restated(changed, before)
            if now is not None:
                n_told += 1
                assert finding_document(now) == finding_document(found(call, book, changed, aids)), (rule.id, factor)
    return n_told


def examples(rule: Rule) -> list[Any]:
    return [script for kind in KINDS for script in getattr(rule, kind)]


def of_the_examples(factors: Sequence[float]) -> None:
    told: Counter[str] = Counter()
    for book, rule in LOOSE:
        direction = rule.applies_to if rule.applies_to != "both" else "inbound"
        for script in examples(rule):
            call = as_written(call_from_script(script, direction=direction, language=book.language))
            n_told = check(call, book, rule, aids_from_script(script), factors)
            told.update({one.operator: n_told for one in rule.checks})
    asked = {name for name, own in OPERATORS.items() if own.restate is not None}
    assert {name for name in asked if told[name]} == asked


def test_the_examples_of_every_rule() -> None:
    of_the_examples((0.5, 2.0))


@pytest.mark.slow
def test_the_examples_by_many_limits() -> None:
    of_the_examples(FACTORS)


@cache
def sample(path: Path) -> Call:
    return call_from(json.loads(path.read_text(encoding="utf-8")))


def of_a_sample(path: Path, factors: Sequence[float]) -> None:
    """All rules at once: what any other rule says is no matter."""
    book = replace(BOOKS[0], rules=tuple(rule for book, rule in LOOSE if book is BOOKS[0]))
    before = {one.rule: kept(one) for one in judge(sample(path), book)[0]}
    n_told = 0
    for factor in factors:
        rules = tuple(next(moved(rule, factor)) for rule in book.rules)
        changed = {rule.id: rule for rule in rules}
        for one in judge(sample(path), replace(book, rules=rules))[0]:
            now = restated(changed[one.rule], before[one.rule])
            if now is not None:
                n_told += 1
                assert finding_document(now) == finding_document(one)
    assert n_told > len(factors) * len(book.rules) / 4


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_the_rules_of_a_sample(path: Path) -> None:
    of_a_sample(path, (0.5,))


@pytest.mark.slow
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_sample_by_many_limits(path: Path) -> None:
    of_a_sample(path, FACTORS)


# ── what takes the call ──────────────────────────────────────────────────────────────────────────────────────────
RULE = BOOKS[0].rule("brief-and-clear")
PASSED = Finding(
    rule=RULE.id, status="passed", severity="minor", title="", message="", sources=(), confidence=0.9, value=20.0,
    limit=45.0, unit="s",
)  # fmt: skip


def by(most_s: float, **more: Any) -> Rule:
    options = replace(RULE.checks[0].options, most_s=limit(most_s))
    return replace(RULE, checks=(replace(RULE.checks[0], options=options),), **more)


@pytest.mark.parametrize(("most_s", "told"), [(60.0, True), (20.01, True), (20.004, False), (19.99, False), (5, False)])
def test_a_value_near_the_limit_or_beyond_takes_the_call(most_s: float, told: bool) -> None:
    """A value is kept to 2 places: 20.004 s reads 20.0."""
    assert restated(by(most_s), PASSED) == (replace(PASSED, limit=most_s) if told else None)


CHANGES: tuple[Callable[[Finding], Finding], ...] = (
    lambda one: replace(one, status="violated"),
    lambda one: replace(one, status="not_assessable"),
    lambda one: replace(one, matched="the transcript has it broken, a reading has it kept"),
    lambda one: replace(one, layer="model"),
)


@pytest.mark.parametrize("change", CHANGES)
def test_what_may_have_been_a_violation_takes_the_call(change: Callable[[Finding], Finding]) -> None:
    assert restated(by(60.0), PASSED) is not None
    assert restated(by(60.0), change(PASSED)) is None


def test_a_violation_that_was_excused_takes_the_call() -> None:
    unasked = replace(PASSED, status="not_applicable", value=None, limit=None)
    assert restated(by(60.0), unasked) is unasked
    excused = next(rule for rule in BOOKS[0].rules if rule.excuse)
    assert restated(by(60.0, excuse=excused.excuse), unasked) is None


def test_one_of_several_checks_takes_the_call_unless_none_applies() -> None:
    twice = replace(by(60.0), checks=(*by(60.0).checks, *by(30.0).checks))
    unasked = replace(PASSED, status="not_applicable", value=None, limit=None)
    assert restated(twice, PASSED) is None
    assert restated(twice, unasked) is unasked


def test_a_rule_without_such_limits_takes_the_call() -> None:
    rule = next(rule for rule in BOOKS[0].rules if rule.checks[0].operator == "say")
    assert without_loose_limits(rule) is None
    assert restated(rule, replace(PASSED, rule=rule.id)) is None
