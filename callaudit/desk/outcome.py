"""What a call comes to when what people say is laid over what the machine found. Pure.

Upheld and missed say that a rule was broken, surely: what was a doubt has been settled by a person. Overturned says
that it was kept, surely. Unsure leaves a finding as the machine has it. What people said stands when the call is heard
or judged anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from callaudit.records import Failure, Finding, Place, Score, Status
from callaudit.scoring import Sheet, score
from callaudit.spans import Span

Says = Literal["upheld", "overturned", "unsure", "missed"]
Kind = Literal["review", "final", "blind"]

BROKEN: frozenset[Says] = frozenset({"upheld", "missed"})


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody said of a rule in a call; the fields are those of `callaudit.store.desk_tables.OpinionRow`."""

    id: int
    rule: str
    user_id: int
    at: datetime
    kind: Kind
    says: Says
    comment: str
    found: Status
    confidence: float | None
    judging: str
    span: Span | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """The judgement of a recording that lists show, and the call that it judges."""

    recording_id: str
    call_id: int
    judging: str
    judged_at: datetime
    agent_id: str | None
    sector: str | None
    duration_s: float
    findings: tuple[Finding, ...]
    failures: tuple[Failure, ...]
    score: Score
    _by_rule: dict[str, Finding] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_rule", {one.rule: one for one in reversed(self.findings)})

    def status(self, rule: str) -> Status | None:
        """What was found of a rule; None where there is no finding, because it is of another rulebook or crashed."""
        found = self.finding(rule)
        return None if found is None else found.status

    def finding(self, rule: str) -> Finding | None:
        """What was found of a rule, with its evidence."""
        return self._by_rule.get(rule)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How people left a call.

    `standing` are the opinions that count, by rule. `left` are the rules found broken of which nobody said anything
    yet, `unsure` those left open, `changed` those of which the machine now says otherwise than when they were judged.
    `is_scored` is False where the score is the machine's own although people said otherwise, because the sheet it was
    scored by is no longer at hand.
    """

    standing: Mapping[str, Opinion]
    findings: tuple[Finding, ...]
    score: Score
    left: tuple[str, ...]
    unsure: tuple[str, ...]
    changed: tuple[str, ...]
    is_scored: bool = True

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The rules broken, as people left it."""
        return tuple(finding for finding in self.findings if finding.status == "violated")


def standing(opinions: Iterable[Opinion]) -> dict[str, Opinion]:
    """The opinion that counts for each rule: the newest final one, else the newest of a review; blind ones never."""
    found: dict[str, Opinion] = {}
    for one in sorted(opinions, key=lambda one: (one.kind == "final", one.at, one.id)):
        if one.undone_at is None and one.kind != "blind":
            found[one.rule] = one
    return found


def outcome_of(machine: Machine, opinions: Iterable[Opinion], sheet: Sheet | None) -> Outcome:
    """How people left a call.

    Parameters
    ----------
    sheet : what the machine scored it by (`callaudit.desk.sheets`); None leaves the score as it is
    """
    stands = standing(opinions)
    findings = tuple(_as_left(finding, stands.get(finding.rule)) for finding in machine.findings)
    is_same = findings == machine.findings
    scored = machine.score if is_same or sheet is None else rounded(score(findings, machine.failures, sheet))
    return Outcome(
        standing=stands,
        findings=findings,
        score=scored,
        left=tuple(one.rule for one in machine.findings if one.status == "violated" and one.rule not in stands),
        unsure=tuple(rule for rule, one in stands.items() if one.says == "unsure"),
        changed=tuple(rule for rule, one in stands.items() if _is_changed(one, machine.status(rule))),
        is_scored=is_same or sheet is not None,
    )


def _as_left(finding: Finding, opinion: Opinion | None) -> Finding:
    if opinion is None or opinion.says == "unsure":
        return finding
    if opinion.says == "overturned":
        return replace(finding, status="passed", confidence=1.0)
    if finding.status == "violated":
        return replace(finding, confidence=1.0)
    places = () if opinion.span is None else (Place(opinion.span),)
    return replace(finding, status="violated", confidence=1.0, times=1, places=places or finding.places)


def _is_changed(opinion: Opinion, status: Status | None) -> bool:
    return (opinion.found == "violated") != (status == "violated")


def rounded(given: Score) -> Score:
    """The score with the precision in which documents and lists hold it."""
    value, low, high = (None if one is None else round(one, 1) for one in (given.value, given.low, given.high))
    return replace(given, value=value, low=low, high=high)
