"""What is found: a piece of personal data, where it lies, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args

from callaudit.records import PersonalKind
from callaudit.spans import Span

KINDS: Final[tuple[PersonalKind, ...]] = get_args(PersonalKind)


@dataclass(frozen=True, slots=True)
class Personal:
    """Personal data in a call.

    `turn` is the index of the turn, None for keys pressed; `words` is [first, last + 1) in the words of the turn,
    `span` their time; `certainty` in [0, 1] is that it is personal data of this kind.
    """

    kind: PersonalKind
    turn: int | None
    words: tuple[int, int]
    span: Span
    certainty: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters of a line that are personal: character → how many ＊ stand for it (0 where its neighbour's do)."""

    kind: PersonalKind
    chars: Mapping[int, int]
    certainty: float
