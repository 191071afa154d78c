"""`callaudit labels`"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from callaudit.cli.opening import opened, store_options, who
from callaudit.desk.labels import write


@click.command()
@store_options
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the labels.")
@click.option(
    "--audits", type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the audits of these calls, words among them.",
)  # fmt: skip
def labels(url: str | None, config_path: Path | None, out: Path, audits: Path | None) -> None:
    """Write what people judged at the review desk as labels for callaudit evaluate. The access log notes it.

    Only calls that were reviewed: upheld and missed findings are violations, overturned ones are passes.

    \b
    callaudit labels --store calls.db --out labels --audits audits
    callaudit evaluate labels --audits audits
    """
    with opened(url, config_path, documents=audits is not None) as store:
        found = write(store, who(), out, now=datetime.now(UTC), audits=audits)
    n_violations, n_passes = sum(len(one.violations) for one in found), sum(len(one.passes) for one in found)
    click.echo(f"{out}: {len(found)} calls, {n_violations} violations, {n_passes} passes")
