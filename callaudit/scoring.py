"""Points out of 100 by a scoring sheet, how they came about, and a verdict, from findings. Pure and deterministic.

A sheet has sections, each with the points it is worth, together 100. A broken rule costs its price each time it was
broken, up to the price's cap; a section loses no more than it is worth; a fatal rule, surely broken, leaves nothing.
Whoever has the sheet and the findings can add it up by hand: `Score.sections` holds every step.

The range is one of doubt. `high` leaves out the violations that are not sure; `low` adds what was heard and could not
be told (not assessable, with a place in the call) as if it were broken. What the recording says nothing about is
counted and costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import ConfigDict, Field

from callaudit.messages import Language, Message, message, render
from callaudit.records import Bonus, Deduction, Failure, Finding, Score, SectionScore, Severity, Verdict

FULL = 100.0


@dataclass(frozen=True, slots=True)
class Price:
    """Points that a broken rule costs: `each` time, and no more than `most` in one call (default: once)."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    each: Annotated[float, Field(ge=0)]
    most: Annotated[float, Field(ge=0)] | None = None

    def __post_init__(self) -> None:
        if self.most is not None and self.most < self.each:
            raise ValueError(f"most ({self.most:g}) is less than each ({self.each:g})")

    @property
    def cap(self) -> float:
        return self.each if self.most is None else self.most

    def of(self, times: int) -> float:
        """What it costs to break the rule so many times."""
        return min(self.cap, self.each * times)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a sheet: `points` it is worth (None: no limit of its own), and the rules that count there."""

    title: str
    points: float | None
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """When a call passes, fails or is to be looked at; see `callaudit.rules.base.Settings`."""

    pass_from: float = 85.0
    fail_below: float = 60.0
    sure_from: float = 0.8
    review_over_share: float = 0.5


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a call is scored; rules in no section count for nothing.

    `prices` by severity, but `own` ones first. An outranked rule costs only what its superiors of the same section do
    not cost already. `bonus` gives points for rules surely kept, together at most `bonus_most`, never beyond 100.
    """

    name: str
    title: str
    sections: tuple[Section, ...]
    prices: Mapping[Severity, Price]
    own: Mapping[str, Price] = field(default_factory=dict)
    fatal: frozenset[str] = frozenset()
    outranked_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bonus: Mapping[str, float] = field(default_factory=dict)
    bonus_most: float = 0.0
    limits: Limits = field(default_factory=Limits)
    sectors: tuple[str, ...] = ()
    language: Language = "zh"

    @property
    def rules(self) -> frozenset[str]:
        """The rules that count."""
        return frozenset(rule for section in self.sections for rule in section.rules)

    def price(self, finding: Finding) -> Price:
        """What a violation costs."""
        return self.own.get(finding.rule) or self.prices[finding.severity]


