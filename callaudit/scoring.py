"""Points out of 100 and a verdict, from findings. Pure and deterministic.

A call begins with 100 points and every violated rule costs its points once, however often it was broken. Rules that
could not be judged cost nothing in `value`, but all of them do in `low`: the range says how much is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from callaudit.records import Failure, Finding, Score, Severity, Verdict

FULL = 100.0


class SeverityPoints(Protocol):
    """Points by severity."""

    @property
    def critical(self) -> float: ...
    @property
    def major(self) -> float: ...
    @property
    def minor(self) -> float: ...


class VerdictSettings(Protocol):
    """When a call passes, fails or is to be looked at; see `callaudit.rules.base.Settings`."""

    @property
    def points(self) -> SeverityPoints: ...
    @property
    def pass_from(self) -> float: ...
    @property
    def fail_below(self) -> float: ...
    @property
    def sure_from(self) -> float: ...
    @property
    def review_over_share(self) -> float: ...


class Scoring(Protocol):
    """What a rulebook says about points; `callaudit.rules.Rulebook.scoring` is one."""

    @property
    def settings(self) -> VerdictSettings: ...
    @property
    def points(self) -> Mapping[str, float]: ...
    @property
    def own_points(self) -> frozenset[str]: ...
    @property
    def fatal(self) -> frozenset[str]: ...
    @property
    def outranked_by(self) -> Mapping[str, tuple[str, ...]]: ...


def score(findings: Sequence[Finding], failures: Sequence[Failure], scoring: Scoring) -> Score:
    """The score of a call.

    Parameters
    ----------
    findings : one per rule
    failures : rules that crashed; they count as not assessable
    scoring : points of the rules and limits of the verdict

    Returns
    -------
    Score
        `high` equals `value`; `low` is what would be left if every rule that could not be judged were broken. All three
        are None where no rule could be judged.
    """
    broken = [finding for finding in findings if finding.status == "violated"]
    unknown = [finding.rule for finding in findings if finding.status == "not_assessable"]
    unknown += [failure.rule for failure in failures]
    n_assessed = sum(finding.status in ("violated", "passed") for finding in findings)
    if n_assessed == 0:
        return Score(None, None, None, 0, len(unknown), "review", "没有一条规则能够判断")
    costs = {finding.rule: _cost(finding.rule, finding.severity, scoring) for finding in broken}
    value = _left(costs, scoring)
    low = _left({**{rule: scoring.points.get(rule, 0.0) for rule in unknown}, **costs}, scoring)
    verdict, why = _verdict(value, broken, n_assessed, len(unknown), scoring)
    return Score(value, low, value, n_assessed, len(unknown), verdict, why)


def _cost(rule: str, severity: Severity, scoring: Scoring) -> float:
    """Points of a violation, by its severity unless the rule has points of its own."""
    if rule in scoring.own_points:
        return scoring.points[rule]
    return float(getattr(scoring.settings.points, severity))


def _left(costs: Mapping[str, float], scoring: Scoring) -> float:
    """What these violations leave of 100, at least 0; an outranked one is free while its superior is broken too."""
    if any(rule in scoring.fatal for rule in costs):
        return 0.0
    counted = (cost for rule, cost in costs.items() if not _outranked(rule, costs, scoring))
    return round(max(0.0, FULL - sum(counted)), 2)


def _outranked(rule: str, broken: Iterable[str], scoring: Scoring) -> bool:
    return any(superior in broken for superior in scoring.outranked_by.get(rule, ()))


def _verdict(
    value: float, broken: Sequence[Finding], n_assessed: int, n_unknown: int, scoring: Scoring
) -> tuple[Verdict, str]:
    settings = scoring.settings
    grave = [finding for finding in broken if finding.severity == "critical" or finding.rule in scoring.fatal]
    sure = [finding for finding in grave if finding.confidence >= settings.sure_from]
    if sure:
        return "fail", f"严重违规：{'、'.join(finding.title for finding in sure)}"
    if grave:
        return "review", f"疑似严重违规，把握不足：{'、'.join(finding.title for finding in grave)}"
    if value < settings.fail_below:
        return "fail", f"得分 {value:g}，低于 {settings.fail_below:g}"
    if value < settings.pass_from:
        return "review", f"得分 {value:g}，在 {settings.fail_below:g} 与 {settings.pass_from:g} 之间"
    share = n_unknown / (n_assessed + n_unknown)
    if share > settings.review_over_share:
        return "review", f"{share:.0%} 的适用规则无法判断"
    return "pass", f"得分 {value:g}"
