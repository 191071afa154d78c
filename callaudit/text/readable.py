"""Phrase patterns in plain words, for messages: brackets and slots mean nothing to who reads a report."""

from __future__ import annotations

import re

_ALTERNATIVES = re.compile(r"\(([^()\[\]|]*)(?:\|[^()\[\]]*)?\)")
_OPTIONAL = re.compile(r"\[[^()\[\]]*\]")
_SLOT = re.compile(r"\{[^{}]*\}")


def readable(phrase: str) -> str:
    """One wording of the pattern: optional parts left out, the first of alternatives, ×× for slots, … for gaps.

    >>> readable("(换|用)[一|另一](部|个)(电话|手机)"), readable("我是{company!}…(客服|代表)")
    ('换部电话', '我是××…客服')
    """
    text = phrase.replace("（", "(").replace("）", ")").replace("｜", "|").replace("......", "…").replace("...", "…")
    text = _SLOT.sub("××", text)
    while (shorter := _OPTIONAL.sub("", _ALTERNATIVES.sub(r"\1", text))) != text:
        text = shorter
    return " ".join(text.split())
