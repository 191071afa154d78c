"""`kill -9` of the run between any two of its writes, and at moments that nobody chose; and of two runs at once."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

import callaudit.files as files
from callaudit.batch.executors.serial import Serial
from callaudit.batch.run import Plan, run_batch
from callaudit.batch.sources import Search
from callaudit.config import BatchConfig
from callaudit.store.database import Store, open_store
from tests.batch.fakes import HEARING, Fake, begun, recording, recordings
from tests.waiting import HANG_S, wait_until

pytestmark = pytest.mark.slow  # workers, servers and disks that come to grief take their time

Check = Callable[[Store, Path], Counter[str]]
PATIENT = BatchConfig(settle_s=0.0, retry_s=0.05, attempts=10_000)
FORK = multiprocessing.get_context("fork")
"""Forked, so that a hundred deaths take seconds; nothing is open or running in the tests' own process."""


@dataclass
class Mine:
    """Kills its process when it is passed for the `at`-th time."""

    at: int
    n: int = 0

    def step(self, *ignored: Any) -> None:
        self.n += 1
        if self.n == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def lay(mine: Mine) -> None:
    """Puts the mine before and after every commit and every step by which a file gets to its place."""
    for moment in ("commit", "begin"):  # a transaction begins after the last one was committed
        event.listen(Engine, moment, mine.step)
    for name in ("fsync", "link", "utime"):
        real = getattr(os, name)
        setattr(os, name, lambda *a, real=real, **k: (mine.step(), real(*a, **k), mine.step())[1])
    replace, unlink = files.Path.replace, files.Path.unlink
    files.Path.replace = lambda *a, **k: (mine.step(), replace(*a, **k), mine.step())[1]  # type: ignore[method-assign]  # in a process that ends here
    files.Path.unlink = lambda *a, **k: (mine.step(), unlink(*a, **k), mine.step())[1]  # type: ignore[method-assign]  # as above


def night(url: str, calls: Path, out: Path, make_work: Fake, at: int = 0, config: BatchConfig = PATIENT) -> None:
    """A whole run in a process of its own; with `at`, one that dies there."""
    with open_store(url, patience_s=HANG_S) as store:
        if at:
            lay(Mine(at))
        run_batch(store, Search([str(calls)], settle_s=0.0), Serial(), make_work, Plan(HEARING, out, config))
    os._exit(0)


def began(*arguments: Any) -> BaseProcess:
    process = FORK.Process(target=night, args=arguments, daemon=True)
    process.start()
    return process


def ended(process: BaseProcess) -> int:
    process.join(HANG_S)
    assert process.exitcode is not None
    return process.exitcode


def beats(calls: Path, n: int = 1) -> None:
    """Returns when the call that waits there has gone round its loop so often from now on."""
    pulse = calls / "pulse"
    for _ in range(n):
        before_ns = pulse.stat().st_mtime_ns if pulse.exists() else 0
        wait_until(lambda: pulse.exists() and pulse.stat().st_mtime_ns > before_ns)  # noqa: B023  # called at once


def test_a_kill_between_any_two_writes_loses_nothing_and_doubles_nothing(tmp_path: Path, check: Check) -> None:
    n_deaths = 0
    for at in range(1, 400):
        folder = tmp_path / str(at)
        calls, out, url = folder / "calls", folder / "out", str(folder / "store.sqlite")
        recording(calls, "1.wav")
        recording(calls, "2.wav", "unreadable")
        open_store(url).close()
        died = ended(began(url, calls, out, Fake(), at)) == -signal.SIGKILL
        n_deaths += died
        assert ended(began(url, calls, out, Fake())) == 0
        with open_store(url) as store:
            left = [path for path in out.iterdir() if path.name.startswith(".")]
            assert len(left) <= 1  # the draft that was being written
            for path in left:
                path.unlink()
            assert check(store, out) == {"done": 1, "failed": 1}
        if not died:
            break
    assert n_deaths > 20
    assert not died


