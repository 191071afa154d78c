"""A rule about other rules: broken if one of them is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from callaudit.messages import message
from callaudit.records import Finding
from callaudit.rules.base import (
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


@options
class Summary:
    """`rules` are ids of rules that are judged before this one; more than `most` violations among them break it.

    Those `if_present` count too where the rulebook has them.
    """

    rules: Annotated[tuple[str, ...], Field(min_length=1)]
    if_present: tuple[str, ...] = ()
    most: Threshold = limit(0)


@operator("summary", Summary)
def summary(facts: Facts, asked: Summary) -> Outcome:
    """Never called: the engine hands the findings to `summarise`."""
    raise TypeError("a summary is judged on findings, not on a call")


def summarise(asked: Summary, found: Mapping[str, Finding]) -> Outcome:
    """Violated, with their places, if more than `most` of the rules are."""
    own = [found[rule] for rule in (*asked.rules, *asked.if_present) if rule in found]
    broken = [finding for finding in own if finding.status == "violated"]
    if len(broken) > asked.most.value:
        worst = max(broken, key=lambda finding: finding.confidence)
        names = tuple(finding.title for finding in broken)
        places = tuple(place for finding in broken for place in finding.places)
        return violated(
            message("summary.broken", n=len(broken), names=names),
            worst.confidence,
            places=places,
            quote=worst.quote,
            matched=worst.matched,
        )
    unknown = [finding for finding in own if finding.status == "not_assessable"]
    if unknown:
        return not_assessable(message("summary.unknown", n=len(unknown), why=unknown[0].why or ""))
    if any(finding.status == "passed" for finding in own):
        return passed(message("summary.kept"), min(finding.confidence for finding in own if finding.status == "passed"))
    return not_applicable(message("summary.none"))
