"""A measurement of the whole call against limits."""

from __future__ import annotations

from callaudit.rules.base import Outcome, Threshold, not_assessable, operator, options, passed, violated
from callaudit.rules.facts import Facts


@options
class Measure:
    """The measurement `name` must lie in [`least`, `most`]; `what` names it in messages."""

    name: str
    least: Threshold | None = None
    most: Threshold | None = None
    what: str | None = None

    def __post_init__(self) -> None:
        if self.least is None and self.most is None:
            raise ValueError("measure needs least or most")


@operator("measure", Measure)
def measure(facts: Facts, asked: Measure) -> Outcome:
    """Not assessable where the measurement could not be had."""
    found = {m.name: m for m in facts.call.measurements}.get(asked.name)
    what = asked.what or asked.name
    if found is None or found.value is None:
        return not_assessable((found.why if found else None) or f"没有测得{what}")
    bound = (
        asked.most
        if asked.most is not None and (asked.least is None or found.value > asked.most.value)
        else asked.least
    )
    for broken, side, threshold in (
        (asked.most is not None and found.value > asked.most.value, "高于", asked.most),
        (asked.least is not None and found.value < asked.least.value, "低于", asked.least),
    ):
        if broken and threshold is not None:
            text = f"{what}为 {found.value:.2f}，{side}规定的 {threshold.value:g}{threshold.note}"
            return violated(text, 0.85).measured(found.value, threshold, found.unit)
    return passed(f"{what}为 {found.value:.2f}", 0.85).measured(found.value, bound, found.unit)
