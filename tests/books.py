"""The rulebooks of the package, read once for all tests."""

from __future__ import annotations

from functools import cache

from callaudit.rules import Rulebook, load_rulebook


@cache
def built_in(name: str) -> Rulebook:
    return load_rulebook(name)
