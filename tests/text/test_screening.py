"""Bounds on phrases never hide one that is there, and leave few to be aligned."""

from __future__ import annotations

import gc
import weakref
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callaudit.records import Word
from callaudit.rules import judge
from callaudit.spans import Span
from callaudit.testing.scripts import call_from_script
from callaudit.text import listening
from callaudit.text.alignment import places
from callaudit.text.known import known
from callaudit.text.listen import Sounded
from callaudit.text.listening import Listening
from callaudit.text.outlines import outline
from callaudit.text.patterns import compile as compile_phrase
from callaudit.text.patterns import compile_each
from callaudit.text.phrases import find, listen
from callaudit.text.pool import Pool
from callaudit.text.rows import rows_of
from callaudit.text.screening import Screen, Screened
from tests.books import built_in
from tests.text import slow_alignment

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
@given(SAID, st.sampled_from(PHRASES), st.sampled_from([0.3, 0.55, 0.7, 0.8, 0.95]), PROBS)
def test_what_plain_python_finds_is_found_to_the_bit(said: str, phrase: str, least: float, prob: float) -> None:
    heard, compiled = sounded(said, prob), compile_phrase(phrase)
    rows = rows_of([sounded("请稍等"), heard, sounded("")])
    for opening in (False, True):
        begins = range(int(rows.opens[1]) + 1 if opening else len(heard) + 1)
        expected = slow_alignment.places(compiled, heard, begins, least)
        assert places(Pool([compiled]), rows, [(0, 1)], least, opening) == [expected]


@settings(max_examples=300, deadline=None)
@given(SAID, st.sampled_from(PHRASES), st.sampled_from([0.3, 0.55, 0.7, 0.8, 0.95]), PROBS)
def test_what_is_found_without_screening_is_found_with_it(said: str, phrase: str, least: float, prob: float) -> None:
    heard = sounded(said, prob)
    found = slow_alignment.places(compile_phrase(phrase), heard, range(len(heard) + 1), least)
    for rows in ([heard], [sounded("请稍等"), heard, sounded("")]):  # amid other rows, and by itself
        possible = Screened(Screen([outline("您好"), outline(phrase)]), rows_of(rows)).possible([1], least)
        assert possible[0, rows.index(heard)] or not found
        listening = Listening(rows, {}, known(tuple(PHRASES)))
        assert listening.hits(rows.index(heard), phrase, "any", least) == find(phrase, heard, least=least)
        assert (rows.index(heard) in listening.rows_with([phrase], least).get(phrase, [])) == bool(found)


@settings(max_examples=100, deadline=None)
@given(st.text("请您稍等一下好吗不没还(|)[]…", min_size=1, max_size=14), SAID)
def test_whatever_is_written_as_a_phrase_is_screened_rightly(phrase: str, said: str) -> None:
    try:
        compiled = compile_phrase(phrase)
    except ValueError:
        return
    heard = sounded(said)
    found = slow_alignment.places(compiled, heard, range(len(heard) + 1), 0.55)
    possible = Screened(Screen([outline(phrase)]), rows_of([heard, heard])).possible([0], 0.55)
    assert possible.all() or not found
    assert places(Pool([compiled]), rows_of([heard]), [(0, 0)], 0.55) == [found]


def test_the_screen_rules_most_phrases_out() -> None:
    screened = Screened(Screen([outline(phrase) for phrase in PHRASES]), rows_of([sounded(text) for text in TURNS]))
    everything = range(len(PHRASES))
    assert screened.possible(everything, 0.7).mean() < 0.25
    assert not screened.possible(everything, 0.55)[:, -1].any()


def test_a_long_row_is_screened_like_a_short_one() -> None:
    screen = Screen([outline("(不知道|不清楚)[吗|呢|吧|啊]"), outline("您好")])
    rows = rows_of([sounded(text) for text in (*TURNS, "嗯" * 200 + "您好" + "嗯" * 200)])
    possible = Screened(screen, rows).possible([0, 1], 0.7)
    assert possible[0].tolist() == [False, False, False, True, False, False, False]
    assert possible[1].tolist() == [True, False, False, False, False, False, True]


def test_rows_are_not_kept_longer_than_they_are_used() -> None:
    heard = sounded("您好")
    find("您好", heard)
    gone = weakref.ref(heard)
    del heard
    gc.collect()
    assert gone() is None


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
    rows = rows_of([sounded(said)])
    assert Screened(Screen([outline("请稍等")]), rows).possible([0], 0.7).tolist() == [[possible]]


def test_a_whole_rulebook_asks_for_few_alignments() -> None:
    """A structure that keeps judging fast: of 180,000 readings and ten turns, few pairs are aligned."""
    book = built_in("etiquette-zh")
    said = [text for text in TURNS if text]
    call = call_from_script([{("agent", "customer")[k % 2]: text} for k, text in enumerate(said * 2)])
    with patch.object(listening, "places", wraps=listening.places) as aligned:
        judge(call, book)
    assert 20 < sum(len(one.args[2]) for one in aligned.call_args_list) < 1000
