"""One task after the other in this process: the reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from callaudit.batch.tasks import MakeWork, Outcome, Task


@dataclass(frozen=True, slots=True)
class Serial:
    """Works in this process."""

    def run(self, tasks: Iterable[Task | None], make_work: MakeWork) -> Iterator[Outcome]:
        work = make_work()
        for task in tasks:
            if task is not None:
                yield work(task, lambda stage: None)
