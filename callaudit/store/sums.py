"""What dashboards add up: calls, verdicts and scores by day, agent or team, and what people's word changes of them.

The counts hold what the machine found. People's word is laid over it here: a case says how they left a call, an
opinion whether a rule was broken. Cases are few beside calls: they are read once for all that is asked of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, case, func, literal, or_, select, true
from sqlalchemy.orm import Session

from callaudit.records import Verdict
from callaudit.store.bins import BINS
from callaudit.store.caseload import CHECKED
from callaudit.store.counts import BIN, EVERY, NAMES, whole
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

CHUNK = 5000
"""Recordings that one statement asks about."""
BROKEN = ("upheld", "missed")
"""What says that a rule was broken."""
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
@dataclass(frozen=True, slots=True)
class Left:
    """A call that people judged or went through: what the machine found, and how they left it; scores in tenths.

    `left_verdict` is None where nobody judged anything in it.
    """

    audit_id: int
    recording_id: str
    day: str
    agent_id: str
    team: str
    verdict: Verdict
    tenths: int | None
    left_verdict: Verdict | None
    left_tenths: int | None
    is_checked: bool


def people(session: Session, wanted: Filter) -> tuple[Left, ...]:
    """The calls that people judged or went through."""
    rows: Any = (
        select(
            AuditRow.id, CaseRow.recording_id, func.coalesce(AuditRow.day, ""), func.coalesce(AuditRow.agent_id, ""),
            func.coalesce(AuditRow.team, ""), AuditRow.verdict, whole(AuditRow.score * 10), CaseRow.verdict,
            whole(CaseRow.score * 10), CaseRow.state.in_(CHECKED),
        )
        .select_from(CaseRow)
        .join(AuditRow, AuditRow.id == CaseRow.audit_id)
        .where(*chosen(wanted, CaseRow))
        .where(or_(CaseRow.verdict.is_not(None), CaseRow.state.in_(CHECKED)))
    )  # fmt: skip
    return tuple(Left(*row) for row in session.execute(rows))


def changes(left: Iterable[Left], by: By) -> tuple[list[Sums], dict[str, int]]:
    """What people's word changes, by key; and how many calls they have been through."""
    found: list[Sums] = []
    n_checked: Counter[str] = Counter()
    for one in left:
        key = {"all": "", "day": one.day, "agent": one.agent_id, "team": one.team}[by]
        n_checked[key] += one.is_checked
        if one.left_verdict is not None:
            found += [_sums(key, one.verdict, one.tenths, -1), _sums(key, one.left_verdict, one.left_tenths, 1)]
    return found, dict(n_checked)


def _sums(key: str, verdict: Verdict, tenths: int | None, sign: int) -> Sums:
    if tenths is None:
        return Sums(key, verdict, sign)
    return Sums(key, verdict, sign, sign, sign * tenths, sign * tenths * tenths)


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
        .join(AuditRow, AuditRow.id == CaseRow.audit_id)
        .join(CallRow, CallRow.id == AuditRow.call_id)
        .where(*chosen(wanted, CaseRow), CaseRow.state.in_(CHECKED))
        .group_by(key, verdict)
    )  # fmt: skip
    return [Sums(row[0], row[1], *(int(one or 0) for one in row[2:])) for row in session.execute(rows)]


def _key(by: By) -> Any:
    columns = {"all": literal(""), "day": AuditRow.day, "agent": AuditRow.agent_id, "team": AuditRow.team}
    return func.coalesce(columns[by], "")


def rule_words(session: Session, left: Collection[Left]) -> dict[str, RuleWord]:
    """What people said of rules: of each call what counts, as `callaudit.desk.outcome.standing` has it."""
    told: dict[str, RuleWord] = {}
    for _, rule, says, is_found in _said(session, left):
        word = told.get(rule, RuleWord(rule))
        told[rule] = RuleWord(
            rule,
            word.n_judged + (is_found and says != "unsure"),
            word.n_overturned + (is_found and says == "overturned"),
            word.n_missed + (not is_found and says in BROKEN),
        )
    return told


def _said(session: Session, left: Collection[Left], rule: str | None = None) -> Iterator[tuple[Left, str, str, bool]]:
    """What counts of what people said, with whether the machine had found it."""
    every = list(left)
    for first in range(0, len(every), CHUNK):
        part = {one.recording_id: one for one in every[first : first + CHUNK]}
        said = [own for own in standing(session, part) if rule is None or own[1] == rule]
        broken = select(BreachRow.audit_id, BreachRow.rule)
        broken = broken.where(BreachRow.audit_id.in_({part[recording_id].audit_id for recording_id, _, _ in said}))
        known = {(row[0], row[1]) for row in session.execute(broken)}
        for recording_id, of, says in said:
            one = part[recording_id]
            yield one, of, says, (one.audit_id, of) in known