def test_kills_at_any_moment_lose_nothing_and_double_nothing(store_url: str, tmp_path: Path, check: Check) -> None:
    calls, out, log = tmp_path / "calls", tmp_path / "out", tmp_path / "log"
    for k in range(40):
        recording(calls, f"{k}.wav", "unreadable" if k % 10 == 9 else "slow 0.1")
    open_store(store_url).close()
    chance, n_kills = random.Random(5), 0
    for k in range(60):
        process, n_begun = began(store_url, calls, out, Fake(log)), len(begun(log))
        if k % 2 == 0:  # else anywhere from the start on
            n_wanted = n_begun + chance.randrange(5)
            wait_until(lambda: len(begun(log)) > n_wanted or not process.is_alive())  # noqa: B023  # called at once
        process.join(chance.uniform(0.0, 0.3))
        process.kill()
        if (status := ended(process)) == 0:  # it was through before the kill
            break
        assert status == -signal.SIGKILL
        n_kills += 1
    else:
        assert ended(began(store_url, calls, out, Fake(log))) == 0
    assert n_kills >= 3
    for draft in out.glob(".*"):
        draft.unlink()
    with open_store(store_url) as store:
        assert check(store, out) == {"done": 36, "failed": 4}
    assert len(begun(log)) <= 40 + n_kills  # one call at most is at work when a run dies


@pytest.mark.parametrize("is_shared", [True, False], ids=["one store", "a store each"])
def test_two_batches_on_a_folder_do_each_call_once(
    store_url: str, tmp_path: Path, check: Check, is_shared: bool
) -> None:
    calls, out, log = tmp_path / "calls", tmp_path / "out", tmp_path / "log"
    for k in range(30):
        recording(calls, f"{k}.wav", "unreadable" if k % 10 == 9 else "slow 0.02")
    urls = [store_url, store_url if is_shared else str(tmp_path / "another.sqlite")]
    for url in urls:
        open_store(url).close()
    assert [ended(process) for process in [began(url, calls, out, Fake(log)) for url in urls]] == [0, 0]
    for url in urls:
        with open_store(url) as store:
            assert check(store, out) == {"done": 27, "failed": 3}
    assert set(Counter(row[0] for row in begun(log)).values()) == {1 if is_shared else 2}


def test_the_calls_of_a_run_that_died_are_taken_by_the_one_beside_it(
    store_url: str, tmp_path: Path, check: Check
) -> None:
    calls, out, log = tmp_path / "calls", tmp_path / "out", tmp_path / "log"
    recordings(calls, 4, "waits")
    open_store(store_url).close()
    first = began(store_url, calls, out, Fake(log))
    wait_until(lambda: begun(log))
    second = began(store_url, calls, out, Fake(log))
    wait_until(lambda: len(begun(log)) == 2)
    first.kill()
    assert ended(first) == -signal.SIGKILL
    (calls / "go").touch()
    assert ended(second) == 0
    with open_store(store_url) as store:
        assert check(store, out) == {"done": 4}
    assert len(begun(log)) == 5


def test_a_call_that_kills_the_run_ends_in_the_quarantine(tmp_path: Path, check: Check) -> None:
    calls, out, url = tmp_path / "calls", tmp_path / "out", str(tmp_path / "store.sqlite")
    recording(calls, "1.wav", "dies")
    for k in range(2, 5):
        recording(calls, f"{k}.wav")
    open_store(url).close()
    ends = []
    for _ in range(5):
        ends.append(ended(began(url, calls, out, Fake(), 0, replace(PATIENT, attempts=3))))
    assert ends == [-signal.SIGKILL] * 3 + [0, 0]
    with open_store(url) as store:
        assert check(store, out) == {"done": 3, "failed": 1}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_call_at_work_end_and_gives_the_rest_back(
    tmp_path: Path, check: Check, number: signal.Signals
) -> None:
    calls, out, log, url = tmp_path / "calls", tmp_path / "out", tmp_path / "log", str(tmp_path / "store.sqlite")
    recordings(calls, 4, "waits")
    open_store(url).close()
    process = began(url, calls, out, Fake(log))
    beats(calls)
    assert process.pid is not None
    os.kill(process.pid, number)
    beats(calls, 2)
    (calls / "go").touch()
    assert ended(process) == 0
    assert len(list(out.iterdir())) == 1
    assert ended(began(url, calls, out, Fake(log))) == 0
    with open_store(url) as store:
        assert check(store, out) == {"done": 4}
    assert {row[1] for row in begun(log)} == {"1"}  # nothing that was given back counts


def test_a_second_signal_ends_the_run_at_once(tmp_path: Path) -> None:
    calls, url = tmp_path / "calls", str(tmp_path / "store.sqlite")
    recordings(calls, 1, "waits")
    open_store(url).close()
    process = began(url, calls, tmp_path / "out", Fake())
    beats(calls)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGTERM)
    beats(calls, 2)  # the first is heard by then, and the call goes on
    os.kill(process.pid, signal.SIGTERM)
    assert ended(process) == 1
