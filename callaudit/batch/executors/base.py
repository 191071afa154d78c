"""What every executor does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from callaudit.batch.tasks import MakeWork, Outcome, Task


class Executor(Protocol):
    """Takes tasks as workers fall free, gives back outcomes as they come; every task taken has exactly one outcome.

    Closing the iterator ends the workers at once; what they were at has no outcome then.
    """

    def run(self, tasks: Iterable[Task | None], make_work: MakeWork) -> Iterator[Outcome]:
        """The outcomes of the tasks, in any order.

        Parameters
        ----------
        tasks : asked for the next one only when a worker is free to begin it; it answers within half a second, with
            None where there is nothing to begin just now but may be soon (a retry is due later, files are still being
            found): give back what is finished, then ask again
        make_work : called once in each worker
        """
        ...
