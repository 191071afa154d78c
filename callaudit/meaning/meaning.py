"""What a rulebook says a meaning is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, Field

LEAST_EXAMPLES = 8
"""Examples of either kind below which nothing can be learnt."""

Examples = Annotated[tuple[str, ...], Field(min_length=LEAST_EXAMPLES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """A way of speaking, by example.

    `like` are sentences that say it, each in other words; `unlike` are those that look alike and do not: the opposite,
    the other party's version, a politer form that is allowed, another matter in the same words. `ordinary` are
    sentences that calls are full of and that mean nothing of the kind; a rulebook gives all its meanings the same ones.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    title: str
    like: Examples
    unlike: Examples
    ordinary: tuple[str, ...] = ()
