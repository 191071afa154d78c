"""What ends a run early: a time of day, or a signal. The first lets calls at work come to their end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from types import FrameType, TracebackType
from typing import Any

from callaudit.errors import ConfigError

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name))


class Stop:
    """While the context lasts, the first signal sets `why` and the second raises KeyboardInterrupt.

    Signals are heard in the main thread of a program alone; elsewhere only the time counts.

    Parameters
    ----------
    until : when nothing more is begun, with a zone; None: never
    clock : the time of day, with a zone
    """

    def __init__(
        self, until: datetime | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._until, self._clock = until, clock
        self._why: str | None = None
        self._before: dict[signal.Signals, Any] = {}

    @property
    def why(self) -> str | None:
        """What ended the run; None while it may begin something."""
        if self._why is None and self._until is not None and self._clock() >= self._until:
            self._why = f"it is {self._until.isoformat(timespec='minutes')}"
        return self._why

    @property
    def is_urgent(self) -> bool:
        """Whether a signal ended the run: somebody waits for the process to be gone."""
        return self._why is not None and self._why.startswith("SIG")

    def now(self, why: str) -> None:
        """Nothing more is begun, because of that."""
        self._why = self._why or why

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            for one in SIGNALS:
                self._before[one] = signal.signal(one, self._heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one, before in self._before.items():
            signal.signal(one, before)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self.is_urgent:
            raise KeyboardInterrupt
        self._why = signal.Signals(number).name


def next_time(clock: str, now: datetime | None = None) -> datetime:
    """The next moment at which the clock of this machine shows HH:MM; `now` is what it shows (without a zone).

    Raises
    ------
    ConfigError
        It is no time of day.

    >>> next_time("06:00", datetime(2026, 11, 20, 22, 0)).strftime("%d. %H:%M")
    '21. 06:00'
    """
    present = datetime.now() if now is None else now
    try:
        wanted = time.fromisoformat(clock.zfill(5))
    except ValueError as error:
        raise ConfigError(f"wanted a time of day as 06:00, got {clock!r}") from error
    days = (present.date() + timedelta(days=k) for k in range(3))
    seconds = (datetime.combine(day, wanted.replace(fold=fold)).timestamp() for day in days for fold in (0, 1))
    first = next(one for one in seconds if one > present.timestamp())  # by a clock that may be set on or back
    return datetime.fromtimestamp(first, UTC).astimezone()
