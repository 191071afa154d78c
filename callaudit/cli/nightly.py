"""`callaudit nightly`"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click

from callaudit.batch.logs import Level
from callaudit.batch.nightly import Outlook, outlook, run_night
from callaudit.batch.sources import Trouble
from callaudit.batch.summaries.text import render_text
from callaudit.cli.night import Watch, complain_of, told_at_the_end, watch_options, watched
from callaudit.cli.opening import who
from callaudit.cli.screen import complain
from callaudit.config import Config, load_config
from callaudit.errors import NightAtWork

AT_WORK = 3
"""Exit status where another night is at work."""


@click.command()
@click.option(
    "--config",
    "config_path",
    required=True,
    type=click.Path(path_type=Path),
    help="Settings in TOML, with a section [nightly].",
)
@click.option("--until", help="Begin nothing more from this time of day on, e.g. 06:00; outranks the settings.")
@click.option("--dry-run", is_flag=True, help="Search the sources and print what would be done; do nothing.")
@watch_options
@told_at_the_end()
def nightly(config_path: Path, until: str | None, dry_run: bool, log_level: Level | None, metrics: Path | None) -> None:
    """Do one night as the settings say: for cron, a systemd timer or Airflow.

    Audits what is new in nightly.sources into nightly.out, until the time is up; writes the summaries; tells whom
    [notify] names; purges what is too old. What is left over is done the next night.

    \b
    Exit status: 0 every call found was audited, or is left for the next night because the time was up; 2 calls could
    not be audited, or something else failed; 3 another night is at work, nothing was done.

    \b
    callaudit nightly --config /etc/callaudit.toml
    callaudit nightly --config /etc/callaudit.toml --until 06:00 --dry-run
    """
    config = load_config(config_path)
    if dry_run:
        sys.exit(_foretold(config, outlook(config, until=until)))
    watch = Watch(log_level, metrics)
    try:
        night = run_night(config, who=who(), until=until, batch=partial(watched, watch=watch))
    except NightAtWork as error:
        complain_of(str(error))
        sys.exit(AT_WORK)
    if night.result is not None:
        click.echo(render_text(night.result.summary), nl=False)
    if night.purged is not None:
        click.echo(f"purged: {night.purged.n_calls} calls, {night.purged.n_files} files")
    for fault in night.faults:
        complain_of(fault)
    sys.exit(0 if night.is_whole else 2)


def _trouble(trouble: Trouble) -> None:
    complain(f"{trouble.location}: cannot be searched: {trouble.why}")


def _foretold(config: Config, told: Outlook) -> int:
    """Prints what a night would do; the exit status."""
    for trouble in told.troubles:
        _trouble(trouble)
    sample = f"; the plan {config.batch.sample!r} draws {told.n_drawn}" if told.n_drawn < told.n_found else ""
    age = config.nightly.purge_older_than
    lines = [
        f"found      {told.n_found} files{sample}, {told.n_bytes / 1e6:.1f} MB",
        f"too young  {told.n_young} files, left for the next night",
        f"order      {config.batch.order}",
        f"until      {'all is done' if told.until is None else told.until.isoformat(timespec='minutes')}",
        f"audits     {config.nightly.out}",
        f"told       {told.n_addresses} addresses, on {config.notify.on}",
        f"purged     {'nothing' if age is None else f'what is older than {age}'}",
        "Nothing was done. Calls that the store has already would be left alone.",
    ]
    click.echo("\n".join(lines))
    return 2 if told.troubles else 0
