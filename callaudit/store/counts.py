"""Counts of the latest judgements by day and month, kept up to date in the transaction that writes a judgement.

A web page that asks how many calls failed last year then reads thousands of rows, not millions.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    union_all,
)  # fmt: skip
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from callaudit.store import caseload
from callaudit.store.bins import BINS, SCALE, Bins
from callaudit.store.tables import (
    AgentCount,
    AuditRow,
    BreachRow,
    CallFigureRow,
    CallRow,
    DayCount,
    FigureCount,
    RuleCount,
)  # fmt: skip

Span = Literal["day", "month"]
EVERY = "*"
"""Stands for all teams together."""
CALL_SUMS = (
    "n_calls", "n_scored", "n_violated", "n_critical", "n_not_assessable", "score_tenths", "score_squares",
    "duration_ms",
)  # fmt: skip
RULE_SUMS = ("n_calls", "n_times")
NAMES = union_all(*(select(literal(name, literal_execute=True).label("name")) for name in BINS)).subquery("names")
"""The figures that are counted by size, a row each."""


def whole(value: Any) -> ColumnElement[int]:
    """The nearest whole number, as SQL."""
    return cast(func.round(value), BigInteger)


def bin_of(column: Any, bins: Bins) -> ColumnElement[int]:
    """The bin of a column's value (`Bins.of`), as SQL; NULL where that is."""
    lead = bins.scaled_width - 1 if bins.has_none else 0
    number: Any = (whole(column * float(SCALE)) - (bins.scaled_start - lead)) // bins.scaled_width
    return case((number >= bins.n, bins.n - 1), (column < bins.start, 0), else_=number)


def _binned() -> ColumnElement[int]:
    of = {"score": AuditRow.score} | {name: getattr(CallFigureRow, name) for name in BINS if name != "score"}
    return case(*((NAMES.c.name == name, bin_of(column, BINS[name])) for name, column in of.items()))


