"""Names of people: after 姓, 叫, 收件人, before 先生 and 女士, and wherever a name that was given is said again.

Staff introduce themselves, and must: what an agent says of himself is left. A title without a name is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from callaudit.privacy.lines import Line
from callaudit.privacy.personal import Mark
from callaudit.text.numbers import NUMERALS

_COMPOUND: Final = (
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|太叔|申屠|公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|"
    "司空|令狐|呼延|轩辕|百里|东郭|西门"
)
_SINGLE: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛"
    "闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤庞佟骆瞿岳屈伍蒲洪柯苗俞鲍费岑倪滕殷毕邬卞穆祁裴童阮闵季娄颜梅盛刁樊凌霍虞裘缪宗宣郁杭邢翁荀曲甄储靳焦巫"
    "牧宓甘谷卫柴涂鲁聂辛祝晏耿匡冉柳桂欧蔺冼麦温康施包常乔赖文易樊兰殷葛查安齐单关解邸阎"
)
_NUMERALS = "".join(NUMERALS)
_SURNAME = rf"(?:{_COMPOUND}|[{_SINGLE}])"
_STOP = (
    "我你您他她它想要是的在了就和跟给把被到去来很吗吧呢啊呀嘛这那有不没请麻对好行嗯先女啦先也都还能可要问查办说打，。"
)
_GIVEN = rf"[^\W\d_{_STOP}{_NUMERALS}a-zA-Z]{{1,2}}"
_PAUSE = r"[，,。、\s]*(?:[嗯呃啊哦][，,\s]*)?"
_NO_NAME = "[什啥哪车吗吧呢嘛]"

_SELF = re.compile(
    rf"(?:(?:我|免贵|敝|鄙|本人|他|她|户主|先生|太太)姓|姓){_PAUSE}(?P<surname>{_SURNAME}|(?<=我姓)(?!什|啥|名|氏)[㐀-鿿](?=[，。,.！]|$))(?!名|氏)"
    rf"(?:(?={_PAUSE}(?:名字?)?叫)|)"
)
_CALLED = re.compile(
    rf"(?:我(?:名字|的名字)?(?:就)?叫|(?:(?<=[，,。\s])|^)叫|名字(?:是|叫)|姓名(?:是|叫|为)?|名叫|叫做?|"
    rf"(?:收件|持卡|联系|收货|投保|被保险|寄件|经办|申请|开户|户)[人主名](?:的?(?:姓名|名字))?(?:是|叫|写的?是?|为)?|机主(?:是|叫)?|本名|户名(?:是|叫)?|我是(?=[^，。,\s]{{2,3}}(?:[，。,！!]|$)))"
    rf"{_PAUSE}(?P<name>{_SURNAME}{_GIVEN})"
)
_TITLE = re.compile("先生|女士|小姐|太太|阿姨|大爷|大姐|老师傅")
_FULL_NAME = re.compile(rf"{_SURNAME}{_GIVEN}")
_LEADS = re.compile(r"(?:[^㐀-鿿]|^|[请问是找叫给为和跟帮位的谢])$")
_ENGLISH = re.compile(
    r"\b(?:[Mm]y (?:full |last |first )?name(?:'s| is)|[Tt]he name(?:'s| is| on (?:it|the card) is)|[Nn]ame is|"
    r"[Ii]n the name of|cardholder is|[Ll]ast name is|[Ff]irst name is)\s+"
    r"(?P<name>[A-Z][\w'-]+(?:\s+[A-Z][\w'-]+){0,2})"
)
_ENGLISH_SELF = re.compile(r"\b(?:[Tt]his is|I'm|I am)\s+(?P<name>[A-Z][\w'-]+(?:\s+[A-Z][\w'-]+){1,2})")
_ENGLISH_TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mister|Missus|Dr)\.?\s+(?P<name>[A-Z][\w'-]+(?:\s+[A-Z][\w'-]+)?)")


def names(lines: Sequence[Line], known: str | None) -> dict[int, list[Mark]]:
    """The names in the lines, by the index of the line; `known` is the customer's, as the metadata have it."""
    found: dict[int, list[Mark]] = {}
    whole = {known} if known else set()
    for k, line in enumerate(lines):
        for start, end, sure in _in_line(line):
            found.setdefault(k, []).append(_mark(start, end, sure))
            if end - start >= 2 and line.text[start:end].strip():
                whole.add(line.text[start:end])
    if whole:
        again = re.compile("|".join(map(re.escape, sorted(whole, key=len, reverse=True))))
        for k, line in enumerate(lines):
            taken = {char for mark in found.get(k, ()) for char in mark.chars}
            for one in again.finditer(line.text):
                if one.start() not in taken:
                    found.setdefault(k, []).append(_mark(one.start(), one.end(), 0.8))
    return found


def _mark(start: int, end: int, sure: float) -> Mark:
    return Mark("name", dict.fromkeys(range(start, end), 1), sure)


def _in_line(line: Line) -> Iterator[tuple[int, int, float]]:
    if line.tongue != "zh":
        yield from _english(line)
        return
    agent = line.speaker == "agent"
    for one in _SELF.finditer(line.text):
        if not (agent and re.match("我|免贵|敝|鄙", one[0])):
            yield *one.span("surname"), 0.85
    for one in _CALLED.finditer(line.text):
        if not (agent and one[0].startswith("我")) and not re.search("[客服代表经理员]$", one["name"]):
            yield *one.span("name"), 0.65 if one[0].startswith("我是") else 0.85
    for title in _TITLE.finditer(line.text):
        if start := _titled(line.text, title.start()):
            yield start[0], title.start(), 0.8


def _titled(text: str, end: int) -> tuple[int] | None:
    """Where the name before a title begins: a full name behind a border, a compound surname, a surname alone."""
    for length in (4, 3, 2):
        name = text[max(0, end - length) : end]
        if (
            len(name) == length
            and text[max(0, end - length - 1) : end - length] != name[0]  # 谢谢王先生
            and name[0] != name[1]
            and _FULL_NAME.fullmatch(name)
            and _LEADS.search(text[: end - length])
        ):
            return (end - length,)
    if re.fullmatch(_COMPOUND, text[max(0, end - 2) : end]):
        return (end - 2,)
    doubled = text[max(0, end - 2) : end - 1] == text[end - 1 : end]  # 谢谢先生
    return None if end == 0 or text[end - 1] not in _SINGLE or doubled else (end - 1,)


def _english(line: Line) -> Iterator[tuple[int, int, float]]:
    agent = line.speaker == "agent"
    for pattern in (_ENGLISH, _ENGLISH_TITLED, _ENGLISH_SELF):
        for one in pattern.finditer(line.text):
            own = agent and pattern is not _ENGLISH_TITLED and re.match("[Mm]y|[Tt]his|I", one[0])
            if not own:
                yield *one.span("name"), 0.8