def standing(session: Session, recording_ids: Collection[str], rule: str | None = None) -> list[tuple[str, str, str]]:
    """What counts of what people said of recordings: recording, rule, and what they say."""
    order = (case((OpinionRow.kind == "final", 1), else_=0), OpinionRow.at, OpinionRow.id)
    said = select(OpinionRow.recording_id, OpinionRow.rule, OpinionRow.says).order_by(*order)
    said = said.where(OpinionRow.kind != "blind", OpinionRow.undone_at.is_(None))
    said = said.where(OpinionRow.recording_id.in_(recording_ids))
    said = said if rule is None else said.where(OpinionRow.rule == rule)
    last = {(recording_id, of): says for recording_id, of, says in session.execute(said)}
    return [(recording_id, of, says) for (recording_id, of), says in last.items()]


def overturned(session: Session, recording_ids: Collection[str], rule: str) -> set[str]:
    """Of which of these recordings people say that the rule was kept."""
    return {one for one, _, says in standing(session, recording_ids, rule) if says == "overturned"}


def chosen(wanted: Filter, table: type[AuditRow] | type[CaseRow] = AuditRow) -> list[ColumnElement[bool]]:
    """Conditions on the latest judgements, or on cases, which know theirs."""
    found: list[Any] = [AuditRow.latest] if table is AuditRow else []
    day: Any = table.day
    day = day + "" if wanted.agents or wanted.teams else day  # their indexes hold the day, too
    found += [] if wanted.since is None else [day >= wanted.since]
    found += [] if wanted.until is None else [day <= wanted.until]
    found += [table.agent_id.in_(wanted.agents)] if wanted.agents else []
    return [*found, table.team.in_(wanted.teams)] if wanted.teams else found


# ── by size ──────────────────────────────────────────────────────────────────────────────────────────────────────
def sizes(session: Session, wanted: Filter, left: Iterable[Left]) -> Counted:
    """Calls by the size of each figure; scores as people left them."""
    found: Counted = {name: {} for name in BINS}
    for rows in _size_rows(wanted):
        for name, number, n in session.execute(rows):
            found[name][number] = found[name].get(number, 0) + int(n)
    for one in left:
        if one.left_verdict is not None:
            for tenths, n in ((one.tenths, -1), (one.left_tenths, 1)):
                if tenths is not None:
                    number = BINS["score"].of(tenths / 10)
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
    rows = _called(wanted).join(CaseRow, CaseRow.audit_id == AuditRow.id).where(CaseRow.state.in_(CHECKED))
    found: Counted = {name: {} for name in BINS}
    for name, number, n in session.execute(rows.where(NAMES.c.name != "score")):
        found[name][number] = int(n)
    return found


def _called(wanted: Filter) -> Any:  # a SELECT
    rows = select(NAMES.c.name, BIN, func.count()).select_from(AuditRow)
    rows = rows.outerjoin(CallFigureRow, CallFigureRow.call_id == AuditRow.call_id).join(NAMES, true())
    return rows.where(*chosen(wanted), BIN.is_not(None)).group_by(NAMES.c.name, BIN)


# ── one rule, day by day ─────────────────────────────────────────────────────────────────────────────────────────
def rule_days(session: Session, wanted: Filter, rule: str, left: Collection[Left]) -> dict[str, int]:
    """How many calls of each day broke a rule, without those of which people say otherwise."""
    if wanted.agents or wanted.teams:
        n: Any = select(AuditRow.day, func.count()).join(BreachRow, BreachRow.audit_id == AuditRow.id)
        n = n.where(*chosen(wanted), BreachRow.rule == rule).group_by(AuditRow.day)
    else:
        n = select(RuleCount.period, func.sum(RuleCount.n_calls)).group_by(RuleCount.period)
        n = n.where(RuleCount.span == "day", RuleCount.team == EVERY, RuleCount.rule == rule)
        n = n.where(*between(RuleCount.period, (wanted.since, wanted.until)))
    days = {day: int(sum_) for day, sum_ in session.execute(n) if day}
    for one, _, says, is_found in _said(session, left, rule):
        change = -(is_found and says == "overturned") + (not is_found and says in BROKEN)
        if change and one.day:
            days[one.day] = days.get(one.day, 0) + change
    return days


def last_day(session: Session) -> str | None:
    """The newest day of which there is a call."""
    return cast("str | None", session.scalar(select(func.max(DayCount.day)).where(DayCount.n_calls > 0)) or None)
