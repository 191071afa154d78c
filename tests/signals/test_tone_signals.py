"""Ringing and busy tones made by their plans are found with every edge; what only resembles them is not."""

from __future__ import annotations

import numpy as np
import pytest

from callaudit.records import Audio, Signal, VoiceProbability
from callaudit.signals import find_signals
from callaudit.signals.plans import PLANS, Plan
from callaudit.spans import Span
from callaudit.testing import sounds

RINGS = [plan for plan in PLANS if plan.kind == "ringback"]
BEATEN = [plan for plan in PLANS if plan.kind != "ringback"]
NAMES = {"ids": lambda plan: f"{plan.name}-{plan.kind}-{'-'.join(map(str, plan.cadence_s))}"}


def signals_of(*channels: np.ndarray, voice: tuple[Span, ...] = (), rate_hz: int = 8000) -> tuple[Signal, ...]:
    """Signals of the channels, with a voice heard in the given spans of each."""
    n = len(channels[0])
    probs = np.zeros((len(channels), n * 1000 // (rate_hz * 32) + 1), dtype=np.float32)
    for span in voice:
        probs[:, round(span.start_s / 0.032) : round(span.end_s / 0.032)] = 0.95
    return find_signals(Audio(np.stack(channels), rate_hz), VoiceProbability(probs, 0.032))


def on_a_line(sound: np.ndarray, *, floor_dbov: float = -60.0, law: str = "ulaw") -> np.ndarray:
    """The sound with line noise, through G.711."""
    noise = sounds.white_noise(len(sound) / 8000, level_dbov=floor_dbov, seed=7)
    return sounds.g711(sounds.mixed(sound, noise), "ulaw" if law == "ulaw" else "alaw")


def rings_of(plan: Plan, duration_s: float, *, skip_s: float = 0.0) -> list[tuple[float, float]]:
    """Ring by ring, start and end: the beats of a cycle taken together."""
    rings: list[tuple[float, float]] = []
    for beat in sounds.beats(plan, duration_s, skip_s=skip_s):
        if rings and beat.start_s - rings[-1][1] < 0.3:
            rings[-1] = (rings[-1][0], beat.end_s)
        else:
            rings.append((beat.start_s, beat.end_s))
    return rings


@pytest.mark.parametrize("plan", RINGS, **NAMES)
def test_every_ring_is_found_to_the_hundredth_of_a_second(plan: Plan) -> None:
    duration_s = 2 * plan.cycle_s + 0.9 * plan.on_s[0]
    sound = sounds.placed(sounds.cadence(plan, duration_s), 0.7, duration_s + 3)
    (ring,) = signals_of(on_a_line(sound))
    expected = [(start + 0.7, end + 0.7) for start, end in rings_of(plan, duration_s)]
    assert (ring.kind, ring.plan) == ("ringback", plan.name)
    fuzz_s = 0.03 if plan.modulation_hz else 0.012  # a tone that swells 15 times a second has no sharper edge
    assert [(b.start_s, b.end_s) for b in ring.bursts] == [pytest.approx(e, abs=fuzz_s) for e in expected]


@pytest.mark.parametrize("plan", BEATEN, **NAMES)
def test_every_busy_tone_is_found_and_no_ring_with_it(plan: Plan) -> None:
    sound = sounds.placed(sounds.cadence(plan, 3.0), 4.0, 8.0)
    (busy,) = signals_of(on_a_line(sound))
    assert (busy.kind, busy.plan) == (plan.kind, plan.name)
    assert busy.span.start_s == pytest.approx(4.0, abs=0.012)
    assert [b.duration_s for b in busy.bursts] == pytest.approx(
        [b.duration_s for b in sounds.beats(plan, 3.0)], abs=0.015
    )


@pytest.mark.parametrize("cut_s", [0.15, 0.3, 0.6, 0.9])
def test_a_ring_cut_short_by_the_answer_counts(cut_s: float) -> None:
    sound = sounds.placed(sounds.cadence(sounds.plan_of("cn"), 10 + cut_s), 0, 14)
    (ring,) = signals_of(on_a_line(sound))
    assert len(ring.bursts) == 3
    assert ring.span.end_s == pytest.approx(10 + cut_s, abs=0.012)


@pytest.mark.parametrize("gap_s", [0.0, 0.1])
@pytest.mark.parametrize("cut_s", [0.3, 0.7])
def test_a_voice_that_answers_at_once_does_not_blur_the_last_ring(cut_s: float, gap_s: float) -> None:
    ring, gap = sounds.cadence(sounds.plan_of("cn"), 5 + cut_s), sounds.silence(gap_s)
    found = signals_of(on_a_line(np.concatenate([ring, gap, sounds.voice(4)])), voice=(Span(5.8 + gap_s, 10),))
    assert [(s.kind, len(s.bursts)) for s in found] == [("ringback", 2)]
    assert found[0].span.end_s == pytest.approx(5 + cut_s, abs=0.03)


def test_the_lone_ring_of_a_common_plan_is_not_taken_for_a_rare_one() -> None:
    (ring,) = signals_of(on_a_line(sounds.placed(sounds.cadence(sounds.plan_of("eu"), 0.4), 0, 4)))
    assert ring.plan == "eu"


@pytest.mark.parametrize("skip_s", [0.5, 0.8, 2.0])
def test_a_recorder_that_starts_inside_a_cycle_hears_the_rest_of_it(skip_s: float) -> None:
    plan = sounds.plan_of("cn")
    (ring,) = signals_of(on_a_line(sounds.placed(sounds.cadence(plan, 12, skip_s=skip_s), 0, 14)))
    expected = rings_of(plan, 12, skip_s=skip_s)
    assert [(b.start_s, b.end_s) for b in ring.bursts] == [pytest.approx(e, abs=0.012) for e in expected]


@pytest.mark.parametrize("skip_s", [0.1, 0.45, 0.7])
def test_the_second_beat_of_a_british_ring_alone_is_a_ring(skip_s: float) -> None:
    plan = sounds.plan_of("uk")
    (ring,) = signals_of(on_a_line(sounds.placed(sounds.cadence(plan, 5.5, skip_s=skip_s), 0, 8)))
    assert len(ring.bursts) == len(rings_of(plan, 5.5, skip_s=skip_s))


@pytest.mark.parametrize("name", ["cn", "us", "uk", "eu"])
@pytest.mark.parametrize("law", ["ulaw", "alaw"])
@pytest.mark.parametrize("level_dbov", [-45.0, -30.0, -9.0])
def test_level_and_law_change_nothing(name: str, law: str, level_dbov: float) -> None:
    sound = sounds.placed(sounds.cadence(sounds.plan_of(name), 13, level_dbov=level_dbov), 0.5, 16)
    found = signals_of(on_a_line(sound, floor_dbov=level_dbov - 12, law=law))
    assert [(s.kind, s.plan, len(s.bursts)) for s in found] == [
        ("ringback", name, len(rings_of(sounds.plan_of(name), 13)))
    ]


def test_gain_changes_neither_times_nor_counts() -> None:
    sound = on_a_line(sounds.placed(sounds.cadence(sounds.plan_of("cn"), 11), 0.4, 14))
    spans = [[s.span for s in signals_of((gain * sound).astype(np.float32))] for gain in (1.0, 0.25)]
    assert spans[0] == spans[1]


def test_sixteen_kilohertz_hears_the_same() -> None:
    plan = sounds.plan_of("us")
    wide = sounds.mixed(sounds.cadence(plan, 11, rate_hz=16000), sounds.white_noise(14, rate_hz=16000))
    (ring,) = signals_of(wide, rate_hz=16000)
    assert [(b.start_s, b.end_s) for b in ring.bursts] == [pytest.approx(e, abs=0.012) for e in rings_of(plan, 11)]


@pytest.mark.parametrize("detune", [-0.015, 0.015])
@pytest.mark.parametrize("name", ["cn", "jp", "za"])
def test_lines_may_be_off_by_a_percent_and_a_half(name: str, detune: float) -> None:
    (ring,) = signals_of(on_a_line(sounds.placed(sounds.cadence(sounds.plan_of(name), 11, detune=detune), 0, 13)))
    assert ring.plan == name


@pytest.mark.parametrize("detune", [-0.10, 0.10])
def test_other_lines_are_no_ringing(detune: float) -> None:
    found = signals_of(on_a_line(sounds.placed(sounds.cadence(sounds.plan_of("cn"), 11, detune=detune), 0, 13)))
    assert [s for s in found if s.kind == "ringback"] == []


def test_a_jitter_of_level_between_rings_is_forgiven() -> None:
    plan, parts = sounds.plan_of("cn"), []
    for level_dbov in (-20.0, -18.5, -21.5):
        parts.append(sounds.cadence(plan, plan.cycle_s, level_dbov=level_dbov))
    (ring,) = signals_of(on_a_line(np.concatenate(parts)))
    assert len(ring.bursts) == 3


def test_one_whole_ring_is_enough() -> None:
    sound = sounds.mixed(sounds.cadence(sounds.plan_of("cn"), 5), sounds.placed(sounds.voice(5), 5, 10))
    found = signals_of(on_a_line(sound), voice=(Span(5, 10),))
    assert [(s.kind, len(s.bursts)) for s in found] == [("ringback", 1)]


def test_a_beep_after_speech_is_no_ring() -> None:
    sound = sounds.mixed(sounds.placed(sounds.voice(3), 0.5, 12), sounds.placed(sounds.tone((450.0,), 1.0), 4.5, 12))
    assert signals_of(on_a_line(sound), voice=(Span(0.5, 3.5),)) == ()


def test_a_call_waiting_tone_is_no_ring() -> None:
    waiting = Plan("cn", "busy", (450.0,), (0.4, 4.0), "E.180")
    found = signals_of(on_a_line(sounds.placed(sounds.cadence(waiting, 20), 1, 24)))
    assert [s for s in found if s.kind in ("ringback", "busy", "congestion")] == []


def test_a_held_tone_is_neither_ringing_nor_music() -> None:
    found = signals_of(on_a_line(sounds.placed(sounds.tone((450.0,), 8.0), 2, 12)))
    assert [s.kind for s in found] == ["noise"]


@pytest.mark.parametrize("seed", range(4))
def test_a_voice_is_no_tone(seed: int) -> None:
    pitch_hz = (110.0, 150.0, 210.0, 225.0)[seed]
    sound = sounds.voice(30, pitch_hz=pitch_hz, seed=seed)
    assert signals_of(on_a_line(sound), voice=(Span(0, 30),)) == ()


def test_a_busy_tone_tells_its_channel() -> None:
    busy = on_a_line(sounds.placed(sounds.cadence(sounds.plan_of("cn", "busy"), 2.0), 5, 7))
    found = signals_of(on_a_line(sounds.silence(7)), busy)
    assert [(s.kind, s.channel) for s in found] == [("busy", 1)]


def test_ringing_in_the_middle_of_a_call_is_reported() -> None:
    talk = sounds.placed(sounds.voice(5), 0.5, 25)
    sound = sounds.mixed(talk, sounds.placed(sounds.cadence(sounds.plan_of("cn"), 11), 8, 25))
    (ring,) = signals_of(on_a_line(sound), voice=(Span(0.5, 5.5),))
    assert (ring.kind, len(ring.bursts)) == ("ringback", 3)


def test_ringing_that_falls_still_is_followed_by_its_busy_tone() -> None:
    ring = sounds.placed(sounds.cadence(sounds.plan_of("cn"), 11), 0, 14)
    busy = sounds.placed(sounds.cadence(sounds.plan_of("cn", "busy"), 2.8), 14, 17)
    assert [s.kind for s in signals_of(on_a_line(sounds.mixed(ring, busy)))] == ["ringback", "busy"]


def test_keys_are_read() -> None:
    sound = sounds.placed(sounds.dtmf("159#0D*"), 2, 5)
    found = signals_of(on_a_line(sound))
    assert [(s.kind, s.plan) for s in found] == [("dtmf", key) for key in "159#0D*"]
    assert [s.span.start_s for s in found] == pytest.approx([2 + 0.2 * k for k in range(7)], abs=0.02)


def test_silence_and_emptiness_hold_no_signal() -> None:
    assert signals_of(sounds.silence(5)) == ()
    assert signals_of(sounds.silence(0)) == ()
    assert signals_of(sounds.silence(0.01)) == ()


def test_a_voice_of_other_channels_is_refused() -> None:
    audio = Audio(np.zeros((2, 8000), dtype=np.float32), 8000)
    with pytest.raises(ValueError, match="1 channels, the audio 2"):
        find_signals(audio, VoiceProbability(np.zeros((1, 31), dtype=np.float32), 0.032))
