"""Heard words as a row of syllables with everything that matching needs, made once and used for every phrase."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Word
from callaudit.text.normalise import REGIONAL, STANDARD
from callaudit.text.numbers import DIGITS, MASK, NUMERALS, spoken
from callaudit.text.pinyin import OTHER, distances, syllable_id, syllables
from callaudit.text.simplify import simplify

FORBIDDEN_COST = 1000.0
"""Cost of what must never happen (a negation added, lost or replaced)."""

FIRST_HAN, N_HAN = 0x4E00, 0x5200

PAUSE_S = 0.35
"""Silence between two words that parts them like a comma, in seconds; pauses inside a Mandarin clause are shorter."""

FILLERS = frozenset("嗯啊呃哦唉诶欸哎喔额噢呐唔")
PARTICLES = frozenset("呢吧了的啦呀嘛哈哟呗嘞咯")
MODAL = PARTICLES | {"啊"}
_QUESTION = frozenset("吗么")
_POLITE = frozenset("请您你")
_PERSONS = {"我": 1, "咱": 1, "俺": 1, "你": 2, "您": 2, "他": 3, "她": 3, "它": 3}
NEGATIONS = frozenset("不没别未无非勿莫甭")
_FILLER_WORDS = re.compile("那个|这个")
_SAME = str.maketrans({"您": "你", "幺": "一", "她": "他", "它": "他"})
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
    raw = "".join(word.text for word in words)
    owner = np.repeat(np.arange(len(words), dtype=np.int32), [len(word.text) for word in words])
    chars, start, end = _units(raw)
    word_of = owner[start] if len(chars) else np.zeros(0, dtype=np.int32)
    ids = sound_ids(chars)
    prob = np.array([words[index].prob for index in word_of], dtype=np.float64)
    denies = negations(chars)
    person = np.array([_PERSONS.get(char, 0) for char in chars], dtype=np.int8)
    filler = _filler(chars)
    sounds = _digit_sounds()
    scale, homophone = _doubt(prob)
    return Sounded(
        words=tuple(words), raw=raw, chars=chars, codes=codes(chars), ids=ids, word_of=word_of, start=start, end=end,
        prob=prob, insert=_insert_costs(chars, ids, filler, denies), person=person, negation=denies, filler=filler,
        numeral=np.array([char in NUMERALS for char in chars], dtype=np.bool_),
        digit_like=np.array([int(i) in sounds for i in ids], dtype=np.bool_),
        surname=np.array(
            [_surname(char, int(i)) or raw[at] == MASK for char, i, at in zip(chars, ids, start, strict=True)],
            dtype=np.bool_,
        ),
        parted=_parted(words, raw, word_of, start, end), scale=scale, homophone=homophone,
    )  # fmt: skip


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
    denies = np.array([char in NEGATIONS for char in chars], dtype=np.bool_)
    if not denies.any():
        return denies
    kept = [index for index, char in enumerate(chars) if char not in FILLERS]
    for found in _LEXICAL.finditer("".join(chars[index] for index in kept)):
        denies[kept[found.start()] : kept[found.end() - 1] + 1] = False
    return denies


def _units(raw: str) -> tuple[str, NDArray[np.int32], NDArray[np.int32]]:
    """Characters said, with the stretch of the raw text that each comes from."""
    pieces = [
        (char, at)
        for at, one in enumerate(raw)
        for char in ("零" if one == MASK else unicodedata.normalize("NFKC", one))
    ]  # what is masked is some digit, or part of some name
    text = "".join(char for char, _ in pieces)
    simple = simplify(text)
    if len(simple) != len(text):
        simple = "".join(simplify(char)[:1] or char for char in text)
    chars: list[str] = []
    start: list[int] = []
    end: list[int] = []
    at = 0
    for found in re.finditer(r"\d+(?:[.:]\d+)?%?", simple):
        _plainly(simple, at, found.start(), pieces, chars, start, end)
        read = spoken_at(simple, found)
        first, last = pieces[found.start()][1], pieces[found.end() - 1][1] + 1
        one_by_one = len(read) == last - first
        for index, char in enumerate(read):
            chars.append(char)
            start.append(first + (index if one_by_one else min(last - first - 1, index * (last - first) // len(read))))
            end.append(start[-1] + 1 if one_by_one or index < len(read) - 1 else last)
        at = found.end()
    _plainly(simple, at, len(simple), pieces, chars, start, end)
    return "".join(chars), np.array(start, dtype=np.int32), np.array(end, dtype=np.int32)


def spoken_at(text: str, found: re.Match[str]) -> str:
    """How the number found in the text is read there."""
    before, after = text[: found.start()], text[found.end() :]
    return spoken(re.sub(r"\d", "#", before) + found[0] + re.sub(r"\d", "#", after))[len(before) : -len(after) or None]


def _plainly(
    text: str, first: int, last: int, pieces: list[tuple[str, int]], chars: list[str], start: list[int], end: list[int]
) -> None:
    """Appends the characters said in text[first:last], regional words in standard ones."""
    index = first
    while index < last:
        regional = REGIONAL.match(text, index, last)
        length = len(regional[0]) if regional else 1
        if regional or re.match(r"[^\W_]", text[index]):
            read = STANDARD[regional[0]] if regional else text[index].lower()
            for number, char in enumerate(read):
                own = index + number if len(read) == length else index
                chars.append(char)
                start.append(pieces[own][1])
                end.append(pieces[own if len(read) == length else index + length - 1][1] + 1)
        index += length


def _parted(
    words: Sequence[Word], raw: str, word_of: NDArray[np.int32], start: NDArray[np.int32], end: NDArray[np.int32]
) -> NDArray[np.bool_]:
    parted = np.ones(len(word_of), dtype=np.bool_)
    for index in range(1, len(word_of)):
        written = re.search(r"[^\w\s]", raw[end[index - 1] : start[index]]) is not None
        one, other = words[word_of[index - 1]], words[word_of[index]]
        parted[index] = written or other.span.start_s - one.span.end_s >= PAUSE_S
    return parted


def _filler(chars: str) -> NDArray[np.bool_]:
    filler = np.array([char in FILLERS for char in chars], dtype=np.bool_)
    for found in _FILLER_WORDS.finditer(chars):
        filler[found.start() : found.end()] = True
    return filler


def han(code_points: NDArray[np.int32]) -> NDArray[np.int64]:
    """Place of each code point among the Han characters; all others share the place behind the last."""
    places = code_points.astype(np.int64) - FIRST_HAN
    return np.where((places >= 0) & (places < N_HAN), places, N_HAN)


def _insert_costs(
    chars: str, ids: NDArray[np.int16], filler: NDArray[np.bool_], denies: NDArray[np.bool_]
) -> NDArray[np.float64]:
    insert = np.full(len(chars), 0.8)
    for index, char in enumerate(chars):
        if char in PARTICLES:
            insert[index] = 0.15
        elif char in _QUESTION:
            insert[index] = 0.3
        elif char in _POLITE:
            insert[index] = 0.4 if char == "请" else 0.2  # 请 mostly opens a clause of its own
        elif char in _PERSONS:
            insert[index] = 1.0
    for found in _SOFT_WORDS.finditer(chars):
        insert[found.start() : found.end()] = 0.1
    for found in _RETROFLEX.finditer(chars):
        insert[found.start()] = 0.1
    for index in range(1, len(chars)):  # said twice: 请请问, 请问请问
        if ids[index] == ids[index - 1]:
            insert[index] = min(insert[index], 0.1)
        elif index >= 3 and (ids[index - 1 : index + 1] == ids[index - 3 : index - 1]).all():
            insert[index - 1 : index + 1] = np.minimum(insert[index - 1 : index + 1], 0.1)
    insert[filler] = 0.03
    insert[denies] = FORBIDDEN_COST
    return insert


@lru_cache(maxsize=1)
def _digit_sounds() -> frozenset[int]:
    return frozenset(int(i) for i in sound_ids("".join(DIGITS))) | {syllable_id("yao")} - {OTHER}


def _surname(char: str, sound: int) -> bool:
    return char in _SURNAMES or char in _RARE_SURNAMES or (char not in _NO_SURNAME and sound in _surname_sounds())


@lru_cache(maxsize=1)
def _surname_sounds() -> frozenset[int]:
    return frozenset(int(i) for i in sound_ids(_SURNAMES)) - {OTHER}


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
