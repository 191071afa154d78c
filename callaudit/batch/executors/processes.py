"""Workers as processes of this machine, each with its own pipe.

Why no pool of a library: `concurrent.futures` and loky declare the whole pool broken when one process is killed, and
know no limit of time for a task. Pebble (5.2.3, tried) knows one, but all its workers share one pipe and one lock: a
`kill -9` of an idle worker ended the pool (``Unexpected error within the Pool``), and what a worker had begun itself
outlived it. None of them bounds memory, or tells a model that is missing from a worker that was lost.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

import psutil

from callaudit.batch.executors.base import attempt, unfit
from callaudit.batch.executors.crew import Limits, News, Vitals, employ
from callaudit.batch.logs import configure
from callaudit.batch.tasks import MakeWork, Outcome, Task
from callaudit.orphans import end_with_parent

BEAT_S = 1.0
"""A worker tells of its steps no more often than this."""

GONE = (EOFError, OSError, pickle.UnpicklingError)


@dataclass(frozen=True, slots=True)
class Processes:
    """Works in so many processes, started afresh (spawn) and never forked: libraries with threads of their own, such as
    CTranslate2's, do not survive a fork. No worker outlives this process, however it ends."""

    n_workers: int
    limits: Limits = field(default_factory=Limits)

    def run(self, tasks: Iterable[Task | None], make_work: MakeWork) -> Iterator[Outcome]:
        return employ(_Hands(make_work, self.n_workers), self.limits, tasks)


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    n_beats: int = 0
    ending: str | None = None

    def ended(self) -> str:
        """How it ended, after it was made to, with all it has begun: on POSIX its whole group, which may outlive it.

        Its number is its own until it is waited for, so that comes last, and once.
        """
        if self.ending is None:
            with suppress(ProcessLookupError, PermissionError, AttributeError):
                os.killpg(self.process.pid or 0, signal.SIGKILL)
            self.process.kill()
            self.process.join()
            self.ending = _ending(self.process.exitcode or 0)
        return self.ending


class _Hands:
    def __init__(self, make_work: MakeWork, n_workers: int) -> None:
        self._make_work, self._n_workers = make_work, n_workers
        self._context = multiprocessing.get_context("spawn")
        self._workers: dict[Hashable, _Worker] = {}

    def open(self) -> int:
        atexit.register(self.close)  # before multiprocessing's own, which waits for every child
        return self._n_workers

    def start(self) -> Hashable:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._make_work), name="callaudit-worker")
        process.start()
        theirs.close()  # else its death would not show here
        self._workers[process.pid] = _Worker(process, ours)
        return process.pid

    def give(self, worker: Hashable, task: Task) -> None:
        with suppress(OSError):  # it died just now; `news` will say so
            self._workers[worker].pipe.send(task)

    def news(self, wait_s: float) -> Sequence[News]:
        pipes = {one.pipe: worker for worker, one in self._workers.items()}
        ends = {one.process.sentinel: worker for worker, one in self._workers.items()}
        ready = wait([*pipes, *ends], wait_s)
        told = dict.fromkeys([pipes[one] for one in ready if isinstance(one, Connection)])
        ended = {ends[one] for one in ready if isinstance(one, int)}
        return [news for worker in told | dict.fromkeys(ended) for news in self._told(worker, worker in ended)]

    def _told(self, worker: Hashable, has_ended: bool) -> Iterator[News]:
        """What lies in a worker's pipe; its last words are heard before it is taken for dead."""
        one = self._workers[worker]
        try:
            while one.pipe.poll():
                kind, what = one.pipe.recv()
                if kind == "beat":
                    one.n_beats += 1
                elif kind == "outcome":
                    yield News(worker, kind, outcome=what)
                else:
                    yield News(worker, kind, error=what)
        except GONE:
            has_ended = True
        if has_ended:
            wait([one.process.sentinel], 1.0)
            yield News(worker, "died", why=one.ended())

    def vitals(self, worker: Hashable) -> Vitals | None:
        one = self._workers[worker]
        try:
            process = psutil.Process(one.process.pid)
            times, memory = process.cpu_times(), process.memory_info()
        except psutil.Error:
            return None
        return Vitals(memory.rss / 2**20, times.user + times.system, one.n_beats)

    def end(self, worker: Hashable) -> None:
        one = self._workers.pop(worker)
        one.ended()
        one.pipe.close()

    def close(self) -> None:
        for worker in list(self._workers):
            self.end(worker)
        atexit.unregister(self.close)


def _ending(code: int) -> str:
    """How a process came to its end, by its exit code.

    >>> _ending(3), _ending(-15)
    ('it exited with 3', 'it was ended by SIGTERM')
    """
    if code >= 0:
        return f"it exited with {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"it was ended by {name}" + (", perhaps for lack of memory" if name == "SIGKILL" else "")


# ── in the worker ────────────────────────────────────────────────────────────────────────────────────────────────
def _serve(pipe: Connection, make_work: MakeWork) -> None:
    """The life of a worker."""
    _stand_alone()
    configure("warning", as_json=not sys.stderr.isatty())  # what libraries say here is no less a line of the log
    speak = _Speaker(pipe)
    try:
        work = make_work()
    except Exception as error:
        speak("unfit", unfit(error))
        return
    with suppress(*GONE):  # the parent is no more
        speak("ready", None)
        while True:
            task = pipe.recv()
            speak("outcome", attempt(work, task, speak.beat))


def _stand_alone() -> None:
    """Ctrl-C and a service manager's SIGTERM go to the parent alone, which decides; its death is ours too."""
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    if hasattr(os, "setsid"):
        os.setsid()
    end_with_parent(group=True)


class _Speaker:
    """Tells the parent, from any thread."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._lock, self._told_s = pipe, threading.Lock(), 0.0

    def __call__(self, kind: str, what: Any) -> None:
        with self._lock:
            self._pipe.send((kind, what))

    def beat(self, stage: str) -> None:
        moment_s = time.monotonic()
        if moment_s - self._told_s >= BEAT_S:
            self._told_s = moment_s
            self("beat", stage)
