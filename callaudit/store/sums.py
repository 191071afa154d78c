"""What dashboards add up: calls, verdicts and scores by day, agent or team, and what people's word changes of them.

The counts hold what the machine found. People's word is laid over it here: a case says how they left a call, an
opinion whether a rule was broken. Cases are few beside calls, and are gone through one by one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, case, func, literal, or_, select, true
from sqlalchemy.orm import Session

from callaudit.records import Verdict
from callaudit.store.bins import BINS
from callaudit.store.caseload import CHECKED
from callaudit.store.counts import BIN, EVERY, NAMES, bin_of, whole
from callaudit.store.desk_tables import CaseRow, OpinionRow
from callaudit.store.queries import Filter, between, counted, months_and_days
from callaudit.store.tables import (
    AgentCount,
    AuditRow,
    BreachRow,
    CallFigureRow,
    CallRow,
    DayCount,
    FigureCount,
    RuleCount,
)

By = Literal["all", "day", "agent", "team"]
Counted = dict[str, dict[int, int]]
"""How many calls lie in each bin of each figure."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Calls of one verdict under a key; scores in tenths of points, `squares` of those.

    What people's word changes is told by rows of which some are negative.
    """

    key: str
    verdict: Verdict
    n_calls: int
    n_scored: int = 0
    tenths: int = 0
    squares: int = 0
    n_not_assessable: int = 0
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class RuleWord:
    """What people said of a rule: findings of the machine that they judged, overturned, and what it had missed."""

    rule: str
    n_judged: int = 0
    n_overturned: int = 0
    n_missed: int = 0


def machine(session: Session, wanted: Filter, by: By) -> list[Sums]:
    """What the machine found, by key and verdict; of the filter, days, agents and teams count, here and below."""
    table: Any = AgentCount if wanted.agents or by == "agent" else DayCount
    key = _counted_key(table, by)
    sums = (
        table.n_calls, table.n_scored, table.score_tenths, table.score_squares, table.n_not_assessable,
        table.duration_ms,
    )  # fmt: skip
    rows = select(key, table.verdict, *(func.sum(one) for one in sums)).group_by(key, table.verdict)
    rows = rows.where(*counted(table, wanted, whole=by != "day"))
    return [Sums(row[0], row[1], *map(int, row[2:])) for row in session.execute(rows) if row[2]]


def _counted_key(table: Any, by: By) -> Any:
    if by == "all":
        return literal("")
    if by == "day":
        return table.period if table is AgentCount else table.day
    return table.team if by == "team" else table.agent_id + ""  # no index on agents: days lie together


# ── people's word ────────────────────────────────────────────────────────────────────────────────────────────────
def people(session: Session, wanted: Filter, by: By) -> tuple[list[Sums], dict[str, int]]:
    """What people's word changes, by key; and how many calls they have been through."""
    key = _key(by)
    was, now = whole(AuditRow.score * 10), whole(CaseRow.score * 10)
    checked = func.sum(case((CaseRow.state.in_(CHECKED), 1), else_=0))
    rows = (
        select(
            key, AuditRow.verdict, CaseRow.verdict, func.count(), checked, func.count(AuditRow.score), func.sum(was),
            func.sum(was * was), func.count(CaseRow.score), func.sum(now), func.sum(now * now),
        )
        .select_from(CaseRow)
        .join(CallRow, CallRow.recording_id == CaseRow.recording_id)
        .join(AuditRow, AuditRow.call_id == CallRow.id)
        .where(*chosen(wanted))
        .where(or_(CaseRow.verdict.is_not(None), CaseRow.state.in_(CHECKED)))
        .group_by(key, AuditRow.verdict, CaseRow.verdict)
    )  # fmt: skip
    changes: list[Sums] = []
    n_checked: dict[str, int] = {}
    for of, before, after, n, n_seen, *sums in session.execute(rows):
        n_checked[of] = n_checked.get(of, 0) + int(n_seen)
        if after is not None:
            first, second = ([int(one or 0) for one in part] for part in (sums[:3], sums[3:]))
            changes += [Sums(of, before, -n, *(-one for one in first)), Sums(of, after, n, *second)]
    return changes, n_checked


