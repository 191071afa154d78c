"""What the command line shows while it works, always on stderr, and how it writes its result."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from callaudit.config import Config
from callaudit.errors import CallauditError
from callaudit.files import write_whole
from callaudit.messages import Language
from callaudit.pipeline import STAGES
from callaudit.progress import Progress

_NAMES: Final[Mapping[Language, Sequence[str]]] = {
    "zh": ("读取", "信号音", "语音", "说话人", "转写", "测量", "评判"),
    "en": ("reading", "signals", "speech", "speakers", "words", "measures", "rules"),
}


def shown_in(config: Config) -> Language:
    """The language of what is shown while work goes on: that of the calls by `engine.language`, Chinese where open."""
    return "zh" if config.engine.language in (None, "zh") else "en"


class Bar(Progress):
    """A bar over the files and the stage at work on this one; draws nothing where stderr is no terminal."""

    def __init__(self, n_files: int, language: Language = "zh") -> None:
        console = Console(stderr=True)
        self._names = dict(zip(STAGES, _NAMES[language], strict=True))
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[stage]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._files: TaskID = self._bars.add_task("callaudit", total=n_files, stage="")

    def __enter__(self) -> Bar:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def step(self, name: str, done: float, total: float) -> None:
        share = f" {done / total:.0%}" if total > 1 else ""
        self._bars.update(self._files, stage=f"{self._names.get(name, name)}{share}")

    def file_done(self) -> None:
        """One more file is finished."""
        self._bars.advance(self._files)


def write_report(report: str, out: Path | None) -> None:
    """The report on stdout, or whole in a file: written beside it and renamed, so that no half report is ever seen.

    Raises
    ------
    CallauditError
        The file cannot be written.
    """
    if out is None:
        sys.stdout.buffer.write(report.encode())
        sys.stdout.flush()
        return
    try:
        write_whole(out, report.encode())
    except OSError as error:
        raise CallauditError(f"{out}: cannot write the report ({error.strerror}); choose another --out") from error


def complain(message: str) -> None:
    """One line on stderr."""
    click.echo(f"callaudit: {message}", err=True)
