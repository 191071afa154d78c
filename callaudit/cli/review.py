"""`callaudit review`"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from callaudit.batch import logs
from callaudit.cli.opening import store_options
from callaudit.cli.settings import settings
from callaudit.config import ReviewConfig
from callaudit.store.database import open_store
from callaudit.web import serving, statics
from callaudit.web.desk import Desk
from callaudit.web.shared import Opening


@click.command()
@store_options
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1: this machine alone]")
@click.option("--port", type=click.IntRange(0, 65535), help="0: any free one.  [default: 8420]")
@click.option("--root-path", help="What precedes every address where a proxy serves the desk below one, e.g. /qa.")
@click.option("--proxy", "trusted_proxies", multiple=True, help="Address of a proxy whose X-Forwarded-… are believed.")
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes that serve, where many work at once.  [default: 1]"
)
@click.option("--tls-cert", type=click.Path(), help="Certificate for https, with its chain (PEM).")
@click.option("--tls-key", type=click.Path(), help="Its key (PEM).")
def review(url: str | None, config_path: Path | None, **given: Any) -> None:
    """Open the review desk in the browser: flagged calls to hear and to judge, dashboards, rules.

    Nothing is shown without a sign-in; `callaudit accounts add` makes accounts. It listens to this machine alone
    unless --host says otherwise.
    """
    config = settings(config_path, {})
    given = {name: value for name, value in given.items() if value not in (None, ())}
    config = replace(config, review=replace(config.review, **given))
    _check(config.review)
    logs.configure(as_json=not sys.stderr.isatty())
    where = url or config.store.url or ""
    open_store(where, patience_s=serving.PATIENCE_S, upgrade=False, documents=False).close()  # mistyped: none is made
    opening = Opening(where, config, serving.PATIENCE_S)
    with opening(upgrade=True) as store:
        desk = Desk(store, config)
        for line in serving.check(desk):
            click.echo(click.style(f"callaudit: {line}", fg="yellow", bold=True), err=True)
        statics.check()
        listening = serving.listen(config.review.host, config.review.port)
        click.echo(f"review desk of {store.name} at {serving.address_of(config.review, listening)}  (Ctrl+C ends it)")
        if config.review.workers == 1:
            serving.serve(desk, listening)
    if config.review.workers > 1:
        serving.serve_by_many(opening, listening)


def _check(config: ReviewConfig) -> None:
    if config.root_path and (not config.root_path.startswith("/") or config.root_path.endswith("/")):
        raise click.BadParameter("wanted a path like /qa, without a slash at its end", param_hint="--root-path")
