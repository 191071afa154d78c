"""Interruptions and replies on calls drawn by hand."""

from __future__ import annotations

import pytest

from callaudit.records import Hangup, Speaker, Timeline, TimelineSpan, Turn, Word
from callaudit.spans import Span
from callaudit.turn_taking import interruptions, replies

Said = tuple[Speaker, float, float, str]


def drawn(*said: Said, holds: tuple[tuple[float, float], ...] = ()) -> tuple[Timeline, tuple[Turn, ...]]:
    """A call of one speech span and one turn for each thing said, its characters evenly spread."""
    spans = [TimelineSpan("speech", Span(start_s, end_s), who) for who, start_s, end_s, _ in said]
    spans += [TimelineSpan("hold", Span(*hold)) for hold in holds]
    turns = []
    for who, start_s, end_s, text in said:
        step_s = (end_s - start_s) / max(1, len(text))
        words = tuple(Word(c, Span(start_s + k * step_s, start_s + (k + 1) * step_s), 1.0) for k, c in enumerate(text))
        turns.append(Turn(who, Span(start_s, end_s), words, text, 1.0))
    end_s = max(span.span.end_s for span in spans)
    return Timeline(None, tuple(spans), Hangup("unknown", end_s, None), 0.0, end_s), tuple(turns)


def test_who_talks_over_more_than_half_a_second_and_goes_on_interrupts():
    found = interruptions(*drawn(("customer", 0, 5, "我上周寄的快递到现在"), ("agent", 4.2, 8, "您先听我说这个情况")))

    assert [(event.by, event.span, event.cut_off) for event in found] == [("agent", Span(4.2, 5), True)]


def test_the_other_need_not_give_way_but_it_is_said():
    found = interruptions(
        *drawn(("agent", 0, 10, "请您先不要着急听我把话说完好吗"), ("customer", 4, 6, "你们到底管不管"))
    )

    assert [(event.by, event.cut_off) for event in found] == [("customer", False)]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param((("customer", 0, 5, "快递丢了"), ("agent", 4.5, 8, "我帮您查一下")), id="0.5 s exactly"),
        pytest.param((("customer", 0, 5, "快递丢了"), ("agent", 3, 4, "嗯好的")), id="a listener's sign"),
        pytest.param((("customer", 0, 5, "快递丢了"), ("agent", 3, 3.9, "")), id="a wordless sign"),
        pytest.param((("customer", 0.0, 5, "快递丢了"), ("agent", 0.2, 4, "您好很高兴为您服务")), id="begin at once"),
        pytest.param((("customer", 0, 5, "快递丢了"), ("agent", 5.2, 8, "我帮您查一下")), id="no overlap"),
        pytest.param(
            (("agent", 0, 3, "我帮您查"), ("customer", 3.2, 6, ""), ("agent", 3.6, 7, "一下这个快递")), id="resumes"
        ),
    ],
)
def test_what_is_no_interruption(said):
    assert [event for event in interruptions(*drawn(*said)) if event.by == "agent"] == []


def test_interruptions_of_both_come_in_order_of_time():
    found = interruptions(
        *drawn(
            ("agent", 0, 5, "您好欢迎致电"), ("customer", 4, 9, "我要投诉你们"),
            ("agent", 8, 12, "您说慢一点好吗"), ("customer", 11, 15, "我说得很清楚了"),
        )
    )  # fmt: skip

    assert [event.by for event in found] == ["customer", "agent", "customer"]


def test_replies_measure_from_the_end_of_the_other():
    timeline, turns = drawn(
        ("agent", 0, 2, "您好"), ("customer", 2.5, 4, "你好"), ("agent", 3.8, 6, "请讲"), ("agent", 8, 9, "喂"),
        ("customer", 9.75, 11, "在的"),
    )  # fmt: skip

    assert [(reply.by, reply.latency_s) for reply in replies(timeline, turns)] == [
        ("customer", 0.5), ("agent", 0.0), ("customer", 0.75),
    ]  # fmt: skip


def test_what_is_said_inside_the_others_turn_is_no_reply():
    timeline, turns = drawn(("agent", 0, 10, "我来说明"), ("customer", 4, 4.5, "嗯"), ("customer", 11, 12, "好的"))

    assert [(reply.by, reply.latency_s) for reply in replies(timeline, turns)] == [("customer", 1.0)]


def test_a_wait_on_hold_is_no_latency():
    timeline, turns = drawn(("customer", 0, 2, "好的"), ("agent", 40, 42, "让您久等了"), holds=((3, 39),))

    assert replies(timeline, turns) == ()
