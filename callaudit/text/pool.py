"""Readings of phrases one behind the other in arrays: what compiled code reads."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callaudit.text.listen import FORBIDDEN_COST, MODAL, NEGATIONS, codes
from callaudit.text.rows import ANY, NEGATION, NUMBER, SURNAME
from callaudit.text.variants import Kind, Phrase, Slot

PERSON, STRICT, NEEDED, SHORT_MODAL, STILL, DENYING = 3, 4, 8, 16, 32, 64
"""Bits of a syllable of a phrase: whose pronoun it is (1 to 3, or 0); a negation; not to be dropped; a particle of a
phrase of at most four syllables; 还; a character that may deny."""

SHORT = 4
HOLDS: dict[Kind, int] = {"any": ANY, "named": NEGATION, "number": NUMBER, "surname": SURNAME}
"""What a slot of a kind goes by, in a heard syllable; a named one by there being no negation."""


class Pool:
    """Phrases whose readings are ready to be aligned, gathered as they are asked for.

    Phrase p has the readings `reading[p]` to `reading[p + 1]`, reading r the syllables `syllable[r]` to
    `syllable[r + 1]` and the steps `step[r]` to `step[r + 1]`: a step is -1 for its next syllable, else a slot.

    Attributes
    ----------
    ids, codes, drop, marks : int16, int32, float64, uint8, of each syllable; `marks` are bits as above
    allowed, weight : float64, of each reading
    width : syllables of the longest reading
    slots : int64 [shape=(slots, 3)], least and most of each slot, and what it goes by
    """

    def __init__(self, phrases: Iterable[Phrase] = ()) -> None:
        self.phrases: list[Phrase] = []
        self.numbers: dict[Phrase, int] = {}
        self.width = 0
        self._slots: dict[Slot, int] = {}
        self._grown = {
            name: _Grown(kind)
            for name, kind in {
                "reading": np.int64, "syllable": np.int64, "step": np.int64, "steps": np.int32, "ids": np.int16,
                "codes": np.int32, "drop": np.float64, "marks": np.uint8, "allowed": np.float64, "weight": np.float64,
            }.items()
        }  # fmt: skip
        for name in ("reading", "syllable", "step"):
            self._grown[name].add(np.zeros(1, dtype=np.int64))
        self.slots = np.zeros((0, 3), dtype=np.int64)
        for phrase in phrases:
            self.add(phrase)

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._grown[name].array

    def add(self, phrase: Phrase) -> int:
        """The number of a phrase; its readings are added where they are not there yet."""
        if phrase in self.numbers:
            return self.numbers[phrase]
        lengths = np.array([len(chars) for chars in phrase.chars], dtype=np.int64)
        own = np.arange(phrase.codes.shape[1]) < lengths[:, None]
        steps, n_steps = self._steps(phrase, lengths)
        grown = self._grown
        grown["reading"].add(grown["reading"].array[-1:] + len(lengths))
        grown["syllable"].add(grown["syllable"].array[-1] + np.cumsum(lengths))
        grown["step"].add(grown["step"].array[-1] + np.cumsum(n_steps))
        grown["steps"].add(steps)
        grown["ids"].add(phrase.ids[own])
        grown["codes"].add(phrase.codes[own])
        grown["drop"].add(phrase.drop[own])
        grown["marks"].add(_marks(phrase, lengths)[own])
        grown["allowed"].add(phrase.allowed)
        grown["weight"].add(phrase.weight)
        self.width = max(self.width, phrase.codes.shape[1])
        self.phrases.append(phrase)
        self.numbers[phrase] = len(self.phrases) - 1
        return self.numbers[phrase]

    def _steps(self, phrase: Phrase, lengths: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        if all(len(said) == 1 for said in phrase.said):
            return np.full(int(lengths.sum()), -1, dtype=np.int32), lengths
        each = [[s for part in said for s in self._step(part)] for said in phrase.said]
        return np.array([s for steps in each for s in steps], dtype=np.int32), np.array([len(s) for s in each])

    def _step(self, part: str | Slot) -> list[int]:
        if isinstance(part, str):
            return [-1] * len(part)
        if part not in self._slots:
            self._slots[part] = len(self._slots)
            row = np.array([[part.least, part.most, HOLDS[part.kind]]], dtype=np.int64)
            self.slots = np.concatenate([self.slots, row])
        return [self._slots[part]]


@lru_cache(maxsize=4096)
def pool_of(phrase: Phrase) -> Pool:
    """A phrase by itself."""
    return Pool([phrase])


class _Grown:
    """An array that grows at its end."""

    def __init__(self, kind: Any) -> None:
        self._held = np.zeros(1024, dtype=kind)
        self.array = self._held[:0]

    def add(self, more: NDArray[Any]) -> None:
        n = len(self.array)
        if n + len(more) > len(self._held):
            self._held = np.concatenate([self.array, np.zeros(n + 2 * len(more), dtype=self._held.dtype)])
        self._held[n : n + len(more)] = more
        self.array = self._held[: n + len(more)]


def _marks(phrase: Phrase, lengths: NDArray[np.int64]) -> NDArray[np.uint8]:
    marks = phrase.person.astype(np.uint8)
    marks |= np.where(phrase.strict, np.uint8(STRICT), np.uint8(0))
    marks |= np.where(phrase.drop >= FORBIDDEN_COST, np.uint8(NEEDED), np.uint8(0))
    short = np.isin(phrase.codes, _MODAL) & (lengths <= SHORT)[:, None]
    marks |= np.where(short, np.uint8(SHORT_MODAL), np.uint8(0))
    marks |= np.where(phrase.codes == ord("还"), np.uint8(STILL), np.uint8(0))
    denying: NDArray[np.uint8] = np.where(np.isin(phrase.codes, _NEGATIONS), np.uint8(DENYING), np.uint8(0))
    return marks | denying


_MODAL, _NEGATIONS = codes("".join(sorted(MODAL))), codes("".join(sorted(NEGATIONS)))
