"""Reports: an `Audit` becomes text; one file, one format.

Importing the package walks it and so registers every format; a format that does not import stops the program.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from callaudit.reports.base import (
    Clip,
    Format,
    ReportOptions,
    Waveform,
    format_named,
    formats,
    render,
    render_many,
    report,
)

for _module in sorted(module.name for module in iter_modules(__path__)):
    import_module(f"{__name__}.{_module}")

__all__ = [
    "Clip",
    "Format",
    "ReportOptions",
    "Waveform",
    "format_named",
    "formats",
    "render",
    "render_many",
    "report",
]
