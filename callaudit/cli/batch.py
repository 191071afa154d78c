"""`callaudit batch SOURCE…`"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

import click

from callaudit.batch.configured import Order
from callaudit.batch.enrol import Anew
from callaudit.batch.logs import Level, events
from callaudit.batch.notify import addresses, message, send
from callaudit.batch.stopping import next_time
from callaudit.batch.summaries import NAMES
from callaudit.batch.summaries.text import render_text
from callaudit.cli.night import Watch, complain_of, is_watched, told_at_the_end, watch_options, watched
from callaudit.cli.screen import complain
from callaudit.cli.settings import settings
from callaudit.config import Config, ExecutorName


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder of audits and summaries."
)
@click.option("--store", "store_url", help="Database: a file, or postgresql://…  [default: callaudit.sqlite in --out]")
@click.option(
    "--config", "config_path", type=click.Path(path_type=Path), help="Settings in TOML; options outrank them."
)
@click.option("--executor", type=click.Choice(["serial", "processes", "ray"]), help="Who works.  [default: processes]")
@click.option("--workers", type=click.IntRange(min=0), help="How many; 0: as there is room.  [default: 0]")
@click.option("--ray-address", help="auto, local, or HOST:PORT.  [default: local]")
@click.option("--rulebook", help="Built-in name, YAML file or folder.  [default: etiquette-zh]")
@click.option("--sheet", help="Scoring sheet of the rulebook, e.g. bank.  [default: by the sector, else general]")
@click.option(
    "--model", help="Name of `callaudit models list`, faster-whisper size, or folder.  [default: whisper-base]"
)
@click.option("--device", type=click.Choice(["cpu", "cuda", "auto"]), help="Where the model runs.  [default: cpu]")
@click.option("--language", help="zh, en, … or auto.  [default: auto, Chinese where in doubt]")
@click.option("--sample", help="Which calls: all, 3 per agent, 10%.  [default: all]")
@click.option("--until", help="Begin nothing more from this time of day on, e.g. 06:00; the next run goes on.")
@click.option("--retry-failed", is_flag=True, help="Try the calls in the quarantine once more.")
@click.option("--redo", is_flag=True, help="Hear and judge calls again that are done.")
@watch_options
@told_at_the_end()
def batch(
    sources: tuple[str, ...],
    out: Path,
    config_path: Path | None,
    until: str | None,
    retry_failed: bool,
    redo: bool,
    store_url: str | None,
    executor: str | None,
    workers: int | None,
    ray_address: str | None,
    sample: str | None,
    metrics: Path | None,
    **given: str | None,
) -> None:
    """Audit every recording in folders, patterns, lists or storage, each once, whatever happens on the way.

    A SOURCE is a folder (with all below it), a pattern ('/calls/2026-11-*/**/*.wav'), a list of files (@list.txt,
    *.csv), a file, or a URL (s3://, gs://, az://, sftp://). Each call's audit goes to OUT as <file stem>.json, exactly
    as `callaudit audit --format json` prints it; the summaries lie beside them. Start it again after whatever has
    ended it: calls that are done are left alone, the others are taken up where it stopped.

    \b
    callaudit batch /calls/2026-11-20 --out audits
    callaudit batch s3://calls/2026-11-20 --out audits --store postgresql://qa@db/calls --until 06:00
    """
    config = settings(config_path, given)
    batch = config.batch
    batch = batch if executor is None else replace(batch, executor=cast(ExecutorName, executor))
    batch = batch if workers is None else replace(batch, workers=workers)
    batch = batch if ray_address is None else replace(batch, ray_address=ray_address)
    batch = batch if sample is None else replace(batch, sample=sample)
    config = replace(config, batch=batch)
    if store_url is not None:
        config = replace(config, store=replace(config.store, url=store_url))
    moment = None if until is None else next_time(until)
    order = Order(sources, out, "batch", moment, Anew(redo, retry_failed))
    sys.exit(_done(config, order, Watch(cast("Level | None", given["log_level"]), metrics)))


def _done(config: Config, order: Order, watch: Watch) -> int:
    """The exit status of the batch, after its summary was printed and told to whom the settings name."""
    urls = addresses(config.notify)  # what is wrong with them is said before the work, not after
    result = watched(config, order, watch)
    click.echo(render_text(result.summary), nl=False)
    if result.n_otherwise and is_watched():
        complain(
            f"{result.n_otherwise} calls were judged by other rules earlier and are left so; "
            "`callaudit rescore` judges them again, without their sound"
        )
    for fault in result.faults:
        complain_of(fault)
    for fault in send(message(result.summary), urls, config.notify, order.out / NAMES[-1]):
        events.warning("notify.failed", why=fault)
    return 0 if result.is_whole else 2
