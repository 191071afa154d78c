"""Workers as actors of a Ray cluster: each keeps its models, on a core or a GPU of any machine that Ray knows.

Ray places the actors and tells of machines that are lost; tasks are retried by the queue alone, never by Ray, so that a
call has one outcome. Machines need the same callaudit and see recordings under the same locations (a shared folder, or
object storage). Nothing is sent to Ray's makers: its usage statistics are off, and so is its dashboard.
"""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import psutil

from callaudit import __version__
from callaudit.batch.executors.base import attempt, unfit
from callaudit.batch.executors.crew import Limits, News, Vitals, employ
from callaudit.batch.tasks import MakeWork, Outcome, Task, Work
from callaudit.errors import CallauditError, ConfigError

LOOK_S = 2.0
"""Between two questions to an actor how it does."""

QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0", "RAY_DISABLE_IMPORT_WARNING": "1"}


@dataclass(frozen=True, slots=True)
class Ray:
    """Works on a Ray cluster.

    Parameters
    ----------
    address : ``local``: one of this machine's own, for the time of the run; ``auto``: the cluster that this machine is
        part of; HOST:PORT of a cluster's head, from one of its machines. Where the program has joined a cluster
        already, that one
    n_workers : actors; 0: as many as the cluster has cores, or GPUs, for when the run begins
    threads, gpus : what each takes
    """

    address: str = "local"
    n_workers: int = 0
    threads: int = 1
    gpus: float = 0.0
    limits: Limits = field(default_factory=Limits)

    def run(self, tasks: Iterable[Task | None], make_work: MakeWork) -> Iterator[Outcome]:
        return employ(_Hands(self, make_work), self.limits, tasks)


@dataclass(slots=True)
class _Worker:
    actor: Any
    vitals: Vitals | None = None
    asked_s: float = 0.0
    is_asked: bool = False


_Question = Literal["begin", "attempt", "vitals"]


class _Hands:
    def __init__(self, executor: Ray, make_work: MakeWork) -> None:
        self._ray = _imported()
        self._executor, self._make_work = executor, make_work
        self._workers: dict[Hashable, _Worker] = {}
        self._asked: dict[Any, tuple[Hashable, _Question]] = {}
        self._has_joined = False
        self._numbers = itertools.count()

    def open(self) -> int:
        if not self._ray.is_initialized():
            _join(self._ray, self._executor.address)
            self._has_joined = True
        return self._executor.n_workers or _room(self._ray, self._executor)

    def start(self) -> Hashable:
        options = {"num_cpus": self._executor.threads, "num_gpus": self._executor.gpus,
                   "max_restarts": 0, "max_task_retries": 0, "concurrency_groups": {"vitals": 1}}  # fmt: skip
        actor = self._ray.remote(**options)(_Actor).remote(self._make_work)
        worker = next(self._numbers)
        self._workers[worker] = _Worker(actor)
        self._ask(worker, "begin", __version__)
        return worker

    def give(self, worker: Hashable, task: Task) -> None:
        self._ask(worker, "attempt", task)

    def _ask(self, worker: Hashable, question: _Question, *given: Any) -> None:
        method = getattr(self._workers[worker].actor, question)
        if question == "vitals":
            method = method.options(concurrency_group="vitals")
        self._asked[method.remote(*given)] = (worker, question)

    def news(self, wait_s: float) -> Sequence[News]:
        if not self._asked:
            time.sleep(wait_s)
            return []
        pending = list(self._asked)
        done, _ = self._ray.wait(pending, num_returns=1, timeout=wait_s)
        if done:
            done, _ = self._ray.wait(pending, num_returns=len(pending), timeout=0)
        return [news for one in done if (news := self._told(one)) is not None]

    def _told(self, answer: Any) -> News | None:
        worker, question = self._asked.pop(answer)
        if worker not in self._workers:
            return None
        try:
            what = self._ray.get(answer)
        except self._ray.exceptions.RayError as error:
            return News(worker, "died", why=_ending(error))
        if question == "vitals":
            self._workers[worker].vitals, self._workers[worker].is_asked = what, False
            return None
        if question == "attempt":
            return News(worker, "outcome", outcome=what)
        return News(worker, "unfit" if isinstance(what, Exception) else "ready", error=what)

    def vitals(self, worker: Hashable) -> Vitals | None:
        one = self._workers[worker]
        if not one.is_asked and time.monotonic() - one.asked_s > LOOK_S:
            one.is_asked, one.asked_s = True, time.monotonic()
            self._ask(worker, "vitals")
        return one.vitals

    def end(self, worker: Hashable) -> None:
        one = self._workers.pop(worker)
        self._asked = {answer: asked for answer, asked in self._asked.items() if asked[0] != worker}
        with suppress(Exception):  # it may be gone, and its machine with it
            self._ray.kill(one.actor)

    def close(self) -> None:
        for worker in list(self._workers):
            self.end(worker)
        if self._has_joined:
            self._ray.shutdown()


# ── in the worker ────────────────────────────────────────────────────────────────────────────────────────────────
class _Actor:
    """A worker on the cluster."""

    def __init__(self, make_work: MakeWork) -> None:
        self._make_work, self._n_beats = make_work, 0
        self._work: Work | None = None

    def begin(self, version: str) -> CallauditError | None:
        """Make the work ready; the error by which it cannot be."""
        if version != __version__:
            return ConfigError(
                f"a machine of the cluster has callaudit {__version__}, this one {version}; the same everywhere, please"
            )
        try:
            self._work = self._make_work()
        except Exception as error:
            return unfit(error)
        return None

    def attempt(self, task: Task) -> Outcome:
        """What came of a task."""
        assert self._work is not None
        return attempt(self._work, task, self._beat)

    def vitals(self) -> Vitals:
        """How it does; answered while it works."""
        process = psutil.Process()
        times = process.cpu_times()
        return Vitals(process.memory_info().rss / 2**20, times.user + times.system, self._n_beats)

    def _beat(self, stage: str) -> None:
        self._n_beats += 1


# ── the cluster ──────────────────────────────────────────────────────────────────────────────────────────────────
def _imported() -> Any:
    """The library, which must not be loaded before it is told to be quiet."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise ConfigError("Ray is not installed; pip install 'callaudit[ray]', or take --executor processes") from error
    return ray


def _join(ray: Any, address: str) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": True}
    try:
        if address == "local":
            ray.init(address="local", include_dashboard=False, **quiet)
        else:
            ray.init(address=address, **quiet)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError, OSError) as error:
        first = str(error).strip().partition("\n")[0]
        raise ConfigError(
            f"no Ray cluster answers at {address!r} ({type(error).__name__}: {first}); start one with "
            "`ray start --head --disable-usage-stats`, give RAY_AUTH_MODE=token where it asks for one, or use "
            "--ray-address local"
        ) from error


def _room(ray: Any, executor: Ray) -> int:
    """Actors that the cluster has cores, or GPUs, for."""
    has = ray.cluster_resources()
    each = {"GPU": executor.gpus, "CPU": float(executor.threads)}
    return max(1, min(int(has.get(name, 0.0) / need) for name, need in each.items() if need))


def _ending(error: Exception) -> str:
    """How an actor came to its end, without what Ray has to say of it, which is long and may hold anything."""
    return f"Ray says {type(error).__name__}"
