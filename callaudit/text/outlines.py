"""Phrases as they are written, options and all, with what each syllable costs at least: what `screening` looks at.

A rulebook has thousands of phrases and hundreds of thousands of readings. So a phrase is screened as the tree that it
is written as, and its readings are only made where it may be heard. An outline knows less of a syllable than a reading
does, since what stands beside it may change how it is read and what its loss costs: it takes the least of both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from callaudit.text.listen import MODAL, codes
from callaudit.text.normalise import STANDARD
from callaudit.text.patterns import Branch, Branches, Choice, parse
from callaudit.text.pinyin import sounds_of
from callaudit.text.variants import Slot, allowed_cost, say_each

_DIGIT = re.compile(r"\d")
_NUMBER = 40
"""Syllables by which a phrase may be longer than it seems where it is read otherwise."""
_MOST_PARTS = 6
"""Parts that a phrase is taken apart into at most: each is screened by itself, by what its own length allows."""

_PAIRS = frozenset((word[0], word[1]) for word in STANDARD if len(word) > 1)


class Syllable(NamedTuple):
    """A syllable: its code point, the ids of all its sounds, and the least that its not being heard costs."""

    code: int
    ids: tuple[int, ...]
    drop: float


@dataclass(frozen=True, slots=True, eq=False)
class Fork:
    """Alternatives within an outline; none where a slot that must be known is not."""

    branches: tuple[tuple[Syllable | Slot | Fork, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Readings of a phrase of about the same length; `allowed` and `weight` are the most of any of them.

    `root` is None where they are not screened.
    """

    root: Fork | None
    allowed: float
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A phrase in parts; `shortest` is the least number of syllables of a reading, 0 where that is not known."""

    text: str
    parts: tuple[Part, ...]
    shortest: int


@lru_cache(maxsize=16384)
def outline(phrase: str, values: tuple[tuple[str, str], ...] = ()) -> Outline:
    """The outline of a phrase; `values` are those of the slots that it has."""
    branches = parse(phrase, values)
    n, weight = _longest(branches)
    if n < 1:
        return Outline(phrase, (), 0)
    if _read_otherwise(branches):
        longest = Part(None, allowed_cost(n + _NUMBER, weight + _NUMBER), weight + _NUMBER)
        return Outline(phrase, (longest,), 0)
    of_length: dict[tuple[float, int], list[Branch]] = {}
    for branch in _by_length(branches):
        n, weight = _longest((branch,))
        if n >= 1:
            kind = allowed_cost(n, weight), 6 if n >= 6 else 4 if n >= 4 else 1
            of_length.setdefault(kind, []).append(branch)
    parts = tuple(
        Part(_fork(tuple(same), n), allowed, max(_longest((branch,))[1] for branch in same))
        for (allowed, n), same in of_length.items()
    )
    return Outline(phrase, parts, _shortest(branches))


def _by_length(branches: Branches) -> list[Branch]:
    """The same readings with choices between long and short taken apart, as long as they are few."""
    done: list[Branch] = []
    open_ = list(branches)
    while open_:
        branch = open_.pop()
        found = next(((k, i) for k, i in enumerate(branch) if isinstance(i, Choice) and _uneven(i)), None)
        if found is None or len(done) + len(open_) + len(found[1].branches) > _MOST_PARTS:
            done.append(branch)
        else:
            at, choice = found
            open_ += [(*branch[:at], *chosen, *branch[at + 1 :]) for chosen in choice.branches]
    return done


def _uneven(choice: Choice) -> bool:
    return bool(choice.branches) and _shortest(choice.branches) != _longest(choice.branches)[0]


def _read_otherwise(branches: Branches) -> bool:
    """Whether pieces may be read otherwise beside each other than alone: numbers, and words that stand for others."""
    pieces = _pieces(branches)
    if any(_DIGIT.search(piece) or piece.endswith(("今儿", "明儿", "昨儿")) or piece == "儿" for piece in pieces):
        return True
    ends, starts = {piece[-1:] for piece in pieces}, {piece[:1] for piece in pieces}
    return any(one in ends and other in starts for one, other in _PAIRS)


def _pieces(branches: Branches) -> list[str]:
    return [
        text
        for branch in branches
        for item in branch
        for text in ([item] if isinstance(item, str) else _pieces(item.branches) if isinstance(item, Choice) else [])
    ]


@lru_cache(maxsize=16384)
def _said(piece: str) -> str:
    return say_each([piece])[0]


def _longest(branches: Branches) -> tuple[int, float]:
    """Syllables and weight of the longest reading; far below nothing where there is none."""
    n, weight = -(1 << 20), -1e6
    for branch in branches:
        own_n, own_weight = 0, 0.0
        for item in branch:
            if isinstance(item, str):
                said = _said(item)
                more_n, more = len(said), len(said) - 0.5 * sum(char in MODAL for char in said)
            elif isinstance(item, Choice):
                more_n, more = _longest(item.branches)
            else:
                continue
            own_n, own_weight = own_n + more_n, own_weight + more
        n, weight = max(n, own_n), max(weight, own_weight)
    return n, weight


def _shortest(branches: Branches) -> int:
    """Syllables of the shortest reading."""
    return min((sum(map(_least_said, branch)) for branch in branches), default=1 << 20)


def _least_said(item: str | Slot | Choice) -> int:
    if isinstance(item, str):
        return len(_said(item))
    return _shortest(item.branches) if isinstance(item, Choice) else 0


def _fork(branches: Branches, n: int) -> Fork:
    return Fork(tuple(_steps(branch, n) for branch in branches))


@lru_cache(maxsize=65536)
def _steps(branch: tuple[str | Slot | Choice, ...], n: int) -> tuple[Syllable | Slot | Fork, ...]:
    steps: list[Syllable | Slot | Fork] = []
    for item in branch:
        if isinstance(item, str):
            steps += _syllables(_said(item), n)
        else:
            steps.append(_fork(item.branches, n) if isinstance(item, Choice) else item)
    return tuple(steps)


@lru_cache(maxsize=32768)
def _syllables(said: str, n: int) -> tuple[Syllable, ...]:
    points = codes(said).tolist()
    each = zip(said, points, (said + " ")[1:], strict=True)
    return tuple(_syllable(char, code, _least_drop(char, after, n)) for char, code, after in each)


@lru_cache(maxsize=16384)
def _syllable(char: str, code: int, drop: float) -> Syllable:
    return Syllable(code, sounds_of(char), drop)


def _least_drop(char: str, after: str, n: int) -> float:
    """The least that `variants` says of the loss of a syllable, for phrases of up to `n` syllables."""
    if char in "啊呀啦哦":
        return 0.1 if n >= 4 else 1.0
    if char in MODAL:
        return 0.25 if n >= 4 else 1.0
    if char in "您你":
        return 0.4 if n >= 4 and after != "们" else 1.0
    if char == "请":
        return 0.4 if n >= 6 else 1.0
    return 2.5 if char == "还" else 1.0