BIN = _binned()
"""The bin of the figure that `NAMES` names."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """A table of counts for days or for months: what its rows are of, and what they add up.

    `of_all`: its rows are of all teams together (`EVERY`).
    """

    table: Any
    keys: tuple[str, ...]
    sums: tuple[str, ...]
    span: Span | None = None
    of_all: bool = False

    @property
    def period(self) -> Any:
        """The column that holds the day or month."""
        return self.table.day if self.span is None else self.table.period

    def rows(self, chosen: ColumnElement[bool], sign: int) -> Any:
        """The counts of chosen judgements, as a SELECT; in order, so that two writers never wait in a circle."""
        tenths = whole(func.coalesce(AuditRow.score, 0.0) * 10)
        known = {
            "span": literal(self.span or "", literal_execute=True),
            "day": _text(AuditRow.day),
            "period": _text(AuditRow.day if self.span == "day" else func.substr(AuditRow.day, 1, 7)),
            "team": literal(EVERY, literal_execute=True) if self.of_all else _text(AuditRow.team),
            "agent_id": _text(AuditRow.agent_id),
            "verdict": AuditRow.verdict,
            "rule": BreachRow.rule,
            "severity": BreachRow.severity,
            "name": NAMES.c.name,
            "bin": BIN,
        }
        summed = {
            "n_calls": func.count(AuditRow.id),
            "n_times": func.sum(BreachRow.times),
            "n_scored": func.count(AuditRow.score),
            "n_violated": func.sum(AuditRow.n_violated),
            "n_critical": func.sum(AuditRow.n_critical),
            "n_not_assessable": func.sum(AuditRow.n_not_assessable),
            "score_tenths": func.sum(tenths),
            "score_squares": func.sum(tenths * tenths),
            "duration_ms": func.sum(whole(CallRow.duration_s * 1000)),
        }
        keys: list[Any] = [known[key] for key in self.keys]
        constant = ("span", "team") if self.of_all else ("span",)
        grouped: list[Any] = [known[key] for key in self.keys if key not in constant]
        sums: list[Any] = [cast(summed[name], BigInteger) * sign for name in self.sums]
        rows = select(*keys, *sums).select_from(AuditRow)
        if "rule" in self.keys:
            rows = rows.join(BreachRow, BreachRow.audit_id == AuditRow.id)
        elif "name" in self.keys:
            rows = rows.outerjoin(CallFigureRow, CallFigureRow.call_id == AuditRow.call_id)
            rows = rows.join(NAMES, literal(True)).where(BIN.is_not(None))
        else:
            rows = rows.join(CallRow, CallRow.id == AuditRow.call_id)
        return rows.where(chosen).group_by(*grouped).order_by(*grouped)


AGENT_KEYS = ("span", "period", "team", "agent_id", "verdict")
RULE_KEYS = ("span", "period", "team", "rule", "severity")
FIGURE_KEYS = ("span", "period", "team", "name", "bin")
COUNTED = (
    _Counted(DayCount, ("day", "team", "verdict"), CALL_SUMS),
    _Counted(AgentCount, AGENT_KEYS, CALL_SUMS, "day"),
    _Counted(AgentCount, AGENT_KEYS, CALL_SUMS, "month"),
    _Counted(RuleCount, RULE_KEYS, RULE_SUMS, "day", of_all=True),
    _Counted(RuleCount, RULE_KEYS, RULE_SUMS, "month", of_all=True),
    _Counted(RuleCount, RULE_KEYS, RULE_SUMS, "month"),
    _Counted(FigureCount, FIGURE_KEYS, ("n_calls",), "day", of_all=True),
    _Counted(FigureCount, FIGURE_KEYS, ("n_calls",), "month", of_all=True),
    _Counted(FigureCount, FIGURE_KEYS, ("n_calls",), "month"),
)


def add(session: Session, audit_ids: Collection[int]) -> None:
    """Counts judgements that have become the latest; the cases of their calls know them from now on."""
    _change(session, audit_ids, 1)
    caseload.follow(session, audit_ids)


def take_away(session: Session, audit_ids: Collection[int]) -> None:
    """Counts judgements no longer; call it while their rows still are as they were counted."""
    _change(session, audit_ids, -1)
    caseload.leave(session, audit_ids)


def _change(session: Session, audit_ids: Collection[int], sign: int) -> None:
    for statement in _changes(session.get_bind().dialect.name, sign):
        session.connection().execute(statement, {"ids": list(audit_ids)})


@cache
def _changes(dialect: str, sign: int) -> tuple[Any, ...]:
    chosen = AuditRow.id.in_(bindparam("ids", expanding=True))
    return tuple(_adding(dialect, counted, counted.rows(chosen, sign)) for counted in COUNTED)


def recount(session: Session, months: Collection[str] | None = None) -> None:
    """Makes the counts of whole months (2026-11; empty text: of no day) anew from the judgements.

    Parameters
    ----------
    months : None counts everything
    """
    chosen: Any = AuditRow.latest
    if months is not None:
        chosen = chosen & func.coalesce(func.substr(AuditRow.day, 1, 7), "").in_(list(months))
    for counted in {counted.table: counted for counted in COUNTED}.values():
        old = delete(counted.table)
        old = old if months is None else old.where(func.substr(counted.period, 1, 7).in_(list(months)))
        session.execute(old)
    for counted in COUNTED:
        session.execute(insert(counted.table).from_select([*counted.keys, *counted.sums], counted.rows(chosen, 1)))


def _text(column: Any) -> ColumnElement[str]:
    return func.coalesce(column, literal("", literal_execute=True))


def _adding(dialect: str, counted: _Counted, rows: Any) -> Any:
    table = counted.table.__table__
    adding = INSERTS[dialect](table).from_select([*counted.keys, *counted.sums], rows)
    set_ = {name: table.c[name] + adding.excluded[name] for name in counted.sums}
    return adding.on_conflict_do_update(index_elements=list(counted.keys), set_=set_)


INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
"""The INSERT of each database, which knows what to do about rows that are there."""


def upsert(session: Session) -> Any:
    """The INSERT of the session's database."""
    return INSERTS[session.get_bind().dialect.name]
