"""Who is given what, by hands that are told what to say."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import pytest

from callaudit.batch.executors import crew
from callaudit.batch.executors.crew import Limits, News, Vitals, employ
from callaudit.batch.tasks import Done, Lost, Outcome, Task
from callaudit.errors import EngineError
from tests.batch.errands import entry_of


class Told:
    """Workers that are ready at once and do their tasks at once; `starts` says of each start whether it works."""

    def __init__(self, starts: Sequence[bool], n_workers: int = 1, dies_at: Sequence[int] = ()) -> None:
        self.starts, self.n_workers, self.dies_at = list(starts), n_workers, dies_at
        self.told: list[News] = []
        self.n_started = 0
        self.is_closed = False

    def open(self) -> int:
        return self.n_workers

    def start(self) -> Hashable:
        if not self.starts.pop(0):
            raise OSError(12, "Cannot allocate memory")
        self.n_started += 1
        self.told.append(News(self.n_started, "ready"))
        return self.n_started

    def give(self, worker: Hashable, task: Task) -> None:
        if task.id in self.dies_at:
            self.told.append(News(worker, "died", why="it exited with 1"))
        else:
            self.told.append(News(worker, "outcome", outcome=Done(task, entry_of(task), 0.0)))

    def news(self, wait_s: float) -> Sequence[News]:
        told, self.told = self.told, []
        return told

    def vitals(self, worker: Hashable) -> Vitals | None:
        return None

    def end(self, worker: Hashable) -> None:
        """Nothing to end."""

    def close(self) -> None:
        self.is_closed = True


def _run(hands: Told, n: int) -> list[Outcome]:
    return list(employ(hands, Limits(), [Task(k, f"{k:064d}", "easy") for k in range(n)]))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "FIRST_WAIT_S", 0.01)


def test_a_start_for_which_there_is_no_memory_just_now_is_tried_again() -> None:
    hands = Told([True, False, False, True], dies_at=[1])
    outcomes = _run(hands, 4)
    assert [type(one) for one in outcomes] == [Done, Lost, Done, Done]
    assert hands.is_closed


def test_without_room_for_the_first_worker_nothing_is_tried() -> None:
    hands = Told([False])
    with pytest.raises(EngineError, match="Cannot allocate memory"):
        _run(hands, 3)
    assert hands.is_closed


def test_four_starts_in_a_row_that_fail_end_the_run() -> None:
    with pytest.raises(EngineError, match="Cannot allocate memory"):
        _run(Told([True, False, False, False, False], dies_at=[1]), 4)


def test_workers_of_which_none_gets_ready_are_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "START_S", 0.2)
    hands = Told([True])
    hands.start()
    hands.starts, hands.told = [True], []
    monkeypatch.setattr(hands, "news", lambda wait_s: [])
    with pytest.raises(EngineError, match="no worker was ready"):
        _run(hands, 1)


def test_the_end_of_the_tasks_brings_no_new_workers() -> None:
    hands = Told([True], dies_at=[2])
    assert [type(one) for one in _run(hands, 3)] == [Done, Done, Lost]
    assert hands.n_started == 1
