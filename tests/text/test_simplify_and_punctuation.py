"""Simplified characters, and readable text from words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callaudit.records import Word
from callaudit.spans import Span
from callaudit.text.punctuation import COMMA_PAUSE_S, STOP_PAUSE_S, bare, join, marks
from callaudit.text.simplify import simplify, simplify_words


def row(*texts: str, pauses: dict[int, float] | None = None) -> list[Word]:
    """Words of 0.2 s; `pauses[k]` is the silence after word k."""
    words, at_s = [], 0.0
    for k, text in enumerate(texts):
        words.append(Word(text, Span(at_s, at_s + 0.2), 0.9))
        at_s += 0.2 + (pauses or {}).get(k, 0.0)
    return words


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("請問您貴姓", "请问您贵姓"),
        ("乾隆皇帝說乾燥", "乾隆皇帝说干燥"),
        ("妳等著", "你等着"),
        ("最著名的著作", "最著名的著作"),
        ("您好，请稍等", "您好，请稍等"),
        ("Hello 42", "Hello 42"),
        ("", ""),
    ],
)
def test_traditional_characters_become_simplified(written: str, wanted: str) -> None:
    assert simplify(written) == wanted


@given(st.text(alphabet=st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF), max_size=30))
def test_simplifying_keeps_the_number_of_characters_and_is_final(text: str) -> None:
    once = simplify(text)
    assert len(once) == len(text)
    assert len(simplify(once)) == len(text)


def test_words_are_simplified_among_their_neighbours() -> None:
    words = row("乾", "隆", "說，")
    assert [word.text for word in simplify_words(words)] == ["乾", "隆", "说，"]
    assert [word.span for word in simplify_words(words)] == [word.span for word in words]


@pytest.mark.parametrize(
    ("text", "wanted", "mark"),
    [("吗？", "吗", "？"), (" hello,", "hello", ","), ("3.5", "3.5", ""), ("。", "", "。"), ("好", "好", "")],
)
def test_bare_and_marks_take_a_word_apart(text: str, wanted: str, mark: str) -> None:
    assert (bare(text), marks(text)) == (wanted, mark)


def test_the_recognisers_own_punctuation_is_kept_full_width() -> None:
    assert join(row("您", "好,", "请", "讲.")) == "您好，请讲。"


def test_a_pause_at_the_limit_makes_a_comma_and_a_longer_one_a_stop() -> None:
    assert join(row("好", "的", pauses={0: COMMA_PAUSE_S - 0.01})) == "好的。"
    assert join(row("好", "的", pauses={0: COMMA_PAUSE_S + 0.001})) == "好，的。"
    assert join(row("好", "的", pauses={0: STOP_PAUSE_S + 0.001})) == "好。的。"


@pytest.mark.parametrize("sentence", ["您方便吗", "是不是", "请问是哪位", "有没有"])
def test_a_sentence_that_can_only_ask_ends_in_a_question_mark(sentence: str) -> None:
    assert join(row(*sentence)) == sentence + "？"


@pytest.mark.parametrize("sentence", ["好吧", "我还没想好呢", "就这么", "没什么", "那么"])
def test_a_sentence_that_may_state_ends_in_a_stop(sentence: str) -> None:
    assert join(row(*sentence)) == sentence + "。"


def test_western_words_stand_apart_and_a_trailing_comma_becomes_a_stop() -> None:
    assert join(row("打", "开", "APP", "QQ", "吧，")) == "打开APP QQ吧。"


def test_english_is_joined_with_spaces() -> None:
    assert join(row("Hello,", "how", "are", "you?"), "en") == "Hello, how are you?"


def test_nothing_said_is_an_empty_text() -> None:
    assert join([]) == ""
    assert join(row("。")) == ""


@given(st.lists(st.sampled_from(["好", "吗", "APP", "的，", "3.5", "。", "what"]), max_size=12))
def test_joining_loses_and_invents_no_word(texts: list[str]) -> None:
    said = "".join(bare(text) for text in texts)
    joined = join(row(*texts))
    assert "".join(c for c in joined if c.isalnum()) == "".join(c for c in said if c.isalnum())
