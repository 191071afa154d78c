"""Audits held against labels: the figures of all calls, of every rule, and of each call alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from callaudit.evaluation.calibration import Calibration, calibration, turn_claims, verdict_claims
from callaudit.evaluation.figures import Figure, f1, figures
from callaudit.evaluation.hypothesis import Hypothesis, hypothesis_of
from callaudit.evaluation.intervals import Interval, f1_interval, kappa, resampled_kappa, wilson
from callaudit.evaluation.judged import Judged, RuleTally, judged, tally_rules
from callaudit.evaluation.tally import Tally, layout_of, tally
from callaudit.evaluation.truth import Truth
from callaudit.records import Audit


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """How well one rule, or all of them, is judged; intervals are of 95 %, None where nothing was counted."""

    rule: str
    title: str
    counts: RuleTally
    precision: float | None
    precision_interval: Interval | None
    recall: float | None
    recall_interval: Interval | None
    f1: float | None
    f1_interval: Interval | None
    kappa: float | None
    kappa_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the audit of a call took: `wall_s` on the clock, `cpu_s` of all threads."""

    wall_s: float
    cpu_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class CallResult:
    """One call: its layout, whether it has an audit, what was counted, and what was said of each rule."""

    id: str
    layout: str
    audited: bool
    tally: Tally
    items: tuple[Judged, ...]
    score: float | None = None
    verdict: str | None = None
    timing: Timing | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that is known about how well calls were heard and judged.

    `unknown_rules` are labelled rules for which no audit has an entry: mistyped, or of another rulebook. `condition`
    says in what way the sound was degraded, None where it was not.
    """

    calls: tuple[CallResult, ...]
    figures: tuple[Figure, ...]
    overall: RuleFigures
    rules: tuple[RuleFigures, ...]
    calibrations: tuple[Calibration, ...]
    unknown_rules: tuple[str, ...] = ()
    condition: str | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """Calls without an audit."""
        return tuple(call.id for call in self.calls if not call.audited)

    def figure(self, name: str) -> Figure:
        """The figure of that name; ValueError where none has it."""
        for one in self.figures:
            if one.name == name:
                return one
        raise ValueError(f"no figure is named {name!r}")


def evaluate(
    truths: Iterable[Truth],
    audits: Mapping[str, Audit | Hypothesis],
    *,
    timings: Mapping[str, Timing] | None = None,
    condition: str | None = None,
) -> Evaluation:
    """Audits against truths.

    Parameters
    ----------
    truths : labelled calls, in any order
    audits : by the id of the call; a call without one counts as violations missed and passes not confirmed, and for
        nothing else
    timings : how long each audit took, where it was made just now
    condition : in what way the sound was degraded
    """
    ordered = sorted(truths, key=lambda truth: truth.id)
    heard = {truth.id: _hypothesis(audits[truth.id]) for truth in ordered if truth.id in audits}
    calls = tuple(_call(truth, heard.get(truth.id), (timings or {}).get(truth.id)) for truth in ordered)
    missing = frozenset(call.id for call in calls if not call.audited)
    items = [item for call in calls for item in call.items]
    overall = replace(rule_figures("", items, missing), kappa_interval=_kappa_interval(calls, missing))
    by_rule: dict[str, list[Judged]] = {}
    for item in items:
        if item.label is not None:
            by_rule.setdefault(item.rule, []).append(item)
    return Evaluation(
        calls,
        figures([call.tally for call in calls if call.audited]),
        overall,
        tuple(rule_figures(rule, row, missing) for rule, row in sorted(by_rule.items())),
        _calibrations(ordered, heard, items),
        _unknown(items, missing),
        condition,
    )


def _unknown(items: Sequence[Judged], missing: frozenset[str]) -> tuple[str, ...]:
    """Rules that a label calls kept or broken on an audited call, and of which no audit says anything."""
    known = {item.rule for item in items if item.status is not None}
    judged_here = {i.rule for i in items if i.label in ("violated", "passed") and i.call not in missing}
    return tuple(sorted(judged_here - known)) if known else ()


def _hypothesis(audit: Audit | Hypothesis) -> Hypothesis:
    return hypothesis_of(audit) if isinstance(audit, Audit) else audit


def _call(truth: Truth, heard: Hypothesis | None, timing: Timing | None) -> CallResult:
    counted = Tally({}, {}) if heard is None else tally(truth, heard)
    score, verdict = (heard.score, heard.verdict) if heard else (None, None)
    items = judged(truth, heard)
    return CallResult(truth.id, layout_of(truth, heard), heard is not None, counted, items, score, verdict, timing)


def rule_figures(rule: str, items: Sequence[Judged], missing: frozenset[str] = frozenset()) -> RuleFigures:
    """The figures of one rule, or of all (rule ""), over its items; `missing` are the calls without an audit."""
    counts = tally_rules(items, missing)
    said, there = counts.n_hit + counts.n_false, counts.n_violations
    return RuleFigures(
        rule=rule,
        title=next((item.title for item in items if item.title), "") if rule else "",
        counts=counts,
        precision=counts.n_hit / said if said else None,
        precision_interval=wilson(counts.n_hit, said),
        recall=counts.n_hit / there if there else None,
        recall_interval=wilson(counts.n_hit, there),
        f1=f1(counts.n_hit, there, said) if said + there else None,
        f1_interval=f1_interval(counts.n_hit, there, said),
        kappa=kappa(*_crossed(counts)),
    )


def _crossed(counts: RuleTally) -> tuple[int, int, int, int]:
    return counts.n_both, counts.n_machine_only, counts.n_label_only, counts.n_neither


def _kappa_interval(calls: Sequence[CallResult], missing: frozenset[str]) -> Interval | None:
    rows = [_crossed(tally_rules(call.items, missing)) for call in calls if call.id not in missing]
    return resampled_kappa(np.array(rows, dtype=np.int64).reshape(-1, 4))


def _calibrations(
    truths: Sequence[Truth], heard: Mapping[str, Hypothesis], items: Sequence[Judged]
) -> tuple[Calibration, ...]:
    """Who speaks, on two channels and on one; violations; all other verdicts."""
    made: list[Calibration] = []
    for layout in ("stereo", "mono"):
        rows = [
            turn_claims(truth, heard[truth.id])
            for truth in truths
            if truth.id in heard and layout_of(truth, heard[truth.id]) == layout
        ]
        made.append(calibration(f"speaker_{layout}", [c for row, _ in rows for c in row], sum(n for _, n in rows)))
    made.append(calibration("violated", *verdict_claims(items, violated=True)))
    made.append(calibration("not_violated", *verdict_claims(items, violated=False)))
    return tuple(made)
