"""What is taken for invented, and what an agent really says."""

from __future__ import annotations

import pytest

from callaudit.transcribe.phantoms import Hearing, loops, phantoms, suspicion, too_fast, unheard

INVENTED = [
    "字幕由Amara.org社区提供",
    "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
    "中文字幕志愿者 李宗盛",
    "谢谢观看",
    "感谢您的收看",
    "我们下期再见",
    "优优独播剧场",
    "Thanks for watching!",
    "Thank you for watching",
    "Subtitles by the Amara.org community",
]
SAID = [
    "谢谢",
    "谢谢您，再见",
    "感谢您的来电，再见",
    "感谢您的耐心等待",
    "好的好的好的好的",
    "喂喂喂喂，听得到吗",
    "对对对对对",
    "您的号码是一八八八八八八八八八八",
    "我想退订这个套餐，是上个月订阅的",
    "请关注我们的公众号",
    "欢迎下次光临",
    "Thank you for calling, goodbye",
    "Thank you for holding",
    "no no no no",
]


@pytest.mark.parametrize("text", INVENTED)
def test_a_known_invention_is_recognised(text: str) -> None:
    assert suspicion(Hearing(text, 4.0, 0.1, -0.2, 0.0)) == "phantom line"
    assert phantoms(text)


@pytest.mark.parametrize("text", SAID)
def test_what_people_say_on_the_telephone_is_let_pass(text: str) -> None:
    assert suspicion(Hearing(text, 0.2 * len(text), 0.1, -0.4, 0.1)) is None


@pytest.mark.parametrize("text", ["谢谢大家" * 8, "嗯" * 30, "我不知道你在说什么" * 4, "thank you " * 12])
def test_a_stuck_recogniser_is_recognised(text: str) -> None:
    assert loops(text)


def test_speed_beyond_a_mouth_is_recognised_at_its_limit() -> None:
    assert not too_fast("好" * 24, 2.0)
    assert too_fast("好" * 25, 2.0)


def test_a_passed_over_stretch_is_recognised_and_a_murmur_is_not() -> None:
    assert unheard("", 0.8)
    assert not unheard("", 0.6)
    assert not unheard("嗯", 1.3)
    assert unheard("hello", 5.0)


def test_a_guess_is_doubted() -> None:
    assert suspicion(Hearing("我给你讲", 1.0, 0.1, -1.01, 0.0)) == "doubtful"
    assert suspicion(Hearing("我给你讲", 1.0, 0.1, -0.99, 0.0)) is None
    assert suspicion(Hearing("我给你讲", 1.0, 0.1, -0.99, 0.61)) == "doubtful"


def test_a_stretch_without_a_word_is_recognised_in_an_otherwise_full_piece() -> None:
    assert suspicion(Hearing("好的您说" * 3, 6.0, 1.5, -0.2, 0.0)) is None
    assert suspicion(Hearing("好的您说" * 3, 6.0, 1.6, -0.2, 0.0)) == "unheard"
