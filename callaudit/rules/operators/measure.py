"""A measurement of the whole call against limits."""

from __future__ import annotations

from dataclasses import replace

from callaudit.messages import message
from callaudit.records import Finding
from callaudit.rules.base import (
    Limit,
    Outcome,
    Threshold,
    limit,
    not_applicable,
    not_assessable,
    operator,
    options,
    passed,
    violated,
)
from callaudit.rules.facts import Facts
from callaudit.rules.restating import inapplicable, surely_at_least, surely_at_most


@options
class Measure:
    """The measurement `name` must lie in [`least`, `most`]; `what` names it in messages.

    `most_from` is the metadata key that holds the limit where the rule names none. `against` is the metadata key of
    what is usual: then not the measurement is held against the limits but by what share it differs (0.05 = 5 % more).
    """

    name: str
    least: Threshold | None = None
    most: Threshold | None = None
    what: str | None = None
    most_from: str | None = None
    against: str | None = None

    def __post_init__(self) -> None:
        if self.least is None and self.most is None and self.most_from is None:
            raise ValueError("measure needs least, most or most_from")


def _restated(finding: Finding, asked: Measure) -> Finding | None:
    """A limit of the metadata is as it was."""
    if finding.status != "passed":
        return inapplicable(finding, asked)
    broken = asked.least is not None and not surely_at_least(finding, asked.least)
    if broken or (asked.most is not None and not surely_at_most(finding, asked.most)):
        return None
    shown = asked.least or asked.most
    return finding if shown is None else replace(finding, limit=shown.value)


@operator("measure", Measure, loose=("least", "most"), restate=_restated)
def measure(facts: Facts, asked: Measure) -> Outcome:
    """Not assessable where the measurement could not be had, not applicable where no limit is set."""
    found = {m.name: m for m in facts.call.measurements}.get(asked.name)
    what = asked.what or asked.name
    least, most = asked.least, asked.most
    if most is None and asked.most_from is not None:
        given = _number(facts, asked.most_from)
        most = None if given is None else limit(given, "source")
    if least is None and most is None:
        return not_applicable(message("measure.no_limit", what=what))
    if found is None or found.value is None:
        return not_assessable((found.why if found else None) or message("measure.unmeasured", what=what))
    value, unit = found.value, found.unit
    if asked.against is not None:
        usual = _number(facts, asked.against)
        if not usual:
            return not_assessable(message("condition.meta_unknown", key=asked.against))
        value, unit = value / usual - 1, "ratio"
    return _within(value, unit, what, least, most)


def _number(facts: Facts, key: str) -> float | None:
    """A number of the metadata; None where there is none, or no number."""
    try:
        return float(facts.meta(key) or "")
    except ValueError:
        return None


def _within(value: float, unit: str, what: str, least: Limit | None, most: Limit | None) -> Outcome:
    for broken, key, threshold in (
        (most is not None and value > most.value, "measure.above", most),
        (least is not None and value < least.value, "measure.below", least),
    ):
        if broken and threshold is not None:
            text = message(key, what=what, value=value, limit=threshold.value, note=threshold.note)
            return violated(text, 0.85).measured(value, threshold, unit)
    return passed(message("measure.fine", what=what, value=value), 0.85).measured(value, least or most, unit)
