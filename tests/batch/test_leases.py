"""The queue by itself: who has a task, for how long, and what becomes of it afterwards."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from callaudit.batch.enrol import Enrolment
from callaudit.batch.owners import is_dead, new_owner
from callaudit.batch.queue import Queue, now
from callaudit.batch.sources import Search
from callaudit.batch.tasks import Lost, Task
from callaudit.config import BatchConfig
from callaudit.errors import LeaseLost
from callaudit.store.database import Store
from callaudit.store.entries import entries_of
from callaudit.store.tables import CallRow, RunRow, TaskRow
from tests.batch.fakes import HEARING, JUDGING, audit_of, recording

CONFIG = BatchConfig(lease_s=3600.0, attempts=3, retry_s=10.0)


def a_queue(store: Store, calls: Path, owner: str) -> Queue:
    """The queue of a new run that has enrolled the folder."""
    row = insert(RunRow).values(kind="batch", owner=owner, started_at=now(), figures={}).returning(RunRow.id)
    run_id = store.transact(lambda session: int(session.execute(row).scalar_one()))
    queue = Queue(store, run_id, owner, CONFIG)

    def filled(n: int) -> None:
        queue.n_enrolled = n

    Enrolment(store, run_id, HEARING, filled=filled).take(Search([str(calls)], settle_s=0.0))
    return queue


def taken(queue: Queue) -> Task:
    claimed = queue.claim() or queue.claim_again()
    assert claimed is not None
    return claimed[0]


def row_of(store: Store, task: Task) -> TaskRow:
    with store.session(write=False) as session:
        return session.execute(select(TaskRow).where(TaskRow.id == task.id)).scalar_one()


def pass_time(store: Store, **columns: object) -> None:
    with store.session() as session:
        session.execute(update(TaskRow).values(**columns))


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    for k in range(3):
        recording(tmp_path / "calls", f"{k}.wav")
    return tmp_path / "calls"


def test_tasks_are_taken_in_the_order_of_the_run_each_by_one_owner(store: Store, calls: Path) -> None:
    first, second = a_queue(store, calls, "first"), a_queue(store, calls, "second")
    tasks = [taken(first), taken(second), taken(first)]
    assert [Path(task.location).name for task in tasks] == ["0.wav", "1.wav", "2.wav"]
    assert first.claim() is second.claim() is None
    assert [row_of(store, task).owner for task in tasks] == ["first", "second", "first"]


def test_a_lease_that_ran_out_is_taken_over_and_its_owner_can_no_longer_save(store: Store, calls: Path) -> None:
    first, second = a_queue(store, calls, "first"), a_queue(store, calls, "second")
    task = taken(first)
    assert second.take_over() == 0
    pass_time(store, leased_until=now() - timedelta(seconds=1))
    assert second.take_over() == 1
    again = taken(second)
    assert (again.id, again.attempt) == (task.id, 2)
    entry = entries_of(audit_of(task.recording_id, task.location), hearing=HEARING, judging=JUDGING)
    with pytest.raises(LeaseLost):
        store.save(entry, now=now(), task_id=task.id, owner="first")
    assert first.lost(Lost(task, "EngineError", "it failed")) is None
    assert first.release() == first.renew() == 0
    store.save(entry, now=now(), task_id=task.id, owner="second")
    with store.session(write=False) as session:
        assert len(session.execute(select(CallRow.id)).all()) == 1


def test_what_was_heard_counts_while_nobody_else_has_the_task(store: Store, calls: Path) -> None:
    first, second = a_queue(store, calls, "first"), a_queue(store, calls, "second")
    task = taken(first)
    pass_time(store, leased_until=now() - timedelta(seconds=1))
    assert second.take_over() == 1
    entry = entries_of(audit_of(task.recording_id, task.location), hearing=HEARING, judging=JUDGING)
    store.save(entry, now=now(), task_id=task.id, owner="first")
    assert row_of(store, task).state == "done"
    assert taken(second).id != task.id


def test_a_lease_that_is_renewed_is_not_taken_over(store: Store, calls: Path) -> None:
    first, second = a_queue(store, calls, "first"), a_queue(store, calls, "second")
    taken(first)
    pass_time(store, leased_until=now() - timedelta(seconds=1))
    assert first.renew() == 1
    assert second.take_over() == 0


def test_a_lease_of_a_process_that_is_no_more_is_taken_over_at_once(store: Store, calls: Path) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    dead = new_owner().replace(f":{os.getpid()}:", f":{child}:")
    os.waitpid(child, 0)
    taken(a_queue(store, calls, dead))
    assert is_dead(dead)
    assert not is_dead(new_owner())
    assert not is_dead(dead.replace("/", "/another boot/", 1))  # of the same name, but elsewhere
    assert a_queue(store, calls, "second").take_over() == 1


def test_a_task_whose_owners_keep_dying_is_put_away_with_that_cause(store: Store, calls: Path) -> None:
    queue = a_queue(store, calls, "first")
    other = replace_owner(queue, "second", store)
    for attempt in (1, 2, 3):
        pass_time(store, next_at=now())
        task = taken(queue if attempt == 1 else replace_owner(queue, f"owner {attempt}", store))
        assert task.attempt == attempt
        pass_time(store, leased_until=now() - timedelta(seconds=1))
        assert other.take_over() == 1
        with store.session() as session:  # only this one is of interest
            session.execute(update(TaskRow).where(TaskRow.id != task.id).values(state="done"))
    row = row_of(store, task)
    assert (row.state, row.kind, row.owner) == ("failed", "WorkerDied", None)
    assert row.why is not None
    assert "3 times" in row.why


def replace_owner(queue: Queue, owner: str, store: Store) -> Queue:
    """The queue of the same run by another owner."""
    other = Queue(store, queue._run_id, owner, queue._config)
    other.n_enrolled = queue.n_enrolled
    return other


def test_what_may_pass_waits_ever_longer_and_is_then_put_away(store: Store, calls: Path) -> None:
    queue = a_queue(store, calls, "first")
    for attempt, wait in ((1, timedelta(seconds=10)), (2, timedelta(seconds=20))):
        task = taken(queue)
        before = now()
        assert queue.lost(Lost(task, "EngineError", "it failed", may_pass=True)) == "waiting"
        assert before + wait <= row_of(store, task).next_at <= now() + wait
        with store.session() as session:
            session.execute(update(TaskRow).where(TaskRow.id == task.id).values(next_at=now()))
            session.execute(update(TaskRow).where(TaskRow.id != task.id).values(state="done"))
        assert row_of(store, task).attempts == attempt
    assert queue.lost(Lost(taken(queue), "EngineError", "it failed", may_pass=True)) == "failed"


def test_what_cannot_pass_is_put_away_at_once(store: Store, calls: Path) -> None:
    queue = a_queue(store, calls, "first")
    task = taken(queue)
    assert queue.lost(Lost(task, "UnsupportedAudio", "six channels")) == "failed"
    assert row_of(store, task).why == "six channels"


def test_what_is_given_back_was_never_taken(store: Store, calls: Path) -> None:
    queue = a_queue(store, calls, "first")
    task = taken(queue)
    assert queue.release() == 1
    row = row_of(store, task)
    assert (row.state, row.attempts, row.owner, row.leased_until) == ("waiting", 0, None, None)


def test_no_wait_is_longer_than_an_hour(store: Store, calls: Path) -> None:
    queue = a_queue(store, calls, "first")
    queue._config = replace(CONFIG, attempts=100)
    task = replace(taken(queue), attempt=60)
    assert queue.lost(Lost(task, "EngineError", "it failed", may_pass=True)) == "waiting"
    assert row_of(store, task).next_at - now() <= timedelta(hours=1)
