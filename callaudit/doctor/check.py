"""What a check of the installation tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["well", "note", "ill"]
"""As it should be; worth knowing, nothing is broken; something does not work."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what was found and, where that is not well, what to do."""

    name: str
    state: State
    says: str
    todo: str | None = None


Look = Callable[[], Iterable[Check]]


def looked(name: str, look: Look) -> tuple[Check, ...]:
    """What a look tells, also where the installation is so broken that looking fails."""
    found: list[Check] = []
    try:
        found.extend(look())
    except Exception as error:  # a doctor who dies of the illness names none: a missing library raises anything
        said = " ".join(str(error).split())
        found.append(
            Check(name, "ill", f"could not be checked: {type(error).__name__}: {said}", "mend what the message names")
        )
    return tuple(found)
