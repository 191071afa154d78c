"""Stores on both databases, and what must be true of a store and an out folder whatever has happened to the batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from callaudit.reports.json import dumped
from callaudit.store.database import Store, open_store
from callaudit.store.tables import AuditRow, CallRow, TaskRow
from tests.batch.postgres import Postgres
from tests.waiting import HANG_S


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "store.sqlite")
    server: Postgres = request.getfixturevalue("postgres")
    return server.database(f"batch_{uuid4().hex}")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with open_store(store_url, patience_s=HANG_S) as opened:
        yield opened


@pytest.fixture
def check() -> Callable[[Store, Path], Counter[str]]:
    return checked


def checked(store: Store, out: Path) -> Counter[str]:
    """States of the tasks, once store and folder are seen to keep the promise: a call once, or failed with cause."""
    with store.session(write=False) as session:
        tasks = session.execute(select(TaskRow.recording_id, TaskRow.state, TaskRow.kind, TaskRow.why)).all()
        calls = session.execute(select(CallRow.recording_id, CallRow.id)).all()
        audits = session.execute(select(AuditRow.call_id, func.count()).group_by(AuditRow.call_id)).all()
    assert len({task.recording_id for task in tasks}) == len(tasks)
    done = {task.recording_id for task in tasks if task.state == "done"}
    assert sorted(recording_id for recording_id, _ in calls) == sorted(done)
    assert {call_id: n for call_id, n in audits} == {call.id: 1 for call in calls}
    for task in tasks:
        assert task.state in ("done", "failed")
        assert task.state == "done" or (task.kind and task.why)
    wanted = sorted(dumped(store.document(call.id)) for call in calls)
    assert sorted(path.read_bytes().decode() for path in out.iterdir()) == wanted
    return Counter(task.state for task in tasks)
