"""What lists and figures ask of the store: calls worst first, how many there are, and sums by rule, agent and day.

Only the latest judgement of a recording counts. Each function is given a session that only reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, false, func, or_, select, tuple_
from sqlalchemy.orm import Session

from callaudit.records import Severity, Verdict
from callaudit.store import caseload
from callaudit.store.counts import EVERY
from callaudit.store.desk_tables import CaseRow
from callaudit.store.entries import FIRST_RANK, NONE_CRITICAL, VERDICTS
from callaudit.store.search import Hits, hits
from callaudit.store.spoken import Said
from callaudit.store.tables import AgentCount, AuditRow, BreachRow, CallRow, DayCount, RuleCount

FLAGGED: tuple[Verdict, ...] = ("fail", "review")
PAGE = 50
FEW = 20_000
"""So many calls are sorted in a few milliseconds."""
MOST = 2000
"""Calls that are counted one by one where words are said in very many."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which calls are wanted; what is empty or None does not filter.

    `since` and `until` are the first and last day (ISO 8601). `rules`: one of these is broken; `severity` and
    `least_confidence`, in [0, 1], hold for one and the same violation, and for one of these rules where there are any.
    `reviewed`: people have been through it, or not; `assigned`: somebody has it, or nobody; `assignees`: one of these
    users has it; `appealed`: an appeal against it is open; `said`: it was said in it.
    """

    since: str | None = None
    until: str | None = None
    agents: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    severity: Severity | None = None
    least_confidence: float | None = None
    verdicts: tuple[Verdict, ...] = FLAGGED
    reviewed: bool | None = None
    assigned: bool | None = None
    assignees: tuple[int, ...] = ()
    appealed: bool = False
    said: Said | None = None


class Place(NamedTuple):
    """A place in the queue: behind it the next page begins."""

    rank: int
    audit_id: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the queue."""

    place: Place
    call_id: int
    recording_id: str
    path: str
    started_at: datetime | None
    utc_offset_s: int | None
    duration_s: float
    agent_id: str | None
    agent_name: str | None
    team: str | None
    verdict: Verdict
    score: float | None
    low: float | None
    high: float | None
    n_violated: int
    n_critical: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over calls: of one agent, one day, one team or of all; `key` says of which.

    `mean_score` is None where no call has a score.
    """

    key: str
    n_calls: int
    n_failed: int
    n_review: int
    n_violated: int
    n_critical: int
    mean_score: float | None
    hours: float


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """How many calls broke a rule, and how often."""

    rule: str
    severity: Severity
    n_calls: int
    n_times: int


# ── the queue ────────────────────────────────────────────────────────────────────────────────────────────────────
def queue(session: Session, wanted: Filter, *, after: Place | None = None, limit: int = PAGE) -> tuple[Listed, ...]:
    """A page of calls, the worst first.

    Parameters
    ----------
    after : the last place of the page before; None begins at the top
    """
    return _lines(session, places(session, wanted, after=after, limit=limit))


def places(session: Session, wanted: Filter, *, after: Place | None = None, limit: int = PAGE) -> list[Place]:
    """As `queue`, the places alone."""
    if caseload.needs_case(wanted) and wanted == _plain(wanted):
        return _places_of_cases(session, wanted, after, limit)
    given, many = _aimed(session, wanted)
    if given:
        return _few_places(session, wanted, given, many, after, limit)
    days = _counted_days(session, wanted)
    found: list[Place] = []
    for first, end in [] if days == 0 else _stretches(wanted):  # in order: what one does not hold, the next may
        # few enough are sorted; of many, the first ones are found in the order of an index on ranks
        is_sorted = days is not None and days <= FEW and not wanted.rules
        bounds = {"first": first, "most": limit - len(found)}
        if after is not None:
            bounds |= {"first": max(first, after.rank), "rank": after.rank, "audit_id": after.audit_id}
        make = _page if many is None else _page.__wrapped__
        page = session.execute(make(wanted, end, is_sorted, after is not None, many), bounds)
        found += [Place(*row) for row in page]
        if len(found) == limit:
            break
    return found


@lru_cache(maxsize=256)
def _page(wanted: Filter, end: int, is_sorted: bool, goes_on: bool, many: Hits | None) -> Any:  # a SELECT
    """The `most` first places from the rank `first` to `end`; where it goes on, behind `rank` and `audit_id`."""
    # the rank once more by itself: SQLite begins to search there, of a pair it makes a filter
    found = _places(wanted, (bindparam("first"), end), many)
    rank, audit_id = found.selected_columns
    if goes_on:
        found = found.where(tuple_(rank, audit_id) > tuple_(bindparam("rank"), bindparam("audit_id")))
    return found.order_by(rank + 0 if is_sorted else rank, audit_id).limit(bindparam("most"))


def _aimed(session: Session, wanted: Filter) -> tuple[list[Any], Hits | None]:
    """What holds for the few judgements among which the wanted ones are; and what else is to be said in them."""
    by_cases = caseload.given(wanted)
    given: list[Any] = [] if by_cases is None else [AuditRow.id.in_(by_cases)]
    if wanted.said is None:
        return given, None
    found = hits(session, wanted.said)
    return ([*given, AuditRow.call_id.in_(found.ids())], None) if found.are_few else (given, found)


def _few_places(
    session: Session, wanted: Filter, given: Sequence[Any], many: Hits | None, after: Place | None, limit: int
) -> list[Place]:
    """The places of some calls, all of which are looked at."""
    rank: Any = AuditRow.rank + 0  # no index on ranks: the calls are given
    found = _of_given(wanted, given, many)
    if after is not None:
        found = found.where(tuple_(rank, AuditRow.id) > after)
    return [Place(*row) for row in session.execute(found.order_by(rank, AuditRow.id).limit(limit))]


def _places_of_cases(session: Session, wanted: Filter, after: Place | None, limit: int) -> list[Place]:
    """The places of calls with a case, of which cases know enough."""
    found: Any = select(CaseRow.rank, CaseRow.audit_id)
    found = found.where(*_of_case(wanted, caseload.asks(wanted)))
    if after is not None:
        found = found.where(tuple_(CaseRow.rank, CaseRow.audit_id) > after)
    return [Place(*row) for row in session.execute(found.order_by(CaseRow.rank, CaseRow.audit_id).limit(limit))]


def _of_given(wanted: Filter, given: Sequence[Any], many: Hits | None = None) -> Any:  # a SELECT of two columns
    rank: Any = AuditRow.rank + 0
    found = select(rank, AuditRow.id).where(AuditRow.latest, _ranks(rank, wanted), *given)
    if not caseload.needs_case(wanted):
        found = found.where(*caseload.without(wanted, AuditRow.id))
    if many is not None:
        found = found.where(many.holds(AuditRow.call_id))
    found = found.where(*_days(AuditRow.day + "", wanted))
    if wanted.agents:
        found = found.where((AuditRow.agent_id + "").in_(wanted.agents))
    if wanted.teams:
        found = found.where((AuditRow.team + "").in_(wanted.teams))
    if wanted.rules:
        broken = and_(BreachRow.audit_id == AuditRow.id, *_broken(wanted))
        return found.where(select(BreachRow.audit_id).where(broken).exists())
    return found if (sure := _sure(wanted)) is None else found.where(sure)


def _lines(session: Session, places: Sequence[Place]) -> tuple[Listed, ...]:
    lines: Any = (
        select(
            AuditRow.rank, AuditRow.id, AuditRow.call_id, CallRow.recording_id, CallRow.path, CallRow.started_at,
            CallRow.utc_offset_s, CallRow.duration_s, AuditRow.agent_id, CallRow.agent_name, AuditRow.team,
            AuditRow.verdict, AuditRow.score, AuditRow.low, AuditRow.high, AuditRow.n_violated, AuditRow.n_critical,
        )
        .join(CallRow, CallRow.id == AuditRow.call_id)
        .where(AuditRow.id.in_([place.audit_id for place in places]))
    )  # fmt: skip
    rows = session.execute(lines) if places else ()
    return tuple(sorted((Listed(Place(*row[:2]), *row[2:]) for row in rows), key=lambda line: line.place))


def count(session: Session, wanted: Filter) -> int:
    """How many calls the queue holds with this filter.

    Where the words asked for are said in very many calls, `MOST` + 1 stands for more than `MOST`.
    """
    if caseload.needs_case(wanted) and wanted == _plain(wanted):
        return counts(session, [wanted])[0]
    given, many = _aimed(session, wanted)
    if given:
        return _n(session, _of_given(wanted, given, many))
    if many is not None:
        n = 0
        for stretch in _stretches(wanted):
            found = _places(wanted, stretch, many)
            n += _n(session, found.limit(MOST + 1 - n) if many.are_lots else found)
        return n
    if wanted.since is not None and wanted.since == wanted.until and not wanted.rules:  # the calls of a day are few
        return sum(_n(session, _places(wanted, one)) for one in _stretches(wanted))
    if not (wanted.rules or wanted.severity is not None or wanted.least_confidence is not None):
        return counts(session, [wanted])[0]
    others = caseload.given_by_others(wanted)  # those who have no case are told by those who have one
    wanted = replace(wanted, reviewed=None, assigned=None)
    n_others = 0 if others is None else _n(session, _of_given(wanted, [AuditRow.id.in_(others)]))
    return sum(_n(session, _places(wanted, one)) for one in _stretches(wanted)) - n_others


def counts(session: Session, wanted: Sequence[Filter]) -> tuple[int, ...]:
    """As `count`, of several filters; of those that ask nothing of violations or words in one statement."""
    joint = tuple(one for one in dict.fromkeys(wanted) if one == _plain(one))
    row = session.execute(_counting(joint)).one() if joint else ()
    known = {one: int(n) for one, n in zip(joint, row, strict=True)}
    return tuple(known[one] if one in known else count(session, one) for one in wanted)


def _plain(wanted: Filter) -> Filter:
    """A filter of verdicts, days, agents, teams and cases alone."""
    return replace(wanted, rules=(), severity=None, least_confidence=None, said=None)


@lru_cache(maxsize=128)
def _counting(wanted: tuple[Filter, ...]) -> Any:  # a SELECT of one row
    """The calls of each filter, by cases and by the sums over all calls, without a look at a single call."""
    return select(*(_of_cases(one) if caseload.needs_case(one) else _of_all(one) for one in wanted))


def _of_all(wanted: Filter) -> Any:
    """All calls of the filter, less those with a case that it leaves out."""
    table = AgentCount if wanted.agents else DayCount
    summed = select(func.coalesce(func.sum(table.n_calls), 0))
    found: Any = summed.where(*counted(table, wanted), table.verdict.in_(wanted.verdicts)).scalar_subquery()
    for others in caseload.left_out(wanted):
        found = found - _cases(wanted, [others])
    return found


def _of_cases(wanted: Filter) -> Any:
    return _cases(wanted, caseload.asks(wanted))


def _cases(wanted: Filter, asked: Sequence[Any]) -> Any:
    return select(func.count()).select_from(CaseRow).where(*_of_case(wanted, asked)).scalar_subquery()


def _of_case(wanted: Filter, asked: Sequence[Any]) -> list[Any]:
    """Conditions on cases: those asked, and what else the filter says of their calls."""
    found = [*asked, _ranks(CaseRow.rank, wanted), *_days(CaseRow.day, wanted)]
    found += [CaseRow.agent_id.in_(wanted.agents)] if wanted.agents else []
    return [*found, CaseRow.team.in_(wanted.teams)] if wanted.teams else found


def _ranks(rank: Any, wanted: Filter) -> ColumnElement[bool]:
    return or_(false(), *(and_(rank >= first, rank < end) for first, end in _stretches(wanted)))


def _n(session: Session, found: Any) -> int:
    return int(session.scalar(select(func.count()).select_from(found.subquery())) or 0)


def _counted_days(session: Session, wanted: Filter) -> int | None:
    """How many calls of these verdicts the days hold; None where days do not filter, or agents or teams do more."""
    if (wanted.since is None and wanted.until is None) or wanted.since == wanted.until or wanted.agents or wanted.teams:
        return None
    return count(session, Filter(wanted.since, wanted.until, verdicts=wanted.verdicts))


def _places(wanted: Filter, stretch: tuple[Any, int], many: Hits | None = None) -> Any:  # a SELECT of two columns
    """Rank and id of the judgements that are wanted within a stretch of ranks, each once."""
    places: Any
    first, end = stretch
    broken = _broken(wanted)
    if wanted.rules and not (wanted.agents or wanted.teams):
        broken += [BreachRow.rank >= first, BreachRow.rank < end, *_days(BreachRow.day, wanted)]
        places = select(BreachRow.rank, BreachRow.audit_id).where(*broken)
        places = places.where(*caseload.without(wanted, BreachRow.audit_id))
        if many is not None:
            call = select(AuditRow.call_id).where(AuditRow.id == BreachRow.audit_id).correlate(BreachRow)
            places = places.where(many.holds(call.scalar_subquery()))
        return places.distinct() if len(wanted.rules) > 1 else places
    places = select(AuditRow.rank, AuditRow.id.label("audit_id"))
    places = places.where(AuditRow.latest, AuditRow.rank >= first, AuditRow.rank < end, *_days(AuditRow.day, wanted))
    places = places.where(*caseload.without(wanted, AuditRow.id))
    places = places if many is None else places.where(many.holds(AuditRow.call_id))
    if wanted.agents:
        places = places.where(AuditRow.agent_id.in_(wanted.agents))
    if wanted.teams:
        places = places.where(AuditRow.team.in_(wanted.teams))
    if wanted.rules:
        return places.where(select(BreachRow.audit_id).where(BreachRow.audit_id == AuditRow.id, *broken).exists())
    return places if (sure := _sure(wanted)) is None else places.where(sure)


def _broken(wanted: Filter) -> list[Any]:
    """What is asked of a violation, where rules are named."""
    asked: list[Any] = [BreachRow.rule.in_(wanted.rules)]
    if wanted.severity is not None:
        asked.append(BreachRow.severity == wanted.severity)
    if wanted.least_confidence is not None:
        asked.append(BreachRow.confidence >= wanted.least_confidence)
    return asked


def _sure(wanted: Filter) -> ColumnElement[bool] | None:
    """Whether a violation of that severity is that sure; the three columns know it without the violations."""
    if wanted.severity is None and wanted.least_confidence is None:
        return None
    columns = {"critical": AuditRow.sure_critical, "major": AuditRow.sure_major, "minor": AuditRow.sure_minor}
    asked = [columns[wanted.severity]] if wanted.severity is not None else list(columns.values())
    return or_(*(one >= (wanted.least_confidence or 0.0) for one in asked))


def _days(day: Any, wanted: Filter) -> list[Any]:
    if wanted.since is not None and wanted.since == wanted.until:
        return [day == wanted.since]  # of one day an index knows the order
    return [
        *([] if wanted.since is None else [day >= wanted.since]),
        *([] if wanted.until is None else [day <= wanted.until]),
    ]


def _stretches(wanted: Filter) -> list[tuple[int, int]]:
    """The ranks of the verdicts: a stretch each, and one where they follow each other."""
    most = NONE_CRITICAL if wanted.severity == "critical" else FIRST_RANK
    joined: list[tuple[int, int]] = []
    for first in sorted(VERDICTS.index(verdict) * FIRST_RANK for verdict in set(wanted.verdicts)):
        if joined and joined[-1][1] == first:
            joined[-1] = (joined[-1][0], first + most)
        else:
            joined.append((first, first + most))
    return joined


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────────
def by_day(session: Session, wanted: Filter) -> tuple[Figures, ...]:
    """Sums by day; of the filter, days, agents and teams count, and all verdicts."""
    return _figures(session, "day", wanted)


def by_agent(session: Session, wanted: Filter) -> tuple[Figures, ...]:
    """Sums by agent, as `by_day`."""
    return _figures(session, "agent_id", wanted)


def by_team(session: Session, wanted: Filter) -> tuple[Figures, ...]:
    """Sums by team, as `by_day`."""
    return _figures(session, "team", wanted)


def _figures(session: Session, name: Literal["day", "agent_id", "team"], wanted: Filter) -> tuple[Figures, ...]:
    table: Any = AgentCount if wanted.agents or name == "agent_id" else DayCount
    key = table.period if table is AgentCount and name == "day" else getattr(table, name)
    if table is AgentCount and not wanted.agents:
        key = key + ""  # no index on agents: the rows of a stretch of days lie together in the table itself

    def of(verdict: Verdict) -> ColumnElement[int]:
        return func.sum(table.n_calls).filter(table.verdict == verdict)

    sums = [
        func.sum(table.n_calls), of("fail"), of("review"), func.sum(table.n_violated), func.sum(table.n_critical),
        func.sum(table.score_tenths), func.sum(table.n_scored), func.sum(table.duration_ms),
    ]  # fmt: skip
    rows = select(key, *sums).where(*counted(table, wanted, whole=name != "day")).group_by(key).order_by(key)
    return tuple(_figure(*row) for row in session.execute(rows) if row[1])


def _figure(key: str, *sums: int | None) -> Figures:
    n_calls, n_failed, n_review, n_violated, n_critical, tenths, n_scored, ms = (int(one or 0) for one in sums)
    mean = tenths / 10 / n_scored if n_scored else None
    return Figures(key, n_calls, n_failed, n_review, n_violated, n_critical, mean, ms / 3_600_000)


def by_rule(session: Session, wanted: Filter) -> tuple[RuleFigures, ...]:
    """How often each rule was broken, the most broken first; of the filter, days, agents and teams count."""
    found: dict[tuple[str, Severity], list[int]] = {}
    for rows in _rule_sums(wanted):
        for rule, severity, n_calls, n_times in session.execute(rows):
            sums = found.setdefault((rule, severity), [0, 0])
            sums[0] += int(n_calls)
            sums[1] += int(n_times)
    figures = (RuleFigures(*key, *sums) for key, sums in found.items() if sums[0])
    return tuple(sorted(figures, key=lambda one: (-one.n_calls, one.rule, one.severity)))


def _rule_sums(wanted: Filter) -> Iterator[Any]:
    """What to add up: counts, and violations themselves where nothing is counted: of agents, of days of a team."""
    if wanted.agents:
        yield _broken_rules(wanted)
        return
    months, days = months_and_days(wanted.since, wanted.until)
    team = RuleCount.team.in_(wanted.teams) if wanted.teams else RuleCount.team == EVERY
    key = (RuleCount.rule, RuleCount.severity)
    sums = select(*key, func.sum(RuleCount.n_calls), func.sum(RuleCount.n_times)).where(team).group_by(*key)
    for part in months:
        yield sums.where(RuleCount.span == "month", *between(RuleCount.period, part))
    for first, last in days:
        if wanted.teams:
            yield _broken_rules(replace(wanted, since=first, until=last))
        else:
            yield sums.where(RuleCount.span == "day", *between(RuleCount.period, (first, last)))


def _broken_rules(wanted: Filter) -> Any:  # a SELECT
    key = (BreachRow.rule, BreachRow.severity)
    rows = select(*key, func.count(BreachRow.audit_id), func.sum(BreachRow.times)).group_by(*key)
    day = AuditRow.day + ""  # no index on days: that of agents or of teams holds the day too, and fewer calls
    rows = rows.join(AuditRow, AuditRow.id == BreachRow.audit_id).where(AuditRow.latest, *_days(day, wanted))
    rows = rows.where(AuditRow.agent_id.in_(wanted.agents)) if wanted.agents else rows
    return rows.where(AuditRow.team.in_(wanted.teams)) if wanted.teams else rows


def counted(table: Any, wanted: Filter, *, whole: bool = True) -> list[Any]:
    """The rows of a table of counts; the empty text stands for an unknown day, which no bound keeps.

    Parameters
    ----------
    whole : whether whole months may stand for their days
    """
    found: list[Any] = []
    if wanted.teams:
        found.append(table.team.in_(wanted.teams))
    if table is DayCount:
        return [*found, *_days(table.day, wanted), *([] if wanted.until is None else [table.day != ""])]
    if wanted.agents:
        found.append(table.agent_id.in_(wanted.agents))
    parts = months_and_days(wanted.since, wanted.until) if whole else ((), ((wanted.since, wanted.until),))
    spans = [and_(table.span == "month", *between(table.period, part)) for part in parts[0]]
    spans += [and_(table.span == "day", *between(table.period, part)) for part in parts[1]]
    return [*found, or_(false(), *spans)]


Stretch = tuple[str | None, str | None]
"""The first and last day, or month, of a stretch; None where it has no bound."""


def between(period: Any, stretch: Stretch) -> list[Any]:
    first, last = stretch
    bounds = [] if first is None else [period >= first]
    return bounds if last is None else [*bounds, period <= last, period != ""]


def months_and_days(since: str | None, until: str | None) -> tuple[tuple[Stretch, ...], tuple[Stretch, ...]]:
    """Days as whole months and what is left of them at the ends.

    >>> months_and_days("2026-01-15", "2026-04-10")
    ((('2026-02', '2026-03'),), (('2026-01-15', '2026-01-31'), ('2026-04-01', '2026-04-10')))
    >>> months_and_days("2026-03-01", None)
    ((('2026-03', None),), ())
    >>> months_and_days("2026-03-02", "2026-03-31")
    ((), (('2026-03-02', '2026-03-31'),))
    """
    first = date.fromisoformat(since) if since else None
    last = date.fromisoformat(until) if until else None
    begin = None if first is None else first if first.day == 1 else _next_month(first)  # of the first whole month
    end = None if last is None else (last + timedelta(1)).replace(day=1)  # of the last one
    if begin and end and begin >= end:
        return (), ((since, until),)
    days: list[Stretch] = []
    if first and begin and first < begin:
        days.append((since, (begin - timedelta(1)).isoformat()))
    if last and end and last >= end:
        days.append((end.isoformat(), until))
    whole = (begin.isoformat()[:7] if begin else None, (end - timedelta(1)).isoformat()[:7] if end else None)
    return (whole,), tuple(days)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(31)).replace(day=1)


@dataclass(frozen=True, slots=True)
class Known:
    """What a filter can choose from."""

    agents: tuple[str, ...]
    teams: tuple[str, ...]
    rules: tuple[str, ...]


def choices(session: Session) -> Known:
    """The agents, teams and rules that occur."""

    def of(table: Any, column: Any) -> tuple[str, ...]:
        known = select(column).distinct().where(table.n_calls > 0)
        known = known if table is DayCount else known.where(table.span == "month")
        return tuple(sorted(filter(None, session.scalars(known))))

    return Known(of(AgentCount, AgentCount.agent_id), of(DayCount, DayCount.team), of(RuleCount, RuleCount.rule))
