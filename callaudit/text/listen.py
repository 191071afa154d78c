"""Heard words as a row of syllables with everything that matching needs, made once and used for every phrase."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Word
from callaudit.text.normalise import REGIONAL, STANDARD
from callaudit.text.numbers import DIGITS, MASK, NUMERALS, spoken
from callaudit.text.pinyin import OTHER, distances, syllable_id, syllables
from callaudit.text.simplify import simplify

T = TypeVar("T")

FORBIDDEN_COST = 1000.0
"""Cost of what must never happen (a negation added, lost or replaced)."""

FIRST_HAN, N_HAN = 0x4E00, 0x5200

PAUSE_S = 0.35
"""Silence between two words that parts them like a comma, in seconds; pauses inside a Mandarin clause are shorter."""

_BORDER = "\n"
"""Behind each of several rows that are made ready together: a character that nobody says."""

FILLERS = frozenset("嗯啊呃哦唉诶欸哎喔额噢呐唔")
PARTICLES = frozenset("呢吧了的啦呀嘛哈哟呗嘞咯")
MODAL = PARTICLES | {"啊"}
_QUESTION = frozenset("吗么")
_POLITE = frozenset("请您你")
_PERSONS = {"我": 1, "咱": 1, "俺": 1, "你": 2, "您": 2, "他": 3, "她": 3, "它": 3}
NEGATIONS = frozenset("不没别未无非勿莫甭")
_FILLER_WORDS = re.compile("那个|这个")
_SAME = str.maketrans({"您": "你", "幺": "一", "她": "他", "它": "他"})
_NUMBER = re.compile(r"\d+(?:[.:]\d+)?%?")
_MARK = re.compile(r"[^\w\s]")
_SOFT_WORDS = re.compile("一下|一点")
_RETROFLEX = re.compile("(?<![女幼婴孤健男胎小])儿(?![子童科女媳歌])")  # 事儿, 哪儿
# words with a character of negation that deny nothing, or that lose nothing by it
_LEXICAL = re.compile(
    "对不(?!对)|不好意思|了不起|不过|不但|不仅|不断|不同|不错|差不多|不论|不管|无论|特别|别人|别的|区别|级别|类别|分别|性别|个别|识别|告别"
    "|非常|莫非|无线|未来|不久|不妨"
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江"
    "尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤欧阳上官司马诸葛"
)
_RARE_SURNAMES = frozenset(
    "庞佟骆瞿岳屈伍蒲洪柯苗俞鲍费岑倪滕殷毕邬卞穆祁裴童阮闵季娄颜梅盛刁樊凌霍虞裘缪宗宣郁杭邢翁荀曲甄储靳焦巫牧隗宓甘谷卫柴涂鲁聂辛祝晏耿匡冉柳桂欧蔺冼麦"
)
"""Borne by fewer: taken for surnames as written only, since every sound more fits more words."""
_NO_SURNAME = frozenset("问这那的是好请位个您你我他她它们就和找叫给哪有吗啊呢吧喂嗯对想要于")


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Sounded:
    """Heard words as n syllables; every array has shape (n,) unless said otherwise.

    Attributes
    ----------
    words : the words as heard
    raw : the words' texts joined
    chars : one character a syllable: simplified, digits as Han numerals, 您 kept
    codes : int32, code points of `chars` with 您 as 你 and 幺 as 一
    ids : int16, syllable ids
    word_of, start, end : int32, index of the word, and [start, end) in `raw`
    prob : float64, recogniser's probability of the word
    insert : float64, cost of a syllable that a phrase does not have
    person : int8, 1 for 我, 2 for 你, 3 for 他, else 0
    negation, filler, numeral, digit_like, surname, parted : bool; `parted` where a pause or punctuation comes before
    scale, homophone : float32, how much more a syllable surely heard costs, and how much another character of its
        sound does
    """

    words: tuple[Word, ...]
    raw: str
    chars: str
    codes: NDArray[np.int32]
    ids: NDArray[np.int16]
    word_of: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    prob: NDArray[np.float64]
    insert: NDArray[np.float64]
    person: NDArray[np.int8]
    negation: NDArray[np.bool_]
    filler: NDArray[np.bool_]
    numeral: NDArray[np.bool_]
    digit_like: NDArray[np.bool_]
    surname: NDArray[np.bool_]
    parted: NDArray[np.bool_]
    scale: NDArray[np.float32]
    homophone: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.chars)


def listen(words: Sequence[Word]) -> Sounded:
    """The words as syllables, ready for `find`; of any number of words, none included."""
    return listen_each([words])[0]


def listen_each(rows: Sequence[Sequence[Word]]) -> list[Sounded]:
    """Each row of words as syllables: as by itself, but all in one go, since a call has many short rows."""
    raws = ["".join([word.text for word in words]) for words in rows]
    units = [_units(raw) for raw in raws]
    owners = [[k for k, word in enumerate(words) for _ in word.text] for words in rows]
    word_of = [[owner[at] for at in own] for owner, (_, own, _) in zip(owners, units, strict=True)]
    chars = "".join([own + _BORDER for own, _, _ in units])
    behind = list(accumulate([len(own) + 1 for own, _, _ in units], initial=0))
    prob = np.array(_flat([[words[k].prob for k in own] for words, own in zip(rows, word_of, strict=True)], 1.0))
    ids, traits, denies = sound_ids(chars), _traits_of(chars), negations(chars)
    filler = (traits & _FILLER) > 0
    for found in _FILLER_WORDS.finditer(chars):
        filler[found.start() : found.end()] = True
    surname = ((traits & _SURNAME) > 0) | (((traits & _NONE) == 0) & _surname_sounds()[ids])
    if any(MASK in raw for raw in raws):
        masked = [[raw[at] == MASK for at in own] for raw, (_, own, _) in zip(raws, units, strict=True)]
        surname |= np.array(_flat(masked, False), dtype=np.bool_)
    parted = [_parted(words, raw, own, first, last)
              for words, raw, own, (_, first, last) in zip(rows, raws, word_of, units, strict=True)]  # fmt: skip
    scale, homophone = _doubt(prob)
    all_rows = Sounded(
        words=(), raw="", chars=chars, codes=codes(chars), ids=ids, word_of=_numbers(word_of),
        start=_numbers([first for _, first, _ in units]), end=_numbers([last for _, _, last in units]), prob=prob,
        insert=_insert_costs(chars, ids, traits, filler, denies), person=(traits & _PERSON).astype(np.int8),
        negation=denies, filler=filler, numeral=(traits & _NUMERAL) > 0, digit_like=_digit_sounds()[ids],
        surname=surname, parted=np.array(_flat(parted, True), dtype=np.bool_), scale=scale, homophone=homophone,
    )  # fmt: skip
    return [
        _row(all_rows, tuple(words), raw, slice(first, last - 1))
        for words, raw, (first, last) in zip(rows, raws, pairwise(behind), strict=True)
    ]


def _row(told: Sounded, words: tuple[Word, ...], raw: str, own: slice) -> Sounded:
    """One row of several."""
    return Sounded(
        words, raw, told.chars[own], told.codes[own], told.ids[own], told.word_of[own], told.start[own], told.end[own],
        told.prob[own], told.insert[own], told.person[own], told.negation[own], told.filler[own], told.numeral[own],
        told.digit_like[own], told.surname[own], told.parted[own], told.scale[own], told.homophone[own],
    )  # fmt: skip


def _flat(rows: Sequence[Sequence[T]], border: T) -> list[T]:
    """The values of rows one behind the other, a border behind each."""
    return [value for row in rows for value in (*row, border)]


def _numbers(rows: Sequence[Sequence[int]]) -> NDArray[np.int32]:
    return np.array(_flat(rows, 0), dtype=np.int32)


def say(text: str) -> str:
    """The characters that are said when the text is read: simplified, numbers as numerals, no punctuation.

    >>> say("您好，24小时！")
    '您好二十四小时'
    """
    return _units(text)[0]


def codes(chars: str) -> NDArray[np.int32]:
    """Code points with 您 as 你 and 幺 as 一: what counts as the same character."""
    return np.frombuffer(chars.translate(_SAME).encode("utf-32-le", "surrogatepass"), dtype=np.int32)


def sound_ids(chars: str) -> NDArray[np.int16]:
    """Syllable ids of the characters; a Latin letter has a sound where it stands alone, not inside a word."""
    chars = re.sub("[a-z]{2,}", lambda found: "#" * len(found[0]), chars)
    return np.array([syllable_id(s) if s else OTHER for s in syllables(chars.replace("幺", "一"))], dtype=np.int16)


def negations(chars: str) -> NDArray[np.bool_]:
    """Which characters deny something; those inside words like 对不起 or 特别 do not, fillers inside or not."""
    if NEGATIONS.isdisjoint(chars):
        return np.zeros(len(chars), dtype=np.bool_)
    denies = np.array([char in NEGATIONS for char in chars], dtype=np.bool_)
    kept = [index for index, char in enumerate(chars) if char not in FILLERS]
    for found in _LEXICAL.finditer("".join(chars[index] for index in kept)):
        denies[kept[found.start()] : kept[found.end() - 1] + 1] = False
    return denies


def _units(raw: str) -> tuple[str, list[int], list[int]]:
    """Characters said, with the stretch of the raw text that each comes from."""
    pieces = [_compatible(one) for one in raw]
    text = "".join(pieces)
    origin = range(len(raw)) if len(text) == len(raw) else [at for at, piece in enumerate(pieces) for _ in piece]
    simple = simplify(text)
    if len(simple) != len(text):
        simple = "".join(simplify(char)[:1] or char for char in text)
    chars: list[str] = []
    start: list[int] = []
    end: list[int] = []
    at = 0
    for found in _NUMBER.finditer(simple):
        _plainly(simple, at, found.start(), origin, chars, start, end)
        read = spoken_at(simple, found)
        first, last = origin[found.start()], origin[found.end() - 1] + 1
        one_by_one = len(read) == last - first
        for index, char in enumerate(read):
            chars.append(char)
            start.append(first + (index if one_by_one else min(last - first - 1, index * (last - first) // len(read))))
            end.append(start[-1] + 1 if one_by_one or index < len(read) - 1 else last)
        at = found.end()
    _plainly(simple, at, len(simple), origin, chars, start, end)
    return "".join(chars), start, end


@lru_cache(maxsize=16384)
def _compatible(char: str) -> str:
    """The character in NFKC; what is masked is some digit, or part of some name."""
    return "零" if char == MASK else unicodedata.normalize("NFKC", char)


@lru_cache(maxsize=16384)
def _letters(char: str) -> str:
    """What is said of a character that stands for itself: a letter in lower case, or nothing."""
    return char.lower() if re.match(r"[^\W_]", char) else ""


def spoken_at(text: str, found: re.Match[str]) -> str:
    """How the number found in the text is read there."""
    before, after = text[: found.start()], text[found.end() :]
    return spoken(re.sub(r"\d", "#", before) + found[0] + re.sub(r"\d", "#", after))[len(before) : -len(after) or None]


def _plainly(
    text: str, first: int, last: int, origin: Sequence[int], chars: list[str], start: list[int], end: list[int]
) -> None:
    """Appends the characters said in text[first:last], regional words in standard ones."""
    at = first
    for found in REGIONAL.finditer(text, first, last):
        _each(text, at, found.start(), origin, chars, start, end)
        at = found.end()
        _read_as(STANDARD[found[0]], found.start(), at, origin, chars, start, end)
    _each(text, at, last, origin, chars, start, end)


def _each(
    text: str, first: int, last: int, origin: Sequence[int], chars: list[str], start: list[int], end: list[int]
) -> None:
    """Appends what is said of each character by itself."""
    for index in range(first, last):
        read = _letters(text[index])
        if len(read) == 1:
            chars.append(read)
            start.append(origin[index])
            end.append(origin[index] + 1)
        elif read:
            _read_as(read, index, index + 1, origin, chars, start, end)


def _read_as(
    read: str, first: int, last: int, origin: Sequence[int], chars: list[str], start: list[int], end: list[int]
) -> None:
    """Appends what is said for text[first:last], each character for its own where there are as many."""
    each = len(read) == last - first
    for number, char in enumerate(read):
        own = first + number if each else first
        chars.append(char)
        start.append(origin[own])
        end.append(origin[own if each else last - 1] + 1)


def _parted(
    words: Sequence[Word], raw: str, word_of: Sequence[int], start: Sequence[int], end: Sequence[int]
) -> list[bool]:
    parted = [True] * len(word_of)
    for index in range(1, len(word_of)):
        before, own = end[index - 1], start[index]
        one, other = word_of[index - 1], word_of[index]
        parted[index] = (before < own and _MARK.search(raw, before, own) is not None) or (
            one != other and words[other].span.start_s - words[one].span.end_s >= PAUSE_S
        )
    return parted


def han(code_points: NDArray[np.int32]) -> NDArray[np.int64]:
    """Place of each code point among the Han characters; all others share the place behind the last."""
    places = code_points.astype(np.int64) - FIRST_HAN
    return np.where((places >= 0) & (places < N_HAN), places, N_HAN)


def _insert_costs(
    chars: str, ids: NDArray[np.int16], traits: NDArray[np.uint16], filler: NDArray[np.bool_],
    denies: NDArray[np.bool_],
) -> NDArray[np.float64]:  # fmt: skip
    insert: NDArray[np.float64] = _COSTS[traits >> _COST]
    for found in _SOFT_WORDS.finditer(chars):
        insert[found.start() : found.end()] = 0.1
    for found in _RETROFLEX.finditer(chars):
        insert[found.start()] = 0.1
    sounds = ids.astype(np.int32)
    borders = np.flatnonzero(traits & _BORDERS)
    sounds[borders] = -1 - borders  # like nothing, not even another border
    again = sounds[1:] == sounds[:-1]  # said twice: 请请问, 请问请问
    insert[1:][again] = np.minimum(insert[1:][again], 0.1)
    pairs = sounds[2:] == sounds[:-2]
    for index in (np.flatnonzero(pairs[1:] & pairs[:-1] & ~again[2:]) + 3).tolist():
        insert[index - 1 : index + 1] = np.minimum(insert[index - 1 : index + 1], 0.1)
    insert[filler] = 0.03
    insert[denies] = FORBIDDEN_COST
    return insert


_PERSON, _FILLER, _NUMERAL, _SURNAME, _NONE, _BORDERS, _COST = 3, 4, 8, 16, 32, 64, 7
"""Bits of what a character is by itself: whose pronoun (1 to 3, or 0), a filler, a numeral, a surname, surely none, a
border; and from the bit `_COST` on which of `_COSTS` it has."""

_COSTS = np.array([0.8, 0.15, 0.3, 0.4, 0.2, 1.0])
"""Costs of a syllable that a phrase does not have: of others, particles, questions, 请, other polite words, persons."""


def _traits_of(chars: str) -> NDArray[np.uint16]:
    """What each character is by itself; those beyond the basic plane are nothing."""
    return _traits()[np.minimum(np.frombuffer(chars.encode("utf-32-le", "surrogatepass"), dtype=np.uint32), 0xFFFF)]


@lru_cache(maxsize=1)
def _traits() -> NDArray[np.uint16]:
    table = np.zeros(0x10000, dtype=np.uint16)
    kinds = {
        _FILLER: FILLERS,
        _NUMERAL: NUMERALS,
        _SURNAME: {*_SURNAMES, *_RARE_SURNAMES},
        _NONE: _NO_SURNAME,
        _BORDERS: _BORDER,
    }
    for bit, kind in kinds.items():
        table[[ord(char) for char in kind]] |= bit
    for char, person in _PERSONS.items():
        table[ord(char)] |= person
    # 请 mostly opens a clause of its own; a character of several kinds has the cost of the first of them
    costs = {**dict.fromkeys(_PERSONS, 5), **dict.fromkeys(_POLITE, 4), "请": 3, **dict.fromkeys(_QUESTION, 2)}
    for char, cost in (costs | dict.fromkeys(PARTICLES, 1)).items():
        table[ord(char)] |= cost << _COST
    return table


def _table(sounds: Iterable[int]) -> NDArray[np.bool_]:
    """Whether each syllable id is among the sounds."""
    table = np.zeros(OTHER + 1, dtype=np.bool_)
    table[[*sounds]] = True
    return table


@lru_cache(maxsize=1)
def _digit_sounds() -> NDArray[np.bool_]:
    """By id, whether a syllable sounds like a digit."""
    return _table({int(i) for i in sound_ids("".join(DIGITS))} | {syllable_id("yao")} - {OTHER})


@lru_cache(maxsize=1)
def _surname_sounds() -> NDArray[np.bool_]:
    """By id, whether a syllable sounds like a surname."""
    return _table({int(i) for i in sound_ids(_SURNAMES)} - {OTHER})


@lru_cache(maxsize=1)
def substitution() -> NDArray[np.float32]:
    """Cost of taking one syllable for another, float32 [shape=(k, k)]: 0 for the same sound, at most 1.2."""
    table = distances()
    cost = np.where(
        table > 0, 0.05 + 1.2 * table + np.maximum(0, table - 0.3), 0.0
    )  # beyond 0.3: hardly a slip of the ear
    cost = np.minimum(1.2, cost).astype(np.float32)
    cost[OTHER, :] = cost[:, OTHER] = 1.2
    return cost


def _doubt(prob: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How much more another sound costs, and what another character of the sound does: more for what is surely heard.

    On telephone-band Mandarin, Whisper base gives its wrong characters a median probability of 0.6 and its right ones
    0.97 (see tests/text/README.md).
    """
    sure = np.clip((prob - 0.6) / 0.35, 0, 1).astype(np.float32)
    return 1 + 0.4 * sure, np.where(prob < 0.5, 0.05, np.where(prob < 0.8, 0.08, 0.16)).astype(np.float32)
