"""The queue of a run: tasks are claimed by lease, renewed while they are at work, and given back, kept or put away.

Every step is one short transaction that changes a row only where it still is what it was taken for, so any number of
runs, on any number of machines, can share a store: a task has one owner, and what a run makes of it counts only while
the lease is its own. A run that dies stops renewing; what it held is taken over. A claim that a power failure undoes
is a task that waits: taking waits for no disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, cast

from sqlalchemy import CursorResult, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from callaudit.batch.owners import is_dead
from callaudit.batch.tasks import Lost, Task
from callaudit.config import BatchConfig
from callaudit.store.database import Store
from callaudit.store.tables import FileRow, RunTaskRow, TaskRow

MOST_WAIT_S = 3600.0
"""No retry is put off for longer than this."""

WINDOW = 256
"""So many places of the run's order are searched at once for the next task."""

VANISHED, CHANGED = "FileVanished", "FileChanged"
"""Kinds of failure that are the file's alone: as soon as the recording is found again, it is tried again."""

DIED_WHY = "the batch itself ended while this call was at work, {n} times; try it alone with --executor processes"


NEXT = (
    select(TaskRow.id, RunTaskRow.position, RunTaskRow.name)
    .join(RunTaskRow, RunTaskRow.task_id == TaskRow.id)
    .where(RunTaskRow.run_id == bindparam("run"))
    .where(RunTaskRow.position.between(bindparam("first"), bindparam("last")))
    .where(TaskRow.state == "waiting", TaskRow.next_at <= bindparam("moment"))
    .order_by(RunTaskRow.position)
    .limit(1)
    .with_for_update(of=TaskRow, skip_locked=True)  # PostgreSQL; one writer at a time is SQLite's own rule
)
LEASE = (
    update(TaskRow)
    .where(TaskRow.id == bindparam("task"))
    .values(
        state="leased", owner=bindparam("by"), leased_until=bindparam("until"), attempts=TaskRow.attempts + 1
    )
    .returning(TaskRow.id, TaskRow.recording_id, TaskRow.location, TaskRow.attempts)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Taken:
    task: Task
    name: str
    position: int


def now() -> datetime:
    """The time of day, in UTC."""
    return datetime.now(UTC)


class Queue:
    """The tasks of one run, as its owner takes them.

    Parameters
    ----------
    run_id : whose tasks are taken, in the order of their `position`
    owner : holds the leases (`callaudit.batch.owners.new_owner`)
    """

    def __init__(self, store: Store, run_id: int, owner: str, config: BatchConfig) -> None:
        self.owner: Final = owner
        self._store = store
        self._run_id = run_id
        self._config = config
        self._at = 0
        self.n_enrolled = 0
        """Places of the run's order that are filled; whoever enrols counts it up after the commit."""

    # ── taking ───────────────────────────────────────────────────────────────────────────────────────────────────
    def claim(self) -> tuple[Task, str] | None:
        """The next task in the run's order that waits, now leased, and its name; None where none is left ahead."""
        while self._at < (end := min(self._at + WINDOW, self.n_enrolled)):
            taken = self._store.transact(partial(self._take, self._at + 1, end), hasty=True)
            if taken is not None:
                self._at = taken.position
                return taken.task, taken.name
            self._at = end
        return None

    def claim_again(self) -> tuple[Task, str] | None:
        """A task that was passed by: its retry is due, or whoever was at it gave it back."""
        taken = self._store.transact(partial(self._take, 1, self._at), hasty=True)
        return None if taken is None else (taken.task, taken.name)

    def _take(self, first: int, last: int, session: Session) -> _Taken | None:
        moment, run = now(), session.connection().execute
        found = run(NEXT, {"run": self._run_id, "first": first, "last": last, "moment": moment}).first()
        if found is None:
            return None
        until = moment + timedelta(seconds=self._config.lease_s)
        row = run(LEASE, {"task": found.id, "by": self.owner, "until": until}).one()
        return _Taken(Task(row.id, row.recording_id, row.location, row.attempts), found.name, found.position)

    # ── while at work ────────────────────────────────────────────────────────────────────────────────────────────
    def renew(self) -> int:
        """The number of leases that are still this run's, each as good as new."""
        until = now() + timedelta(seconds=self._config.lease_s)
        own = update(TaskRow).where(*self._own()).values(leased_until=until)
        return self._store.transact(lambda session: _changed(session, own), hasty=True)

    def take_over(self) -> int:
        """The number of leases whose owner is gone: their tasks wait again, or are put away after too many deaths."""
        return self._store.transact(self._take_over)

    def _take_over(self, session: Session) -> int:
        moment = now()
        owners = session.scalars(select(TaskRow.owner).where(TaskRow.state == "leased").distinct())
        dead = [owner for owner in owners if owner is not None and owner != self.owner and is_dead(owner)]
        gone = or_(TaskRow.leased_until < moment, TaskRow.owner.in_(dead))
        held = select(TaskRow.id, TaskRow.attempts, TaskRow.owner).where(
            TaskRow.state == "leased", TaskRow.owner != self.owner, gone
        )
        n_taken = 0
        for row in session.execute(held.with_for_update(skip_locked=True)).all():
            values = self._after(row.attempts, "WorkerDied", DIED_WHY.format(n=row.attempts), moment, first_s=0.0)
            same = (TaskRow.id == row.id, TaskRow.state == "leased", TaskRow.owner == row.owner)
            n_taken += _changed(session, update(TaskRow).where(*same).values(**values))
        return n_taken

    # ── giving back ──────────────────────────────────────────────────────────────────────────────────────────────
    def lost(self, lost: Lost) -> str | None:
        """What became of a task that ended without a call: waiting (for a retry), failed; None where it is not ours."""
        moment, task = now(), lost.task
        if lost.may_pass:
            values = self._after(task.attempt, lost.kind, lost.why, moment, first_s=self._config.retry_s)
        else:
            values = _settled("failed", moment, lost.kind, lost.why)
        own = update(TaskRow).where(TaskRow.id == task.id, *self._own()).values(**values)
        changed = self._store.transact(lambda session: _changed(session, own))
        return cast(str, values["state"]) if changed else None

    def move(self, task: Task, exists: Callable[[str], bool]) -> bool:
        """Whether the recording lies under another name too, from which the task will be tried at once instead."""
        names = select(FileRow.location).where(
            FileRow.recording_id == task.recording_id, FileRow.location != task.location
        )
        others = self._store.transact(lambda session: session.scalars(names.order_by(FileRow.location)).all())
        there = next((name for name in others if exists(name)), None)
        if there is None:
            return False
        own = update(TaskRow).where(TaskRow.id == task.id, *self._own())
        values = {**_settled("waiting", now(), None, None), "location": there, "attempts": TaskRow.attempts - 1}
        return bool(self._store.transact(lambda session: _changed(session, own.values(**values))))

    def release(self) -> int:
        """The number of tasks given back as if they had never been taken."""
        values = {**_settled("waiting", now(), None, None), "attempts": TaskRow.attempts - 1}
        own = update(TaskRow).where(*self._own()).values(**values)
        return self._store.transact(lambda session: _changed(session, own))

    def n_left(self) -> int:
        """Tasks of the run that are not settled: they wait, or somebody is at them."""
        query = (
            select(func.count())
            .select_from(TaskRow)
            .join(RunTaskRow, RunTaskRow.task_id == TaskRow.id)
            .where(RunTaskRow.run_id == self._run_id, TaskRow.state.in_(("waiting", "leased")))
        )
        return self._store.transact(lambda session: session.execute(query).scalar_one(), write=False)

    def _own(self) -> tuple[Any, ...]:
        return (TaskRow.state == "leased", TaskRow.owner == self.owner)

    def _after(self, attempts: int, kind: str, why: str, moment: datetime, *, first_s: float) -> dict[str, Any]:
        """The row after an attempt that failed: tried again later, or put away when it was the last."""
        if attempts >= self._config.attempts:
            return _settled("failed", moment, kind, why)
        wait_s = first_s if attempts <= 1 else max(first_s, self._config.retry_s) * 2.0 ** min(attempts - 1, 20)
        return _settled("waiting", moment + timedelta(seconds=min(wait_s, MOST_WAIT_S)), kind, why)


def _settled(state: str, at: datetime, kind: str | None, why: str | None) -> dict[str, Any]:
    return {"state": state, "next_at": at, "kind": kind, "why": why, "owner": None, "leased_until": None}


def _changed(session: Session, statement: Any) -> int:
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
