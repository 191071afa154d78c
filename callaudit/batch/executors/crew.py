"""Who works at what: tasks are given to workers, and workers that die, hang or grow too large are replaced.

What a worker is (a process, an actor of a cluster) and how it is talked to is the matter of its `Hands`; what to do
with it is decided here, once for all of them.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from callaudit.batch.tasks import Lost, Outcome, Task
from callaudit.errors import EngineError

TICK_S, SOON_S = 0.5, 0.05
"""So long is listened to workers at a time; and where a worker is free and there may soon be something for it."""

LOOK_S = 1.0
"""Between two looks at how much memory and time a worker takes."""

LEAST_CPU_S = 0.5
"""A worker that took less processor time since it was last seen to get on, and says nothing, is not getting on."""

MOST_STARTS = 4
FIRST_WAIT_S = 1.0
"""A worker that fails to begin, where others have begun before, is tried again so often in a row, after 1, 2, 4 s."""

START_S = 600.0
"""If by then no worker at all is ready, none will be."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a worker is ended: after `timeout_s` at one task; with more than `memory_mb` of resident memory (MiB, 0: no
    bound); or when it has neither told of a step nor used the processor for `silent_s`."""

    timeout_s: float = 3600.0
    memory_mb: int = 0
    silent_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Vitals:
    """What can be seen of a worker from outside: resident memory (MiB), processor time, steps it told of."""

    memory_mb: float
    cpu_s: float
    n_beats: int


@dataclass(frozen=True, slots=True)
class News:
    """Something that a worker told, or that was seen of it.

    `ready`: it may be given tasks. `unfit`: it cannot begin, because of `error`. `outcome`: it is done with its task.
    `died`: it is no more, and `why` says how it ended.
    """

    worker: Hashable
    kind: Literal["ready", "unfit", "outcome", "died"]
    outcome: Outcome | None = None
    error: Exception | None = None
    why: str = ""


class Hands(Protocol):
    """Workers of one kind."""

    def open(self) -> int:
        """Get ready for workers; how many there are to be."""
        ...

    def start(self) -> Hashable:
        """Begin a worker, and what it is called from now on; it tells when it is ready."""
        ...

    def give(self, worker: Hashable, task: Task) -> None:
        """Hand a ready worker its one task; a worker that is dead by then is told of by `news`."""
        ...

    def news(self, wait_s: float) -> Sequence[News]:
        """What there is to tell, waiting at most so long for the first."""
        ...

    def vitals(self, worker: Hashable) -> Vitals | None:
        """How it does; None where nothing is known just now."""
        ...

    def end(self, worker: Hashable) -> None:
        """End it at once, with whatever it has begun itself; nothing more is told of it."""
        ...

    def close(self) -> None:
        """End them all; also where nothing was opened."""
        ...


@dataclass(slots=True)
class _Member:
    """A worker: its task and since when; when, and with how much processor time and how many steps, it last got on."""

    is_ready: bool = False
    task: Task | None = None
    since_s: float = 0.0
    moved_s: float = 0.0
    looked_s: float = 0.0
    seen: Vitals = field(default=Vitals(0.0, 0.0, 0))


_NO_MORE: Final = object()


def employ(hands: Hands, limits: Limits, tasks: Iterable[Task | None]) -> Iterator[Outcome]:
    """The outcomes of the tasks, worked at by these hands; see `Executor.run`."""
    crew = _Crew(hands, limits)
    source: Iterator[Task | None] | None = iter(tasks)
    try:
        while source is not None or crew.is_at_work:
            if source is not None and crew.wants_task:
                task = next(source, _NO_MORE)
                if task is _NO_MORE:
                    source = None
                    continue
                if isinstance(task, Task):
                    crew.take(task)
                    continue
            is_idle = source is not None and crew.wants_task
            yield from crew.news(SOON_S if is_idle else TICK_S)
    finally:
        hands.close()


class _Crew:
    def __init__(self, hands: Hands, limits: Limits) -> None:
        self.hands, self.limits = hands, limits
        self.n_workers = 0
        self.members: dict[Hashable, _Member] = {}
        self.waiting: Task | None = None
        self.has_begun = False
        self.hired_s = self.hire_after_s = 0.0
        self.n_failed_starts = 0

    @property
    def wants_task(self) -> bool:
        """Whether a worker is free to begin something, or one would be started for it."""
        if self.waiting is not None:
            return False
        is_vacant = self.n_workers == 0 or len(self.members) < self.n_workers
        return is_vacant or any(one.is_ready and one.task is None for one in self.members.values())

    @property
    def is_at_work(self) -> bool:
        return self.waiting is not None or any(one.task is not None for one in self.members.values())

    def take(self, task: Task) -> None:
        self.waiting = task
        if self.n_workers == 0:  # a night in which nothing is left to do loads no models
            self.n_workers, self.hired_s = self.hands.open(), time.monotonic()
        self._hire()
        self._hand_out()

    def news(self, wait_s: float) -> list[Outcome]:
        outcomes = [outcome for one in self.hands.news(wait_s) if (outcome := self._heard(one)) is not None]
        for worker in list(self.members):
            lost = self._lost_by_limits(worker)
            if lost is not None:
                outcomes.append(lost)
        if self.waiting is not None:
            self._hire()
        self._hand_out()
        return outcomes

    # ── workers ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _hire(self) -> None:
        moment_s = time.monotonic()
        while len(self.members) < self.n_workers and time.monotonic() >= self.hire_after_s:
            try:
                self.members[self.hands.start()] = _Member()
            except OSError as error:  # no memory or no process number is left just now
                self._failed_to_begin(EngineError(f"no worker can be begun: {error.strerror or type(error).__name__}"))
        if not self.has_begun and moment_s - self.hired_s > START_S:
            raise EngineError(
                f"no worker was ready within {START_S:.0f} s; is there room (memory, cores, GPUs) for one, and is the "
                "disk that holds the model fast enough? Try --executor serial"
            )

    def _hand_out(self) -> None:
        for worker, member in self.members.items():
            if self.waiting is None:
                return
            if member.is_ready and member.task is None:
                member.task, self.waiting = self.waiting, None
                member.since_s = member.moved_s = time.monotonic()
                self.hands.give(worker, member.task)

    def _dismiss(self, worker: Hashable) -> _Member:
        self.hands.end(worker)
        return self.members.pop(worker)

    # ── what is heard of them ────────────────────────────────────────────────────────────────────────────────────
    def _heard(self, news: News) -> Outcome | None:
        member = self.members.get(news.worker)
        if member is None:
            return None
        if news.kind == "ready":
            member.is_ready = self.has_begun = True
            self.n_failed_starts = 0
        elif news.kind == "outcome":
            member.task = None
            return news.outcome
        elif not member.is_ready:
            self._dismiss(news.worker)
            self._failed_to_begin(news.error or EngineError(f"a worker ended before it was ready: {news.why}"))
        else:
            self._dismiss(news.worker)
            if member.task is not None:
                why = f"the worker ended while it was at this call: {news.why}"
                return Lost(member.task, "WorkerDied", why, may_pass=True)
        return None

    def _failed_to_begin(self, error: Exception) -> None:
        self.n_failed_starts += 1
        if not self.has_begun or self.n_failed_starts >= MOST_STARTS:
            raise error
        self.hire_after_s = time.monotonic() + FIRST_WAIT_S * 2 ** (self.n_failed_starts - 1)

    # ── what is seen of them ─────────────────────────────────────────────────────────────────────────────────────
    def _lost_by_limits(self, worker: Hashable) -> Lost | None:
        """The task of a worker that is beyond a limit; the worker is ended."""
        member, moment_s = self.members[worker], time.monotonic()
        if member.task is None:
            return None
        kind, why = "TimedOut", ""
        if moment_s - member.since_s > self.limits.timeout_s:
            why = f"it took more than {self.limits.timeout_s:g} s (timeout_s), and was ended"
        elif moment_s - member.looked_s > LOOK_S:
            member.looked_s = moment_s
            vitals = self.hands.vitals(worker)
            if vitals is not None and 0 < self.limits.memory_mb < vitals.memory_mb:
                kind = "OutOfMemory"
                why = f"its worker took {vitals.memory_mb:.0f} MiB, more than {self.limits.memory_mb} (memory_mb)"
            elif self._is_silent(member, vitals, moment_s):
                why = f"its worker did nothing at all for {self.limits.silent_s:g} s, and was ended"
        if not why:
            return None
        self._dismiss(worker)
        return Lost(member.task, kind, why, may_pass=True)

    def _is_silent(self, member: _Member, vitals: Vitals | None, moment_s: float) -> bool:
        """Whether the worker has not got on for too long: neither a step nor work of the processor."""
        seen = member.seen
        if vitals is not None and (vitals.n_beats != seen.n_beats or vitals.cpu_s - seen.cpu_s >= LEAST_CPU_S):
            member.seen, member.moved_s = vitals, moment_s
        return moment_s - member.moved_s > self.limits.silent_s
