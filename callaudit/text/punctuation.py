"""Readable text from recognised words: the recogniser's punctuation where it gave any, pauses and particles elsewhere.

A `Word.text` may end in punctuation (``"吗？"``); `bare` takes it off. Chinese punctuation is full-width. Where the
recogniser gave none, a pause puts a comma or a full stop, and a sentence that ends in 吗 or holds a question word where
it cannot mean anything else ends in a question mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from callaudit.records import Word

COMMA_PAUSE_S = 0.25
"""A pause inside a turn from which a comma is set: above the 0.2 s that a stop consonant or a lengthened syllable
takes (Goldman-Eisler's 0.25 s limit for a hesitation pause)."""

STOP_PAUSE_S = 0.7
"""A pause from which a sentence counts as ended."""

_MARKS = "，。？！、；：,.?!;:…"
_ENDS = "。？！?!…；;"
_FULL_WIDTH = str.maketrans({",": "，", "?": "？", "!": "！", ";": "；", ":": "：", ".": "。"})
_TRAILING = re.compile(rf"[{re.escape(_MARKS)}\s]+$")
_LEADING = re.compile(rf"^[{re.escape(_MARKS)}\s]+")
_QUESTION = re.compile(
    r"(吗|么样|好不好|是不是|对不对|行不行|可不可以|能不能|有没有|要不要|怎么样|为什么|哪位|哪里|多少钱|几点|什么事|怎么办)$|[^这那多要怎什]么$"
)
_NOT_CJK = re.compile(r"[A-Za-z0-9]")


def bare(text: str) -> str:
    """A word without the punctuation and spaces around it.

    >>> bare(" 吗？"), bare("3.5"), bare("。")
    ('吗', '3.5', '')
    """
    return _LEADING.sub("", _TRAILING.sub("", text))


def marks(text: str) -> str:
    """The punctuation that a word ends in, without spaces.

    >>> marks("好，")
    '，'
    """
    found = _TRAILING.search(text)
    return re.sub(r"\s", "", found.group()) if found else ""


def join(words: Sequence[Word], language: str = "zh") -> str:
    """Readable text of a row of words, which ends like a sentence.

    Parameters
    ----------
    words : in order of time; a text may carry punctuation at its end
    language : Chinese (``zh``, ``yue``) is written without spaces and with full-width punctuation, all else with spaces

    Examples
    --------
    >>> from callaudit.spans import Span
    >>> row = [Word(c, Span(0.2 * k, 0.2 * k + 0.2), 0.9) for k, c in enumerate("您好请问是王先生吗")]
    >>> join(row)
    '您好请问是王先生吗？'
    >>> join([Word("您", Span(0, 0.2), 1.0), Word("好", Span(0.2, 0.4), 1.0), Word("请", Span(0.8, 1.0), 1.0)])
    '您好，请。'
    """
    said = [word for word in words if bare(word.text)]
    if not said:
        return ""
    if not is_chinese(language):
        return re.sub(r"\s+", " ", " ".join(word.text.strip() for word in said)).strip()
    text = ""
    for word, following in pairwise(said):
        text = _appended(text, word)
        pause_s = following.span.start_s - word.span.end_s
        if not marks(word.text):
            text += _mark_after(text, pause_s)
    text = _appended(text, said[-1]).rstrip("，、：,")
    return text if text[-1] in _ENDS else text + _stop_after(text)


def is_chinese(language: str) -> bool:
    """Whether a language code is written in Han characters without spaces.

    >>> is_chinese("zh"), is_chinese("en")
    (True, False)
    """
    return language.split("-")[0].lower() in {"zh", "yue", "cmn"}


def _appended(text: str, word: Word) -> str:
    own, mark = bare(word.text), marks(word.text).translate(_FULL_WIDTH)
    apart = text and _NOT_CJK.match(text[-1]) and _NOT_CJK.match(own[0])
    return text + (" " if apart else "") + own + mark


def _mark_after(text: str, pause_s: float) -> str:
    if pause_s >= STOP_PAUSE_S:
        return _stop_after(text)
    return "，" if pause_s >= COMMA_PAUSE_S else ""


def _stop_after(text: str) -> str:
    """Question mark where the sentence can only be a question, else a full stop.

    吧 and 呢 end statements as often as questions, so they leave it at a full stop.
    """
    sentence = re.split(rf"[{re.escape(_ENDS)}]", text)[-1]
    return "？" if _QUESTION.search(sentence) else "。"
