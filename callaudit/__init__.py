"""callaudit listens to recorded customer-service calls and audits them against telephone etiquette.

>>> import callaudit
>>> callaudit.Span(0.0, 1.5).duration_s
1.5

The whole public interface is named here; every name is loaded when it is first used, so that `import callaudit` is
quick and needs no model.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "callaudit.config": ("Config", "EngineConfig", "JudgeConfig", "RecordingsConfig", "load_config"),
    "callaudit.errors": (
        "AudioError",
        "CallauditError",
        "ConfigError",
        "EngineError",
        "ModelMissing",
        "RulebookError",
        "StoreError",
        "UnreadableAudio",
        "UnsupportedAudio",
    ),
    "callaudit.pipeline": ("Auditor", "audit_file", "audit_files", "hear", "judge_call"),
    "callaudit.progress": ("Progress",),
    "callaudit.records": ("Audit", "Call", "Failed", "Finding", "Score", "Timeline", "Turn", "Word"),
    "callaudit.reports": ("ReportOptions", "render"),
    "callaudit.rules": ("Rulebook", "load_rulebook"),
    "callaudit.spans": ("Span",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME_OF)]

if TYPE_CHECKING:
    from callaudit.config import Config, EngineConfig, JudgeConfig, RecordingsConfig, load_config
    from callaudit.errors import (
        AudioError,
        CallauditError,
        ConfigError,
        EngineError,
        ModelMissing,
        RulebookError,
        StoreError,
        UnreadableAudio,
        UnsupportedAudio,
    )
    from callaudit.pipeline import Auditor, audit_file, audit_files, hear, judge_call
    from callaudit.progress import Progress
    from callaudit.records import Audit, Call, Failed, Finding, Score, Timeline, Turn, Word
    from callaudit.reports import ReportOptions, render
    from callaudit.rules import Rulebook, load_rulebook
    from callaudit.spans import Span


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'callaudit' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return __all__