def score(findings: Sequence[Finding], failures: Sequence[Failure], sheet: Sheet) -> Score:
    """The score of a call.

    Parameters
    ----------
    findings : one per rule
    failures : rules that crashed; they count as not assessable, and the call is to be looked at
    sheet : what counts, and how much

    Returns
    -------
    Score
        low ≤ value ≤ high; all None where no rule of the sheet could be judged.
    """
    told = _told(findings, failures, sheet)
    if told.n_assessed == 0:
        why = render(message("score.nothing"), sheet.language)
        return Score(None, None, None, 0, told.n_open, "review", why, sheet=sheet.title)
    sections = _sections(told.broken, told.judged, sheet)
    bonus = _bonus(told, sheet)
    zeroed = tuple(finding.title for finding in told.sure if finding.rule in sheet.fatal)
    value = _value(sections, bonus, zeroed)
    high = _value(_sections(told.sure, (), sheet), bonus, zeroed)
    worst = (*told.broken, *told.suspected)
    low = _value(_sections(worst, (), sheet), bonus, [f for f in worst if f.rule in sheet.fatal])
    verdict, why_not = _verdict(told, value, high, sheet)
    return Score(
        value, low, high, told.n_assessed, told.n_open, verdict, render(why_not, sheet.language), sheet=sheet.title,
        sections=sections, bonus=bonus, zeroed_by=zeroed, n_suspected=len(told.suspected),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Told:
    """What the findings say about the rules of a sheet."""

    judged: tuple[Finding, ...]
    broken: tuple[Finding, ...]
    sure: tuple[Finding, ...]
    suspected: tuple[Finding, ...]
    n_open: int
    n_crashed: int

    @property
    def n_assessed(self) -> int:
        return len(self.judged)


def _told(findings: Sequence[Finding], failures: Sequence[Failure], sheet: Sheet) -> _Told:
    rules = sheet.rules
    counted = [finding for finding in findings if finding.rule in rules]
    broken = tuple(finding for finding in counted if finding.status == "violated")
    unknown = [finding for finding in counted if finding.status == "not_assessable"]
    n_crashed = sum(failure.rule in rules for failure in failures)
    return _Told(
        judged=tuple(finding for finding in counted if finding.status in ("violated", "passed")),
        broken=broken,
        sure=tuple(finding for finding in broken if finding.confidence >= sheet.limits.sure_from),
        suspected=tuple(finding for finding in unknown if finding.places),
        n_open=len(unknown) + n_crashed,
        n_crashed=n_crashed,
    )


# ── points ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _sections(broken: Sequence[Finding], judged: Sequence[Finding], sheet: Sheet) -> tuple[SectionScore, ...]:
    by_rule = {finding.rule: finding for finding in broken}
    assessed = {finding.rule for finding in judged}
    scores = []
    for section in sheet.sections:
        own = [by_rule[rule] for rule in section.rules if rule in by_rule] if by_rule else []
        deductions = _deductions(own, sheet) if own else ()
        lost = sum(deduction.points for deduction in deductions)
        worth = FULL if section.points is None else section.points
        n_assessed = len(assessed.intersection(section.rules))
        scores.append(SectionScore(section.title, section.points, round(min(worth, lost), 2), deductions, n_assessed))
    return tuple(scores)


def _deductions(broken: Sequence[Finding], sheet: Sheet) -> tuple[Deduction, ...]:
    """What each violation of a section costs; what a superior pays is not asked of those it outranks again."""
    costs = {finding.rule: sheet.price(finding).of(finding.times) for finding in broken}
    titles = {finding.rule: finding.title for finding in broken}
    left: dict[str, float] = {}  # of what each superior pays, how much still counts for others
    found: dict[str, Deduction] = {}
    for finding in _superiors_first(broken, sheet):
        owed, instead = costs[finding.rule], None
        for superior in sheet.outranked_by.get(finding.rule, ()):
            if left.get(superior, 0.0) > 0 and owed > 0:
                paid = min(owed, left[superior])
                owed, left[superior], instead = owed - paid, left[superior] - paid, titles[superior]
        left[finding.rule] = owed
        price = sheet.price(finding)
        sure = finding.confidence >= sheet.limits.sure_from
        found[finding.rule] = Deduction(
            finding.rule, finding.title, finding.times, price.each, price.cap, round(owed, 2), sure, instead
        )
    return tuple(found[finding.rule] for finding in broken)


def _superiors_first(broken: Sequence[Finding], sheet: Sheet) -> list[Finding]:
    """The violations, every superior before those it outranks (a circle is cut where it is met), else by rule."""
    by_rule = {finding.rule: finding for finding in broken}
    placed: dict[str, Finding] = {}

    def put(rule: str, within: frozenset[str]) -> None:
        for superior in sheet.outranked_by.get(rule, ()):
            if superior in by_rule and superior not in placed and superior not in within:
                put(superior, within | {rule})
        placed.setdefault(rule, by_rule[rule])

    for rule in sorted(by_rule):
        put(rule, frozenset())
    return list(placed.values())


def _bonus(told: _Told, sheet: Sheet) -> tuple[Bonus, ...]:
    """Points for rules surely kept, in the sheet's order, until there are `bonus_most` of them."""
    kept = {f.rule: f for f in told.judged if f.status == "passed" and f.confidence >= sheet.limits.sure_from}
    left, found = sheet.bonus_most, []
    for rule, points in sheet.bonus.items():
        if rule in kept and left > 0:
            found.append(Bonus(rule, kept[rule].title, round(min(points, left), 2)))
            left -= points
    return tuple(found)


def _value(sections: Iterable[SectionScore], bonus: Iterable[Bonus], zeroed: Iterable[object]) -> float:
    if any(True for _ in zeroed):
        return 0.0
    left = max(0.0, FULL - sum(section.lost for section in sections))
    return round(min(FULL, left + sum(one.points for one in bonus)), 2)


# ── the verdict ──────────────────────────────────────────────────────────────────────────────────────────────────
def _verdict(told: _Told, value: float, high: float, sheet: Sheet) -> tuple[Verdict, Message]:
    """What is to be done with the call, and why: a doubt that could change it is for a person to settle."""
    limits = sheet.limits
    fatal = _names(finding for finding in told.sure if finding.rule in sheet.fatal)
    if fatal:
        return "fail", message("score.fatal", names=fatal)
    critical = _names(finding for finding in told.sure if finding.severity == "critical")
    if critical:
        return "fail", message("score.critical", names=critical)
    grave = _names(f for f in told.broken if f.severity == "critical" or f.rule in sheet.fatal)
    if grave:
        return "review", message("score.critical_unsure", names=grave)
    if told.n_crashed:
        return "review", message("score.crashed", n=told.n_crashed)
    verdict, why = _by_points(value, limits)
    if verdict != _by_points(high, limits)[0]:
        return "review", message("score.unsure", why=why, high=high)
    doubted = _names(f for f in told.suspected if f.severity == "critical" or f.rule in sheet.fatal)
    if verdict == "pass" and doubted:
        return "review", message("score.critical_untold", names=doubted)
    share = told.n_open / (told.n_assessed + told.n_open)
    if verdict == "pass" and share > limits.review_over_share:
        return "review", message("score.open", share=share)
    return verdict, why


def _by_points(value: float, limits: Limits) -> tuple[Verdict, Message]:
    if value < limits.fail_below:
        return "fail", message("score.below", value=value, least=limits.fail_below)
    if value < limits.pass_from:
        return "review", message("score.between", value=value, low=limits.fail_below, high=limits.pass_from)
    return "pass", message("score.is", value=value)


def _names(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(finding.title for finding in findings)
