"""Where people live: a street or an estate with a number, or a building with a door, as said.

An agent gives addresses of his company; they are nobody's home. His words count where they say whose they are
(您的地址, 给您送到) or repeat what the customer gave.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from callaudit.privacy.lines import Line
from callaudit.privacy.personal import Mark

_HAN: Final = "㐀-鿿"
_NUMBER: Final = r"[0-9零〇一二三四五六七八九十百千幺两甲乙丙A-Za-z]{1,6}"
_GAP: Final = r"[，,、\s]{0,2}(?:[嗯呃啊][，,\s]?)?(?:的)?"
_REGION = (
    rf"(?:[{_HAN}]{{2,3}}?(?:省|自治区){_GAP})?(?:[{_HAN}]{{2,3}}?市{_GAP})?"
    rf"(?:[{_HAN}]{{1,4}}?(?:区|县|镇|乡|街道|开发区|新区){_GAP})?"
)
_STREET = rf"[{_HAN}]{{1,6}}?(?:路|大街|街|大道|道|巷|弄|胡同)(?:[东南西北中]段)?"
_ESTATE = (
    rf"[{_HAN}]{{2,7}}?(?:小区|花园|家园|嘉园|苑|公寓|大厦|新村|村|广场|城|府|华庭|湾|里|宿舍|家属院|雅居|名都|公馆)"
)
_UNIT = rf"{_GAP}(?:第)?{_NUMBER}(?:号楼|号院|栋|幢|座|号|单元|层|楼|室|房|户|弄|组|期|洞|动)"
_LAST = rf"{_GAP}{_NUMBER}(?:室|号|房|户)?"
_FULL = re.compile(
    rf"(?P<region>{_REGION})(?:(?P<street>{_STREET})(?P<no>{_UNIT})|(?P<estate>{_ESTATE})(?P<units>{_UNIT}))"
    rf"(?:{_GAP}{_ESTATE})?(?:{_UNIT})*(?:{_LAST})?"
)
_DOOR = re.compile(
    rf"{_NUMBER}(?:号楼|栋|幢|座|洞|动|弄){_GAP}(?:{_NUMBER}(?:单元|门|也)?{_GAP}(?:的)?)?{_NUMBER}(?:室|房|号|户)?"
)
_LEAD = re.compile(
    rf"^[{_HAN}，,\s]*?(?:住在?|地址就?是|地址改[成为到]|地址|寄[到往]|送[到往]|搬[到去]了?|家在|家住|发[到往]|改[成为到]"
    rf"|在|到|是|就|我们?家?|您家?)(?=[{_HAN}])"
)
_WHOSE = re.compile("您的?(?:家|地址|住)|收货|收件|寄到|送到|登记的?地址|您住|上门|给您|跟您确认|和您确认|核对")
_COMPANYS = re.compile("我们|本行|网点|营业厅|分行|支行|医院|门诊|酒店|公司|大堂|柜台|窗口|地铁|乘车|站")


def addresses(lines: Sequence[Line]) -> dict[int, list[Mark]]:
    """The addresses in the lines, by the index of the line."""
    found: dict[int, list[Mark]] = {}
    given = ""
    for k, line in enumerate(lines):
        for start, end in _mandarin(line, given) if line.tongue == "zh" else _english(line):
            said = line.text[start:end].rstrip("，,。、 的")
            given += said if line.speaker != "agent" else ""
            chars = {start + at: 1 for at, char in enumerate(said) if char.isalnum()}
            found.setdefault(k, []).append(Mark("address", chars, 0.8))
    return found


def _mandarin(line: Line, given: str) -> Iterator[tuple[int, int]]:
    taken = 0
    for pattern in (_FULL, _DOOR):
        for one in pattern.finditer(line.mended):
            start = one.start() + _lead(one[0])
            if start >= taken and _someones(line, line.text[start : one.end()], start, given):
                taken = one.end()
                yield start, one.end()
        if taken:
            return


def _lead(said: str) -> int:
    """Characters before the address proper: 我住在."""
    at = 0
    while (lead := _LEAD.match(said[at:])) and re.search("[路街道巷弄区苑园栋楼号]", said[at + lead.end() :]):
        at += lead.end()
    return at


def _someones(line: Line, said: str, start: int, given: str) -> bool:
    if line.speaker != "agent":
        return True
    shared = {said[k : k + 2] for k in range(len(said) - 1)}
    if given and sum(pair in given for pair in shared) >= 0.5 * len(shared):
        return True
    return bool(_WHOSE.search(line.text, 0, start)) and not _COMPANYS.search(line.text)


_STREETS: Final = r"(?:Street|St|Avenue|Ave|Road|Rd|Drive|Dr|Lane|Ln|Boulevard|Blvd|Court|Ct|Way|Place|Circle|Terrace)"
_ENGLISH = re.compile(
    rf"\b(?:\d+|(?:(?:one|two|three|four|five|six|seven|eight|nine|oh|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|"
    rf"seventy|eighty|ninety|hundred)[\s-]+)+)\s*(?:[NSEW]\.?\s+|North |South |East |West )?"
    rf"(?:[A-Z]\w+\s+){{1,3}}{_STREETS}\b"
    r"(?:[,\s]+(?:apartment|apt|unit|suite)\.?\s+\w+)?",
    re.IGNORECASE,
)


def _english(line: Line) -> Iterator[tuple[int, int]]:
    if line.speaker != "agent" or re.search(r"\byour\b", line.text):
        for one in _ENGLISH.finditer(line.text):
            yield one.span()
