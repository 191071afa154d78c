"""The bound on phrases never hides one that is there."""

from __future__ import annotations

import numpy as np
import pytest

from callaudit.records import Word
from callaudit.spans import Span
from callaudit.text.patterns import compile as compile_phrase
from callaudit.text.phrases import find, listen
from callaudit.text.screening import could_hold

TURNS = [
    "您好，欢迎致电星河银行客户服务热线，工号八零一六号很高兴为您服务，请问有什么可以帮助您？",
    "我信林，卡好后八位是六二一五三零九七。",
    "对不起，请您稍等片刻，我帮您查训本月账单，好吗？",
    "不知道。",
    "感谢您的来店，若有问题请再次来电，再见。",
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
]


def sounded(text: str):  # type: ignore[no-untyped-def]  # a Sounded
    return listen([Word(char, Span(k, k + 0.5), 0.9) for k, char in enumerate(text)])


@pytest.mark.parametrize("phrase", PHRASES)
@pytest.mark.parametrize("least", [0.55, 0.7, 0.8])
def test_what_is_ruled_out_is_not_found(phrase: str, least: float) -> None:
    heard = [sounded(text) for text in TURNS]
    possible = could_hold(compile_phrase(phrase), np.array([one.floor for one in heard]), least=least)
    found = [bool(find(phrase, one, least=least)) for one in heard]
    assert [hit for hit, may in zip(found, possible, strict=True) if not may] == [False] * int((~possible).sum())
    assert not all(possible)


def test_a_call_without_turns_holds_nothing() -> None:
    assert could_hold(compile_phrase("您好"), np.zeros((0, 5), dtype=np.float32), least=0.7).shape == (0,)


@pytest.mark.parametrize("least", [0.8, 0.95])
def test_a_character_heard_as_itself_is_never_ruled_out_by_its_reading(least: float) -> None:
    heard = sounded("你的方言我听不懂")
    floors, present = np.array([heard.floor]), np.array([heard.present])
    assert find("您的方言", heard, least=least)
    assert could_hold(compile_phrase("您的方言"), floors, least=least, present=present).all()


def test_letters_are_heard_as_themselves_although_they_have_no_sound() -> None:
    heard = sounded("请您下载app看看")
    floors, present = np.array([heard.floor]), np.array([heard.present])
    assert find("下载app", heard)
    assert could_hold(compile_phrase("下载app"), floors, least=0.7, present=present).all()


def test_every_turn_of_a_long_call_is_told_by_itself() -> None:
    heard = [sounded(text) for text in TURNS]
    floors, present = np.array([one.floor for one in heard]), np.array([one.present for one in heard])
    phrase, times = compile_phrase("(不知道|不清楚)[吗|呢|吧|啊]"), 4000
    alone = could_hold(phrase, floors, least=0.7, present=present)
    many = could_hold(phrase, np.tile(floors, (times, 1)), least=0.7, present=np.tile(present, (times, 1)))
    assert (many == np.tile(alone, times)).all()
    assert 0 < alone.sum() < len(alone)
