"""The night: the batch that the settings describe, alone, until its time is up; then who is told and what is purged.

What fails is told and masks nothing: people are told of a batch that ended early, and what is too old goes even then.
"""

from __future__ import annotations

import hashlib
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from callaudit.batch.configured import STORE_NAME, Order, Result, run_configured
from callaudit.batch.notify import Message, addresses, message, send
from callaudit.batch.sampling import drawn, plan_of
from callaudit.batch.sources import Search, Trouble
from callaudit.batch.stopping import next_time
from callaudit.batch.summaries import NAMES
from callaudit.config import Config
from callaudit.errors import CallauditError, ConfigError, NightAtWork
from callaudit.models import cache_dir
from callaudit.store.database import configured_store
from callaudit.store.purge import Purged, age_of, purge

log = logging.getLogger("callaudit.batch")

_Value = TypeVar("_Value")
Batch = Callable[[Config, Order], Result]


@dataclass(frozen=True, slots=True)
class Night:
    """How a night went: the batch's result, None where it ended in an error, and what failed, a line each."""

    result: Result | None
    faults: tuple[str, ...]
    purged: Purged | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every call that was found could be audited, and nothing else failed."""
        return self.result is not None and self.result.is_whole and not self.faults


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a night would do: files found, those left for later, those that the sampling plan draws, and until when."""

    n_found: int
    n_young: int
    n_drawn: int
    n_bytes: int
    n_addresses: int
    until: datetime | None
    troubles: tuple[Trouble, ...]


def run_night(config: Config, *, who: str, until: str | None = None, batch: Batch = run_configured) -> Night:
    """Does the night that the settings describe.

    Parameters
    ----------
    who : is named in the access log for what is purged
    until : a time of day as 06:00 that outranks that of the settings
    batch : does the batch

    Raises
    ------
    ConfigError
        The settings name no sources or no out folder, or hold what a night cannot begin with.
    NightAtWork
        Another night holds the lock.
    KeyboardInterrupt
    """
    order = order_of(config, until)
    urls = addresses(config.notify)  # what is wrong with the settings is said before the night, not after
    plan_of(config.batch.sample)
    age = None if config.nightly.purge_older_than is None else age_of(config.nightly.purge_older_than)
    with alone(lock_of(config)):
        faults: list[str] = []
        result = _tried("batch", faults, lambda: batch(config, order))
        faults += () if result is None else result.faults
        told = _message(result, faults)
        unsent = _tried("notify", faults, lambda: send(told, urls, config.notify, order.out / NAMES[-1]))
        faults += (f"notify: {fault}" for fault in unsent or ())
        purged = None if age is None else _tried("purge", faults, lambda: _purge(config, order.out, age, who))
        return Night(result, tuple(faults), purged)


def _tried(step: str, faults: list[str], do: Callable[[], _Value]) -> _Value | None:
    """What a step comes to; where it fails, None and one more fault, and the next step has its turn."""
    try:
        return do()
    except CallauditError as error:
        faults.append(f"{step}: {error}")
    except Exception as error:  # a bug; whoever is to be told is told all the same. Its text may hold words of a call
        log.exception("%s crashed", step)
        place = traceback.extract_tb(error.__traceback__)[-1]
        faults.append(f"{step}: crashed, {type(error).__name__} at {Path(place.filename).name}:{place.lineno}")
    return None


def _purge(config: Config, out: Path, age: timedelta, who: str) -> Purged:
    moment = datetime.now(UTC)
    with configured_store(replace(config.store, url=url_of(config)), documents=False) as store:
        return purge(store, moment - age, who=who, now=moment, out=out)


def outlook(config: Config, *, until: str | None = None) -> Outlook:
    """What `run_night` would do; searches the sources, writes nothing and takes no lock.

    Raises
    ------
    ConfigError, SourceError
    """
    order = order_of(config, until)
    troubles: list[Trouble] = []
    search = Search(order.sources, config.batch.settle_s, (order.out,), troubles.append)
    plan = plan_of(config.batch.sample, config.batch.sample_seed)
    n_drawn = n_bytes = 0
    for one in drawn(search, plan, settings=config.recordings):
        n_drawn += 1
        n_bytes += one.size
    n_addresses = len(addresses(config.notify))
    return Outlook(search.n_found, search.n_young, n_drawn, n_bytes, n_addresses, order.until, tuple(troubles))


def order_of(config: Config, until: str | None = None) -> Order:
    """The night's batch.

    Raises
    ------
    ConfigError
    """
    night = config.nightly
    if not night.sources:
        raise ConfigError("nightly.sources: none are named; write [nightly] sources = ['/calls'] into the settings")
    if night.out is None:
        raise ConfigError("nightly.out: no folder is named; write [nightly] out = '/audits' into the settings")
    clock = until or night.until
    return Order(night.sources, Path(night.out), "night", next_time(clock) if clock is not None else None)


def url_of(config: Config) -> str:
    """The night's store: that of the settings, else the one in the out folder."""
    return config.store.url or str(Path(config.nightly.out or "").resolve() / STORE_NAME)


def lock_of(config: Config) -> Path:
    """The file by which nights of one store and out folder keep each other away."""
    if config.nightly.lock is not None:
        return Path(config.nightly.lock)
    out = Path(config.nightly.out or "").resolve()
    digest = hashlib.sha256("\n".join((url_of(config), str(out))).encode("utf-8", "surrogateescape")).hexdigest()
    return cache_dir() / f"nightly-{digest[:16]}.lock"


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Nobody else is in here while the context lasts; the system opens the lock of a process that dies.

    Raises
    ------
    NightAtWork
        Somebody is.
    ConfigError
        The file cannot be locked.
    """
    lock = FileLock(path, blocking=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise NightAtWork(
            f"{path}: another night is at work on this store and out folder; this one ends, the other goes on"
        ) from error
    except (OSError, NotImplementedError) as error:
        said = getattr(error, "strerror", None) or "its file system knows no locks"
        raise ConfigError(f"{path}: cannot be locked ({said}); set nightly.lock to a file on a local disk") from error
    try:
        yield
    finally:
        lock.release()


def _message(result: Result | None, faults: list[str]) -> Message:
    """What people are told; errors name no call and no customer, for these are no part of a fault of the batch."""
    if result is None:
        return Message("callaudit", "\n".join(faults), failed=True)
    told = message(result.summary)
    return replace(told, body="\n".join([told.body, *faults]), failed=True) if faults else told
