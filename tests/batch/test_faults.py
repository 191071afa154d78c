"""What the world does to a batch: databases that go, disks that fill, workers that die, hang and grow."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from callaudit.batch.executors.crew import Limits
from callaudit.batch.executors.processes import Processes
from callaudit.batch.executors.serial import Serial
from callaudit.batch.run import Plan, run_batch
from callaudit.batch.sources import Search
from callaudit.batch.standing import RunFigures
from callaudit.config import BatchConfig
from callaudit.errors import CallauditError, StoreError
from callaudit.store.database import Store, open_store
from callaudit.store.tables import TaskRow
from tests.batch.fakes import HEARING, Fake, recording
from tests.batch.postgres import Postgres

pytestmark = pytest.mark.slow  # workers, servers and disks that come to grief take their time

Check = Callable[[Store, Path], Counter[str]]
QUICK = BatchConfig(settle_s=0.0, retry_s=0.05, lease_s=4.0)


def batch(store: Store, calls: Path, out: Path, make_work: Fake, executor: Serial | Processes) -> RunFigures:
    return run_batch(store, Search([str(calls)], settle_s=0.0), executor, make_work, Plan(HEARING, out, QUICK))


# ── the database ─────────────────────────────────────────────────────────────────────────────────────────────────
def out_of_reach(server: Postgres, log: Path, for_s: float) -> threading.Thread:
    """Stops the server as soon as a few calls are begun, and starts it again after so many seconds."""

    def work() -> None:
        while not (log.exists() and len(log.read_text().splitlines()) > 3):
            time.sleep(0.01)
        server.stop()
        time.sleep(for_s)
        server.start()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_database_that_is_gone_for_a_while_is_waited_for(postgres: Postgres, tmp_path: Path, check: Check) -> None:
    calls, out, log = tmp_path / "calls", tmp_path / "out", tmp_path / "log"
    for k in range(12):
        recording(calls, f"{k}.wav", "slow 0.1")
    with open_store(postgres.database(f"gone_{uuid4().hex}"), patience_s=60.0) as store:
        outage = out_of_reach(postgres, log, 3.0)
        figures = batch(store, calls, out, Fake(log), Serial())
        outage.join()
        assert figures.n_done == 12
        assert check(store, out) == {"done": 12}
    assert len(log.read_text().splitlines()) == 12


def test_a_database_that_stays_away_ends_the_run_and_the_next_one_goes_on(
    postgres: Postgres, tmp_path: Path, check: Check
) -> None:
    calls, out, log = tmp_path / "calls", tmp_path / "out", tmp_path / "log"
    for k in range(12):
        recording(calls, f"{k}.wav", "slow 0.1")
    url = postgres.database(f"away_{uuid4().hex}")
    with open_store(url, patience_s=0.5) as store:
        outage = out_of_reach(postgres, log, 5.0)
        with pytest.raises(StoreError):
            batch(store, calls, out, Fake(log), Serial())
        outage.join()
    with open_store(url) as store:
        with store.session() as session:  # the run lives on in this process, so its lease must run out
            for row in session.execute(select(TaskRow).where(TaskRow.state == "leased")).scalars():
                row.leased_until = row.found_at
        assert batch(store, calls, out, Fake(log), Serial()).n_done == 12
        assert check(store, out) == {"done": 12}
    assert len(log.read_text().splitlines()) <= 13


def test_a_locked_sqlite_file_is_waited_for(tmp_path: Path, check: Check) -> None:
    calls, out, log = tmp_path / "calls", tmp_path / "out", tmp_path / "log"
    for k in range(10):
        recording(calls, f"{k}.wav", "slow 0.05")
    with open_store(tmp_path / "store.sqlite") as store:
        over = threading.Event()

        def hold() -> None:
            other = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None, timeout=30)
            while not over.wait(0.1):
                other.execute("BEGIN EXCLUSIVE")
                time.sleep(0.7)
                other.execute("ROLLBACK")
            other.close()

        holder = threading.Thread(target=hold)
        holder.start()
        try:
            figures = batch(store, calls, out, Fake(log), Serial())
        finally:
            over.set()
            holder.join()
        assert figures.n_done == 10
        assert check(store, out) == {"done": 10}
    assert len(log.read_text().splitlines()) == 10


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
    for k in range(60):
        recording(calls, f"{k}.wav")
    place = {name: small_disk if name == full else tmp_path for name in ("store", "out")}
    with open_store(place["store"] / "store.sqlite", patience_s=5.0) as store:
        with pytest.raises(CallauditError, match="full"):
            batch(store, calls, place["out"] / "out", Fake(), Serial())
        n_before = len(list((place["out"] / "out").glob("*.json")))
        assert 0 < n_before < 60
        assert not list((place["out"] / "out").glob(".*"))
    enlarge(small_disk)
    with open_store(place["store"] / "store.sqlite") as store:
        with store.session() as session:  # the run lives on in this process, so its lease must run out
            for row in session.execute(select(TaskRow).where(TaskRow.state == "leased")).scalars():
                row.leased_until = row.found_at
        assert batch(store, calls, place["out"] / "out", Fake(), Serial()).n_done == 60
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
                batch(store, tmp_path / "calls", tmp_path / "out", Fake(), Serial())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert list((tmp_path / "out").iterdir()) == []


# ── workers ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_workers_that_are_killed_hang_or_outgrow_their_memory_cost_no_other_call(tmp_path: Path, check: Check) -> None:
    calls, out, log = tmp_path / "calls", tmp_path / "out", tmp_path / "log"
    for k in range(10):
        recording(calls, f"{k}.wav", "slow 0.05")
    recording(calls, "dies.wav", "dies")
    recording(calls, "hangs.wav", "slow 1000")
    recording(calls, "grows.wav", "fills 600")
    with open_store(tmp_path / "store.sqlite") as store:
        executor = Processes(2, Limits(timeout_s=4.0, memory_mb=400))
        figures = batch(store, calls, out, Fake(log), executor)
        assert check(store, out) == {"done": 10, "failed": 3}
        with store.session(write=False) as session:
            rows = session.execute(select(TaskRow).where(TaskRow.state == "failed")).scalars().all()
        kinds = {Path(row.location).stem: (row.kind, row.attempts) for row in rows}
    assert kinds == {"dies": ("WorkerDied", 3), "hangs": ("TimedOut", 3), "grows": ("OutOfMemory", 3)}
    assert figures.n_retries == 6


def test_workers_killed_at_any_moment_lose_nothing_and_double_nothing(tmp_path: Path, check: Check) -> None:
    calls, out, log = tmp_path / "calls", tmp_path / "out", tmp_path / "log"
    for k in range(60):
        recording(calls, f"{k}.wav", "slow 0.1")
    over, killed = threading.Event(), set[int]()

    def kill() -> None:
        while not over.wait(0.5):
            if log.exists() and log.read_text():
                worker = int(log.read_text().splitlines()[-1].split()[2])
                if worker not in killed:
                    killed.add(worker)
                    os.kill(worker, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    with open_store(tmp_path / "store.sqlite") as store:
        killer.start()
        try:
            figures = batch(store, calls, out, Fake(log), Processes(2))
        finally:
            over.set()
            killer.join()
        states = check(store, out)
    assert len(killed) >= 3
    assert states["done"] + states["failed"] == 60
    assert states["failed"] <= len(killed) // 3  # a call whose worker was killed three times over is put away
    assert figures.n_retries <= len(killed)
