"""What commands that work on a store have in common: which one, opened how, and who is at work."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from callaudit.cli.settings import settings
from callaudit.store.database import Store, configured_store

F = TypeVar("F", bound=Callable[..., Any])


def store_options(command: F) -> F:
    """Adds --store and --config to a command; `opened` takes what they give."""
    of_config = click.option(
        "--config", "config_path", type=click.Path(path_type=Path), help="Settings in TOML; options outrank them."
    )
    of_store = click.option(
        "--store", "url", help="SQLite file, or postgresql://… .  [default: store.url of the settings]"
    )
    return of_store(of_config(command))


def opened(url: str | None, config_path: Path | None, *, upgrade: bool = True, documents: bool = True) -> Store:
    """The store of the options, with the key that the settings name; errors as `configured_store`."""
    config = settings(config_path, {}).store
    return configured_store(replace(config, url=url) if url else config, upgrade=upgrade, documents=documents)


def who() -> str:
    """The user of this machine, as the access log names him."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # a container with a user that has no name
        return f"uid {os.getuid()}@{socket.gethostname()}"
