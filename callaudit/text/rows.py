"""Rows of heard syllables one behind the other in arrays: what compiled code reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from callaudit.text.listen import FILLERS, N_HAN, PARTICLES, Sounded, han, substitution

_OPENERS = frozenset("那就哦")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Arrays of n syllables in k rows, of which row r has `first[r]` to `first[r + 1]`.

    Attributes
    ----------
    first : int64 [shape=(k + 1,)]
    ids, codes, person, scale, homophone, prob : as in `Sounded` [shape=(n,)]
    kinds : uint8 [shape=(n,)], bits of `ANY`, `NUMBER`, `SURE`, `SURNAME`, `NEGATION`
    insert : float64 [shape=(n,)], cost of a syllable that a phrase does not have
    inserted : float64 [shape=(n + k,)], that of all syllables of a row before each of its places
    present : bool [shape=(k, characters)], by `han`
    floor : float32 [shape=(k, ids)], least cost of each id anywhere in a row; below 0 as long as nobody asked
    opens : int64 [shape=(k,)], the last place of each row before which nothing but fillers stands
    closes : int64 [shape=(k,)], the first place behind which nothing but fillers and particles stands
    """

    first: NDArray[np.int64]
    ids: NDArray[np.int16]
    codes: NDArray[np.int32]
    person: NDArray[np.int8]
    kinds: NDArray[np.uint8]
    scale: NDArray[np.float32]
    homophone: NDArray[np.float32]
    prob: NDArray[np.float64]
    insert: NDArray[np.float64]
    inserted: NDArray[np.float64]
    present: NDArray[np.bool_]
    floor: NDArray[np.float32]
    opens: NDArray[np.int64]
    closes: NDArray[np.int64]


ANY, NUMBER, SURE, SURNAME, NEGATION = 1, 2, 4, 8, 16
"""What a heard syllable may be: anything, in a number, surely a numeral, a surname; and whether it denies something."""

_KEPT: WeakKeyDictionary[Sounded, Rows] = WeakKeyDictionary()


def rows_of(each: Sequence[Sounded]) -> Rows:
    """The rows in arrays."""
    lengths = [len(row) for row in each]
    first = np.cumsum([0, *lengths], dtype=np.int64)
    codes = _joined([row.codes for row in each], np.int32)
    present = np.zeros((len(each), N_HAN + 1), dtype=np.bool_)
    present[np.repeat(np.arange(len(each)), lengths), han(codes)] = True
    present[:, N_HAN] = True
    insert = _joined([row.insert for row in each], np.float64)
    zero = np.zeros(1)
    return Rows(
        first=first, ids=_joined([row.ids for row in each], np.int16), codes=codes,
        person=_joined([row.person for row in each], np.int8), kinds=_joined([_kinds(row) for row in each], np.uint8),
        scale=_joined([row.scale for row in each], np.float32),
        homophone=_joined([row.homophone for row in each], np.float32),
        prob=_joined([row.prob for row in each], np.float64), insert=insert,
        inserted=_joined([part for row in each for part in (zero, np.cumsum(row.insert))], np.float64),
        present=present, floor=np.full((len(each), len(substitution())), -1, dtype=np.float32),
        opens=np.array([_opens(row) for row in each], dtype=np.int64),
        closes=np.array([_closes(row) for row in each], dtype=np.int64),
    )  # fmt: skip


def row_of(row: Sounded) -> Rows:
    """A single row in arrays, kept for the phrases that follow as long as the row is."""
    kept = _KEPT.get(row)
    if kept is None:
        kept = _KEPT[row] = rows_of([row])
    return kept


def _joined(arrays: Sequence[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate(arrays).astype(kind, copy=False) if arrays else np.zeros(0, dtype=kind)


def _kinds(row: Sounded) -> NDArray[np.uint8]:
    number, sure = (row.numeral | row.digit_like).astype(np.uint8), row.numeral.astype(np.uint8)
    kinds = ANY | number * NUMBER | sure * SURE | row.surname * SURNAME | row.negation * NEGATION
    return kinds.astype(np.uint8)


def _opens(row: Sounded) -> int:
    opens = 0
    while opens < len(row) and (row.filler[opens] or row.chars[opens] in _OPENERS):
        opens += 1
    return opens


def _closes(row: Sounded) -> int:
    closes = len(row)
    while closes and (row.chars[closes - 1] in FILLERS or row.chars[closes - 1] in PARTICLES):
        closes -= 1
    return closes
