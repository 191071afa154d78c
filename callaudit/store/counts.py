"""Counts of the latest judgements by day, kept up to date in the transaction that writes or takes away a judgement.

A web page that asks how many calls failed last year then reads thousands of rows, not millions.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, bindparam, cast, delete, func, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from callaudit.store.tables import AuditRow, BreachRow, CallRow, DayCount, RuleCount

DAY_KEYS = ("day", "team", "agent_id", "verdict")
DAY_SUMS = ("n_calls", "n_scored", "n_violated", "n_critical", "score_tenths", "duration_ms")
RULE_KEYS = ("day", "team", "rule", "severity")
RULE_SUMS = ("n_calls", "n_times")


def add(session: Session, audit_ids: Collection[int]) -> None:
    """Counts judgements that have become the latest."""
    _change(session, audit_ids, 1)


def take_away(session: Session, audit_ids: Collection[int]) -> None:
    """Counts judgements no longer; call it while their rows still are as they were counted."""
    _change(session, audit_ids, -1)


def _change(session: Session, audit_ids: Collection[int], sign: int) -> None:
    for statement in _changes(session.get_bind().dialect.name, sign):
        session.connection().execute(statement, {"ids": list(audit_ids)})


@cache
def _changes(dialect: str, sign: int) -> tuple[Any, ...]:
    chosen = AuditRow.id.in_(bindparam("ids", expanding=True))
    # in order: two writers that count the same rules then wait for each other instead of standing in a circle
    return (
        _adding(dialect, DayCount, DAY_KEYS, DAY_SUMS, _days(chosen, sign)),
        _adding(dialect, RuleCount, RULE_KEYS, RULE_SUMS, _rules(chosen, sign).order_by(BreachRow.rule)),
    )


def recount(session: Session, days: Collection[str]) -> None:
    """Makes the counts of days (empty text: of no day) anew from the judgements."""
    wanted = list(days)
    chosen = AuditRow.latest & func.coalesce(AuditRow.day, "").in_(wanted)
    for table, keys, sums, rows in (
        (DayCount, DAY_KEYS, DAY_SUMS, _days(chosen, 1)),
        (RuleCount, RULE_KEYS, RULE_SUMS, _rules(chosen, 1)),
    ):
        session.execute(delete(table).where(table.day.in_(wanted)))
        session.execute(insert(table).from_select([*keys, *sums], rows))


def _days(chosen: ColumnElement[bool], sign: int) -> Any:  # a SELECT; the types of its columns differ
    keys = [_text(AuditRow.day), _text(AuditRow.team), _text(AuditRow.agent_id), AuditRow.verdict]
    sums = [
        func.count(AuditRow.id),
        func.count(AuditRow.score),
        func.sum(AuditRow.n_violated),
        func.sum(AuditRow.n_critical),
        func.sum(_whole(func.coalesce(AuditRow.score, 0.0) * 10)),
        func.sum(_whole(CallRow.duration_s * 1000)),
    ]
    columns = [*keys, *(_signed(one, sign) for one in sums)]
    return select(*columns).join(CallRow, CallRow.id == AuditRow.call_id).where(chosen).group_by(*keys)


def _rules(chosen: ColumnElement[bool], sign: int) -> Any:  # a SELECT; the types of its columns differ
    keys = [_text(AuditRow.day), _text(AuditRow.team), BreachRow.rule, BreachRow.severity]
    sums = [func.count(BreachRow.audit_id), func.sum(BreachRow.times)]
    columns = [*keys, *(_signed(one, sign) for one in sums)]
    return select(*columns).join(AuditRow, AuditRow.id == BreachRow.audit_id).where(chosen).group_by(*keys)


def _text(column: Any) -> ColumnElement[str]:
    return func.coalesce(column, literal("", literal_execute=True))


def _whole(value: ColumnElement[float]) -> ColumnElement[int]:
    return cast(func.round(value), BigInteger)


def _signed(value: ColumnElement[Any], sign: int) -> ColumnElement[int]:
    return cast(value, BigInteger) * sign


def _adding(dialect: str, table: Any, keys: tuple[str, ...], sums: tuple[str, ...], rows: Any) -> Any:
    adding = INSERTS[dialect](table.__table__).from_select([*keys, *sums], rows)
    set_ = {name: table.__table__.c[name] + adding.excluded[name] for name in sums}
    return adding.on_conflict_do_update(index_elements=list(keys), set_=set_)


INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
"""The INSERT of each database, which knows what to do about rows that are there."""


def upsert(session: Session) -> Any:
    """The INSERT of the session's database."""
    return INSERTS[session.get_bind().dialect.name]