def seen(session: Session, wanted: Filter, by: By) -> list[Sums]:
    """Calls that people have been through, as they left them."""
    key = _key(by)
    verdict = func.coalesce(CaseRow.verdict, AuditRow.verdict)
    tenths = whole(case((CaseRow.verdict.is_not(None), CaseRow.score), else_=AuditRow.score) * 10)
    rows = (
        select(
            key, verdict, func.count(), func.count(tenths), func.sum(tenths), func.sum(tenths * tenths),
            func.sum(AuditRow.n_not_assessable), func.sum(whole(CallRow.duration_s * 1000)),
        )
        .select_from(CaseRow)
        .join(CallRow, CallRow.recording_id == CaseRow.recording_id)
        .join(AuditRow, AuditRow.call_id == CallRow.id)
        .where(*chosen(wanted), CaseRow.state.in_(CHECKED))
        .group_by(key, verdict)
    )  # fmt: skip
    return [Sums(row[0], row[1], *(int(one or 0) for one in row[2:])) for row in session.execute(rows)]


def _key(by: By) -> Any:
    columns = {"all": literal(""), "day": AuditRow.day, "agent": AuditRow.agent_id, "team": AuditRow.team}
    return func.coalesce(columns[by], "")


def rule_words(session: Session, wanted: Filter) -> dict[str, RuleWord]:
    """What people said of rules: of each call what counts, as `callaudit.desk.outcome.standing` has it."""
    stands = _standing().subquery()
    found: Any = BreachRow.audit_id.is_not(None)
    rows = (
        select(stands.c.rule, stands.c.says, found, func.count())
        .join(CallRow, CallRow.recording_id == stands.c.recording_id)
        .join(AuditRow, AuditRow.call_id == CallRow.id)
        .outerjoin(BreachRow, (BreachRow.audit_id == AuditRow.id) & (BreachRow.rule == stands.c.rule))
        .where(stands.c.place == 1, *chosen(wanted))
        .group_by(stands.c.rule, stands.c.says, found)
    )
    told: dict[str, RuleWord] = {}
    for rule, says, is_found, n in session.execute(rows):
        word = told.get(rule, RuleWord(rule))
        told[rule] = RuleWord(
            rule,
            word.n_judged + (n if is_found and says in ("upheld", "overturned", "missed") else 0),
            word.n_overturned + (n if is_found and says == "overturned" else 0),
            word.n_missed + (n if not is_found and says in ("upheld", "missed") else 0),
        )
    return told


def standing(session: Session, recording_ids: Collection[str]) -> list[tuple[str, str, str]]:
    """What counts of what people said of recordings: recording, rule, and what they say."""
    stands = _standing(OpinionRow.recording_id.in_(recording_ids)).subquery()
    rows = select(stands.c.recording_id, stands.c.rule, stands.c.says).where(stands.c.place == 1)
    return [(row[0], row[1], row[2]) for row in session.execute(rows)]


def overturned(session: Session, recording_ids: list[str], rule: str) -> set[str]:
    """Of which of these recordings people say that the rule was kept."""
    stands = _standing(OpinionRow.recording_id.in_(recording_ids), OpinionRow.rule == rule).subquery()
    rows = select(stands.c.recording_id).where(stands.c.place == 1, stands.c.says == "overturned")
    return set(session.scalars(rows))


def _standing(*more: Any) -> Any:  # a SELECT; of each call and rule the opinion at place 1 counts
    order = (case((OpinionRow.kind == "final", 0), else_=1), OpinionRow.at.desc(), OpinionRow.id.desc())
    place = func.row_number().over(partition_by=(OpinionRow.recording_id, OpinionRow.rule), order_by=order)
    said = select(OpinionRow.recording_id, OpinionRow.rule, OpinionRow.says, place.label("place"))
    return said.where(OpinionRow.kind != "blind", OpinionRow.undone_at.is_(None), *more)


def chosen(wanted: Filter) -> list[ColumnElement[bool]]:
    """Conditions on the latest judgements."""
    found: list[Any] = [AuditRow.latest]
    found += [] if wanted.since is None else [AuditRow.day >= wanted.since]
    found += [] if wanted.until is None else [AuditRow.day <= wanted.until]
    found += [AuditRow.agent_id.in_(wanted.agents)] if wanted.agents else []
    return [*found, AuditRow.team.in_(wanted.teams)] if wanted.teams else found


# ── by size ──────────────────────────────────────────────────────────────────────────────────────────────────────
def sizes(session: Session, wanted: Filter) -> Counted:
    """Calls by the size of each figure; scores as people left them."""
    found: Counted = {name: {} for name in BINS}
    for rows in _size_rows(wanted):
        for name, number, n in session.execute(rows):
            found[name][number] = found[name].get(number, 0) + int(n)
    for number, n in _moved(session, wanted):
        found["score"][number] = found["score"].get(number, 0) + n
    return {name: {number: n for number, n in sorted(bins.items()) if n} for name, bins in found.items()}


