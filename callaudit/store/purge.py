"""Retention: calls older than a bound leave the store, their documents, judgements and figures with them.

What stays is that a recording was dealt with: its task, by the digest of its bytes alone, in the state `purged`, so
that a file which still lies in its folder is not heard again the next night. Recordings are never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from callaudit.errors import ConfigError, StoreError
from callaudit.reports.stored import recording_in
from callaudit.store import search
from callaudit.store.counts import take_away
from callaudit.store.database import Store
from callaudit.store.desk_tables import AppealRow, CalibrationCallRow, CaseRow, OpinionRow
from callaudit.store.tables import (
    AgentCount,
    AuditRow,
    CallRow,
    DayCount,
    FigureCount,
    FileRow,
    RuleCount,
    RunRow,
    RunTaskRow,
    TaskRow,
)

CHUNK = 200
"""Calls that one transaction takes away: others wait for it no longer than that takes."""
LEAST_FREE = 0.25
"""Share of the file from which its room is given back; the calls of the next nights need less of it again."""
UNITS = {"d": 1, "w": 7, "y": 365}
"""Days of a unit of age."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What was taken away, or would be: `first_day` and `last_day` are those of the calls, None where none has one.

    `n_tasks` are recordings that could not be heard, and wait or were given up; `n_files` audits in the out folder.
    """

    n_calls: int = 0
    n_judgements: int = 0
    n_tasks: int = 0
    n_runs: int = 0
    n_files: int = 0
    first_day: str | None = None
    last_day: str | None = None


def age_of(text: str) -> timedelta:
    """An age as people write it.

    Raises
    ------
    ConfigError

    Examples
    --------
    >>> age_of("26w").days
    182
    """
    found = re.fullmatch(r"(\d{1,5})([dwy])", text)
    if found is None or int(found[1]) == 0:
        raise ConfigError(f"wanted days, weeks or years as 180d, 26w or 2y, got {text!r}")
    return timedelta(days=int(found[1]) * UNITS[found[2]])


def old(store: Store, before: datetime, out: Path | None = None) -> Purged:
    """What a purge would take away."""

    def work(session: Session) -> Purged:
        calls = select(func.count(), func.min(CallRow.day), func.max(CallRow.day)).where(_old(before))
        n_calls, first, last = session.execute(calls).one()
        judged = select(func.count()).select_from(AuditRow).join(CallRow, CallRow.id == AuditRow.call_id)
        return Purged(
            n_calls, session.scalar(judged.where(_old(before))) or 0,
            session.scalar(select(func.count()).select_from(TaskRow).where(*_given_up(before))) or 0,
            session.scalar(select(func.count()).where(*_ended(before))) or 0, 0, first, last,
        )  # fmt: skip

    found = store.transact(work, write=False)
    return found if out is None else replace(found, n_files=sum(1 for _ in _written(store, out, before)))


def purge(store: Store, before: datetime, *, who: str, now: datetime, out: Path | None = None) -> Purged:
    """Takes away every call of before a moment, and notes it in the access log; what was taken away.

    Broken off, it goes on where it was when it is started again.

    Parameters
    ----------
    before : a call is as old as its start, or as its hearing where nobody knows when it was
    out : folder whose `<stem>.json` of these calls are deleted too

    Raises
    ------
    StoreError
        The database or a file in the folder could not be brought to that; what was done until then stays done.
    """
    found = old(store, before)
    n_files = 0
    for path in [] if out is None else list(_written(store, out, before)):  # first: the store knows which they are
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{path}: cannot be deleted ({error.strerror}); delete it, and purge again") from error
        n_files += 1
    for step in (_take, _give_up):
        while store.transact(partial(step, before=before)):
            pass
    store.transact(lambda session: _forget(session, before))
    done = replace(found, n_files=n_files)
    what = {"before": before.isoformat(), "calls": done.n_calls, "judgements": done.n_judgements, "files": n_files}
    store.log_access(who, "purge", what, now=now)
    if done.n_calls:
        store.transact(search.tidy)
    store.tidy(least_free=LEAST_FREE)
    return done


def _old(before: datetime) -> Any:  # a condition
    return or_(CallRow.started_at < before, CallRow.started_at.is_(None) & (CallRow.heard_at < before))


def _given_up(before: datetime) -> tuple[Any, ...]:
    """Of a recording that was heard in another way its call decides, which is younger, or gone by then."""
    heard = select(CallRow.id).where(CallRow.recording_id == TaskRow.recording_id).exists()
    return TaskRow.state.in_(("failed", "waiting")), TaskRow.found_at < before, ~heard


def _ended(before: datetime) -> tuple[Any, ...]:
    return RunRow.started_at < before, RunRow.ended_at.is_not(None)


def _take(session: Session, before: datetime) -> int:
    """The number of calls that were taken away, at most a chunk."""
    wanted = select(CallRow.id, CallRow.recording_id).where(_old(before)).order_by(CallRow.id).limit(CHUNK)
    rows = session.execute(wanted.with_for_update()).all()  # in order and locked, as who writes judgements does it
    if not rows:
        return 0
    ids, recordings = [row.id for row in rows], {row.recording_id for row in rows}
    if latest := list(session.scalars(select(AuditRow.id).where(AuditRow.call_id.in_(ids), AuditRow.latest))):
        take_away(session, latest)
    search.take(session, ids)
    session.execute(delete(CallRow).where(CallRow.id.in_(ids)))  # whatever hangs on it goes with it
    kept = set(session.scalars(select(CallRow.recording_id).where(CallRow.recording_id.in_(recordings))))
    _strip(session, [one for one in sorted(recordings) if one not in kept])
    return len(rows)


def _strip(session: Session, recordings: Sequence[str]) -> None:
    """Leaves of recordings nothing but that they were dealt with; names of files may hold a customer's number.

    What people said of them goes, too; that they said it stays in the access log.
    """
    for own in (OpinionRow, AppealRow, CaseRow, CalibrationCallRow):
        session.execute(delete(own).where(own.recording_id.in_(recordings)))
    tasks = select(TaskRow.id).where(TaskRow.recording_id.in_(recordings))
    session.execute(delete(RunTaskRow).where(RunTaskRow.task_id.in_(tasks)))
    session.execute(delete(FileRow).where(FileRow.recording_id.in_(recordings)))
    blank = {"location": "", "agent_id": None, "started_at": None, "kind": None, "why": None, "owner": None}
    session.execute(
        update(TaskRow).where(TaskRow.recording_id.in_(recordings)).values(state="purged", leased_until=None, **blank)
    )


def _give_up(session: Session, before: datetime) -> int:
    """The number of tasks of recordings that were never heard that were stripped, at most a chunk."""
    wanted = select(TaskRow.recording_id).where(*_given_up(before)).order_by(TaskRow.id).limit(CHUNK)
    found = session.scalars(wanted.with_for_update()).all()
    _strip(session, sorted(set(found)))
    return len(found)


def _forget(session: Session, before: datetime) -> None:
    """Runs of that time, names of files that have not been there since and hold no call, and counts of nothing."""
    runs = select(RunRow.id).where(*_ended(before))
    session.execute(delete(RunTaskRow).where(RunTaskRow.run_id.in_(runs)))
    session.execute(delete(RunRow).where(*_ended(before)))
    holds = select(CallRow.id).where(CallRow.recording_id == FileRow.recording_id).exists()
    session.execute(delete(FileRow).where(FileRow.seen_at < before, ~holds))
    for table in (DayCount, AgentCount, RuleCount, FigureCount):
        session.execute(delete(table).where(table.n_calls == 0))


def _written(store: Store, out: Path, before: datetime) -> Iterator[Path]:
    """The audits in a folder whose calls are old, or purged already."""
    try:
        known = [(path, one) for path in sorted(out.glob("*.json")) if path.is_file() and (one := recording_in(path))]
    except OSError as error:
        raise StoreError(f"{error.filename}: cannot be read ({error.strerror}); mend that, and purge again") from error
    for first in range(0, len(known), CHUNK):
        part = known[first : first + CHUNK]
        gone = store.transact(partial(_gone, recordings={one for _, one in part}, before=before), write=False)
        yield from (path for path, one in part if one in gone)


def _gone(session: Session, recordings: set[str], before: datetime) -> set[str]:
    of = CallRow.recording_id.in_(recordings)
    since = or_(CallRow.started_at >= before, CallRow.started_at.is_(None) & (CallRow.heard_at >= before))
    young = set(session.scalars(select(CallRow.recording_id).where(of, since)))
    aged = set(session.scalars(select(CallRow.recording_id).where(of, _old(before))))
    purged = select(TaskRow.recording_id).where(TaskRow.recording_id.in_(recordings), TaskRow.state == "purged")
    return (aged | set(session.scalars(purged))) - young
