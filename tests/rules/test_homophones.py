"""Short phrases that were written in other characters are neither said nor missing."""

from __future__ import annotations

import pytest

from callaudit.rules.base import Settings
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import homophones
from callaudit.testing.scripts import call_from_script
from callaudit.text.listen import say
from callaudit.text.readable import readable
from tests.books import built_in


@pytest.mark.parametrize(
    ("text", "phrase", "alike"),
    [
        ("谢谢，在见。", "再见", True),
        ("谢谢，白白。", "拜拜", True),
        ("部客气，您慢走。", "不客气", True),
        ("谢谢，再见。", "再见", False),  # heard as it is: for matching, not for doubt
        ("您号码多少", "您好", False),
        ("您的号码", "好吗", False),
    ],
)
def test_a_short_phrase_in_other_characters_is_doubtful(text: str, phrase: str, alike: bool) -> None:
    facts = Facts(call_from_script([{"agent": text}]), Settings(), {})
    assert homophones(facts, (0,), (phrase,)) is alike


def test_regional_words_are_heard_as_standard_ones() -> None:
    assert say("你咋不早说，啥事儿") == "你怎么不早说什么事儿"


def test_reasons_show_no_patterns() -> None:
    rules = built_in("etiquette-zh").rules
    assert rules
    assert readable("(换|用)[一|另一](部|个)电话") == "换部电话"
    assert readable("[再]给{agent_name!}…(说|讲)") == "给××…说"
