"""The readings of a phrase as rows of syllables with what each costs, built in one go for all readings of a phrase.

A rulebook has some twenty thousand readings, most of them heard in no turn of a call. So a phrase keeps them as rows
of arrays, which is all that `alignment` looks at; a `Variant` is made of a row that is heard.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from callaudit.text.listen import FORBIDDEN_COST, MODAL, codes, negations, say, sound_ids
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
    def sound(self) -> str:
        """The ids of its syllables, one character each."""
        return "".join(map(chr, self.ids.tolist()))

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
    made: dict[int, Variant] = field(default_factory=dict, init=False, repr=False)
    short: dict[tuple[int, int], tuple[Variant, ...]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """The readings one by one."""
        return tuple(map(self.variant, range(len(self.chars))))

    def of_lengths(self, least: int, most: int) -> tuple[Variant, ...]:
        """The readings without slots of so many syllables."""
        if (least, most) not in self.short:
            rows = (row for row, chars in enumerate(self.chars) if self.said[row] == (chars,))
            self.short[least, most] = tuple(self.variant(r) for r in rows if least <= len(self.chars[r]) <= most)
        return self.short[least, most]

    def variant(self, row: int) -> Variant:
        """One of the readings, made when first asked for."""
        if row not in self.made:
            self.made[row] = self._variant(row)
        return self.made[row]

    def _variant(self, row: int) -> Variant:
        chars = self.chars[row]
        own = slice(len(chars))
        return Variant(
            chars=chars, codes=self.codes[row, own], ids=self.ids[row, own], steps=_steps(self.said[row]),
            drop=self.drop[row, own], person=self.person[row, own], strict=self.strict[row, own],
            weight=float(self.weight[row]), allowed=float(self.allowed[row]),
        )  # fmt: skip


def spell(phrase: str, readings: Sequence[Parts], polite: bool) -> Phrase:
    """The phrase with these readings as rows; ValueError where one has nothing to say."""
    return spell_each([(phrase, readings, polite)])[0]


def spell_each(phrases: Sequence[tuple[str, Sequence[Parts], bool]]) -> list[Phrase]:
    """Phrases with their readings as rows, spelled together: most of the work is done once for all of a width.

    Raises
    ------
    ValueError
        A reading has nothing to say.
    """
    written = [[_joined(parts) for parts in readings] for _, readings, _ in phrases]
    pieces = iter(say_each([part for each in written for parts in each for part in parts if isinstance(part, str)]))
    said = [
        tuple(tuple(next(pieces) if isinstance(part, str) else part for part in parts) for parts in each)
        for each in written
    ]
    chars = [tuple("".join(part for part in parts if isinstance(part, str)) for parts in each) for each in said]
    of_width: dict[int, list[int]] = defaultdict(list)
    for number, (phrase, rows) in enumerate(zip(phrases, chars, strict=True)):
        if not all(rows):
            raise ValueError(f"phrase {phrase[0]!r}: a variant of it has no words of its own")
        of_width[max(map(len, rows), default=0)].append(number)
    spelled: dict[int, Phrase] = {}
    for width, numbers in of_width.items():
        block = _spelled([row for number in numbers for row in chars[number]], width)
        at = 0
        for number in numbers:
            own = slice(at, at := at + len(chars[number]))
            arrays = {name: array[own] for name, array in block.items()}
            text, _, polite = phrases[number]
            spelled[number] = Phrase(text=text, polite=polite, said=said[number], chars=chars[number], **arrays)
    return [spelled[number] for number in range(len(phrases))]


def _spelled(rows: Sequence[str], width: int) -> dict[str, NDArray[Any]]:
    """The arrays of `Phrase` for rows of at most `width` syllables."""
    # one row behind the other, padded with line ends, across which no word and no reading reaches
    shape = len(rows), width + 1
    text = "".join(row.ljust(shape[1], "\n") for row in rows)
    strict = negations(text)
    lengths = [len(row) for row in rows]
    points = codes(text).reshape(shape)[:, :-1]
    weight = np.array(lengths) - 0.5 * np.isin(points, codes("".join(sorted(MODAL)))).sum(axis=1)
    return {
        "codes": points, "ids": sound_ids(text).reshape(shape)[:, :-1],
        "drop": _drop_costs(text, lengths, strict.reshape(shape))[:, :-1],
        "person": _persons(text).reshape(shape)[:, :-1], "strict": strict.reshape(shape)[:, :-1], "weight": weight,
        "allowed": np.array([allowed_cost(n, w) for n, w in zip(lengths, weight.tolist(), strict=True)]),
    }  # fmt: skip


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
    simple = simplify(lines)
    if len(simple) != len(lines) or lines.count("\n") != len(texts) - 1:
        return [say(text) for text in texts]
    return [
        say(text) if line != plain or _SPECIAL.search(line) else _UNSAID.sub("", line).replace("Σ", "σ").lower()
        for text, line, plain in zip(texts, lines.split("\n"), simple.split("\n"), strict=True)
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


@lru_cache(maxsize=1024)
def allowed_cost(n_syllables: int, weight: float) -> float:
    """Cost at which a phrase is just found: an unsure homophone in two syllables, one near sound in up to four."""
    if n_syllables <= 1:
        return 0.01
    if n_syllables == 2:
        return 0.06
    if weight < 4.5:
        return 0.25 if weight <= 3 else 0.40
    return 0.45 + 0.16 * (min(weight, 12) - 4) + 0.10 * max(0.0, weight - 12)
