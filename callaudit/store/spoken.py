"""What is said in a call as words of an index: by characters and by sound; and what somebody searches for, likewise.

Two neighbouring characters are one word of the index (你好吗 is 你好 and 好吗), so that most of what people search for
is one word or a phrase of few, and is found without going through every call that holds a common character. Each single
character of a call is a word, too, once. What is said on both sides of a full stop is neighbours; two turns are not,
nor are both sides of what was masked. Sounds are toneless syllables, as a recogniser errs: 泥号 is found by 你好.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from string import ascii_lowercase
from typing import Any, Literal

import zstandard

from callaudit.text.pinyin import OTHER, syllable_id, syllables

Column = Literal["chars", "sounds"]

JOINED = {"chars": "ː", "sounds": "0"}
"""Between two units that are one word of the index; neither is ever a unit, or within one."""
MOST_TOKENS = 60_000
"""Words of the index that one call may have in a column: PostgreSQL takes no more than a megabyte."""
MOST_SPLITS = 4
MOST_CHARS = 100
"""Of what is searched for; the rest is left out."""

_UNIT = re.compile(r"([㐀-鿿𠀀-𯿿])|([0-9])|([a-z]{1,40})|([*＊])")
_DIGITS = dict(zip("0123456789", ("ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"), strict=True))


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said in a call: words of the index, parted by blanks, a line for each turn; and the turns themselves."""

    chars: str
    sounds: str
    turns: bytes


@dataclass(frozen=True, slots=True)
class Turn:
    """What one party says, from `start_s` on."""

    start_s: float
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """Characters or sounds, one after the other."""

    column: Column
    units: tuple[str, ...]

    @property
    def tokens(self) -> tuple[str, ...]:
        """The words of the index that stand for them."""
        return (
            self.units[:1] if len(self.units) == 1 else tuple(_pair(self.column, *two) for two in pairwise(self.units))
        )


@dataclass(frozen=True, slots=True)
class Unit:
    """A character, a digit or a word in Latin letters; text[start:end] is what it was."""

    char: str
    sound: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Said:
    """What is searched for: of each group one leaf has to be there."""

    groups: tuple[tuple[Leaf, ...], ...]


# ── what is said ─────────────────────────────────────────────────────────────────────────────────────────────────
def spoken(turns: Iterable[tuple[float, str, str]]) -> Spoken:
    """Of turns (start in seconds, speaker, text as it is stored)."""
    known = [(round(start_s, 2), speaker, text) for start_s, speaker, text in turns]
    chars: list[list[str]] = []
    sounds: list[list[str]] = []
    for _, _, text in known:
        for units in _runs(text):
            chars.append([unit.char for unit in units])
            sounds.append([unit.sound for unit in units])
    line = json.dumps(known, ensure_ascii=False, separators=(",", ":")).encode()
    return Spoken(
        _indexed("chars", chars), _indexed("sounds", sounds), zstandard.ZstdCompressor(level=3).compress(line)
    )


def spoken_in(document: dict[str, Any]) -> Spoken:
    """Of the document of a call."""
    return spoken((turn["start_s"], turn["speaker"], turn["text"]) for turn in document["turns"])


def turns_in(kept: bytes) -> tuple[Turn, ...]:
    """The turns that `Spoken.turns` keeps."""
    return tuple(Turn(*turn) for turn in json.loads(zstandard.ZstdDecompressor().decompress(kept)))


def _indexed(column: Column, runs: Sequence[Sequence[str]]) -> str:
    lines: list[list[str]] = []
    n = 0
    for units in runs:
        line = [*(_pair(column, *pair) for pair in pairwise(units)), units[-1]]
        n += len(line)
        if n > MOST_TOKENS:
            break
        lines.append(line)
    lines.append(sorted({unit for units in runs for unit in units} - {line[-1] for line in lines}))
    return "\n".join(" ".join(line) for line in lines)


def _pair(column: Column, one: str, other: str) -> str:
    is_plain = column == "chars" and one > "~" and other > "~"
    return one + other if is_plain else f"{one}{JOINED[column]}{other}"


