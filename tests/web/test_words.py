"""The words of the pages: in both languages, with the same slots, and in Chinese with Chinese punctuation."""

from __future__ import annotations

import re
from importlib import import_module
from pkgutil import iter_modules
from string import Formatter

import pytest

from callaudit.web import words

TEXTS = [
    (module.name, key, *texts)
    for module in iter_modules(words.__path__)
    for key, texts in import_module(f"{words.__name__}.{module.name}").WORDS.items()
]
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]")


def test_there_are_words() -> None:
    assert len(TEXTS) > 50
    assert set(words.words("zh")) == set(words.words("en"))


@pytest.mark.parametrize(("part", "key", "zh", "en"), TEXTS, ids=[text[1] for text in TEXTS])
def test_a_text_says_the_same_in_both_languages(part: str, key: str, zh: str, en: str) -> None:
    assert _slots(zh) == _slots(en)
    assert not HALF_WIDTH.search(re.sub(r"\{[^}]*\}", "", zh)), "a half-width mark beside a Chinese character"


def _slots(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
