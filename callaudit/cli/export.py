"""`callaudit export`"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import click

from callaudit.cli.opening import opened, store_options, who
from callaudit.store.parquet import WHATS, What
from callaudit.store.parquet import export as write


@click.command()
@store_options
@click.option(
    "--out", required=True, type=click.Path(path_type=Path),
    help="Folder, for calls.parquet, findings.parquet and turns.parquet; or a file, for one of them.",
)  # fmt: skip
@click.option("--what", multiple=True, type=click.Choice(WHATS), help="Calls, findings or turns; may be given again.  "
              "[default: all]")  # fmt: skip
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Calls of this day and later.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Calls of this day and earlier.")
def export(
    url: str | None, config_path: Path | None, out: Path, what: tuple[str, ...], since: datetime | None,
    until: datetime | None,
) -> None:  # fmt: skip
    """Write stored calls, findings or turns as Parquet, for a data warehouse or a notebook.

    What is masked in the store is masked here; an encrypted store is exported in the clear. The access log notes it.

    \b
    callaudit export --store calls.db --out warehouse/
    callaudit export --store calls.db --out findings.parquet --what findings --since 2026-11-01
    """
    chosen = cast("tuple[What, ...]", what or WHATS)  # click has checked the choice
    folder = out.suffix != ".parquet"
    if not folder and len(chosen) != 1:
        raise click.UsageError("one file holds one of calls, findings and turns; choose --what, or give a folder")
    days = {"since": since.date().isoformat() if since else None, "until": until.date().isoformat() if until else None}
    with opened(url, config_path) as store:
        store.log_access(who(), "export", {"what": list(chosen), **days}, now=datetime.now(UTC))
        if folder:
            out.mkdir(parents=True, exist_ok=True)
        for one in dict.fromkeys(chosen):
            path = out / f"{one}.parquet" if folder else out
            click.echo(f"{path}: {write(store, path, one, **days)} rows")
