"""`callaudit purge`"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from callaudit.cli.opening import opened, store_options, who
from callaudit.errors import ConfigError
from callaudit.store.purge import Purged, age_of, old
from callaudit.store.purge import purge as take_away


def _age(context: click.Context, option: click.Parameter, text: str) -> timedelta:
    try:
        return age_of(text)
    except ConfigError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@store_options
@click.option("--older-than", "age", required=True, callback=_age, help="180d, 26w or 2y: by the start of the call.")
@click.option(
    "--out", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of a batch: the audits of these calls in it (<stem>.json) are deleted too.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.  [the default]")
@click.option("--yes", is_flag=True, help="Delete it.")
def purge(
    url: str | None, config_path: Path | None, age: timedelta, out: Path | None, dry_run: bool, yes: bool
) -> None:
    """Delete old calls from the store: what was said, how it was judged, whose call it was. First it only tells.

    That a recording was dealt with is kept, by the digest of its bytes alone, so that it is not heard again. Recordings
    are never touched, nor the summaries of a night; delete those where they lie.

    \b
    callaudit purge --store calls.db --older-than 180d
    callaudit purge --store calls.db --older-than 180d --out audits --yes
    """
    if dry_run and yes:
        raise click.UsageError("--dry-run and --yes exclude each other")
    moment = datetime.now(UTC)
    with opened(url, config_path, documents=False) as store:
        if yes:
            click.echo(f"deleted: {_told(take_away(store, moment - age, who=who(), now=moment, out=out))}")
            return
        click.echo(f"would be deleted: {_told(old(store, moment - age, out))}")
        click.echo("nothing was; give --yes to delete it")


def _told(found: Purged) -> str:
    days = f" of {found.first_day} to {found.last_day}" if found.first_day else ""
    return (
        f"{found.n_calls} calls{days} with {found.n_judgements} judgements, {found.n_tasks} recordings that could not "
        f"be heard, {found.n_runs} runs, {found.n_files} files"
    )
