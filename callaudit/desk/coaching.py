"""An agent's calls as one talks about them with the agent: what goes well first, then at most three things to work on.

Held against the calls of the same team's other agents in the same days. Shares of rules rest on the newest calls of
both; what people said of findings counts. Each thing has places to hear.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from callaudit.batch.figures import LEAST_CALLS
from callaudit.desk import figures
from callaudit.desk.control import Control, by_week, mean_chart
from callaudit.desk.figures import SEVERITY_ORDER, Distribution, Group
from callaudit.errors import NotThere
from callaudit.records import Severity
from callaudit.store import sums
from callaudit.store.caseload import CHECKED
from callaudit.store.crypt import Vault
from callaudit.store.desk_tables import CaseRow
from callaudit.store.documents import unpacked
from callaudit.store.queries import Filter
from callaudit.store.tables import AuditDocument, AuditRow, BreachRow, CallRow, KeptRow

MOST: Final = 3
"""Strengths, and things to work on: more is too much for one talk."""
OWN_CALLS, TEAM_CALLS = 300, 600
"""The newest of each on which shares of rules rest."""
LEAST_APPLIED: Final = 5
LEAST_BROKEN: Final = 2
CANDIDATES: Final = 8
"""Strengths of which those are told that can be heard."""
LOOKED_AT: Final = 4
"""Calls that are opened for a clip."""
LEAD_S, LAG_S = 1.0, 0.5
"""A clip begins a little before, and ends a little after, what it is about."""
LONGEST_S: Final = 20.0
WEIGHTS: Final[Mapping[Severity, float]] = {"critical": 3.0, "major": 2.0, "minor": 1.0}


@dataclass(frozen=True, slots=True)
class Clip:
    """A place of a call to hear, in seconds; `told` is what was found there, `quote` what was said, masked."""

    call_id: int
    day: str | None
    start_s: float
    end_s: float
    told: str
    quote: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """How a rule was kept: by the agent in `n_kept` of the `n_applied` calls it applied to, and by the others.

    `severity` is None where nobody broke it.
    """

    rule: str
    severity: Severity | None
    n_applied: int
    n_kept: int
    team_applied: int
    team_kept: int
    clips: tuple[Clip, ...] = ()

    @property
    def share(self) -> float:
        return self.n_kept / self.n_applied

    @property
    def team_share(self) -> float | None:
        """None where the team has too few calls to be held against."""
        return self.team_kept / self.team_applied if self.team_applied >= LEAST_CALLS else None


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of the agent against the team's, by the median."""

    name: str
    own: Distribution
    team: Distribution | None


@dataclass(frozen=True, slots=True)
class Coaching:
    """An agent's page; `team` is None where nobody knows the agent's."""

    agent_id: str
    name: str | None
    team_name: str | None
    own: Group
    team: Group | None
    strengths: tuple[Kept, ...]
    to_work_on: tuple[Kept, ...]
    weeks: Control | None
    measures: tuple[Measure, ...]
    n_looked_at: int
    only_reviewed: bool


@dataclass(slots=True)
class _Sample:
    """Some calls with what was kept and broken in them, as people left it."""

    calls: list[Any] = field(default_factory=list)
    kept: dict[int, set[str]] = field(default_factory=dict)
    broken: dict[int, set[str]] = field(default_factory=dict)
    severities: dict[str, Severity] = field(default_factory=dict)

    def counts(self) -> tuple[Counter[str], Counter[str]]:
        """In how many calls each rule was kept, and broken."""
        kept = Counter(rule for rules in self.kept.values() for rule in rules)
        return kept, Counter(rule for rules in self.broken.values() for rule in rules)


