"""Every executor does the same: the same outcomes byte for byte, each task once, whatever becomes of its workers."""

from __future__ import annotations

import importlib.util
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from callaudit.batch.executors import crew
from callaudit.batch.executors.base import Executor
from callaudit.batch.executors.crew import Limits
from callaudit.batch.executors.processes import Processes
from callaudit.batch.executors.ray import Ray
from callaudit.batch.executors.serial import Serial
from callaudit.batch.tasks import Done, Lost, Outcome, Task
from callaudit.errors import EngineError, ModelMissing
from tests.batch.errands import SECRET, Errands, entry_of
from tests.waiting import HANG_S, wait_until

no_ray = importlib.util.find_spec("ray") is None
needs_ray = pytest.mark.skipif(no_ray, reason="Ray is not installed (the extra ray)")

Make = Callable[..., Executor]


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A small cluster of this machine, with room for three workers, that the tests of this file share."""
    import ray

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture(params=["serial", "processes", pytest.param("ray", marks=[needs_ray, pytest.mark.slow])])
def make(request: pytest.FixtureRequest) -> Make:
    """Makes executors of one kind with so many workers."""
    if request.param == "serial":
        return lambda n_workers=1, limits=None: Serial()
    return _crewed(request)


@pytest.fixture(params=["processes", pytest.param("ray", marks=[needs_ray, pytest.mark.slow])])
def make_apart(request: pytest.FixtureRequest) -> Make:
    """The same for executors whose workers are other processes."""
    return _crewed(request)


class Clock:
    """The clock by which a crew sees how long a worker takes; it can be set on."""

    ahead_s = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    own = Clock()
    monkeypatch.setattr(crew, "time", own)
    return own


def _crewed(request: pytest.FixtureRequest) -> Make:
    if request.param == "processes":
        return lambda n_workers=1, limits=None: Processes(n_workers, limits or Limits())
    request.getfixturevalue("cluster")
    return lambda n_workers=1, limits=None: Ray(n_workers=n_workers, limits=limits or Limits())


def _tasks(*locations: str) -> list[Task]:
    return [Task(k, f"{k:064d}", location) for k, location in enumerate(locations, start=1)]


def _by_task(outcomes: Sequence[Outcome]) -> dict[int, Outcome]:
    assert len({outcome.task.id for outcome in outcomes}) == len(outcomes), "a task with two outcomes"
    return {outcome.task.id: outcome for outcome in outcomes}


ALL_KINDS = ("easy", "corrupt", "easy", "failing", "bug", "easy", "full", "memory", "easy")


# ── what all do ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("n_workers", [1, 2])
def test_outcomes_are_those_of_the_serial_one_byte_for_byte(make: Make, n_workers: int) -> None:
    tasks = _tasks(*ALL_KINDS)
    wanted = _by_task(list(Serial().run(tasks, Errands())))
    found = _by_task(list(make(n_workers).run(tasks, Errands())))
    assert {k: pickle.dumps(v) for k, v in found.items()} == {k: pickle.dumps(v) for k, v in wanted.items()}


def test_errors_become_lost_tasks_that_hold_no_word_of_the_call() -> None:
    outcomes = _by_task(list(Serial().run(_tasks(*ALL_KINDS), Errands())))
    lost = {k: (one.kind, one.may_pass) for k, one in outcomes.items() if isinstance(one, Lost)}
    assert lost == {
        2: ("UnreadableAudio", False), 4: ("EngineError", True), 5: ("KeyError", False), 7: ("OSError", True),
        8: ("MemoryError", True),
    }  # fmt: skip
    said = outcomes[5]
    assert isinstance(said, Lost)
    assert SECRET not in said.why
    assert "executors.base:" in said.why or "errands:" in said.why
    assert outcomes[1] == Done(_tasks("easy")[0], entry_of(_tasks("easy")[0]), 0.0)


@pytest.mark.parametrize("n_workers", [1, 2])
def test_a_task_is_asked_for_only_when_a_worker_is_free(make: Make, n_workers: int) -> None:
    executor, n_asked, most_open, n_out = make(n_workers), 0, 0, 0

    def tasks() -> Iterator[Task]:
        nonlocal n_asked, most_open
        for task in _tasks(*["slow 0.05"] * 8):
            n_asked += 1
            most_open = max(most_open, n_asked - n_out)
            yield task

    for _ in executor.run(tasks(), Errands()):
        n_out += 1
    assert (n_out, n_asked) == (8, 8)
    assert most_open <= (1 if isinstance(executor, Serial) else n_workers)


def test_nothing_to_begin_just_now_does_not_hold_up_what_is_finished(make: Make) -> None:
    outcomes: list[Outcome] = []

    def tasks() -> Iterator[Task | None]:
        first, second = _tasks("easy", "easy")
        yield first
        while not outcomes:
            time.sleep(0.01)
            yield None
        yield second

    for outcome in make(2).run(tasks(), Errands()):
        outcomes.append(outcome)
    assert [outcome.task.id for outcome in outcomes] == [1, 2]


def test_without_a_task_nothing_is_made_ready(make: Make) -> None:
    assert list(make(2).run([], Errands("missing"))) == []
    assert list(make(2).run([None, None], Errands("missing"))) == []


def test_a_missing_model_is_said_once_and_at_once(make: Make) -> None:
    with pytest.raises(ModelMissing, match="fetch it"):
        list(make(2).run(_tasks("easy", "easy"), Errands("missing")))


# ── workers that come to grief ───────────────────────────────────────────────────────────────────────────────────
def test_a_dead_worker_costs_its_own_task_alone(make_apart: Make) -> None:
    tasks = _tasks("easy", "killed", "easy", "exits 3", "slow 0.2", "easy", "easy")
    outcomes = _by_task(list(make_apart(2).run(tasks, Errands())))
    assert {k for k, one in outcomes.items() if isinstance(one, Done)} == {1, 3, 5, 6, 7}
    for k in (2, 4):
        lost = outcomes[k]
        assert isinstance(lost, Lost)
        assert (lost.kind, lost.may_pass) == ("WorkerDied", True)


def test_a_worker_that_takes_too_long_is_ended(make_apart: Make, clock: Clock) -> None:
    outcomes: dict[int, Outcome] = {}
    for outcome in make_apart(2).run(_tasks("slow 600", "easy", "easy"), Errands()):
        outcomes[outcome.task.id] = outcome
        if outcomes.keys() == {2, 3}:
            clock.ahead_s += Limits().timeout_s
    lost = outcomes.pop(1)
    assert isinstance(lost, Lost)
    assert (lost.kind, lost.may_pass) == ("TimedOut", True)
    assert all(isinstance(one, Done) for one in outcomes.values())


@pytest.mark.slow
def test_a_worker_that_does_nothing_is_ended_and_one_that_works_is_not(
    make_apart: Make, clock: Clock, tmp_path: Path
) -> None:
    note, outcomes = tmp_path / "note", dict[int, Outcome]()

    def tasks() -> Iterator[Task | None]:
        """The clock goes on while the busy one works, until the idle one is ended."""
        yield from _tasks("slow 600", f"busy {note}")
        seen_s = 0.0
        while 1 not in outcomes:
            if (worked_s := sum(map(_cpu_s, _pids(note)))) > seen_s + 1.0:
                clock.ahead_s += 0.2 * Limits().silent_s
                seen_s = worked_s
            yield None
        note.unlink()

    for outcome in make_apart(3).run(tasks(), Errands()):
        outcomes[outcome.task.id] = outcome
    lost = outcomes[1]
    assert isinstance(lost, Lost)
    assert (lost.kind, lost.may_pass) == ("TimedOut", True)
    assert isinstance(outcomes[2], Done)


def test_a_worker_that_outgrows_its_memory_is_ended(make_apart: Make) -> None:
    limits = Limits(memory_mb=500)
    outcomes = _by_task(list(make_apart(2, limits).run(_tasks("large 700", "easy", "easy"), Errands())))
    lost = outcomes.pop(1)
    assert isinstance(lost, Lost)
    assert (lost.kind, lost.may_pass) == ("OutOfMemory", True)
    assert all(isinstance(one, Done) for one in outcomes.values())


@pytest.mark.parametrize("begin", ["dead", "bug"])
def test_workers_that_cannot_begin_are_an_error_and_not_a_circle(make_apart: Make, begin: str) -> None:
    with pytest.raises(EngineError, match="worker") as caught:
        list(make_apart(2).run(_tasks("easy"), Errands(begin)))
    assert SECRET not in str(caught.value)


@pytest.mark.slow
def test_a_worker_that_cannot_be_replaced_ends_the_run_after_some_tries(
    make_apart: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "FIRST_WAIT_S", 0.01)
    note = tmp_path / "note"
    note.touch()
    running = make_apart(1).run(_tasks("easy", "killed", "easy"), Errands("once", str(note)))
    assert [type(next(running)), type(next(running))] == [Done, Lost]
    with pytest.raises(EngineError, match="no room"):
        next(running)


def test_closing_ends_the_workers_at_once(make_apart: Make) -> None:
    with closing(make_apart(2).run(_tasks("easy", "slow 600", "slow 600"), Errands())) as outcomes:  # type: ignore[type-var]
        next(outcomes)
        began_s = time.monotonic()
    assert time.monotonic() - began_s < HANG_S


# ── processes of this machine ────────────────────────────────────────────────────────────────────────────────────
def test_what_a_worker_began_itself_ends_with_it(tmp_path: Path, clock: Clock) -> None:
    note = tmp_path / "note"

    def tasks() -> Iterator[Task | None]:
        yield from _tasks(f"leaves {note}")
        while len(_pids(note)) < 2:
            yield None
        clock.ahead_s += Limits().timeout_s

    (lost,) = Processes(2).run(tasks(), Errands())
    assert isinstance(lost, Lost)
    wait_until(lambda: not any(map(_runs, _pids(note))))


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_worker_outlives_its_parent(tmp_path: Path, number: signal.Signals) -> None:
    note = tmp_path / "note"
    with subprocess.Popen([sys.executable, __file__, str(note)], stderr=subprocess.DEVNULL) as parent:
        wait_until(lambda: len(_pids(note)) == 2)
        parent.send_signal(number)
        parent.wait(HANG_S)
    wait_until(lambda: not any(map(_runs, _pids(note))))


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_of_the_terminal_are_the_parents_alone(number: signal.Signals) -> None:
    executor, said = Processes(1), []
    for outcome in executor.run(_signalled(number), Errands()):
        said.append(outcome)
    assert [type(one) for one in said] == [Done, Done]


def _signalled(number: signal.Signals) -> Iterator[Task]:
    """Two tasks; before the second one every worker gets a signal."""
    first, second = _tasks("easy", "slow 0.5")
    yield first
    workers = [one for one in psutil.Process().children() if "spawn_main" in " ".join(one.cmdline())]
    assert workers
    for worker in workers:
        assert os.getpgid(worker.pid) != os.getpgid(0)
        worker.send_signal(number)
    yield second


def _pids(note: Path) -> list[int]:
    """The numbers in a note, if it is there."""
    return [int(pid) for pid in note.read_text().split()] if note.exists() else []


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _cpu_s(pid: int) -> float:
    """Processor time of a process; 0 where it is no more."""
    try:
        return float(sum(psutil.Process(pid).cpu_times()[:2]))
    except psutil.NoSuchProcess:
        return 0.0


if __name__ == "__main__":  # the parent of `test_no_worker_outlives_its_parent`
    for _ in Processes(1).run(_tasks(f"leaves {sys.argv[1]}"), Errands()):
        pass
