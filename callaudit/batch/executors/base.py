"""What every executor does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from callaudit.batch.tasks import MakeWork, Outcome, Task


class Executor(Protocol):
    """Takes tasks as workers fall free, gives back outcomes as they come; every task taken has exactly one outcome."""

    def run(self, tasks: Iterable[Task], make_work: MakeWork) -> Iterator[Outcome]:
        """The outcomes of the tasks, in any order.

        Parameters
        ----------
        tasks : asked for the next one only when a worker is free to begin it
        make_work : called once in each worker
        """
        ...
