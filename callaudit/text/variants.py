"""The readings of a phrase as rows of syllables with what each costs, built in one go for all readings of a phrase.

A rulebook has some twenty thousand readings, most of them heard in no turn of a call. So a phrase keeps them as rows
of arrays, which is all that `screening` looks at; a `Variant` is made of a row when one has to be aligned.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import repeat
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from callaudit.text.listen import FORBIDDEN_COST, MODAL, codes, han, negations, say, sound_ids
from callaudit.text.normalise import REGIONAL
from callaudit.text.simplify import simplify

Kind = Literal["any", "named", "number", "surname"]

_SPECIAL = re.compile(rf"\d|{REGIONAL.pattern}")
"""What is not said the way it is written, so that `say` has to read it."""

_UNSAID = re.compile(r"[\W_]+")
_PERSONS = {"我": 1, "咱": 1, "俺": 1, "你": 2, "您": 2, "他": 3, "她": 3, "它": 3}
_QUESTION_WORDS = re.compile("吗|[请能可]否|什么|怎么|哪|谁|几|多少|好吗|是否")
_PRONOUN = re.compile("[" + "".join(_PERSONS) + "]")
_LIGHT = re.compile("[您你请还吗" + "".join(sorted(MODAL | set("啊呀啦哦"))) + "]")
"""Syllables whose loss does not cost the usual 1, beside negations."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of `least` to `most` syllables of a kind; "named" is anything that denies nothing."""

    least: int
    most: int
    kind: Kind


Parts = tuple[str | Slot, ...]
"""A reading of a phrase as written."""


class Sound(NamedTuple):
    """A syllable of a phrase with all that decides what may be taken for it.

    `strict` marks a negation, `needed` what must not be dropped, `short` a phrase of at most four syllables.
    """

    char: str
    code: int
    id: int
    person: int
    strict: bool
    needed: bool
    short: bool


@dataclass(frozen=True, eq=False)
class Variant:
    """One reading of a phrase without options: `steps` are indices of `chars` or slots, in order.

    `drop` is the cost of not hearing a syllable, `person` 1 to 3 for pronouns, `strict` marks negations;
    `weight` is the phrase's length in syllables, particles half; `allowed` is the cost at which a hit is worth 0.7.
    """

    chars: str
    codes: NDArray[np.int32]
    ids: NDArray[np.int16]
    steps: tuple[int | Slot, ...]
    drop: NDArray[np.float64]
    person: NDArray[np.int8]
    strict: NDArray[np.bool_]
    weight: float
    allowed: float

    @cached_property
    def sounds(self) -> tuple[Sound, ...]:
        """Its syllables one by one."""
        needed, short = (self.drop >= FORBIDDEN_COST).tolist(), repeat(len(self.chars) <= 4)
        each = (self.codes.tolist(), self.ids.tolist(), self.person.tolist(), self.strict.tolist(), needed, short)
        return tuple(map(Sound, self.chars, *each))

    @property
    def asks(self) -> bool:
        """Whether it is a question."""
        return _QUESTION_WORDS.search(self.chars) is not None


@dataclass(frozen=True, eq=False)
class Phrase:
    """A phrase ready to be found; `text` is as written, `polite` says that 您 must be heard as 您 and 你 as you.

    Every reading is a row; `chars` and `said` (pieces and slots) are lists of them, the arrays have shape
    (rows, syllables of the longest) or (rows,). Rows are padded with syllables that cost nothing to drop.
    """

    text: str
    polite: bool
    said: tuple[Parts, ...]
    chars: tuple[str, ...]
    codes: NDArray[np.int32]
    ids: NDArray[np.int16]
    drop: NDArray[np.float64]
    person: NDArray[np.int8]
    strict: NDArray[np.bool_]
    weight: NDArray[np.float64]
    allowed: NDArray[np.float64]

    @cached_property
    def han(self) -> NDArray[np.int64]:
        """Each syllable's place among the Han characters, as in `listen.han`."""
        return han(self.codes)

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """The readings one by one."""
        return tuple(self._variant(row) for row in range(len(self.chars)))

    def _variant(self, row: int) -> Variant:
        chars = self.chars[row]
        own = slice(len(chars))
        return Variant(
            chars=chars, codes=self.codes[row, own], ids=self.ids[row, own], steps=_steps(self.said[row]),
            drop=self.drop[row, own], person=self.person[row, own], strict=self.strict[row, own],
            weight=float(self.weight[row]), allowed=float(self.allowed[row]),
        )  # fmt: skip


