"""Runs of digits as they are read aloud: one number over its pauses, fillers and slips of the ear.

What is asked for elsewhere is the value of a number (`numbers`); here it is where in a text its digits stand, so that
they can be masked, and which digits they are, as far as they were heard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from callaudit.text.numbers import DIGITS, UNITS, digits
from callaudit.text.pinyin import syllables

UNHEARD = "?"
"""Stands for a digit that the recogniser took for something else."""

LEAST_SLIPPED, LEAST_SOUNDING = 5, 3
"""A number shorter than this is not mended over a character between its digits, or one that sounds like a digit
(proposed)."""

_DIGIT = "0-9０-９" + "".join(DIGITS)
_UNIT = "".join(UNITS)
_ALL = frozenset("0123456789") | frozenset(DIGITS)
_PAUSE = r"\s，,。.、；;\-—–:：…·~/"
_FILLER = (
    "[嗯呃额啊哦诶欸哎唔]|那个|这个|然后(?:是|呢)?|接着(?:是)?|后面(?:是|就是)?|接下来(?:是)?|下面(?:是)?|再(?:来|就)?是?|空格|横?杠|"
    "减号|第[一二三四]组(?:是)?|就是|完了(?:是)?"
)
_KEPT_APART = frozenset(
    "元块角毛分秒天日月年周岁次个位名笔件张份家条户点小时刻度斤克米吨折倍成层楼遍兆号是的和到至或加减乘比第万亿多几半吧吗呢我你您栋幢座室组单院路街巷弄村区县市省动"
)
"""Characters that no digit is misheard as: what stands behind a quantity, and the commonest words."""

_NUMERAL = re.compile(
    rf"[{_DIGIT}][{_UNIT}](?:零?[{_DIGIT}][{_UNIT}])*(?:零?[{_DIGIT}](?![{_DIGIT}{_UNIT}]))?"
    rf"|十(?:[{_DIGIT}](?![{_DIGIT}{_UNIT}]))?"
)
_PIECE = rf"[{_DIGIT}{_UNIT}洞拐勾]"
_BETWEEN = rf"(?:[{_PAUSE}]|{_FILLER}){{0,8}}"
_SLIP = r"[㐀-鿿]"
_SOFT = "\ue000"
"""Stands, while regions are looked for, for a character that is no digit and sounds like one."""

_REGION = re.compile(
    rf"{_PIECE}(?:{_BETWEEN}{_PIECE}|{_BETWEEN}{_SOFT}{{1,2}}(?={_BETWEEN}{_PIECE})|{_SLIP}(?={_PIECE}{{2}}){_PIECE})*"
)
_EDGES = re.compile(rf"(?:(?<=[{_PAUSE}])|^){_SOFT}(?={_PIECE})|(?<={_PIECE}){_SOFT}(?=[{_PAUSE}]|$)")
_SOFT_WORDS = frozenset("就以要起而把吧无又由有与于也已")
"""Words that sound like digits and seldom are: at the edge of a number they are themselves."""
_SKIP = re.compile(rf"[{_PAUSE}]|{_FILLER}")
_LAST_X = re.compile(rf"[{_PAUSE}]{{0,2}}(?:[XxＸ叉]|[艾埃]克斯)")
_MEASURED = re.compile(
    r"\s*(?:个|块|元|角|毛|分(?!机)|秒|天|日|号(?!码)|月|年|周|岁|次|位(?!置)|名(?!字)|笔|件|张|份|家|条|点|小时|刻|度|斤|公斤"
    r"|公里|克|米|吨|折|倍|成|层|楼|遍|兆|[Gg]\b|%|多|万|亿|栋|幢|座|单元|室|房|站|路|期|平|港币|美元|人民币|积分|工作日|人|种"
    r"|本|台|瓶|箱|袋)"
)
_BY_SOUND = {
    "ling": "0", "dong": "0", "yi": "1", "yao": "1", "er": "2", "san": "3", "si": "4", "wu": "5", "liu": "6",
    "qi": "7", "guai": "7", "ba": "8", "jiu": "9", "gou": "9",
}  # fmt: skip
_HAN = "零一二三四五六七八九"
_CODES = {"洞": "0", "拐": "7", "勾": "9"}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text that gives digits: text[start:end] stands for `digits`; "" where it only helps (十, double)."""

    start: int
    end: int
    digits: str


@dataclass(frozen=True, slots=True)
class Run:
    """A number read aloud: `parts` in order, `digits` theirs joined (? where unheard, X at the end of an identity).

    `measured`: its last digits count something (元, 点, 号); `quantity`: it is one numeral with 十, 百 … and no more.
    `before` and `after` are neighbouring characters that sound like a digit and may be one.
    """

    parts: tuple[Part, ...]
    measured: bool = False
    quantity: bool = False
    before: Part | None = None
    after: Part | None = None

    @property
    def digits(self) -> str:
        return "".join(part.digits for part in self.parts)

    @property
    def start(self) -> int:
        return self.parts[0].start

    @property
    def end(self) -> int:
        return self.parts[-1].end

    @property
    def n(self) -> int:
        """Digits of the run."""
        return sum(len(part.digits) for part in self.parts)


