"""Written words made comparable, and how far two texts lie apart.

The definitions are those by which the figures of this program have been given from the start: Han characters, Latin
letters and digits alone; digits read one by one; simplified. They differ from `callaudit.text.normalise` on purpose:
a yardstick must not bend with the text that it measures.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from callaudit.text.pinyin import syllables

if TYPE_CHECKING:
    from opencc import OpenCC

_READ_ALOUD: Final = str.maketrans("0123456789幺", "零一二三四五六七八九一")
_NOT_SPOKEN: Final = re.compile(r"[^\w]|_")


def plain(text: str) -> str:
    """What is spoken of a text: simplified characters, lower-case letters; digits one by one, 幺 as 一.

    >>> plain("您好，請撥 10幺86 A座！")
    '您好请拨一零一八六a座'
    """
    simplified: str = _converter().convert(unicodedata.normalize("NFKC", text))
    return _NOT_SPOKEN.sub("", simplified.lower().translate(_READ_ALOUD))


def toneless(text: str) -> tuple[str, ...]:
    """The syllables of a plain text, without tones; a character that has none stands for itself.

    >>> toneless("银行a座")
    ('yin', 'hang', 'ei', 'zuo')
    """
    return tuple(sound or char for sound, char in zip(syllables(text), text, strict=True))


def edits(truth: Sequence[Hashable], heard: Sequence[Hashable]) -> int:
    """Fewest insertions, deletions and substitutions that make one out of the other.

    >>> edits("您好再见", "你好再见吧")
    2
    """
    from rapidfuzz.distance import Levenshtein  # no audit needs it

    return Levenshtein.distance(truth, heard)


def equal_places(truth: str, heard: str) -> tuple[tuple[int, int], ...]:
    """Places (in the one, in the other) of the characters that a least alignment leaves as they are.

    >>> equal_places("您好再见", "你好再见吧")
    ((1, 1), (2, 2), (3, 3))
    """
    from rapidfuzz.distance import Levenshtein  # no audit needs it

    return tuple(
        (code.src_start + k, code.dest_start + k)
        for code in Levenshtein.opcodes(truth, heard)
        if code.tag == "equal"
        for k in range(code.src_end - code.src_start)
    )


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC  # slow to import: paid by the first text only

    return OpenCC("t2s")
