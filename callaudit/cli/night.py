"""A batch watched: a bar on a terminal, lines of JSON elsewhere, and a file of metrics."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column

from callaudit.batch.configured import Order, Result, run_configured
from callaudit.batch.executors.sizing import sized
from callaudit.batch.logs import LEVELS, EventLog, Level, configure, events
from callaudit.batch.metrics import MetricsFile
from callaudit.batch.pace import Pace
from callaudit.batch.run import Listener, Standing
from callaudit.batch.sources import Trouble
from callaudit.batch.tasks import Outcome
from callaudit.cli.screen import complain
from callaudit.config import Config

Command = TypeVar("Command", bound=Callable[..., Any])

ROOMY = 90
"""Columns of a terminal from which on the time that has passed has room, too."""


@dataclass(frozen=True, slots=True)
class Watch:
    """How a batch is watched; `log_level` None: info, but warnings alone where a bar is drawn."""

    log_level: Level | None = None
    metrics: Path | None = None


def watch_options(command: Command) -> Command:
    """The options `log_level` and `metrics`."""
    level = click.option(
        "--log-level", type=click.Choice(LEVELS), help="Of the log on stderr.  [default: info; warning beside the bar]"
    )
    metrics = click.option(
        "--metrics", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.prom",
        help="Metrics for node_exporter's textfile collector, kept up to date.",
    )  # fmt: skip
    return level(metrics(command))


def watched(config: Config, order: Order, watch: Watch) -> Result:
    """Does the batch, and shows on stderr and in the metrics how it gets on.

    Raises
    ------
    CallauditError
        As `callaudit.batch.configured.run_configured`; or the metrics' folder is wrong.
    """
    console = Console(stderr=True)
    drawn = console.is_terminal and watch.log_level is None
    configure(watch.log_level or ("warning" if drawn else "info"), as_json=not console.is_terminal)
    log = EventLog()
    listeners: list[Listener] = [log]
    with ExitStack() as stack:
        metrics = None if watch.metrics is None else stack.enter_context(MetricsFile(watch.metrics))
        if metrics is not None:
            listeners.append(metrics)
        if drawn:
            listeners.append(stack.enter_context(NightBar(console)))
        log.started(sized(config), order.kind, len(order.sources))
        try:
            result = run_configured(config, order, listener=_all(listeners), tell=_trouble)
        except BaseException as error:
            log.broken(error)
            raise
        log.ended(result.figures, n_otherwise=result.n_otherwise)
        if metrics is not None:
            metrics.ended(result.figures, well=result.is_whole)
    return result


def _all(listeners: list[Listener]) -> Listener:
    def listener(outcome: Outcome | None, standing: Standing) -> None:
        for one in listeners:
            one(outcome, standing)

    return listener


def _trouble(trouble: Trouble) -> None:
    """A source that cannot be searched: people are told which, the log is not, for names are numbers."""
    if sys.stderr.isatty():
        complain(f"{trouble.location}: cannot be searched: {trouble.why}")
    else:
        events.warning("source.trouble", why=trouble.why)


class NightBar:
    """One bar over the whole run: how many calls, how fast, how long still, what failed; a listener of `run_batch`."""

    def __init__(self, console: Console) -> None:
        self._pace = Pace()
        whole = Column(no_wrap=True)
        self._bars = Progress(
            TextColumn("{task.description}", table_column=whole),
            BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=8)),
            MofNCompleteColumn(table_column=whole),
            TextColumn("{task.fields[pace]}", table_column=whole),
            TextColumn("{task.fields[left]}", style="progress.remaining", table_column=whole),
            TextColumn("{task.fields[failed]}", style="red", table_column=whole),
            *((TimeElapsedColumn(table_column=whole),) if console.width >= ROOMY else ()),
            console=console,
            transient=True,
            redirect_stdout=False,
        )
        self._task = self._bars.add_task("callaudit", total=None, pace="", left="", failed="")

    def __enter__(self) -> NightBar:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, outcome: Outcome | None, standing: Standing) -> None:
        self._pace.tell(standing)
        settled = standing.n_done + standing.n_failed
        self._bars.update(
            self._task,
            completed=settled,
            total=None if standing.is_listing and not standing.n_to_do else max(standing.n_to_do, settled),
            description="查找中" if standing.is_listing else "质检中",
            pace=pace_line(self._pace),
            left=left_line(self._pace),
            failed=f"失败 {standing.n_failed}" if standing.n_failed else "",
        )


def pace_line(pace: Pace) -> str:
    """Calls and hours of sound in an hour; nothing until a call is done."""
    calls, audio = pace.calls_per_hour, pace.audio_hours_per_hour
    if calls is None or audio is None:
        return ""
    return f"{calls:,.0f} 通/时 · 录音 {audio:,.{0 if audio >= 10 else 1}f} 小时/时"


def left_line(pace: Pace) -> str:
    """Time left; nothing while nobody can tell."""
    if pace.left_s is None:
        return ""
    minutes, seconds = divmod(round(pace.left_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"剩 {hours}:{minutes:02d}:{seconds:02d}"
