"""Settings that several commands take: the file, and the options laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from callaudit.config import Config, Device, load_config
from callaudit.errors import ConfigError
from callaudit.privacy import KINDS
from callaudit.records import PersonalKind


def settings(path: Path | None, given: Mapping[str, str | None]) -> Config:
    """The settings file with the options `model`, `device`, `language`, `rulebook`, `sheet` and `mask` laid over it."""
    config = load_config(path) if path else Config()
    engine = config.engine
    if model := given.get("model"):
        engine = replace(engine, model=model)
    if device := given.get("device"):
        engine = replace(engine, device=cast(Device, device))  # click has checked the choice
    if language := given.get("language"):
        engine = replace(engine, language=None if language == "auto" else language)
    rulebook = given.get("rulebook")
    judge = replace(config.judge, rulebook=rulebook) if rulebook else config.judge
    if sheet := given.get("sheet"):
        judge = replace(judge, sheet=sheet)
    mask = given.get("mask")
    privacy = replace(config.privacy, mask=masked_kinds(mask)) if mask is not None else config.privacy
    return replace(config, engine=engine, judge=judge, privacy=privacy)


def masked_kinds(given: str) -> tuple[PersonalKind, ...]:
    """The kinds of `--mask card,code`; none for ``none``, every one for ``all``.

    Raises
    ------
    ConfigError
        A kind has another name.
    """
    names = [name.strip() for name in given.split(",") if name.strip()]
    if names in (["none"], []):
        return ()
    if names == ["all"]:
        return KINDS
    for name in names:
        if name not in KINDS:
            raise ConfigError(
                f"--mask {given}: no kind is named {name!r}; wanted none, all, or some of {', '.join(KINDS)}"
            )
    return tuple(kind for kind in KINDS if kind in names)