def hidden(text: str, which: Iterable[Run], mask: str) -> str:
    """The text with the digits of these runs as masks: one a character, of a word one a digit.

    >>> hidden("卡号六二一七，零零三一吧", runs("卡号六二一七，零零三一吧"), "＊")
    '卡号＊＊＊＊，＊＊＊＊吧'
    """
    for part in sorted((part for run in which for part in run.parts), key=lambda part: part.start, reverse=True):
        text = text[: part.start] + mask * max(1, len(part.digits)) + text[part.end :]
    return text


@lru_cache(maxsize=4096)
def runs(text: str) -> tuple[Run, ...]:
    """The numbers read aloud in a Mandarin text, single digits left out.

    >>> [run.digits for run in runs("我的卡号是六二一七，零零幺三，嗯，5582，应还两千三百六十元")]
    ['621700135582', '2360']
    >>> [run.digits for run in runs("卡号后八位是六爱一五三零九七")]
    ['6?153097']
    """
    found: list[Run] = []
    if sum(char in _ALL for char in text) < 2:
        return ()
    shadow = _shadow(text)
    for region in _REGION.finditer(shadow):
        for run in _split(text, _parts(text, region.start(), region.end())):
            if sum(len(part.digits) for part in run) >= 2:
                found.append(_run(text, run))
    return tuple(found)


def _shadow(text: str) -> str:
    """The text with a sign for every character that sounds like a digit; at the edge of a number it is one."""
    shadow = "".join(
        _SOFT if char not in _ALL and char not in _KEPT_APART and by_sound(char) else char for char in text
    )
    edges = [one.start() for one in _EDGES.finditer(shadow) if text[one.start()] not in _SOFT_WORDS]
    for at in edges:
        shadow = shadow[:at] + "拐" + shadow[at + 1 :]  # any digit: its value is read from the text
    return shadow


def mended(text: str) -> str:
    """The text with the characters that were misheard for digits inside numbers as these digits; as long as before.

    >>> mended("三栋而单元，车牌京A一尔三四五")
    '三栋而单元，车牌京A一二三四五'
    """
    chars = list(text)
    for run in runs(text):
        for part in run.parts:
            if text[part.start] not in _ALL and part.digits.isdigit() and part.end - part.start == 1:
                chars[part.start] = part.digits if text[part.start] not in UNITS else text[part.start]
    return "".join(_HAN[int(c)] if c.isdigit() and not text[k].isdigit() else c for k, c in enumerate(chars))


def _parts(text: str, start: int, end: int) -> tuple[Part, ...]:
    """The digits of a stretch, its fillers left out; a numeral with units gives the digits of its value."""
    parts: list[Part] = []
    at = start
    while at < end:
        numeral = _NUMERAL.match(text, at, end)
        skipped = _SKIP.match(text, at, end)
        if (
            numeral
            and numeral[0] == "十"
            and (at == start or text[at - 1] not in DIGITS)
            and text[at + 1 : at + 2] in _ALL
        ):
            at = numeral.end()  # 号码是六二一七 heard as 十六二一七: no numeral is read so
        elif numeral:
            value = digits(numeral[0])
            spread = len(numeral[0])
            given = value.ljust(spread, "\0") if len(value) <= spread else value
            for k in range(spread):
                last = k == spread - 1
                own = given[k:] if last else given[k]
                parts.append(Part(at + k, at + k + 1, own.replace("\0", "")))
            at = numeral.end()
        elif skipped and text[at] not in DIGITS:
            at = skipped.end()
        else:
            parts.append(Part(at, at + 1, _digit(text[at])))
            at += 1
    return tuple(parts)


def _digit(char: str) -> str:
    if char in DIGITS:
        return str(DIGITS[char])
    if char.isdigit():
        return str(int(char))
    if char in UNITS:
        return ""
    return _CODES.get(char) or by_sound(char) or UNHEARD


@lru_cache(maxsize=8192)
def by_sound(char: str) -> str:
    """The digit that a character sounds like; "" where it sounds like none."""
    found = syllables(char)
    return _BY_SOUND.get(found[0], "") if found else ""


def _split(text: str, parts: tuple[Part, ...]) -> Iterator[tuple[Part, ...]]:
    """The parts in one, or apart where a character between digits cannot be a digit misheard."""
    n_digits = sum(len(part.digits) for part in parts)
    own: list[Part] = []
    for part in parts:
        char = text[part.start]
        slip = char not in _ALL and char not in UNITS and not char.isdigit()
        least = LEAST_SOUNDING if by_sound(char) else LEAST_SLIPPED
        if slip and (char in _KEPT_APART or n_digits < least):
            yield tuple(own)
            own = []
        else:
            own.append(part)
    yield tuple(own)


def _run(text: str, parts: tuple[Part, ...]) -> Run:
    end = parts[-1].end
    last = _LAST_X.match(text, end)
    n = sum(len(part.digits) for part in parts)
    if last and n in (16, 17, 18):
        parts = (*parts, Part(last.end() - len(last[0].lstrip("，,。.、- ")), last.end(), "X"))
        end = last.end()
    written = text[parts[0].start : end]
    numeral = _NUMERAL.fullmatch(written) is not None
    return Run(
        parts, _MEASURED.match(text, end) is not None, numeral, _beside(text, parts[0].start - 1), _beside(text, end)
    )


def _beside(text: str, at: int) -> Part | None:
    """A character beside a run that sounds like a digit."""
    if not 0 <= at < len(text) or text[at] in DIGITS or not (digit := by_sound(text[at])):
        return None
    return Part(at, at + 1, digit)
