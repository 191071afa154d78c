"""`callaudit doctor`: looks over an installation, line by line, and says what to do where something is not well.

Needs no network. Every look is made even where others fail, and imports what it looks at only then.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from callaudit.doctor.check import Check, looked

if TYPE_CHECKING:
    from callaudit.config import Config

__all__ = ["Check", "examine"]


def examine(
    config_path: Path | None = None, *, store: str | None = None, out: Path | None = None, with_self_test: bool = True
) -> Iterator[Check]:
    """Everything there is to be looked at, one after the other.

    Parameters
    ----------
    config_path : the settings; None for the defaults
    store, out : outrank those of the settings
    with_self_test : audits the call in the package too: some seconds, and the memory of a worker
    """
    from callaudit.doctor.installed import extras, libraries, program

    yield from looked("program", program)
    yield from looked("libraries", libraries)
    yield from looked("extras", extras)
    yield from looked("machine", _machine)
    try:
        from callaudit.doctor import setup

        config, said = setup.settings(config_path)
    except ImportError as error:
        yield Check("settings", "ill", f"cannot be read: {error}", "install the library that is named")
        return
    yield said
    config = _with(config, store, out)
    yield from looked("room", lambda: _rooms(config))
    yield from looked("rulebook", lambda: setup.rulebook(config))
    yield from looked("store", lambda: setup.store(config))
    yield from looked("batch", lambda: setup.batch(config))
    yield from looked("sources", lambda: setup.sources(config))
    yield from looked("model", lambda: setup.models(config))
    yield from looked("decoders", _decoders)
    if with_self_test:
        yield from looked("self-test", lambda: _self_test(config))


def _machine() -> Iterator[Check]:
    from callaudit.doctor.machine import clock, power

    yield from power()
    yield from clock()


def _with(config: Config, store: str | None, out: Path | None) -> Config:
    if store is not None:
        config = replace(config, store=replace(config.store, url=store))
    if out is not None:
        config = replace(config, nightly=replace(config.nightly, out=str(out)))
    return config


def _rooms(config: Config) -> Iterator[Check]:
    from callaudit.doctor.machine import rooms
    from callaudit.models import cache_dir

    folders = {"temporary files": Path(tempfile.gettempdir()), "models": cache_dir()}
    if config.nightly.out is not None:
        folders["audits"] = Path(config.nightly.out)
    yield from rooms(folders)


def _decoders() -> Iterator[Check]:
    from callaudit.doctor.decoders import decoders

    yield from decoders()


def _self_test(config: Config) -> Iterator[Check]:
    from callaudit.doctor.selftest import self_test

    yield from self_test(config)
