"""`callaudit store status|upgrade|failures|retry|access-log|new-key|rekey|index|figures`"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from callaudit.cli.opening import opened, store_options, who
from callaudit.cli.screen import complain
from callaudit.store import crypt, search, upkeep
from callaudit.store.measured import fill_figures
from callaudit.store.rekey import rekey as write_anew
from callaudit.store.schema import HEAD

FORMATS = click.Choice(["text", "csv"])


@click.group()
def store() -> None:
    """The database of calls: what is in it, what could not be heard, who looked."""


@store.command()
@store_options
def status(url: str | None, config_path: Path | None) -> None:
    """Show where the store is, which tables it has, what it holds and what is still to be done."""
    with opened(url, config_path, upgrade=False, documents=False) as one:
        revision = one.revision()
        click.echo(f"store       {one.name}")
        click.echo(f"tables      {revision or 'none'}{'' if revision == HEAD else f', wanted {HEAD}'}")
        click.echo(f"size        {one.size_bytes() / 1e6:.1f} MB")
        if why := one.wanting():
            complain(why)
            sys.exit(2)
        found = upkeep.status(one)
    click.echo(f"calls       {found.n_calls}, {found.hours:.1f} h, {found.first_day or '?'} to {found.last_day or '?'}")
    click.echo(f"judgements  {found.n_judgements} by {found.n_judgings} ways of judging")
    click.echo(f"documents   {'encrypted' if found.encrypted else 'plain'}")
    click.echo("tasks       " + (", ".join(f"{n} {state}" for state, n in found.tasks) or "none"))


@store.command()
@store_options
def upgrade(url: str | None, config_path: Path | None) -> None:
    """Bring the tables to this version; every command that writes does so too."""
    with opened(url, config_path, upgrade=False, documents=False) as one:
        before = one.revision()
    with opened(url, config_path, documents=False) as one:
        click.echo(f"{one.name}: tables {before or 'none'} → {one.revision()}")


@store.command()
@store_options
@click.option("--format", "format_name", type=FORMATS, default="text", show_default=True)
def failures(url: str | None, config_path: Path | None, format_name: str) -> None:
    """List the calls that could not be audited, each with its cause."""
    with opened(url, config_path, documents=False) as one:
        one.log_access(who(), "list failures", now=datetime.now(UTC))
        found = upkeep.failures(one)
    rows = [
        (str(f.task_id), f.kind, str(f.attempts), f.at.isoformat(timespec="seconds"), f.location, f.why) for f in found
    ]
    _show(("task", "cause", "attempts", "last tried", "file", "why"), rows, format_name)


@store.command()
@click.argument("tasks", nargs=-1, metavar="[TASK]…", type=int)
@store_options
@click.option("--kind", help="Only failures with this cause, e.g. TimedOut.")
@click.option("--all", "everything", is_flag=True, help="All of them.")
def retry(
    url: str | None, config_path: Path | None, tasks: tuple[int, ...], kind: str | None, everything: bool
) -> None:
    """Put calls that could not be audited back into the queue; the next batch on their source tries them again.

    TASK is the number that `callaudit store failures` shows.
    """
    if not (tasks or kind or everything):
        raise click.UsageError("name tasks, a --kind, or --all")
    with opened(url, config_path, documents=False) as one:
        n_tasks = upkeep.retry(one, tasks=tasks, kind=kind, now=datetime.now(UTC))
        one.log_access(who(), "retry failures", {"tasks": n_tasks}, now=datetime.now(UTC))
    click.echo(f"{n_tasks} calls wait to be tried again")


@store.command("access-log")
@store_options
@click.option("--format", "format_name", type=FORMATS, default="text", show_default=True)
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="The newest so many.")
def access_log(url: str | None, config_path: Path | None, format_name: str, limit: int) -> None:
    """Show who did what with the calls, the newest last. Rows can be added to it, and by nobody changed or deleted."""
    with opened(url, config_path, documents=False) as one:
        found = upkeep.accesses(one, limit)
    rows = [(a.at.isoformat(timespec="seconds"), a.who, a.act, " ".join(f"{k}={v}" for k, v in a.what)) for a in found]
    _show(("at", "who", "act", "what"), rows, format_name)


@store.command("new-key")
def new_key() -> None:
    """Print a fresh key for documents; keep it where the settings' `store.key_env` finds it, and a copy elsewhere."""
    click.echo(crypt.new_key())


@store.command()
@store_options
def rekey(url: str | None, config_path: Path | None) -> None:
    """Write every document anew with the first of the keys: after a change of key, or to encrypt what is plain yet."""
    with opened(url, config_path) as one:
        n_documents = write_anew(one)
        one.log_access(who(), "rekey", {"documents": n_documents}, now=datetime.now(UTC))
        one.tidy()
    click.echo(f"{n_documents} documents written anew")


@store.command("index")
@store_options
def index(url: str | None, config_path: Path | None) -> None:
    """Make what is said in older calls searchable; calls that are written since are so at once.

    Broken off, it goes on where it was when it is started again. A store with a key is not searchable.
    """
    with opened(url, config_path) as one:
        if one.vault.keys:
            complain(f"{one.name}: its documents are encrypted, and words that can be searched could be read")
            sys.exit(2)
        n_calls, after = 0, 0
        while ids := one.transact(lambda session, since=after: search.missing(session, after=since), write=False):  # type: ignore[misc]
            n_calls += one.transact(lambda session, of=ids: search.fill_in(session, of, one.vault))  # type: ignore[misc]
            after = ids[-1]
        one.log_access(who(), "index calls", {"calls": n_calls}, now=datetime.now(UTC))
    click.echo(f"{n_calls} calls made searchable")


@store.command()
@store_options
def figures(url: str | None, config_path: Path | None) -> None:
    """Work out the measures on dashboards of calls that an earlier version wrote; a few milliseconds a call."""
    with opened(url, config_path) as one:
        n_calls = fill_figures(one)
        one.log_access(who(), "fill figures", {"calls": n_calls}, now=datetime.now(UTC))
    click.echo(f"{n_calls} calls measured")


def _show(titles: tuple[str, ...], rows: Sequence[tuple[str, ...]], format_name: str) -> None:
    if format_name == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerows([titles, *([_inert(cell) for cell in row] for row in rows)])
        return
    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 160, markup=False).print(table)


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (names of files come from outside)."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
