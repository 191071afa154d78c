"""The examples of rules, run: `passes` must pass, `fails` must be found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from callaudit.records import Finding, Status
from callaudit.rules import Rule, Rulebook, judge
from callaudit.rules.operators.summary import Summary
from callaudit.rules.rulebook import Written
from callaudit.rules.sources import Spot
from callaudit.testing.other_calls import aids_from_script
from callaudit.testing.scripts import call_from_script

KINDS: Final[dict[str, tuple[Status, ...]]] = {
    "passes": ("passed",),
    "traps": ("passed", "not_applicable", "not_assessable"),
    "fails": ("violated",),
    "not_applicable": ("not_applicable",),
    "not_assessable": ("not_assessable",),
}
"""The lists of examples of a rule, and what may come of each; a trap looks like a breach and is none."""


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a rule; `inherited` from the rulebook that its own extends."""

    rule: Rule
    kind: str
    number: int
    script: Any
    spot: Spot
    inherited: bool

    @property
    def wanted(self) -> tuple[Status, ...]:
        return KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class Run:
    """What came of an example: a finding, or the fault that kept the rule from judging it."""

    example: Example
    finding: Finding | None
    fault: str | None = None

    @property
    def holds(self) -> bool:
        return self.finding is not None and self.finding.status in self.example.wanted


def examples(written: Written, rule_id: str | None = None) -> Iterator[Example]:
    """The examples of the rules that a rulebook writes itself, or of one rule."""
    for rule in written.book.rules:
        if rule.id not in written.own if rule_id is None else rule.id != rule_id:
            continue
        own = written.own.get(rule.id, {})
        for kind in KINDS:
            for index, script in enumerate(getattr(rule, kind)):
                spot = written.rules[rule.id].at(kind, index)
                yield Example(rule, kind, index + 1, script, spot, inherited=kind not in own)


def run(example: Example, book: Rulebook) -> Run:
    """The rule's finding on its example."""
    rule = example.rule
    direction = "inbound" if rule.applies_to == "both" else rule.applies_to
    try:
        call = call_from_script(example.script, direction=direction, language=book.language)
        aids = aids_from_script(example.script)
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # what people write into scripts is anything
        return Run(example, None, f"这个例子读不懂：{error}")
    findings, failures = judge(call, only(book, rule), aids)
    crashed = next((failure.error for failure in failures if failure.rule == rule.id), None)
    finding = next((found for found in findings if found.rule == rule.id), None)
    why = f"规则运行出错：{crashed}" if crashed else None if finding else "规则不适用于这个方向的通话"
    return Run(example, finding, why)


def only(book: Rulebook, rule: Rule) -> Rulebook:
    """The rulebook with nothing but a rule and those it sums up."""
    wanted, more = {rule.id}, [rule]
    while more:
        for check in more.pop().checks:
            if isinstance(check.options, Summary):
                named = {*check.options.rules, *check.options.if_present} - wanted
                more += [other for other in book.rules if other.id in named]
                wanted |= named
    return replace(book, rules=tuple(other for other in book.rules if other.id in wanted))
