"""Metrics of a run as a text file for Prometheus: node_exporter's textfile collector reads it from its folder.

The file is replaced whole, every 15 s while the run lasts and at its end. Counters begin at 0 with each run, which
Prometheus takes for a restart; `callaudit_last_success_timestamp_seconds` is carried over from the file of the last run
until a run succeeds again: alert when it is older than a day and a half.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, write_to_textfile
from prometheus_client.parser import text_string_to_metric_families

from callaudit import __version__
from callaudit.batch.figures import VERDICTS
from callaudit.batch.logs import events
from callaudit.batch.standing import RunFigures, Standing
from callaudit.batch.tasks import Done, Lost, Outcome
from callaudit.errors import ConfigError

PERIOD_S: Final = 15.0
BUCKETS_S: Final = (1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1800, 3600)
"""Upper bounds of a call's time: a minute of sound takes a few seconds, an hour several minutes."""
LAST_SUCCESS: Final = "callaudit_last_success_timestamp_seconds"


class MetricsFile:
    """Writes the metrics while the context lasts; a listener of `run_batch`.

    Parameters
    ----------
    path : ends in .prom, or node_exporter does not read it

    Raises
    ------
    ConfigError
        The name does not end so, or there is no such folder.
    """

    def __init__(self, path: Path, *, period_s: float = PERIOD_S) -> None:
        if path.suffix != ".prom":
            raise ConfigError(f"{path}: node_exporter reads files whose names end in .prom; choose another --metrics")
        if not path.parent.is_dir():
            raise ConfigError(f"{path.parent}: there is no such folder for the metrics; make it, or check --metrics")
        self._path, self._period_s = path, period_s
        self._over = threading.Event()
        self._writer = threading.Thread(target=self._keep_writing, name="metrics", daemon=True)
        self._one_writes = threading.Lock()
        self._complained = False
        self._known = Standing()
        self._define()

    def _define(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a file's metrics have no other time than the file's
        self._registry = own = CollectorRegistry()
        self._calls = Counter("callaudit_calls", "Calls settled, by outcome", ["outcome"], registry=own)
        for outcome in ("done", "failed", "retried"):
            self._calls.labels(outcome)
        self._lost = Counter("callaudit_failures", "Attempts that failed, by cause", ["kind"], registry=own)
        self._verdicts = Counter("callaudit_verdicts", "Calls judged, by verdict", ["verdict"], registry=own)
        for verdict in VERDICTS:
            self._verdicts.labels(verdict)
        self._audio = Counter("callaudit_audio_seconds", "Length of the calls heard", registry=own)
        self._busy = Histogram(
            "callaudit_call_seconds", "Time a worker took for a call", buckets=BUCKETS_S, registry=own
        )
        self._waiting = Gauge("callaudit_queue_depth", "Calls found and not settled", registry=own)
        self._before = Gauge("callaudit_calls_before", "Calls of the run that earlier runs had heard", registry=own)
        self._quarantined = Gauge(
            "callaudit_calls_quarantined", "Calls of the run that failed in earlier runs, left alone", registry=own
        )
        self._files = Gauge("callaudit_files_found", "Files found by the run", registry=own)
        self._running = Gauge("callaudit_running", "1 while a run is at work", registry=own)
        self._started = Gauge("callaudit_run_started_timestamp_seconds", "When the run began", registry=own)
        self._ended = Gauge("callaudit_run_ended_timestamp_seconds", "When the run ended; 0 before", registry=own)
        self._success = Gauge(LAST_SUCCESS, "When a run last ended with nothing failed; 0: never", registry=own)
        Gauge("callaudit_info", "Version of callaudit", ["version"], registry=own).labels(__version__).set(1)

    def __enter__(self) -> MetricsFile:
        self._success.set(_last_success(self._path))
        self._started.set(round(time.time(), 3))
        self._running.set(1)
        self._write()
        self._writer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._writer.join()
        self._running.set(0)
        self._ended.set(round(time.time(), 3))
        self._write()

    def __call__(self, outcome: Outcome | None, standing: Standing) -> None:
        if isinstance(outcome, Done):
            self._calls.labels("done").inc()
            self._verdicts.labels(outcome.entry.judgement.verdict).inc()
            self._audio.inc(outcome.entry.call.duration_s)
            self._busy.observe(outcome.busy_s)
        elif isinstance(outcome, Lost):
            self._lost.labels(outcome.kind).inc()
        self._calls.labels("failed").inc(standing.n_failed - self._known.n_failed)
        self._calls.labels("retried").inc(standing.n_retries - self._known.n_retries)
        self._known = standing
        self._waiting.set(standing.n_waiting)
        self._before.set(standing.n_before)
        self._quarantined.set(standing.n_quarantined)
        self._files.set(standing.n_files)

    def ended(self, figures: RunFigures, *, well: bool) -> None:
        """The run has come to its end; `well`: everything that it found could be audited."""
        self._waiting.set(figures.n_left)
        if well:
            self._success.set(round(time.time(), 3))

    def _keep_writing(self) -> None:
        while not self._over.wait(self._period_s):
            self._write()

    def _write(self) -> None:
        """The file whole; one that cannot be written ends no night, and is told of once."""
        try:
            with self._one_writes:
                write_to_textfile(str(self._path), self._registry)
        except OSError as error:
            if not self._complained:
                events.warning("metrics.failed", why=error.strerror)
            self._complained = True


def _last_success(path: Path) -> float:
    """What the file of the last run says; 0 where there is none, or it says nothing."""
    try:
        text = path.read_text(encoding="utf-8")
        families = list(text_string_to_metric_families(text))
    except (OSError, ValueError):
        return 0.0
    return next((sample.value for one in families for sample in one.samples if sample.name == LAST_SUCCESS), 0.0)
