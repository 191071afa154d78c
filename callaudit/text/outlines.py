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


Run = tuple[Syllable, ...]
"""Syllables one after the other, the same tuple wherever the same words stand."""


@dataclass(frozen=True, slots=True, eq=False)
class Fork:
    """Alternatives within an outline; none where a slot that must be known is not."""

    branches: tuple[tuple[Run | Slot | Fork, ...], ...]


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
    of_length: dict[tuple[float, int], list[tuple[Branch, float]]] = {}
    for branch in _by_length(branches):
        n, weight = _longest((branch,))
        if n >= 1:
            kind = allowed_cost(n, weight), 6 if n >= 6 else 4 if n >= 4 else 1
            of_length.setdefault(kind, []).append((branch, weight))
    parts = tuple(
        Part(_fork(tuple(branch for branch, _ in same), n), allowed, max(weight for _, weight in same))
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
    return bool(choice.branches) and _shortest_of(choice) != _longest_of(choice)[0]


def _read_otherwise(branches: Branches) -> bool:
    """Whether pieces may be read otherwise beside each other than alone: numbers, and words that stand for others."""
    pieces = _pieces(branches)
    if any(map(_reads_on, pieces)):
        return True
    ends, starts = {piece[-1:] for piece in pieces}, {piece[:1] for piece in pieces}
    return any(one in ends and other in starts for one, other in _PAIRS)


@lru_cache(maxsize=16384)
def _reads_on(piece: str) -> bool:
    return _DIGIT.search(piece) is not None or piece.endswith(("今儿", "明儿", "昨儿")) or piece == "儿"


def _pieces(branches: Branches) -> set[str]:
    found: set[str] = set()
    for branch in branches:
        for item in branch:
            if isinstance(item, str):
                found.add(item)
            elif isinstance(item, Choice):
                found |= _pieces_of(item)
    return found


@lru_cache(maxsize=16384)
def _pieces_of(choice: Choice) -> frozenset[str]:
    return frozenset(_pieces(choice.branches))


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
                more_n, more = _said_weight(item)
            elif isinstance(item, Choice):
                more_n, more = _longest_of(item)
            else:
                continue
            own_n, own_weight = own_n + more_n, own_weight + more
        n, weight = max(n, own_n), max(weight, own_weight)
    return n, weight


@lru_cache(maxsize=16384)
def _longest_of(choice: Choice) -> tuple[int, float]:
    return _longest(choice.branches)


@lru_cache(maxsize=16384)
def _said_weight(piece: str) -> tuple[int, float]:
    said = _said(piece)
    return len(said), len(said) - 0.5 * sum(char in MODAL for char in said)


def _shortest(branches: Branches) -> int:
    """Syllables of the shortest reading."""
    return min((sum(map(_least_said, branch)) for branch in branches), default=1 << 20)


@lru_cache(maxsize=16384)
def _shortest_of(choice: Choice) -> int:
    return _shortest(choice.branches)


def _least_said(item: str | Slot | Choice) -> int:
    if isinstance(item, str):
        return len(_said(item))
    return _shortest_of(item) if isinstance(item, Choice) else 0


def _fork(branches: Branches, n: int) -> Fork:
    return Fork(tuple(_steps(branch, n) for branch in branches))


@lru_cache(maxsize=16384)
def _fork_of(choice: Choice, n: int) -> Fork:
    return _fork(choice.branches, n)


def _steps(branch: Branch, n: int) -> tuple[Run | Slot | Fork, ...]:
    return tuple(
        _run(item, n) if isinstance(item, str) else _fork_of(item, n) if isinstance(item, Choice) else item
        for item in branch
    )


@lru_cache(maxsize=32768)
def _run(piece: str, n: int) -> Run:
    said = _said(piece)
    return tuple(
        _syllable(char, _least_drop(char, after, n)) for char, after in zip(said, (said + " ")[1:], strict=True)
    )


@lru_cache(maxsize=16384)
def _syllable(char: str, drop: float) -> Syllable:
    return Syllable(int(codes(char)[0]), sounds_of(char), drop)


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
