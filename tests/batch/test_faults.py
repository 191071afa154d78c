"""What the world does to a batch: databases that go, disks that fill, workers that die, hang and grow."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from callaudit.batch.executors.base import Executor
from callaudit.batch.executors.crew import Limits
from callaudit.batch.executors.processes import Processes
from callaudit.batch.executors.serial import Serial
from callaudit.batch.run import Plan, run_batch
from callaudit.batch.sources import Search
from callaudit.batch.standing import Listener, RunFigures, Standing
from callaudit.batch.tasks import MakeWork, Outcome
from callaudit.config import BatchConfig
from callaudit.errors import CallauditError, StoreError
from callaudit.store.database import Store, open_store
from callaudit.store.tables import TaskRow
from tests.batch.fakes import HEARING, Fake, at_call, begun, recording, recordings
from tests.batch.postgres import Postgres
from tests.waiting import HANG_S

pytestmark = pytest.mark.slow  # workers, servers and disks that come to grief take their time

Check = Callable[[Store, Path], Counter[str]]
QUICK = BatchConfig(settle_s=0.0, retry_s=0.05)
HERE = Serial()


def unheard(outcome: Outcome | None, standing: Standing) -> None:
    """Hears of outcomes, and does nothing."""


def batch(
    store: Store, calls: Path, out: Path, make_work: MakeWork, executor: Executor = HERE,
    config: BatchConfig = QUICK, listener: Listener = unheard,
) -> RunFigures:  # fmt: skip
    files, plan = Search([str(calls)], settle_s=0.0), Plan(HEARING, out, config)
    return run_batch(store, files, executor, make_work, plan, listener=listener)


def next_batch(store: Store, calls: Path, out: Path, make_work: MakeWork) -> RunFigures:
    """The run after one that broke off, and lives on in this process: its leases must run out."""
    with store.session() as session:
        for row in session.execute(select(TaskRow).where(TaskRow.state == "leased")).scalars():
            row.leased_until = row.found_at
    return batch(store, calls, out, make_work)


# ── the database ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_database_that_is_gone_for_a_while_is_waited_for(postgres: Postgres, tmp_path: Path, check: Check) -> None:
    calls, out, log = tmp_path / "calls", tmp_path / "out", tmp_path / "log"
    recordings(calls, 12)
    back = threading.Timer(3.0, postgres.start)

    def outage() -> None:
        postgres.stop()
        back.start()

    with open_store(postgres.database(f"gone_{uuid4().hex}"), patience_s=HANG_S) as store:
        try:
            figures = batch(store, calls, out, at_call(4, outage, Fake(log)))
        finally:
            back.join()
        assert figures.n_done == 12
        assert check(store, out) == {"done": 12}
    assert len(begun(log)) == 12


def test_a_database_that_stays_away_ends_the_run_and_the_next_one_goes_on(
    postgres: Postgres, tmp_path: Path, check: Check
) -> None:
    calls, out, log = tmp_path / "calls", tmp_path / "out", tmp_path / "log"
    recordings(calls, 12)
    url = postgres.database(f"away_{uuid4().hex}")
    with open_store(url, patience_s=0.5) as store:
        try:
            with pytest.raises(StoreError):
                batch(store, calls, out, at_call(4, postgres.stop, Fake(log)))
        finally:
            postgres.start()
    with open_store(url) as store:
        assert next_batch(store, calls, out, Fake(log)).n_done == 12
        assert check(store, out) == {"done": 12}
    assert len(begun(log)) == 13  # the call that was at work is heard anew


def test_a_locked_sqlite_file_is_waited_for(tmp_path: Path, check: Check) -> None:
    calls, out, log = tmp_path / "calls", tmp_path / "out", tmp_path / "log"
    recordings(calls, 10)
    with open_store(tmp_path / "store.sqlite") as store:
        other = sqlite3.connect(
            tmp_path / "store.sqlite", isolation_level=None, timeout=HANG_S, check_same_thread=False
        )
        release = threading.Timer(2.0, other.execute, ["ROLLBACK"])

        def lock() -> None:
            other.execute("BEGIN EXCLUSIVE")
            release.start()

        try:
            figures = batch(store, calls, out, at_call(4, lock, Fake(log)))
        finally:
            release.join()
            other.close()
        assert figures.n_done == 10
        assert check(store, out) == {"done": 10}
    assert len(begun(log)) == 10


# ── the disk ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for about a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("nobody but root can make a small disk here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)


@pytest.mark.parametrize("full", ["store", "out"])
def test_a_full_disk_ends_the_run_with_its_cause_and_the_next_one_goes_on(
    small_disk: Path, tmp_path: Path, check: Check, full: str
) -> None:
    calls = tmp_path / "calls"
    recordings(calls, 60)
    place = {name: small_disk if name == full else tmp_path for name in ("store", "out")}
    with open_store(place["store"] / "store.sqlite", patience_s=5.0) as store:
        with pytest.raises(CallauditError, match="full"):
            batch(store, calls, place["out"] / "out", Fake())
        n_before = len(list((place["out"] / "out").glob("*.json")))
        assert 0 < n_before < 60
        assert not list((place["out"] / "out").glob(".*"))
    enlarge(small_disk)
    with open_store(place["store"] / "store.sqlite") as store:
        assert next_batch(store, calls, place["out"] / "out", Fake()).n_done == 60
        assert check(store, place["out"] / "out") == {"done": 60}


def test_a_file_that_may_not_grow_ends_the_run_with_its_cause(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    recording(tmp_path / "calls", "1.wav")
    with open_store(tmp_path / "store.sqlite") as store:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        (tmp_path / "store.sqlite-wal").stat()
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, before[1]))
        try:
            with pytest.raises(CallauditError):
                batch(store, tmp_path / "calls", tmp_path / "out", Fake())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert list((tmp_path / "out").iterdir()) == []


# ── workers ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_workers_that_are_killed_hang_or_outgrow_their_memory_cost_no_other_call(tmp_path: Path, check: Check) -> None:
    calls, out = tmp_path / "calls", tmp_path / "out"
    recordings(calls, 10, "slow 0.05")
    recording(calls, "dies.wav", "dies")
    recording(calls, "hangs.wav", "slow 1000")
    recording(calls, "grows.wav", "fills 600")
    with open_store(tmp_path / "store.sqlite") as store:
        executor = Processes(2, Limits(timeout_s=20.0, memory_mb=400))  # in which any machine does all but hang
        figures = batch(store, calls, out, Fake(), executor, replace(QUICK, attempts=2))
        assert check(store, out) == {"done": 10, "failed": 3}
        with store.session(write=False) as session:
            rows = session.execute(select(TaskRow).where(TaskRow.state == "failed")).scalars().all()
        kinds = {Path(row.location).stem: (row.kind, row.attempts) for row in rows}
    assert kinds == {"dies": ("WorkerDied", 2), "hangs": ("TimedOut", 2), "grows": ("OutOfMemory", 2)}
    assert figures.n_retries == 3


def test_workers_killed_at_any_moment_lose_nothing_and_double_nothing(tmp_path: Path, check: Check) -> None:
    calls, out, log = tmp_path / "calls", tmp_path / "out", tmp_path / "log"
    recordings(calls, 60, "slow 0.1")
    chance, killed, n_outcomes = random.Random(5), set[int](), 0

    def kill(outcome: Outcome | None, standing: Standing) -> None:
        """Now and then the worker that began last: it is at work, at its end, or idle by then."""
        nonlocal n_outcomes
        n_outcomes += outcome is not None
        if outcome is not None and n_outcomes % 6 == 0:
            time.sleep(chance.uniform(0.0, 0.15))
            worker = int(begun(log)[-1][2])
            if worker not in killed:
                killed.add(worker)
                os.kill(worker, signal.SIGKILL)

    with open_store(tmp_path / "store.sqlite") as store:
        figures = batch(store, calls, out, Fake(log), Processes(2), listener=kill)
        states = check(store, out)
    assert len(killed) >= 5
    assert states["done"] + states["failed"] == 60
    assert states["failed"] <= len(killed) // 3  # a call whose worker was killed three times over is put away
    assert figures.n_retries <= len(killed)
