"""What the program says to people, apart from the code: a message is a key with values, put into words at the edge.

Rules, timeline and measures make messages; whoever writes a report knows its language. There is a table for each
language (`zh`, `en`), with the same keys and slots. A slot takes a format specification as in `str.format`, and besides

- `{n:ring|rings}` is the first for one, else the second;
- `{names}` of several values is a list, and so is `{parts:clauses}` with another of `SEPARATORS`.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, Literal

from callaudit.messages import en, zh
from callaudit.messages.heard import english

Language = Literal["zh", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

TABLES: Final[Mapping[Language, Mapping[str, str]]] = {"zh": zh.MESSAGES, "en": en.MESSAGES}
SEPARATORS: Final[Mapping[Language, Mapping[str, str]]] = {"zh": zh.SEPARATORS, "en": en.SEPARATORS}


@dataclass(frozen=True, slots=True)
class Message:
    """Something to say: the key of its wording, and what its slots hold, in order of their names."""

    key: str
    values: tuple[tuple[str, Value], ...] = ()


Text = Message | str
"""What is shown to people: a message, or words, which are a name from a rulebook or what a call says of itself."""

Value = Message | str | int | float | datetime | tuple[Message | str, ...]


def message(key: str, /, **values: Value) -> Message:
    """The message of that key."""
    return Message(key, tuple(sorted(values.items())))


def render(text: Text, language: Language) -> str:
    """The text in words.

    >>> render(message("answer.late_rings", n=5, seconds=21.24, most=3, note=message("limit.proposed")), "zh")
    '响铃 5 声（21.2 秒）才接听，规定不超过 3 声（建议值）'
    >>> render(message("steps.missing", step="道别"), "zh"), render("再见", "en")
    ('缺少步骤：道别', '再见')
    """
    if isinstance(text, str):
        return text if language == "zh" else english(text)
    return _writer(language).vformat(TABLES[language][text.key], (), dict(text.values))


@cache
def _writer(language: Language) -> _Writer:
    return _Writer(language)


class _Writer(string.Formatter):
    """Fills slots, messages in messages included."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, tuple):
            return SEPARATORS[self.language][format_spec].join(render(item, self.language) for item in value)
        if isinstance(value, Message) or (isinstance(value, str) and not format_spec):
            return render(value, self.language)
        if "|" in format_spec:
            one, more = format_spec.split("|")
            return one if value == 1 else more
        return format(value, format_spec)
