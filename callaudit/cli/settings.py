"""Settings that several commands take: the file, and the options laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from callaudit.config import Config, Device, load_config


def settings(path: Path | None, given: Mapping[str, str | None]) -> Config:
    """The settings file with the options `model`, `device`, `language`, `rulebook` and `sheet` laid over it."""
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
    return replace(config, engine=engine, judge=judge)
