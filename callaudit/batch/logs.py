"""What a run writes for machines that watch it: lines of JSON on stderr, or lines for people on a terminal.

No line holds a word of a call, a name or a number of a customer, or the name of a file, which often is a number: a
recording goes by the first twelve digits of its content's sha256, and `callaudit store failures` tells which file that
is. Events and their keys, beside `timestamp` (UTC), `level` and `logger`:

- ``batch.started`` (info): kind, executor, workers, sources (how many), version
- ``call.done`` (info): task, recording, attempt, verdict, audio_s, busy_s
- ``call.lost`` (warning): task, recording, attempt, kind (of the failure), may_pass (at another attempt)
- ``batch.progress`` (info): found, before, to_do, done, failed, retries, waiting, calls_per_hour, audio_hours_per_hour,
  left_s
- ``source.trouble`` (warning): why (a folder, a storage or a file could not be searched)
- ``notify.failed`` (warning), ``metrics.failed`` (warning): why
- ``batch.ended`` (info): run, files, duplicates, before, unsettled, done, failed, quarantined (failed in earlier runs),
  left, retries, audio_s, elapsed_s, stopped, otherwise (calls whose newest judgement is by other rules: `callaudit
  rescore`)
- ``batch.fault`` (error): why (something beside the calls failed: the summary, the purge, a night that found another)
- ``batch.broken`` (error): kind, why (the run itself was ended by a fault: of the settings, the database, the disk, the
  model); of a fault of the program itself exception and where instead of why, since its text may hold anything

Everything else that is logged, by callaudit or by a library, is a line whose event is the message; libraries speak from
warnings on, and long numbers in what they say are blotted out.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from collections.abc import MutableMapping
from typing import Any, Final, Literal, TextIO

import structlog

from callaudit import __version__
from callaudit.batch.pace import Pace
from callaudit.batch.standing import RunFigures, Standing
from callaudit.batch.tasks import Done, Lost, Outcome
from callaudit.config import Config
from callaudit.errors import CallauditError

Level = Literal["debug", "info", "warning", "error"]
LEVELS: Final[tuple[Level, ...]] = ("debug", "info", "warning", "error")

PROGRESS_S: Final = 60.0
"""Between two lines about how far the run is."""
N_DIGITS: Final = 12
"""Of a recording's sha256: enough to tell a million recordings apart."""
N_FRAMES: Final = 8
"""Of a traceback, the last ones."""
LONG_NUMBER: Final = re.compile(r"\d{7,}")
"""Could be a telephone number, a card, an identity number; no count that a library tells of is so long."""
OWN_WAY: Final = ("ray", "alembic", "sqlalchemy", "faster_whisper")
"""Loggers that like to bring handlers of their own."""
MUTE: Final = ("apprise",)
"""Its warnings hold addresses, which hold passwords; what it could not send is told by `notify`."""

events: Final = structlog.stdlib.get_logger("callaudit.events")


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to whatever sys.stderr is when it writes: a bar on the terminal stands in for it while it is drawn."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # an attribute there, for the same use
        return sys.stderr


