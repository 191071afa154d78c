"""What every executor does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from callaudit.batch.tasks import Beat, Lost, MakeWork, Outcome, Task, Work
from callaudit.errors import CallauditError, EngineError, ModelMissing, SourceError, UnreadableAudio, UnsupportedAudio

OWN_PACKAGE = "callaudit"
PASSING = (SourceError, EngineError, MemoryError)
"""Errors whose cause may be gone at the next attempt."""

LASTING = (ModelMissing, UnsupportedAudio, FileNotFoundError, PermissionError)
"""Errors, some of them of a passing kind, that would come again."""


class Executor(Protocol):
    """Takes tasks as workers fall free, gives back outcomes as they come; every task taken has exactly one outcome.

    Closing the iterator ends the workers at once; what they were at has no outcome then. The same holds where it raises
    because no worker can begin.
    """

    def run(self, tasks: Iterable[Task | None], make_work: MakeWork) -> Iterator[Outcome]:
        """The outcomes of the tasks, in any order.

        Parameters
        ----------
        tasks : asked for the next one only when a worker is free to begin it; it answers within half a second, with
            None where there is nothing to begin just now but may be soon (a retry is due later, files are still being
            found): give back what is finished, then ask again
        make_work : called once in each worker; nothing is made ready before the first task is there

        Raises
        ------
        CallauditError
            Whatever `make_work` raised (a model is missing, say): better said once than of each call.
        """
        ...


def attempt(work: Work, task: Task, beat: Beat) -> Outcome:
    """What came of a task, by whatever executor: an error that is raised becomes `Lost`."""
    try:
        return work(task, beat)
    except Exception as error:  # a bug is no reason to end the night either
        return Lost(task, type(error).__name__, said_of(error), may_pass(error))


def unfit(error: Exception) -> CallauditError:
    """Why a worker cannot begin, as an error that can be sent to where it is raised."""
    return error if isinstance(error, CallauditError) else EngineError(f"a worker cannot begin: {said_of(error)}")


def may_pass(error: BaseException) -> bool:
    """Whether the cause may be gone at the next attempt.

    A file that cannot be decoded stays so; one that the disk would not give out may be read later.

    >>> may_pass(EngineError("")), may_pass(ModelMissing("")), may_pass(UnreadableAudio("")), may_pass(KeyError(1))
    (True, False, False, False)
    """
    if isinstance(error, LASTING):
        return False
    if isinstance(error, UnreadableAudio):
        return isinstance(error.__cause__, OSError) and not isinstance(error.__cause__, LASTING)
    return isinstance(error, (*PASSING, OSError)) or type(error).__name__ in ("AudioError", "FileChanged")


def said_of(error: BaseException) -> str:
    """The error in one line that holds no word of a call: only what this program says itself, or where it happened."""
    if isinstance(error, CallauditError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} (at {place_of(error)})"
    return f"{type(error).__name__} at {place_of(error)}; that is a bug, unless memory ran out"


def place_of(error: BaseException) -> str:
    """Module and line where an error came up, in this program's own code where it passed through that."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append((str(trace.tb_frame.f_globals.get("__name__", "?")), trace.tb_lineno))
        trace = trace.tb_next
    own = [place for place in places if place[0].partition(".")[0] == OWN_PACKAGE] or places or [("?", 0)]
    return "{}:{}".format(*own[-1])
