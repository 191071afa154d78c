"""The meanings of a rulebook, and their names put in their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from callaudit.meaning import Meaning
from callaudit.rules.sources import Named, Report, Spot, kind_of
from callaudit.rules.validating import like, valid

ORDINARY = "ordinary"
"""Among the meanings, the name of the list of sentences that none of them is."""


def meanings_of(written: Named, report: Report) -> dict[str, Meaning]:
    """Every meaning of the rulebook, told apart from its ordinary sentences too."""
    given, spot = written.get(ORDINARY, ([], None))
    ordinary = tuple(valid(tuple[str, ...], given, spot, report) or ()) if spot else ()
    found = {name: valid(Meaning, given, spot, report) for name, (given, spot) in written.items() if name != ORDINARY}
    return {name: replace(one, ordinary=ordinary) for name, one in found.items() if one is not None}


def named(given: Any, meanings: Mapping[str, Meaning], spot: Spot, report: Report) -> Any:
    """The data with the names under every `means` (`before_means` …) replaced by what they stand for."""
    if isinstance(given, dict):
        return {
            key: _listed(value, meanings, spot.at(key), report)
            if key.endswith("means")
            else named(value, meanings, spot.at(key), report)
            for key, value in given.items()
        }
    if isinstance(given, list):
        return [named(item, meanings, spot.at(index), report) for index, item in enumerate(given)]
    return given


def _listed(given: Any, meanings: Mapping[str, Meaning], spot: Spot, report: Report) -> list[Any]:
    found: list[Any] = []
    for one in given if isinstance(given, list) else [given]:
        if isinstance(one, dict):
            found.append(one)  # written in place
        elif isinstance(one, str) and one in meanings:
            found.append(meanings[one])
        else:
            got = repr(one) if isinstance(one, str) else kind_of(one)
            report(spot.fault(f"no meaning is named {got}{like(str(one), meanings)}"))
    return found
