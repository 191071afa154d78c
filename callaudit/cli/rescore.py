"""`callaudit rescore`"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from sqlalchemy import func, select

from callaudit.batch.changes import Shift, ShiftFile, tally_json, tally_text
from callaudit.batch.crosscall import Crossed, cross_calls
from callaudit.batch.rejudging import Way
from callaudit.batch.rescore import Rescored, rescore
from callaudit.batch.sampling import plan_of
from callaudit.cli.screen import complain
from callaudit.cli.settings import settings
from callaudit.config import Config
from callaudit.files import write_whole
from callaudit.store.database import Store, configured_store
from callaudit.store.tables import AuditRow, TaskRow


@click.command(name="rescore")
@click.option("--store", "url", help="SQLite file, or postgresql://… .  [default: store.url of the settings]")
@click.option(
    "--config", "config_path", type=click.Path(path_type=Path), help="Settings in TOML; options outrank them."
)
@click.option("--rulebook", help="Built-in name, YAML file or folder.  [default: etiquette-zh]")
@click.option("--sheet", help="Scoring sheet of the rulebook, e.g. bank.  [default: by the sector, else general]")
@click.option("--workers", type=click.IntRange(0), default=0, help="Processes that judge.  [default: one a core]")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for rescore.json (whose verdict flips, and why) and rescore.csv (every changed score).",
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def rescore_command(
    url: str | None, config_path: Path | None, workers: int, out: Path | None, dry_run: bool, **given: str | None
) -> None:
    """Judge every stored call again, without opening a recording, and say whose verdict flips.

    Only what the change touches is judged. Earlier judgements are kept. A rescore that was broken off goes on where it
    was when it is started again. Audits in an out folder (STEM.json) stay as they are until the next batch over it.

    \b
    callaudit rescore --store calls.db --rulebook our-rules/ --dry-run
    callaudit rescore --store calls.db --rulebook our-rules/ --sheet bank --out tuesday/

    Exit status: 0 judged; 2 some calls could not be judged, or not by every rule.
    """
    config = settings(config_path, given)
    if url is not None:
        config = replace(config, store=replace(config.store, url=url))
    way = Way.from_config(config)
    with configured_store(config.store, upgrade=not dry_run) as store:
        done, crossed = _run(store, way, _has_all(store, config), workers, out, dry_run)
    click.echo(tally_text(done.tally), nl=False)
    click.echo(
        f"{done.n_judged} judged now, {done.n_before} before; {done.n_parsed} read again; "
        f"{crossed.n_judged} once more for what other calls tell"
    )
    if out is not None:
        write_whole(out / "rescore.json", tally_json(done.tally).encode())
    for call_id in sorted(done.unread | crossed.unread):
        complain(f"call {call_id} could not be judged again; its documents are damaged")
    sys.exit(2 if done.unread or crossed.unread or done.n_incomplete else 0)


def _has_all(store: Store, config: Config) -> bool:
    """Whether every call is in the store: no sample was drawn, and none is waiting or in quarantine."""
    left = select(TaskRow.id).where(TaskRow.state != "done").limit(1)
    partial_plan = plan_of(config.batch.sample, config.batch.sample_seed).is_partial
    return not partial_plan and store.transact(lambda session: session.scalar(left), write=False) is None


def _run(
    store: Store, way: Way, complete: bool, workers: int, out: Path | None, dry_run: bool
) -> tuple[Rescored, Crossed]:
    with ExitStack() as stack:
        on_shift = _writer(out, stack)
        bars = stack.enter_context(_bars())
        n_calls = store.transact(
            lambda s: s.scalar(select(func.count(AuditRow.id)).where(AuditRow.latest)), write=False
        )
        bar = bars.add_task("judging", total=n_calls)
        told: Callable[[int], None] = lambda n: bars.advance(bar, n)  # noqa: E731  # its type is said
        done = rescore(store, way, workers=workers, dry_run=dry_run, on_shift=on_shift, progress=told)
        crossed = Crossed() if dry_run else cross_calls(store, way, complete=complete, workers=workers)
    return done, crossed


def _writer(out: Path | None, stack: ExitStack) -> Callable[[Shift], None]:
    if out is None:
        return lambda shift: None
    out.mkdir(parents=True, exist_ok=True)
    file = stack.enter_context((out / "rescore.csv").open("w", encoding="utf-8-sig", newline=""))
    return ShiftFile(file).add


def _bars() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal)
