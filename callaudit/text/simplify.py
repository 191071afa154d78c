"""Simplified characters for whatever a recogniser writes.

Whisper mixes traditional characters into Mandarin at random. OpenCC is the reference converter (phrase-aware, so that
乾 stays in 乾隆 and becomes 干 in 乾燥); its own wheel carries the tables, so nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from callaudit.records import Word

if TYPE_CHECKING:
    from opencc import OpenCC

_ODD = {"妳": "你", "祂": "他", "牠": "它", "著": "着", "裏": "里", "裡": "里"}
_BEYOND_TABLES = str.maketrans(_ODD)
"""Characters that OpenCC's t2s leaves, because a literary text may want them; a call never does."""

_LITERARY_ZHU = (
    "著名",
    "著作",
    "著称",
    "名著",
    "显著",
    "原著",
    "专著",
    "巨著",
    "译著",
    "论著",
    "合著",
    "编著",
    "土著",
    "昭著",
    "卓著",
)


def simplify(text: str) -> str:
    """The text in simplified characters; as many characters as before.

    >>> simplify("請問您貴姓？妳等著")
    '请问您贵姓？你等着'
    >>> simplify("著名")
    '著名'
    """
    simplified: str = _converter().convert(text)
    if len(simplified) != len(text):
        simplified = "".join(_single(character) for character in text)
    if not any(odd in simplified for odd in _ODD):
        return simplified
    kept = {at + word.index("著") for word in _LITERARY_ZHU for at in _places(simplified, word)}
    return "".join(c if k in kept else c.translate(_BEYOND_TABLES) for k, c in enumerate(simplified))


def simplify_words(words: Sequence[Word]) -> tuple[Word, ...]:
    """The words in simplified characters, each seen among its neighbours.

    >>> from callaudit.spans import Span
    >>> [w.text for w in simplify_words([Word("乾", Span(0, 1), 1.0), Word("隆", Span(1, 2), 1.0)])]
    ['乾', '隆']
    """
    text = simplify("".join(word.text for word in words))
    at, simplified = 0, []
    for word in words:
        simplified.append(replace(word, text=text[at : at + len(word.text)]))
        at += len(word.text)
    return tuple(simplified)


def _places(text: str, word: str) -> list[int]:
    return [at for at in range(len(text) - len(word) + 1) if text.startswith(word, at)]


def _single(character: str) -> str:
    simplified: str = _converter().convert(character)
    return simplified if len(simplified) == 1 else character


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC

    return OpenCC("t2s")
