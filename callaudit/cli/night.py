"""A batch watched: a bar on a terminal, lines of JSON elsewhere, and a file of metrics."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column

from callaudit.batch.configured import Order, Result, run_configured
from callaudit.batch.executors.sizing import sized
from callaudit.batch.logs import LEVELS, EventLog, Level, broken, configure, events
from callaudit.batch.metrics import MetricsFile
from callaudit.batch.pace import Pace
from callaudit.batch.sources import Trouble
from callaudit.batch.standing import Listener, Standing
from callaudit.batch.tasks import Outcome
from callaudit.cli.screen import complain, shown_in
from callaudit.config import Config
from callaudit.messages import Language

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Words:
    """What the bar says, in one language."""

    finding: str
    auditing: str
    pace: str
    left: str
    failed: str


WORDS: Final[Mapping[Language, Words]] = {
    "zh": Words("查找中", "质检中", "{calls} 通/时 · 录音 {hours} 小时/时", "剩 {time}", "失败 {n}"),
    "en": Words("finding", "auditing", "{calls} calls/h · {hours} h of sound/h", "{time} left", "{n} failed"),
}

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


def is_watched() -> bool:
    """Whether stderr is a terminal: else what is said there is one JSON object a line."""
    return Console(stderr=True).is_terminal


def complain_of(fault: str) -> None:
    """Something beside the calls failed: a line for people, or one of the log."""
    if is_watched():
        complain(fault)
    else:
        events.error("batch.fault", why=fault)


@contextmanager
def told_at_the_end() -> Iterator[None]:
    """Where nobody watches, whatever ends the command is the last line of the log, and exit status 2."""
    if is_watched():
        yield
        return
    configure(as_json=True)
    try:
        yield
    except (SystemExit, BrokenPipeError):
        raise
    except BaseException as error:  # a traceback would be no line of the log, and may hold words of a call
        broken(error)
        sys.exit(2)


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
            listeners.append(stack.enter_context(NightBar(console, shown_in(config))))
        log.started(sized(config), order.kind, len(order.sources))
        result = run_configured(config, order, listener=_all(listeners), tell=_trouble)
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
    if is_watched():
        complain(f"{trouble.location}: cannot be searched: {trouble.why}")
    else:
        events.warning("source.trouble", why=trouble.why)


class NightBar:
    """One bar over the whole run: how many calls, how fast, how long still, what failed; a listener of `run_batch`."""

    def __init__(self, console: Console, language: Language = "zh") -> None:
        self._pace, self._words = Pace(), WORDS[language]
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
        words, settled = self._words, standing.n_settled
        self._bars.update(
            self._task,
            completed=settled,
            total=None if standing.is_listing and not standing.n_to_do else max(standing.n_to_do, settled),
            description=words.finding if standing.is_listing else words.auditing,
            pace=pace_line(self._pace, words),
            left=left_line(self._pace, words),
            failed=words.failed.format(n=standing.n_failed) if standing.n_failed else "",
        )


def pace_line(pace: Pace, words: Words) -> str:
    """Calls and hours of sound in an hour; nothing until a call is done."""
    calls, audio = pace.calls_per_hour, pace.audio_hours_per_hour
    if calls is None or audio is None:
        return ""
    return words.pace.format(calls=f"{calls:,.0f}", hours=f"{audio:,.{0 if audio >= 10 else 1}f}")


def left_line(pace: Pace, words: Words) -> str:
    """Time left; nothing while nobody can tell."""
    if pace.left_s is None:
        return ""
    minutes, seconds = divmod(round(pace.left_s), 60)
    hours, minutes = divmod(minutes, 60)
    return words.left.format(time=f"{hours}:{minutes:02d}:{seconds:02d}")