def coaching(session: Session, vault: Vault, wanted: Filter, *, only_reviewed: bool = False) -> Coaching:
    """The page of the one agent of the filter.

    Parameters
    ----------
    only_reviewed : leave out the calls that nobody has been through: agents see no others

    Raises
    ------
    NotThere
        The store knows no such agent.
    """
    agent_id = wanted.agents[0]
    newest = select(CallRow.agent_name, CallRow.team).where(CallRow.agent_id == agent_id).order_by(CallRow.id.desc())
    known = session.execute(newest.limit(1)).first()
    if known is None and not only_reviewed:
        raise NotThere("there is no such agent")
    team_name = None if known is None else known.team
    groups = figures.seen_groups if only_reviewed else figures.groups
    own = next(iter(groups(session, wanted, "all")), None) or figures.nothing()
    team = replace(wanted, agents=(), teams=(team_name,)) if team_name else None
    sample = _sample(session, wanted, OWN_CALLS, only_reviewed=only_reviewed)
    others = _Sample() if team is None else _sample(session, team, TEAM_CALLS, without=agent_id)
    held, opener = _held(sample, others), _Opener(session, vault, sample)
    weeks = by_week(figures.score_days(groups(session, wanted, "day")))
    return Coaching(
        agent_id=agent_id,
        name=None if known is None else known.agent_name,
        team_name=team_name,
        own=own,
        team=None if team is None else figures.total(session, team),
        strengths=_heard_first([opener.with_clips(one, "passed", 1) for one in _strengths(held)]),
        to_work_on=tuple(opener.with_clips(one, "violated", 2) for one in _to_work_on(held)),
        weeks=mean_chart(weeks, least=0.0, most=100.0),
        measures=_measures(session, wanted, team, only_reviewed),
        n_looked_at=len(sample.calls),
        only_reviewed=only_reviewed,
    )


def _measures(session: Session, wanted: Filter, team: Filter | None, only_reviewed: bool) -> tuple[Measure, ...]:
    own = sums.seen_sizes(session, wanted) if only_reviewed else sums.sizes(session, wanted, ())
    theirs = {} if team is None else figures.distributions(session, team)
    return tuple(
        Measure(name, Distribution(name, counted), theirs.get(name)) for name, counted in own.items() if counted
    )


# ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _sample(
    session: Session, wanted: Filter, limit: int, *, only_reviewed: bool = False, without: str | None = None
) -> _Sample:
    rows = select(AuditRow.id, AuditRow.call_id, AuditRow.day, AuditRow.rank, CallRow.recording_id)
    rows = rows.join(CallRow, CallRow.id == AuditRow.call_id).where(*sums.chosen(wanted))
    if only_reviewed:
        rows = rows.join(CaseRow, CaseRow.recording_id == CallRow.recording_id).where(CaseRow.state.in_(CHECKED))
    if without is not None:
        rows = rows.where(AuditRow.agent_id.is_(None) | (AuditRow.agent_id != without))
    calls = list(session.execute(rows.order_by(AuditRow.day.desc(), AuditRow.id.desc()).limit(limit)))
    ids = [call.id for call in calls]
    found = _Sample(calls, {one: set() for one in ids}, {one: set() for one in ids})
    for kept in session.execute(select(KeptRow.audit_id, KeptRow.passed).where(KeptRow.audit_id.in_(ids))):
        found.kept[kept.audit_id] = set(kept.passed.split())
    broken = select(BreachRow.audit_id, BreachRow.rule, BreachRow.severity).where(BreachRow.audit_id.in_(ids))
    for audit_id, rule, severity in session.execute(broken):
        found.broken[audit_id].add(rule)
        grave: Severity = cast(Severity, severity)  # the table holds no others
        if rule not in found.severities or SEVERITY_ORDER[grave] < SEVERITY_ORDER[found.severities[rule]]:
            found.severities[rule] = grave
    audits = {call.recording_id: call.id for call in calls}
    for recording_id, rule, says in sums.standing(session, audits):
        of = audits[recording_id]
        if says == "overturned":
            found.broken[of].discard(rule)
            found.kept[of].add(rule)
        elif says in ("upheld", "missed"):
            found.kept[of].discard(rule)
            found.broken[of].add(rule)
    return found