def _size_rows(wanted: Filter) -> list[Any]:
    """What to add up: counts, and calls themselves where nothing is counted: of agents, of days of a team."""
    if wanted.agents:
        return [_called(wanted)]
    months, days = months_and_days(wanted.since, wanted.until)
    team = FigureCount.team.in_(wanted.teams) if wanted.teams else FigureCount.team == EVERY
    sums = select(FigureCount.name, FigureCount.bin, func.sum(FigureCount.n_calls)).where(team)
    sums = sums.group_by(FigureCount.name, FigureCount.bin)
    found = [sums.where(FigureCount.span == "month", *between(FigureCount.period, part)) for part in months]
    for first, last in days:
        if wanted.teams:
            found.append(_called(Filter(first, last, teams=wanted.teams)))
        else:
            found.append(sums.where(FigureCount.span == "day", *between(FigureCount.period, (first, last))))
    return found


def seen_sizes(session: Session, wanted: Filter) -> Counted:
    """As `sizes`, of calls that people have been through; without scores."""
    rows = _called(wanted).join(CallRow, CallRow.id == AuditRow.call_id)
    rows = rows.join(CaseRow, CaseRow.recording_id == CallRow.recording_id).where(CaseRow.state.in_(CHECKED))
    found: Counted = {name: {} for name in BINS}
    for name, number, n in session.execute(rows.where(NAMES.c.name != "score")):
        found[name][number] = int(n)
    return found


def _called(wanted: Filter) -> Any:  # a SELECT
    rows = select(NAMES.c.name, BIN, func.count()).select_from(AuditRow)
    rows = rows.outerjoin(CallFigureRow, CallFigureRow.call_id == AuditRow.call_id).join(NAMES, true())
    return rows.where(*chosen(wanted), BIN.is_not(None)).group_by(NAMES.c.name, BIN)


def _moved(session: Session, wanted: Filter) -> list[tuple[int, int]]:
    """Scores that people changed: out of the machine's bin, into another."""
    was, now = bin_of(AuditRow.score, BINS["score"]), bin_of(CaseRow.score, BINS["score"])
    rows = (
        select(was, now, func.count())
        .select_from(CaseRow)
        .join(CallRow, CallRow.recording_id == CaseRow.recording_id)
        .join(AuditRow, AuditRow.call_id == CallRow.id)
        .where(*chosen(wanted), CaseRow.verdict.is_not(None))
        .group_by(was, now)
    )
    found: list[tuple[int, int]] = []
    for before, after, n in session.execute(rows):
        found += [] if before is None else [(before, -n)]
        found += [] if after is None else [(after, n)]
    return found


# ── one rule, day by day ─────────────────────────────────────────────────────────────────────────────────────────
def rule_days(session: Session, wanted: Filter, rule: str) -> dict[str, int]:
    """How many calls of each day broke a rule, without those of which people say otherwise."""
    if wanted.agents or wanted.teams:
        n: Any = select(AuditRow.day, func.count()).join(BreachRow, BreachRow.audit_id == AuditRow.id)
        n = n.where(*chosen(wanted), BreachRow.rule == rule).group_by(AuditRow.day)
    else:
        n = select(RuleCount.period, func.sum(RuleCount.n_calls)).group_by(RuleCount.period)
        n = n.where(RuleCount.span == "day", RuleCount.team == EVERY, RuleCount.rule == rule)
        n = n.where(*between(RuleCount.period, (wanted.since, wanted.until)))
    days = {day: int(sum_) for day, sum_ in session.execute(n) if day}
    stands = _standing(OpinionRow.rule == rule).subquery()
    broken = case((stands.c.says == "overturned", -1), else_=1)
    found: Any = BreachRow.audit_id.is_not(None)
    words = (
        select(AuditRow.day, func.sum(broken))
        .select_from(stands)
        .join(CallRow, CallRow.recording_id == stands.c.recording_id)
        .join(AuditRow, AuditRow.call_id == CallRow.id)
        .outerjoin(BreachRow, (BreachRow.audit_id == AuditRow.id) & (BreachRow.rule == rule))
        .where(stands.c.place == 1, *chosen(wanted))
        .where(or_(found & (stands.c.says == "overturned"), ~found & stands.c.says.in_(("upheld", "missed"))))
        .group_by(AuditRow.day)
    )
    for day, change in session.execute(words):
        if day:
            days[day] = days.get(day, 0) + int(change)
    return days


def last_day(session: Session) -> str | None:
    """The newest day of which there is a call."""
    return cast("str | None", session.scalar(select(func.max(DayCount.day)).where(DayCount.n_calls > 0)) or None)
