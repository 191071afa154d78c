"""One task after the other in this process: the reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from callaudit.batch.executors.base import attempt
from callaudit.batch.tasks import MakeWork, Outcome, Task, Work


@dataclass(frozen=True, slots=True)
class Serial:
    """Works in this process; nothing here can end a task that hangs or takes all memory."""

    def run(self, tasks: Iterable[Task | None], make_work: MakeWork) -> Iterator[Outcome]:
        work: Work | None = None
        for task in tasks:
            if task is not None:
                work = work or make_work()
                yield attempt(work, task, lambda stage: None)
