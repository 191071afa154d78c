"""The phases of calls whose pieces are given: every expectation is worked out by hand."""

import pytest

from callaudit.records import Party, Signal, Speaker, Voice
from callaudit.spans import Span
from callaudit.timeline import Pieces, find_ring, make_timeline


def party(speaker: Speaker, channel: int, *spans: tuple[float, float]) -> Party:
    return Party(speaker, Voice(channel, tuple(Span(a, b) for a, b in spans), 1.0), 1.0, "given")


def ringing(*bursts: tuple[float, float], plan: str = "cn", channel: int = 0) -> Signal:
    spans = tuple(Span(a, b) for a, b in bursts)
    return Signal("ringback", Span(spans[0].start_s, spans[-1].end_s), channel, 0.95, plan, spans)


def test_a_cut_off_ring_ends_at_the_answer() -> None:
    ring = find_ring([ringing((0.0, 1.0), (5.0, 6.0), (10.0, 10.4))], {0: [Span(10.9, 12.0)]}, 13.0)
    assert ring is not None
    assert (ring.count, ring.answer_s) == (3, 10.4)
    assert ring.ring_to_answer_s == pytest.approx(10.4)


@pytest.mark.parametrize(
    ("voice_s", "answer_s"),
    [
        pytest.param(8.0, 8.0, id="first voice inside the pause"),
        pytest.param(13.0, 10.0, id="never later than the next ring was due"),
    ],
)
def test_after_a_whole_ring_the_answer_lies_in_the_pause(voice_s: float, answer_s: float) -> None:
    ring = find_ring([ringing((0.0, 1.0), (5.0, 6.0))], {0: [Span(voice_s, voice_s + 2)]}, 20.0)
    assert ring is not None
    assert (ring.count, ring.answer_s) == (2, answer_s)


@pytest.mark.parametrize(("plan", "ring_s", "cycle_s"), [("cn", 1.0, 5.0), ("us", 2.0, 6.0), ("uk", 1.0, 3.0)])
def test_after_a_lone_whole_ring_the_next_was_due_by_plan(plan: str, ring_s: float, cycle_s: float) -> None:
    ring = find_ring([ringing((0.5, 0.5 + ring_s), plan=plan)], {0: [Span(20.0, 22.0)]}, 30.0)
    assert ring is not None
    assert ring.answer_s == pytest.approx(0.5 + cycle_s)


def test_the_rhythm_heard_outranks_the_plan() -> None:
    ring = find_ring([ringing((0.2, 1.2), (6.2, 7.2), plan="eu")], {0: [Span(20.0, 22.0)]}, 30.0)
    assert ring is not None
    assert ring.answer_s == pytest.approx(12.2)


@pytest.mark.parametrize(
    ("bursts", "answer_s"),
    [
        pytest.param([(0.0, 0.6), (4.6, 5.6)], 8.0, id="the recording began inside a ring"),
        pytest.param([(0.0, 0.6), (4.6, 5.0)], 5.0, id="and the last one was cut off"),
        pytest.param([(0.0, 0.6)], 0.6, id="a lone ring, cut off"),
    ],
)
def test_a_ring_cut_off_is_known_by_the_plan(bursts: list[tuple[float, float]], answer_s: float) -> None:
    ring = find_ring([ringing(*bursts)], {0: [Span(8.0, 9.0)]}, 12.0)
    assert ring is not None
    assert ring.answer_s == answer_s


@pytest.mark.parametrize(
    ("busy", "answer_s"),
    [
        pytest.param((), 12.0, id="it rings until the recording ends"),
        pytest.param((Signal("busy", Span(11.5, 14.0), 0, 0.9, "cn"),), 11.5, id="the network gives up"),
    ],
)
def test_a_call_that_nobody_answers_has_no_silence_in_it(busy: tuple[Signal, ...], answer_s: float) -> None:
    end_s = 14.0 if busy else 12.0
    timeline = make_timeline(Pieces(end_s, [ringing((0.0, 1.0), (5.0, 6.0), (10.0, 11.0)), *busy], []))
    assert timeline.ring is not None
    assert (timeline.ring.count, timeline.answer_s) == (3, answer_s)
    assert timeline.of("silence") == ()


@pytest.mark.parametrize(
    ("spoke", "counts"),
    [
        pytest.param({0: [Span(0.5, 4.0), Span(22, 25)], 1: [Span(26, 27)]}, True, id="an announcement on its leg"),
        pytest.param({0: [Span(0.5, 4.0), Span(22, 25)], 1: [Span(5, 6)]}, False, id="both parties"),
        pytest.param({0: [Span(0.5, 4.0), Span(22, 25)]}, False, id="who knows, on one channel"),
    ],
)
def test_it_may_ring_after_an_announcement_but_not_after_a_talk(spoke: dict[int, list[Span]], counts: bool) -> None:
    ring = find_ring([ringing((7.0, 8.0), (12.0, 13.0), (17.0, 18.0))], spoke, 30.0)
    assert (ring.answer_s if ring else None) == (22.0 if counts else None)


