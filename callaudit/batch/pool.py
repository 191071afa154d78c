"""Pure work on many things, in processes of this machine, its results in the order of the things."""

from __future__ import annotations

import gc
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

from callaudit.errors import EngineError

Given = TypeVar("Given")
Made = TypeVar("Made")
Do = Callable[[Given], Made]

AHEAD = 2
"""Things that wait for each worker: enough that none is idle while results are written, few enough to be held."""

_DO: list[Callable[[Any], Any]] = []
"""What this process does, once it is ready."""


def in_order(things: Iterable[Given], make: Callable[[], Do[Given, Made]], workers: int) -> Iterator[Made]:
    """The results, as many things ahead as keep the workers busy.

    Parameters
    ----------
    make : makes the work ready in the process that does it; can be pickled
    workers : processes; 0 means one for each core, 1 none but this

    Raises
    ------
    EngineError
        A process was killed.
    """
    workers = workers or os.cpu_count() or 1
    if workers == 1:
        yield from map(make(), things)
        return
    # as bytes: a process that starts reads them at once, and what they need is imported by all processes at a time
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (pickle.dumps(make),)) as pool:
        waiting: deque[Future[Any]] = deque()
        try:
            for thing in things:
                waiting.append(pool.submit(_done, thing))
                if len(waiting) >= AHEAD * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise EngineError("a process that judged was killed; start again: what is done is kept") from error
        finally:
            for one in waiting:
                one.cancel()


def _begin(make: bytes) -> None:
    _DO.append(pickle.loads(make)())
    gc.collect()
    gc.freeze()  # a rulebook is a hundred thousand objects that need not be looked through again and again


def _done(thing: Any) -> Any:
    return _DO[0](thing)
