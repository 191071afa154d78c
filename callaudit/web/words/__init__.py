"""What the pages say, in Chinese and English: one module a part, each with `WORDS`, key → (Chinese, English)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

LANGUAGES = ("zh", "en")


@cache
def words(language: str) -> Mapping[str, str]:
    """Every text in that language, by key.

    Raises
    ------
    ValueError
        Two parts use one key, or a text lacks a language.
    """
    found: dict[str, str] = {}
    for module in iter_modules(__path__):
        for key, texts in import_module(f"{__name__}.{module.name}").WORDS.items():
            if key in found or len(texts) != len(LANGUAGES) or not all(texts):
                raise ValueError(f"callaudit/web/words/{module.name}.py: {key!r} is taken, or lacks a language")
            found[key] = texts[LANGUAGES.index(language)]
    return found


def say(language: str, key: str, **values: Any) -> str:
    """A text with its values filled in; a key that is missing is an error of the program.

    >>> say("en", "desk.role.lead")
    'Lead'
    """
    text = words(language)[key]
    return text.format(**values) if values else text


@cache
def _by_english(language: str) -> Mapping[str, str]:
    own = words(language)
    return {english: own[key] for key, english in words("en").items()}


def translated(language: str, said: str) -> str:
    """What an error of `callaudit.desk` says, in a language: the text of that key, or one whose English is exactly
    that, else as it is.

    >>> translated("zh", "there is no such account"), translated("zh", "desk.title")
    ('没有这个账号。', '质检复核台')
    """
    return words(language).get(said) or _by_english(language).get(said, said)
