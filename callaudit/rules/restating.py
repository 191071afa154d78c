"""Findings told anew by other limits, without the call: of many calls most are far from a limit that is moved.

An operator that registers `restate` names the limits of its options that it can be asked about (`loose`). It is handed
a finding of a rule with that one check, neither a violation nor weighed against what else may have been said, and
options that differ from those it was made by in the values of these limits alone. It answers with the finding that
judging the call would come to, to the byte, or with None: then the call is judged. Asked about a check that is not
applicable, it answers with the finding itself where that holds by any values; this is asked of one check among several,
too.
"""

from __future__ import annotations

from dataclasses import replace

from callaudit.records import Finding
from callaudit.rules.base import OPERATORS, Limit
from callaudit.rules.rule import Check, Rule

ROUNDED = 0.006
"""More than what a finding's value, kept to 2 places, can differ from the one that was held against the limit."""


def restated(rule: Rule, finding: Finding) -> Finding | None:
    """The finding of a rule of which only loose limits have changed since; None where that takes the call."""
    told = finding.status != "violated" and finding.matched is None and finding.layer is None
    if not told or (finding.status == "not_applicable" and rule.excuse):  # a violation may have been excused
        return None
    if len(rule.checks) == 1:
        return _by(rule.checks[0], finding)
    if finding.status != "not_applicable":  # of several checks one decides, and not always the same
        return None
    return finding if all(_by(check, finding) is finding for check in rule.checks if is_loose(check)) else None


def _by(check: Check, finding: Finding) -> Finding | None:
    restate = OPERATORS[check.operator].restate
    return None if restate is None else restate(finding, check.options)


def is_loose(check: Check) -> bool:
    """Whether the check has limits whose values `restated` can be asked about."""
    return bool(_loose_limits(check))


def without_loose_limits(rule: Rule) -> Rule | None:
    """The rule, alike for all values of its loose limits; None where it has none."""
    if not any(is_loose(check) for check in rule.checks):
        return None
    return replace(rule, checks=tuple(_without(check) for check in rule.checks))


def _without(check: Check) -> Check:
    bare = {name: replace(limit, value=0.0) for name, limit in _loose_limits(check).items()}
    return replace(check, options=replace(check.options, **bare)) if bare else check


def _loose_limits(check: Check) -> dict[str, Limit]:
    limits = {name: getattr(check.options, name) for name in OPERATORS[check.operator].loose}
    return {name: limit for name, limit in limits.items() if limit is not None}


# ── for operators ────────────────────────────────────────────────────────────────────────────────────────────────
def surely_at_most(finding: Finding, limit: Limit) -> bool:
    """Whether what the finding measured is at most the limit, however it was rounded."""
    return finding.value is not None and finding.value + ROUNDED <= limit.value


def surely_at_least(finding: Finding, limit: Limit) -> bool:
    """Whether what the finding measured is at least the limit, however it was rounded."""
    return finding.value is not None and finding.value - ROUNDED >= limit.value


def inapplicable(finding: Finding, asked: object) -> Finding | None:
    """The finding where it is not applicable: for operators that find that whatever their loose limits are."""
    return finding if finding.status == "not_applicable" else None
