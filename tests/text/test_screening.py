"""Bounds on phrases never hide one that is there, and leave few to be aligned."""

from __future__ import annotations

from functools import reduce
from operator import or_
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callaudit.records import Word
from callaudit.rules import judge, load_rulebook
from callaudit.spans import Span
from callaudit.testing.scripts import call_from_script
from callaudit.text import phrases as matching
from callaudit.text.listen import Sounded
from callaudit.text.outlines import outline
from callaudit.text.patterns import compile as compile_phrase
from callaudit.text.patterns import compile_each
from callaudit.text.phrases import find, find_at, listen
from callaudit.text.screening import Axis, Repertoire, most_used

TURNS = [
    "您好，欢迎致电星河银行客户服务热线，工号八零一六号很高兴为您服务，请问有什么可以帮助您？",
    "我信林，卡好后八位是六二一五三零九七。",
    "对不起，请您稍等片刻，我帮您查训本月账单，好吗？",
    "不知道。",
    "感谢您的来店，若有问题请再次来电，再见。",
    "",
]
PHRASES = [
    "您好",
    "请[您](稍等|稍候)",
    "感谢您的来电",
    "不知道",
    "工号{agent_id}",
    "因为…所以",
    "我姓{surname}",
    "有什么可以帮您",
    "喂",
    "喂喂[你好|听得到吗]",
    "您的方言",
    "下载app",
    "[真的]不好意思|(实在|非常)抱歉[啊]",
    "[您]还(有|需要)(什么|别的)[可以]帮您[的]吗",
]
SAID = st.lists(
    st.sampled_from(
        [*"您你好喂未为不没请稍烧等候的吗呢啊嗯还姓林工号八零可以帮什么有停得到方", "不好意思", "感谢", "来电", "app"]
    )
    | st.sampled_from([text.strip("[]").replace("[", "").replace("]", "") for text in PHRASES]),
    max_size=12,
).map("".join)
PROBS = st.sampled_from([0.3, 0.6, 0.7, 0.9, 1.0])


def sounded(text: str, prob: float = 0.9) -> Sounded:
    return listen([Word(char, Span(k, k + 0.5), prob) for k, char in enumerate(text)])


@settings(max_examples=300, deadline=None)
@given(SAID, st.sampled_from(PHRASES), st.sampled_from([0.55, 0.7, 0.8, 0.95]), PROBS)
def test_what_is_found_without_screening_is_found_with_it(said: str, phrase: str, least: float, prob: float) -> None:
    heard, compiled = sounded(said, prob), compile_phrase(phrase)
    everything = patch.object(matching, "least_costs", lambda one, _: np.zeros(len(one.chars)))
    with everything, patch.object(Axis, "begins_as", lambda *given: given[-1]):
        found = find(compiled, heard, least=least)
    assert find(compiled, heard, least=least) == found
    # amid other rows, screened as the phrase is written
    axis, drawn = Axis([sounded("请稍等"), heard, sounded("")]), outline(phrase)
    places = reduce(or_, (axis.begins(part, least, axis.mask(1)) for part in drawn.parts), 0)
    assert find_at(phrase, axis, 1, places, least=least, anchor="any") == found
    if found and len(heard):
        assert Repertoire(drawn.parts).least_used([heard]).min() <= most_used(least)


def test_the_screen_rules_most_phrases_out() -> None:
    heard = [sounded(text) for text in TURNS]
    parts = [part for phrase in PHRASES for part in outline(phrase).parts]
    used = Repertoire(parts).least_used(heard)
    assert used.shape == (len(parts), len(TURNS))
    assert (used <= most_used(0.7)).mean() < 0.25
    assert (used[:, -1] > most_used(0.55)).all()


def test_every_turn_of_a_long_call_is_told_by_itself() -> None:
    heard, times = [sounded(text) for text in TURNS], 400
    repertoire = Repertoire([*outline("(不知道|不清楚)[吗|呢|吧|啊]").parts, *outline("您好").parts])
    assert (repertoire.least_used(heard * times) == np.tile(repertoire.least_used(heard), (1, times))).all()


@pytest.mark.parametrize("phrase", PHRASES)
def test_phrases_compiled_together_are_those_compiled_alone(phrase: str) -> None:
    together, alone = compile_each(PHRASES)[PHRASES.index(phrase)], compile_phrase(phrase)
    assert (together.text, together.said, together.chars) == (alone.text, alone.said, alone.chars)
    for name in ("codes", "ids", "drop", "person", "strict", "weight", "allowed"):
        one, other = getattr(together, name), getattr(alone, name)
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)


@pytest.mark.parametrize(("said", "possible"), [("请您稍等", True), ("稍等请您", False), ("请嗯啊那个稍等", True)])
def test_order_counts_and_fillers_do_not(said: str, possible: bool) -> None:
    axis = Axis([sounded(said)])
    assert bool(axis.begins_as(compile_phrase("请稍等").variants[0], 0.4, axis.every)) is possible


def test_a_whole_rulebook_asks_for_few_alignments() -> None:
    """A structure that keeps judging fast: of 180,000 readings and ten turns, few pairs are aligned at all."""
    book = load_rulebook("etiquette-zh")
    said = [text for text in TURNS if text]
    call = call_from_script([{("agent", "customer")[k % 2]: text} for k, text in enumerate(said * 2)])
    with patch.object(matching, "align", wraps=matching.align) as align:
        judge(call, book)
    assert 20 < align.call_count < 400
