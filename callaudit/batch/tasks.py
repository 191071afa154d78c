"""What passes between the run, which alone touches the store, and the workers, which alone touch sound and models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from callaudit.store.entries import Entry


@dataclass(frozen=True, slots=True)
class Task:
    """One recording to be heard and judged; `location` is a path or an fsspec URL, `attempt` counts from 1."""

    id: int
    recording_id: str
    location: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Done:
    """A call heard and judged, ready to be stored; `busy_s` is the wall time its worker took."""

    task: Task
    entry: Entry
    busy_s: float


@dataclass(frozen=True, slots=True)
class Lost:
    """A task that ended without a call.

    `kind` names the cause (the class of the error, or WorkerDied, TimedOut, OutOfMemory), `why` is for people and holds
    no word of the call; `may_pass`: the cause may be gone at the next attempt.
    """

    task: Task
    kind: str
    why: str
    may_pass: bool = False


Outcome = Done | Lost
Beat = Callable[[str], None]
"""Told by a worker whenever it gets on: the name of the stage it is at."""


class Work(Protocol):
    """What a worker does with a task; an error it raises is the task's `Lost` (`executors.base.attempt`)."""

    def __call__(self, task: Task, beat: Beat) -> Outcome: ...


MakeWork = Callable[[], Work]
"""Makes a worker's work ready (loads models) in the process that will do it; can be pickled."""