def spell(phrase: str, readings: Sequence[Parts], polite: bool) -> Phrase:
    """The phrase with these readings as rows.

    Raises
    ------
    ValueError
        A reading has nothing to say.
    """
    written = [_joined(parts) for parts in readings]
    pieces = iter(say_each([part for parts in written for part in parts if isinstance(part, str)]))
    said = tuple(tuple(next(pieces) if isinstance(part, str) else part for part in parts) for parts in written)
    chars = tuple("".join(part for part in parts if isinstance(part, str)) for parts in said)
    if not all(chars):
        raise ValueError(f"phrase {phrase!r}: a variant of it has no words of its own")
    lengths = [len(row) for row in chars]
    # one row behind the other, padded with line ends, across which no word and no reading reaches
    shape = len(chars), max(lengths, default=0) + 1
    text = "".join(row.ljust(shape[1], "\n") for row in chars)
    strict = negations(text)
    weights = [len(row) - 0.5 * sum(map(row.count, MODAL)) for row in chars]
    return Phrase(
        text=phrase, polite=polite, said=said, chars=chars, codes=codes(text).reshape(shape)[:, :-1],
        ids=sound_ids(text).reshape(shape)[:, :-1], drop=_drop_costs(text, lengths, strict.reshape(shape))[:, :-1],
        person=_persons(text).reshape(shape)[:, :-1], strict=strict.reshape(shape)[:, :-1], weight=np.array(weights),
        allowed=np.array([_allowed(n, weight) for n, weight in zip(lengths, weights, strict=True)]),
    )  # fmt: skip


def _joined(parts: Parts) -> Parts:
    """The parts with neighbouring pieces of text as one."""
    joined: list[str | Slot] = []
    for part in parts:
        if joined and isinstance(part, str) and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)


def say_each(texts: Sequence[str]) -> list[str]:
    """What `say` makes of each text, which is found for all at once where the text is simplified and has no numbers.

    >>> say_each(["您好！", "24小时", ""])
    ['您好', '二十四小时', '']
    """
    lines = "".join(map(_compatible, "\n".join(texts)))
    if simplify(lines) != lines or lines.count("\n") != len(texts) - 1:
        return [say(text) for text in texts]
    return [
        say(text) if _SPECIAL.search(line) else "".join(map(str.lower, _UNSAID.sub("", line)))
        for text, line in zip(texts, lines.split("\n"), strict=True)
    ]


@lru_cache(maxsize=4096)
def _compatible(char: str) -> str:
    return unicodedata.normalize("NFKC", char)


def _steps(said: Parts) -> tuple[int | Slot, ...]:
    steps: list[int | Slot] = []
    n = 0
    for part in said:
        if isinstance(part, Slot):
            steps.append(part)
        else:
            steps += range(n, n + len(part))
            n += len(part)
    return tuple(steps)


def _persons(text: str) -> NDArray[np.int8]:
    persons = np.zeros(len(text), dtype=np.int8)
    for found in _PRONOUN.finditer(text):
        persons[found.start()] = _PERSONS[found[0]]
    return persons


def _drop_costs(text: str, lengths: Sequence[int], strict: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Cost of each syllable when it is not heard: little for particles and polite words of a long phrase."""
    width = strict.shape[1]
    drop = (np.arange(width) < np.array(lengths, dtype=np.int64)[:, None]).astype(np.float64)
    for found in _LIGHT.finditer(text):
        char, at = found[0], found.start()
        row, index = divmod(at, width)
        n = lengths[row]
        last = index == n - 1
        if char in "啊呀啦哦" and n >= 4:
            drop[row, index] = 0.1
        elif char in MODAL and n >= 4 and not (last and n == 4):
            drop[row, index] = 0.25
        elif (char in "您你" and n >= 4 and text[at + 1] != "们") or (char == "请" and n >= 6):
            drop[row, index] = 0.4
        elif char == "还":  # 还有什么可以帮您 closes a call, 有什么可以帮您 opens it
            drop[row, index] = 2.5
        elif char == "吗" and last and n <= 6:
            drop[row, index] = FORBIDDEN_COST
    drop[strict] = FORBIDDEN_COST
    return drop


def _allowed(n_syllables: int, weight: float) -> float:
    """Cost at which a phrase is just found: an unsure homophone in two syllables, one near sound in up to four."""
    if n_syllables <= 1:
        return 0.01
    if n_syllables == 2:
        return 0.06
    if weight < 4.5:
        return 0.25 if weight <= 3 else 0.40
    return 0.45 + 0.16 * (min(weight, 12) - 4) + 0.10 * max(0.0, weight - 12)
