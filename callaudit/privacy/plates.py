"""Licence plates: province, letter and five or six more, as written or as read aloud.

References
----------
.. [1] GA 36-2018, motor vehicle number plates: five characters behind the letter, six on new-energy plates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from callaudit.privacy.lines import Line
from callaudit.privacy.personal import Mark

_PROVINCE: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_ONE: Final = "A-Za-z0-9零〇一二三四五六七八九幺两洞拐"
_LETTER: Final = "A-Za-z诶欸必毕逼西弟地易衣艾弗夫吉鸡寄"
_GAP: Final = r"[\s·•，,、.。\-]{0,2}(?:[嗯呃][\s，,]{0,2})?"
_SPOKEN = re.compile(
    rf"[{_PROVINCE}](?:{_GAP}牌)?{_GAP}[{_LETTER}](?:{_GAP}[{_ONE}]){{5,6}}(?:[学警港澳领])?(?![{_ONE}]{{2}})"
)
_ASKED = re.compile(rf"(?:[{_PROVINCE}]{_GAP})?(?:[{_LETTER}]{_GAP})?(?:[{_ONE}]{_GAP}){{4,6}}[{_ONE}]")
_AFTER_CUE: Final = 12
_ENGLISH = re.compile(r"\b(?=(?:\w[\s-]?)*\d)(?:[A-Z0-9][\s-]?){4,7}[A-Z0-9]\b")


def plates(lines: Sequence[Line]) -> dict[int, list[Mark]]:
    """The plates in the lines, by the index of the line."""
    found: dict[int, list[Mark]] = {}
    asked = False
    for k, line in enumerate(lines):
        cues = [cue.end for cue in line.cues if cue.says == "plate"]
        spans = [(one.span(), 0.9) for one in _SPOKEN.finditer(line.mended)] if line.tongue == "zh" else []
        pattern = _ASKED if line.tongue == "zh" else _ENGLISH
        if not spans and (cues or asked):
            at = cues[-1] if cues else 0
            one = pattern.search(line.mended, at)
            if one and (one.start() - at <= _AFTER_CUE):
                spans = [(one.span(), 0.7)]
        for (start, end), sure in spans:
            chars = {
                char: 1 for char in range(start, end) if line.text[char].isalnum() and line.text[char] not in "嗯呃"
            }
            found.setdefault(k, []).append(Mark("plate", chars, sure))
        asked = bool(cues) and not spans
    return found