def test_music_before_the_first_voice_is_a_ring_and_is_not_counted() -> None:
    timeline = make_timeline(
        Pieces(
            30.0,
            [Signal("music", Span(0.0, 8.0), 0, 0.9)],
            [party("agent", 0, (8.5, 12.0)), party("customer", 1, (13, 15))],
        )
    )
    assert timeline.ring is not None
    assert (timeline.ring.kind, timeline.ring.count, timeline.answer_s) == ("music", None, 8.0)
    assert timeline.of("hold") == ()


def test_music_after_the_answer_is_a_hold_with_its_quiet_passages() -> None:
    music = [Signal("music", Span(10.0, 16.0), 0, 0.9), Signal("music", Span(17.0, 24.0), 0, 0.9)]
    timeline = make_timeline(
        Pieces(40.0, music, [party("agent", 0, (0.5, 9.5), (25, 30)), party("customer", 1, (31, 33))])
    )
    assert timeline.of("hold") == (Span(10.0, 24.0),)


def test_an_announced_silence_is_a_hold_and_another_is_not() -> None:
    agent = party("agent", 0, (0.5, 5.0), (16.0, 20.0), (30.0, 33.0))
    customer = party("customer", 1, (5.5, 6.0), (20.5, 22.0))
    timeline = make_timeline(Pieces(34.0, [], [agent, customer], wait_requests=[Span(3.0, 4.5)]))
    assert timeline.of("hold") == (Span(6.0, 16.0),)
    assert timeline.of("silence") == (Span(22.0, 30.0), Span(33.0, 34.0))


@pytest.mark.parametrize(("channel", "by"), [(0, "agent"), (1, "customer")])
def test_the_busy_tone_lies_on_the_leg_that_let_go(channel: int, by: str) -> None:
    busy = Signal("busy", Span(20.0, 22.8), channel, 0.9, "cn")
    timeline = make_timeline(Pieces(22.8, [busy], [party("agent", 0, (0.5, 9.5)), party("customer", 1, (10, 19))]))
    assert (timeline.hangup.by, timeline.hangup.at_s) == (by, 20.0)
    assert timeline.of("silence") == (Span(19, 20.0),)


def test_on_a_mono_mix_the_side_that_hung_up_is_unknown_and_says_why() -> None:
    busy = Signal("busy", Span(20.0, 22.8), 0, 0.9, "cn")
    parties = [party("agent", 0, (0.5, 9.5)), party("customer", 0, (10, 19))]
    hangup = make_timeline(Pieces(22.8, [busy], parties, stereo=False)).hangup
    assert (hangup.by, hangup.at_s) == ("unknown", 20.0)
    assert hangup.why


def test_overlap_is_where_both_speak() -> None:
    timeline = make_timeline(Pieces(12.0, [], [party("agent", 0, (1.0, 6.0)), party("customer", 1, (5.0, 9.0))]))
    assert timeline.of("overlap") == (Span(5.0, 6.0),)


def test_noise_is_no_silence() -> None:
    noise = Signal("noise", Span(4.0, 6.0), 1, 0.9)
    timeline = make_timeline(Pieces(10.0, [noise], [party("agent", 0, (0.0, 3.0)), party("customer", 1, (8.0, 10.0))]))
    assert timeline.of("silence") == (Span(3.0, 4.0), Span(6.0, 8.0))


def test_a_call_without_any_voice_is_one_silence() -> None:
    timeline = make_timeline(Pieces(7.0, [], []))
    assert timeline.of("silence") == (Span(0.0, 7.0),)
    assert timeline.hangup.by == "unknown"


def test_what_the_user_says_about_the_hang_up_counts() -> None:
    busy = Signal("busy", Span(20.0, 22.8), 0, 0.9, "cn")
    parties = [party("agent", 0, (0.5, 9.5)), party("customer", 1, (10, 19))]
    assert make_timeline(Pieces(22.8, [busy], parties, hangup_by="customer")).hangup.by == "customer"


def test_talk_to_a_colleague_does_not_end_an_announced_hold() -> None:
    agent = party("agent", 0, (0.5, 5.0), (9.0, 14.0), (19.0, 23.0))
    customer = party("customer", 1, (24.0, 26.0))
    pieces = Pieces(27.0, [], [agent, customer], wait_requests=[Span(3.0, 4.5)], returns=[Span(19.0, 20.5)])
    assert make_timeline(pieces).of("hold") == (Span(5.0, 19.0),)


def test_an_agent_who_is_back_and_waits_for_an_answer_has_ended_the_hold() -> None:
    agent = party("agent", 0, (0.5, 5.0), (9.0, 14.0), (19.0, 23.0))
    pieces = Pieces(27.0, [], [agent, party("customer", 1, (24.0, 26.0))], [Span(3.0, 4.5)], returns=[Span(9.0, 10.5)])
    assert make_timeline(pieces).of("hold") == (Span(5.0, 9.0),)