def _runs(text: str) -> Iterator[list[Unit]]:
    """The units of a text; what was masked parts them."""
    plain = _plain(text).lower()
    heard = syllables(plain)
    units: list[Unit] = []
    for found in _UNIT.finditer(plain):
        han, digit, word, _ = found.groups()
        if han or digit or word:
            sound = heard[found.start()] or han if han else _DIGITS[digit] if digit else word
            units.append(Unit(han or digit or word, sound, *found.span()))
        elif units:
            yield units
            units = []
    if units:
        yield units


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


# ── what is searched for ─────────────────────────────────────────────────────────────────────────────────────────
def said(text: str, *, by_sound: bool = False) -> Said | None:
    """What somebody typed: parts between blanks are looked for each by itself, words in Latin letters together.

    Latin letters that spell syllables are taken for pinyin, too. None where nothing is left to be looked for.

    >>> said("你好").groups
    ((Leaf(column='chars', units=('你', '好')),),)
    >>> [leaf.tokens for leaf in said("ni hao ma").groups[0]]
    [('niːhao', 'haoːma'), ('ni0hao', 'hao0ma')]
    >>> said("你好吗", by_sound=True).groups[0][0].tokens
    ('ni0hao', 'hao0ma')
    """
    groups = []
    for part in _parts(text[:MOST_CHARS]):
        runs = list(_runs(part))
        for units in runs:
            leaves = tuple(_leaves(units, by_sound))
            if leaves not in groups:
                groups.append(leaves)
    return Said(tuple(groups)) if groups else None


def _parts(text: str) -> Iterator[str]:
    latin: list[str] = []
    for part in unicodedata.normalize("NFKC", text).split():
        if part.isascii():
            latin.append(part)
            continue
        if latin:
            yield " ".join(latin)
            latin = []
        yield part
    if latin:
        yield " ".join(latin)


def _leaves(units: Sequence[Unit], by_sound: bool) -> Iterator[Leaf]:
    written = Leaf("chars", tuple(unit.char for unit in units))
    spelled = [_splits(unit.char) if unit.char[0] in ascii_lowercase else [(unit.sound,)] for unit in units]
    is_pinyin = all(unit.char[0] in ascii_lowercase for unit in units) and all(spelled)
    if not by_sound:
        yield written
        if not is_pinyin:
            return
    ways = [one[0] if one else (unit.char,) for one, unit in zip(spelled, units, strict=True)]
    yield Leaf("sounds", tuple(sound for way in ways for sound in way))
    if len(units) == 1:
        yield from (Leaf("sounds", other) for other in spelled[0][1:])
    if by_sound and is_pinyin:
        yield written


def first_in(wanted: Said, turns: Iterable[Turn]) -> tuple[Turn, int, int] | None:
    """The first turn in which a part of what was searched for is said, and from where to where in its text.

    >>> first_in(said("退款"), [Turn(0.0, "agent", "您好"), Turn(2.0, "customer", "要退。款")])
    (Turn(start_s=2.0, speaker='customer', text='要退。款'), 1, 4)
    """
    leaves = [leaf for group in wanted.groups for leaf in group]
    for turn in turns:
        for units in _runs(turn.text):
            for leaf in leaves:
                if (found := _place(leaf, units)) is not None:
                    return replace(turn, text=_plain(turn.text)), *found
    return None


def _place(leaf: Leaf, units: Sequence[Unit]) -> tuple[int, int] | None:
    own = tuple(unit.char if leaf.column == "chars" else unit.sound for unit in units)
    n = len(leaf.units)
    for at in range(len(own) - n + 1):
        if own[at : at + n] == leaf.units:
            return units[at].start, units[at + n - 1].end
    return None


def _splits(word: str) -> list[tuple[str, ...]]:
    """How Latin letters can be read as pinyin, with as few syllables as can be.

    >>> _splits("nihao"), _splits("fangan"), _splits("hello")
    ([('ni', 'hao')], [('fan', 'gan'), ('fang', 'an')], [])
    """
    ways: list[list[tuple[str, ...]]] = [[()]]
    for end in range(1, len(word) + 1):
        here = [
            (*way, word[start:end])
            for start in range(max(0, end - 6), end)
            if ways[start] and syllable_id(word[start:end]) != OTHER
            for way in ways[start]
        ]
        least = min(map(len, here), default=0)
        ways.append([way for way in here if len(way) == least][:MOST_SPLITS])
    return ways[-1]
