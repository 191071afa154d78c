"""Numbers about a call: one file a subject, each measure registered with its unit.

Every module of the package is imported here; one that cannot be stops the program, because a measure that silently does
not load would be a gap in every report.
"""

import importlib
import pkgutil

from callaudit.measures.base import Heard, Measure, Missing, measure_call, measures

__all__ = ["Heard", "Measure", "Missing", "measure_call", "measures", "table"]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")


def table() -> tuple[tuple[str, str, str], ...]:
    """Name, unit and meaning of every number of a report, for the documentation, in order of the names.

    >>> ("silence_share", "ratio") in [row[:2] for row in table()]
    True
    """
    rows: list[tuple[str, str, str]] = []
    for each in measures():
        names = (f"agent_{each.name}", f"customer_{each.name}") if each.per == "party" else (each.name,)
        rows += [(name, each.unit, each.says) for name in names]
    return tuple(sorted(rows))