def _held(own: _Sample, others: _Sample) -> list[Kept]:
    """Every rule that applied to enough of the agent's calls, against the others'."""
    kept, broken = own.counts()
    their_kept, their_broken = others.counts()
    severities = others.severities | own.severities
    return [
        Kept(
            rule, severities.get(rule), kept[rule] + broken[rule], kept[rule],
            their_kept[rule] + their_broken[rule], their_kept[rule],
        )
        for rule in sorted(kept | broken)
    ]  # fmt: skip


def _strengths(held: Sequence[Kept]) -> list[Kept]:
    """Rules kept better than by the others, as surely as the numbers of calls allow; where there are none of these,
    rules that were always kept, those kept most often first."""

    def ahead(one: Kept) -> float:
        theirs = one.team_share
        if theirs is None or one.n_applied < LEAST_APPLIED or one.share <= theirs:
            return 0.0
        return (one.share - theirs) / math.sqrt(max(theirs * (1 - theirs), 0.01) / one.n_applied)

    better = sorted((one for one in held if ahead(one) > 0), key=lambda one: (-ahead(one), one.rule))
    always = sorted((one for one in held if one.n_kept == one.n_applied), key=lambda one: (-one.n_applied, one.rule))
    return (better or always)[:CANDIDATES]


def _heard_first(found: Sequence[Kept]) -> tuple[Kept, ...]:
    """Those that can be heard before those that were only measured."""
    return tuple(sorted(found, key=lambda one: not one.clips)[:MOST])


def _to_work_on(held: Sequence[Kept]) -> list[Kept]:
    """Rules broken more than once, and more often than by the others; the gravest and most frequent first."""

    def cost(one: Kept) -> float:
        theirs = 1.0 if one.team_share is None else one.team_share
        return WEIGHTS[one.severity or "minor"] * max(0.0, min(1.0, theirs) - one.share)

    broken = [one for one in held if one.n_applied - one.n_kept >= LEAST_BROKEN and cost(one) > 0]
    return sorted(broken, key=lambda one: (-cost(one), one.rule))[:MOST]


# ── clips ────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(slots=True)
class _Opener:
    """Opens judgements for clips, each once."""

    session: Session
    vault: Vault
    sample: _Sample
    opened: dict[int, list[Any]] = field(default_factory=dict)

    def with_clips(self, one: Kept, status: str, n_clips: int) -> Kept:
        """The rule with places to hear it: kept ones of the newest calls, broken ones of the worst."""
        held = self.sample.kept if status == "passed" else self.sample.broken
        calls = [call for call in self.sample.calls if one.rule in held[call.id]]
        if status == "violated":
            calls.sort(key=lambda call: call.rank)
        clips: list[Clip] = []
        for call in calls[: LOOKED_AT * n_clips]:
            if len(clips) == n_clips:
                break
            clips += [
                _clip(call, finding)
                for finding in self._findings(call.id)
                if finding["rule"] == one.rule and finding["status"] == status and finding["spans"]
            ]
        return replace(one, clips=tuple(clips))

    def _findings(self, audit_id: int) -> list[Any]:
        if audit_id not in self.opened:
            document = select(AuditDocument.document).where(AuditDocument.audit_id == audit_id)
            self.opened[audit_id] = unpacked(self.vault.opened(self.session.scalars(document).one()))["findings"]
        return self.opened[audit_id]


def _clip(call: Any, finding: Mapping[str, Any]) -> Clip:
    place = min(finding["spans"], key=lambda one: one["start_s"])
    start_s = max(0.0, place["start_s"] - LEAD_S)
    end_s = min(place["end_s"] + LAG_S, start_s + LONGEST_S)
    return Clip(call.call_id, call.day, round(start_s, 1), round(end_s, 1), finding["message"], finding.get("quote"))
