"""Which calls and recordings a summary is of, as conditions on the tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from callaudit.errors import StoreError
from callaudit.store.tables import AuditRow, CallRow, RunRow, RunTaskRow, TaskRow


@dataclass(frozen=True, slots=True)
class Scope:
    """Which calls: those of the files that a run saw, or those heard from `since` on and before `until`; else all.

    `hearing` keeps to one way of hearing where recordings were heard by several models.
    """

    run_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    hearing: str | None = None


def run_of(session: Session, scope: Scope) -> RunRow | None:
    """The run that was named; None where none was.

    Raises
    ------
    StoreError
        No run has that id.
    """
    if scope.run_id is None:
        return None
    run = session.get(RunRow, scope.run_id)
    if run is None:
        raise StoreError(f"the store has no run {scope.run_id}")
    return run


def chosen_calls(scope: Scope) -> ColumnElement[bool]:
    """Condition on calls and their audits: the chosen calls, each with the judgement that lists show."""
    wanted = [AuditRow.latest, AuditRow.call_id == CallRow.id]
    if scope.run_id is not None:
        known = select(RunTaskRow.task_id).where(RunTaskRow.run_id == scope.run_id)
        same = and_(TaskRow.recording_id == CallRow.recording_id, TaskRow.hearing == CallRow.hearing)
        wanted.append(select(TaskRow.id).where(same, TaskRow.id.in_(known)).exists())
    if scope.since is not None:
        wanted.append(CallRow.heard_at >= scope.since)
    if scope.until is not None:
        wanted.append(CallRow.heard_at < scope.until)
    if scope.hearing is not None:
        wanted.append(CallRow.hearing == scope.hearing)
    return and_(*wanted)


def chosen_tasks(scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions on tasks; a choice by time goes by when they were found."""
    wanted: list[ColumnElement[bool]] = []
    if scope.run_id is not None:
        wanted.append(TaskRow.id.in_(select(RunTaskRow.task_id).where(RunTaskRow.run_id == scope.run_id)))
    if scope.since is not None:
        wanted.append(TaskRow.found_at >= scope.since)
    if scope.until is not None:
        wanted.append(TaskRow.found_at < scope.until)
    if scope.hearing is not None:
        wanted.append(TaskRow.hearing == scope.hearing)
    return wanted


def failed_now(run_id: int) -> ColumnElement[bool]:
    """Condition on failed tasks of a run: they failed since it began, or no run that came to its end has told of them.

    What failed in a run that was killed is told by the next one; what is in the quarantine ever since is told once.
    """
    began_at = select(RunRow.started_at).where(RunRow.id == run_id).scalar_subquery()
    told = (
        select(RunTaskRow.task_id)
        .join(RunRow, RunRow.id == RunTaskRow.run_id)
        .where(RunTaskRow.task_id == TaskRow.id, RunRow.id < run_id, RunRow.ended_at >= TaskRow.next_at)
    )
    return or_(TaskRow.next_at >= began_at, ~told.exists())