def configure(level: Level = "info", *, as_json: bool) -> None:
    """Sets logging up for the whole process; called once, by the command line. A second call replaces the first.

    Parameters
    ----------
    level : of callaudit's own lines; libraries speak from warnings on
    as_json : lines of JSON; else lines for people
    """
    first: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if as_json:
        last.append(structlog.processors.JSONRenderer(ensure_ascii=False))
    else:
        last.append(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()))
    handler = _Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*first, structlog.stdlib.ExtraAdder(), _raised, _blotted],
            processors=[_without_numbers, *last],
        )
    )
    structlog.configure(
        processors=[*first, _raised, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("callaudit").setLevel(level.upper())
    for name in OWN_WAY:
        own = logging.getLogger(name)
        own.handlers.clear()
        own.propagate = True
        own.setLevel(logging.WARNING)
    for name in MUTE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    logging.captureWarnings(True)


Event = MutableMapping[str, Any]


def _blotted(logger: Any, method: str, event: Event) -> Event:
    """Long numbers in a message blotted out."""
    for key, value in event.items():
        if isinstance(value, str) and key != "timestamp":
            event[key] = LONG_NUMBER.sub("#######", value)
    return event


def _without_numbers(logger: Any, method: str, event: Event) -> Event:
    """Long numbers blotted out of what our own lines say in words: a location may end in a customer's number."""
    if isinstance(event.get("why"), str):
        event["why"] = LONG_NUMBER.sub("#######", event["why"])
    return event


def _raised(logger: Any, method: str, event: Event) -> Event:
    """Of an exception its class and where it came from: its text may hold what was said."""
    raised = event.pop("exc_info", None)
    error = sys.exc_info()[1] if raised is True else raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-N_FRAMES:]
        event["exception"] = type(error).__name__
        event["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


class EventLog:
    """Logs what happens to calls, and once a minute how far the run is; a listener of `run_batch`."""

    def __init__(self, *, progress_s: float = PROGRESS_S) -> None:
        self._pace, self._progress_s = Pace(), progress_s
        self._told_at = time.monotonic()

    def started(self, config: Config, kind: str, n_sources: int) -> None:
        """The run is about to begin."""
        events.info(
            "batch.started",
            kind=kind,
            executor=config.batch.executor,
            workers=config.batch.workers,
            sources=n_sources,
            version=__version__,
        )

    def __call__(self, outcome: Outcome | None, standing: Standing) -> None:
        self._pace.tell(standing)
        if isinstance(outcome, Done):
            entry = outcome.entry
            events.info(
                "call.done",
                **_task(outcome),
                verdict=entry.judgement.verdict,
                audio_s=round(entry.call.duration_s, 1),
                busy_s=round(outcome.busy_s, 2),
            )
        elif isinstance(outcome, Lost):
            events.warning("call.lost", **_task(outcome), kind=outcome.kind, may_pass=outcome.may_pass)
        if time.monotonic() - self._told_at >= self._progress_s:
            self._told_at = time.monotonic()
            self._progress(standing)

    def _progress(self, standing: Standing) -> None:
        pace = self._pace
        events.info(
            "batch.progress",
            found=standing.n_files,
            before=standing.n_before,
            to_do=standing.n_to_do,
            done=standing.n_done,
            failed=standing.n_failed,
            retries=standing.n_retries,
            waiting=standing.n_waiting,
            calls_per_hour=_rounded(pace.calls_per_hour),
            audio_hours_per_hour=_rounded(pace.audio_hours_per_hour),
            left_s=_rounded(pace.left_s),
        )

    def ended(self, figures: RunFigures, *, n_otherwise: int = 0) -> None:
        """The run has come to its end."""
        events.info(
            "batch.ended",
            run=figures.run_id,
            files=figures.n_files,
            duplicates=figures.n_duplicates,
            before=figures.n_before,
            unsettled=figures.n_unsettled,
            done=figures.n_done,
            failed=figures.n_failed,
            quarantined=figures.n_quarantined,
            left=figures.n_left,
            retries=figures.n_retries,
            audio_s=round(figures.audio_s, 1),
            elapsed_s=round(figures.elapsed_s, 1),
            stopped=figures.stopped,
            otherwise=n_otherwise,
        )


def broken(error: BaseException) -> None:
    """Logs that the run itself was ended by a fault: its last line."""
    if isinstance(error, CallauditError):
        events.error("batch.broken", kind=type(error).__name__, why=str(error))
    else:
        events.error("batch.broken", kind=type(error).__name__, exc_info=error)


def _task(outcome: Outcome) -> dict[str, Any]:
    task = outcome.task
    return {"task": task.id, "recording": task.recording_id[:N_DIGITS], "attempt": task.attempt}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
