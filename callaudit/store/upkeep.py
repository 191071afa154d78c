"""What whoever looks after a store asks of it: its state, what failed, who looked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from callaudit.store.crypt import is_sealed
from callaudit.store.database import Store
from callaudit.store.tables import AccessRow, AuditRow, CallDocument, CallRow, JudgingRow, TaskRow


@dataclass(frozen=True, slots=True)
class Status:
    """What a store holds; `tasks` counts them by state, days are those of the calls."""

    n_calls: int
    hours: float
    first_day: str | None
    last_day: str | None
    n_judgements: int
    n_judgings: int
    encrypted: bool
    tasks: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that could not be audited."""

    task_id: int
    location: str
    kind: str
    why: str
    attempts: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Access:
    """A line of the access log."""

    at: datetime
    who: str
    act: str
    what: tuple[tuple[str, Any], ...]


def status(store: Store) -> Status:
    """What the store holds."""

    def work(session: Session) -> Status:
        calls = select(func.count(), func.sum(CallRow.duration_s), func.min(CallRow.day), func.max(CallRow.day))
        n_calls, seconds, first, last = session.execute(calls.select_from(CallRow)).one()
        newest = session.scalar(select(CallDocument.document).order_by(CallDocument.call_id.desc()).limit(1))
        tasks = session.execute(select(TaskRow.state, func.count()).group_by(TaskRow.state).order_by(TaskRow.state))
        return Status(
            n_calls, (seconds or 0.0) / 3600, first, last,
            session.scalar(select(func.count()).select_from(AuditRow)) or 0,
            session.scalar(select(func.count()).select_from(JudgingRow)) or 0,
            newest is not None and is_sealed(newest), tuple((state, n) for state, n in tasks),
        )  # fmt: skip

    return store.transact(work, write=False)


def failures(store: Store) -> tuple[Failure, ...]:
    """The calls that could not be audited, by cause and file."""
    wanted = select(TaskRow).where(TaskRow.state == "failed").order_by(TaskRow.kind, TaskRow.location, TaskRow.id)
    rows = store.transact(lambda session: session.scalars(wanted).all(), write=False)
    return tuple(
        Failure(row.id, row.location, row.kind or "", row.why or "", row.attempts, row.next_at) for row in rows
    )


def retry(store: Store, *, now: datetime, tasks: Collection[int] = (), kind: str | None = None) -> int:
    """Puts failed calls back into the queue as if never tried; how many.

    Parameters
    ----------
    tasks, kind : only these, only with this cause; without both, all
    """
    wanted = update(TaskRow).where(TaskRow.state == "failed")
    wanted = wanted.where(TaskRow.id.in_(list(tasks))) if tasks else wanted
    wanted = wanted.where(TaskRow.kind == kind) if kind else wanted
    wanted = wanted.values(state="waiting", attempts=0, next_at=now, kind=None, why=None)
    return store.transact(lambda session: cast("CursorResult[Any]", session.execute(wanted)).rowcount)


def accesses(store: Store, limit: int) -> tuple[Access, ...]:
    """The newest lines of the access log, the newest last."""
    wanted = select(AccessRow).order_by(AccessRow.id.desc()).limit(limit)
    rows = store.transact(lambda session: session.scalars(wanted).all(), write=False)
    return tuple(Access(row.at, row.who, row.act, tuple(row.what.items())) for row in reversed(rows))
