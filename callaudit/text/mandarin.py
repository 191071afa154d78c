"""Mandarin, as rules need it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from callaudit.text.deadline import Deadline
from callaudit.text.deadlines import deadlines
from callaudit.text.listen import say
from callaudit.text.normalise import normalise, standard
from callaudit.text.numbers import MASK, digits
from callaudit.text.pinyin import syllables
from callaudit.text.runs import hidden, runs

ASKING_CHARS = 24
"""A question in so many last characters of a turn is still open when the turn ends."""

_SPOKEN = re.compile(rf"[㐀-鿿A-Za-z0-9{MASK}]")
_QUESTION_END = re.compile(r"(吗|呢|么|没有|不行|吧)[啊呀]?$")
_QUESTION = re.compile(
    r"吗|请问|为什么|什么|怎么|怎样|多少|多久|几点|几号|几天|哪|谁|如何|能否|可否"
    r"|(?:能|可|是|有|行|好|对|要)[不没](?:能|可|是|有|行|好|对|要)|(.)不\1"
)
"""Whisper drops question marks on telephone speech more often than not, so that words must tell (A不A included)."""

_REQUEST = re.compile(
    r"(?:请|麻烦|劳驾)[您你]?(?:再|先)?(?:帮我|给我|跟我)?"
    r"(?:报|说|讲|提供|告诉|留|输入|念|描述|重复|核对|确认|选|回答|出示|看看|看一下|检查)"
)
"""What hands the word to the customer without being a question: 「麻烦您报一下卡号」."""

_GREETING = re.compile(r"^(喂|你好|您好|哎|嗯|哦|啊|早上好|上午好|下午好|晚上好|，|。|！|？|,|\s)+")
_NUMBER_PAUSES = re.compile(r"[\s，,。.、；;\-—:：]")
_LONG_NUMBER = 4
"""Digits from which a number is hidden from a language model."""

_COMPOUND = (
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|太叔|申屠|公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|闾丘|"
    "令狐|呼延|轩辕|百里|东郭|西门|拓跋"
)
"""Surnames of two characters (those of the 百家姓 that are still borne)."""

_GIVES_NAME = re.compile(
    rf"(?:(?:我是?|免贵|鄙|敝|本人)姓|我叫(?![车了个他她人你您过]))(?!什么|啥|名)({_COMPOUND}|[㐀-鿿{MASK}])"
)
_NO_NAME = "吗吧啊呢嘛的了不啦呀"
_BARE_NAME = re.compile(r"^(?:嗯|哦|我)?姓?([㐀-鿿])(?<![嗯哦啊好对是])(?:[，。,.！!]|$)")
_EMPTY = re.compile(r"[的了啊呢吧吗嘛我你您他她们是在就也都还要请有个这那不对好说和跟给把被到去来很]")
_BORDER = re.compile(r"[，。！？、；,.!?;]+")


class Mandarin:
    """`callaudit.text.tongue.Tongue` of calls in Mandarin."""

    titles = ("先生", "女士", "小姐", "太太", "老师", "经理")
    name_questions = ("您贵姓", "怎么称呼")
    repeating = ("我帮您重复一下",)

    def n_spoken(self, text: str) -> int:
        """Han characters, letters and digits."""
        return len(_SPOKEN.findall(text))

    def substance(self, text: str) -> int:
        """Characters besides the greeting.

        >>> Mandarin().substance("喂，你好。"), Mandarin().substance("你好，我想查账单。")
        (0, 5)
        """
        return self.n_spoken(_GREETING.sub("", text))

    def asks(self, text: str, *, requests: bool) -> bool:
        """Whether the last words ask something; `requests` takes 「麻烦您报一下卡号」 for a question too.

        >>> zh = Mandarin()
        >>> zh.asks("周五有号，您续不续", requests=False), zh.asks("麻烦您报一下卡号", requests=True)
        (True, True)
        >>> zh.asks("好的", requests=True)
        False
        """
        said = standard("".join(_SPOKEN.findall(text)))
        last = said[-ASKING_CHARS:]
        marks = text[-ASKING_CHARS:]
        words = _QUESTION_END.search(said) or _QUESTION.search(last) or (requests and _REQUEST.search(last))
        return bool(words) or "？" in marks or "?" in marks

    def longest_number(self, text: str) -> str:
        """The longest run of spoken digits; commas and pauses do not end a run, quantities (三百二十) are no numbers.

        >>> zh = Mandarin()
        >>> zh.longest_number("我姓林，卡号后八位是六二一五，三零九七。"), zh.longest_number("三百二十块")
        ('62153097', '')
        """
        joined = re.sub(r"[\s，,。.、；;\-—:：嗯啊]", "", text)
        runs = re.findall(rf"[0-9零〇一二三四五六七八九幺{MASK}]+(?![十百千万亿点年])", joined)
        return max((digits(run) for run in runs if not re.fullmatch(r"[一二三四五六七八九]", run)), key=len, default="")

    def digits(self, text: str) -> str:
        return digits(_NUMBER_PAUSES.sub("", text))

    def deadlines(self, text: str) -> tuple[Deadline, ...]:
        """Every time ahead that is named in a text, in order."""
        return deadlines(text)

    def masked(self, text: str, mask: str) -> str:
        return hidden(text, (run for run in runs(text) if run.n >= _LONG_NUMBER), mask)

    def pieces(self, text: str) -> tuple[str, ...]:
        return tuple(say(text))

    def surname(self, name: str) -> str:
        bare = re.sub(r"(先生|女士|小姐|太太)$", "", name)
        return bare[: 2 if re.match(_COMPOUND, bare) else 1]

    def surname_given(self, text: str, *, wanted: bool) -> str | None:
        """The surname that a customer's words give, by sound; more freely where it was `wanted`:
        我姓林 is often 我信林.

        >>> zh = Mandarin()
        >>> zh.surname_given("我姓林，卡号是", wanted=False), zh.surname_given("我信林。", wanted=True)
        ('林', '林')
        >>> zh.surname_given("我性方，单号没有", wanted=False), zh.surname_given("我姓尉迟。", wanted=False)
        ('方', '尉迟')
        >>> zh.surname_given("我信任你们", wanted=False), zh.surname_given("我叫车没叫到", wanted=False)
        (None, None)
        """
        found = _GIVES_NAME.search(text)
        if found:
            return found[1]
        clauses: list[str] = re.findall(r"[㐀-鿿]+", text)
        for clause in clauses:
            sounds = syllables(clause)
            if sounds[:2] == ("wo", "xing") and len(clause) == 3 and clause[2] not in _NO_NAME:
                return clause[2]
            for k in range(min(3, len(clause) - 1)) if wanted else ():
                if sounds[k] in ("xing", "xin") and (k == 0 or sounds[k - 1] in ("wo", "gui")):
                    return clause[k + 1]
        found = _BARE_NAME.search(text) if wanted else None
        return found[1] if found else None

    def addressed(self, surname: str | None, titles: Sequence[str]) -> tuple[str, ...]:
        return tuple((surname or "{family_name}") + title for title in titles)

    def matter(self, text: str) -> set[str]:
        """Pairs of neighbouring characters that carry meaning; of a masked number one for each of its places."""
        found = {f"{MASK}{k}" for run in re.findall(f"{MASK}{{2,}}", text) for k in range(len(run) - 1)}
        for clause in re.split(r"[^㐀-鿿0-9A-Za-z]+", text):
            kept = _EMPTY.sub(" ", clause)
            found |= {kept[k : k + 2] for k in range(len(kept) - 1) if " " not in kept[k : k + 2]}
        return found

    def clauses(self, text: str) -> list[str]:
        return _BORDER.split(normalise(text))

    def times(self, text: str, words: Sequence[str]) -> int:
        return len(_any_of(tuple(words)).findall(text))

    def times_heard(self, text: str, words: Sequence[str]) -> int:
        """How often the words are heard in the text, none overlapping another.

        >>> zh = Mandarin()
        >>> zh.times_heard("清您稍等，麻反您", ["请", "请您", "麻烦"]), zh.times_heard("号码，情况", ["好吗", "请"])
        (2, 0)
        """
        sounds = syllables(text)
        told, first = _spoken(tuple(words))
        times = at = 0
        while at < len(text):
            if text[at] not in first and sounds[at] not in first:
                at += 1
                continue
            length = next((len(word) for word, own in told if _alike(text, sounds, at, word, own)), 0)
            times += bool(length)
            at += length or 1
        return times


@lru_cache(maxsize=64)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))


@lru_cache(maxsize=64)
def _spoken(words: tuple[str, ...]) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], frozenset[str]]:
    """The words with their syllables, the longest first, and the characters and syllables that any begins with."""
    told = tuple((word, syllables(word)) for word in sorted(words, key=len, reverse=True))
    return told, frozenset(first for word, sounds in told for first in (word[:1], sounds[0] if sounds else ""))


def _alike(text: str, sounds: tuple[str, ...], at: int, word: str, own: tuple[str, ...]) -> bool:
    if text.startswith(word, at):
        return True
    if len(word) == 1 or sounds[at : at + len(word)] != own:
        return False
    return any(one == other for one, other in zip(text[at:], word, strict=False))
