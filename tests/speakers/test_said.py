"""Whose words they are: turn by turn, as far as each turn is surely the voice's."""

import pytest

from callaudit.records import CallMetadata, Voice, Word
from callaudit.spans import Span
from callaudit.speakers import Said, assign_roles, likeness

GREETING = "感谢您的来电很高兴为您服务有什么可以帮您"
AGENT = ("请您稍等我帮您查", "您的卡号请您报一下", "让您久等了")
CUSTOMER = ("我想查一下我的卡", "我要投诉你们", "怎么还没到我家")


def said(*texts: str, at_s: float, sure: float = 0.95) -> Said:
    """One turn every 10 s from `at_s` on."""
    spans = tuple(Span(at_s + 10 * k, at_s + 10 * k + 4) for k in range(len(texts)))
    words = tuple(
        Word(char, Span(span.start_s + 0.2 * k, span.start_s + 0.2 * k + 0.2), 0.9)
        for span, text in zip(spans, texts, strict=True)
        for k, char in enumerate(text)
    )
    return Said(Voice(0, spans, 0.9, (sure,) * len(spans)), words)


def test_the_agents_words_tell_the_agent() -> None:
    agent, customer = likeness((said(GREETING, *AGENT, at_s=0), said(*CUSTOMER, at_s=5)), "zh")
    assert agent > 4.0
    assert customer < -4.0


def test_one_greeting_given_to_the_wrong_voice_does_not_decide() -> None:
    rows = (said(*AGENT, at_s=5), said(GREETING, *CUSTOMER, at_s=0))
    parties = assign_roles([row.voice for row in rows], likeness(rows, "zh"), (), CallMetadata(), answer_s=0.0)
    assert [party.speaker for party in parties] == ["agent", "customer"]


@pytest.mark.parametrize("text", [GREETING, CUSTOMER[0]])
def test_words_of_an_unsure_turn_weigh_less_and_of_a_coin_toss_nothing(text: str) -> None:
    other = said("嗯", at_s=5)
    by_sureness = [abs(likeness((said(text, at_s=0, sure=sure), other), "zh")[0]) for sure in (0.5, 0.7, 0.9)]
    assert by_sureness[0] == pytest.approx(0.0)
    assert by_sureness[0] < by_sureness[1] < by_sureness[2]


def test_a_voice_on_a_channel_of_its_own_needs_no_sureness() -> None:
    own = said(GREETING, at_s=0)
    plain = Said(Voice(0, own.voice.speech, 1.0), own.words)
    assert likeness((plain,), "zh")[0] > 2.5


def test_no_words_tell_nothing() -> None:
    assert likeness((Said(Voice(0, (Span(0, 1),), 1.0), ()),), "zh") == [0.0]
