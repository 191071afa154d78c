"""Every measure on a call whose numbers are known by hand."""

from __future__ import annotations

import importlib
import json
import pkgutil
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import callaudit.measures
from callaudit.measures import Heard, Missing, measure_call, measures, table
from callaudit.measures.base import measure
from callaudit.records import Audio, Hangup, Measurement, Recording, Signal, Speaker, Timeline, TimelineSpan, Turn, Word
from callaudit.spans import Span, intersect
from callaudit.testing.degrade import degrade
from tests.speed import units

RATE_HZ = 8000
NOISE_DBOV = -60.0


def voice(f0_hz: float, length_s: float, level_dbov: float) -> NDArray[np.float32]:
    """A steady buzz of known pitch and power."""
    t = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    buzz = sum(np.cos(2 * np.pi * k * f0_hz * t + k * k) for k in range(1, int(3400 / f0_hz)))
    return (buzz / np.sqrt(np.mean(buzz**2)) * 10 ** (level_dbov / 20)).astype(np.float32)


def said(speaker: Speaker, start_s: float, end_s: float, text: str) -> Turn:
    step_s = (end_s - start_s) / max(1, len(text))
    words = tuple(Word(c, Span(start_s + k * step_s, start_s + (k + 1) * step_s), 1.0) for k, c in enumerate(text))
    return Turn(speaker, Span(start_s, end_s), words, text, 1.0)


AGENT_SPEECH = (Span(2, 4), Span(5, 7), Span(20, 24))
CUSTOMER_SPEECH = (Span(8, 12), Span(23, 27))
TURNS = (
    said("agent", 2, 7, "您好，欢迎致电星河银行，工号8016。"),  # 16 characters in 4 s of voice, one pause of 1 s
    said("customer", 8, 12, "我想查一下上个月的账单"),  # 11 in 4 s
    said("agent", 20, 24, "账单金额是一百二十三元"),  # 11 in 4 s
    said("customer", 23, 27, "等一下我还没有说完呢"),  # 10 in 4 s, begins 1 s before the agent ends
)


def a_call(*, gain_db: float = 0.0, channels: int = 2) -> Heard:
    """30 s: the agent at 110 Hz and −20 dBov, the customer at 220 Hz and −30 dBov, a hold from 13 to 19 s."""
    rng = np.random.default_rng(0)
    samples = (rng.standard_normal((2, 30 * RATE_HZ)) * 10 ** (NOISE_DBOV / 20)).astype(np.float32)
    for channel, (speech, f0_hz, level) in enumerate(((AGENT_SPEECH, 110.0, -20.0), (CUSTOMER_SPEECH, 220.0, -30.0))):
        for span in speech:
            part = slice(round(span.start_s * RATE_HZ), round(span.end_s * RATE_HZ))
            samples[channel, part] += voice(f0_hz, span.duration_s, level)
    samples[1, 13 * RATE_HZ : 19 * RATE_HZ] += voice(300.0, 6.0, -25.0)  # music on the customer's leg
    samples = (samples * 10 ** (gain_db / 20)).astype(np.float32)
    if channels == 1:
        samples = samples.sum(axis=0, keepdims=True)
    spans = [TimelineSpan("speech", span, "agent") for span in AGENT_SPEECH]
    spans += [TimelineSpan("speech", span, "customer") for span in CUSTOMER_SPEECH]
    spans += [TimelineSpan("overlap", span) for span in intersect(AGENT_SPEECH, CUSTOMER_SPEECH)]
    spans += [TimelineSpan("hold", Span(13, 19)), TimelineSpan("silence", Span(27, 29))]
    timeline = Timeline(None, tuple(spans), Hangup("unknown", 29.0, None), 1.0, 29.0)
    recording = Recording("0" * 64, "call.wav", 30.0, RATE_HZ, channels, "stereo" if channels == 2 else "mono", "flac")
    where: dict[Speaker, int] = {"agent": 0, "customer": channels - 1}
    music = Signal("music", Span(13, 19), channels - 1, 0.9)
    return Heard(recording, Audio(samples, RATE_HZ), timeline, TURNS, where, (music,))


def by_name(heard: Heard) -> dict[str, Measurement]:
    return {each.name: each for each in measure_call(heard)[1]}


@pytest.mark.parametrize(
    ("name", "value", "tolerance"),
    [
        ("agent_talk_s", 8, 1e-6),
        ("customer_talk_s", 8, 1e-6),
        ("agent_talk_share", 0.5, 1e-6),
        ("agent_longest_turn_s", 5, 1e-6),
        ("conversation_s", 28, 1e-6),
        ("silence_s", 2, 1e-6),
        ("silence_share", 2 / 28, 1e-6),
        ("longest_silence_s", 2, 1e-6),
        ("hold_count", 1, 0),
        ("hold_s", 6, 1e-6),
        ("hold_share", 6 / 28, 1e-6),
        ("longest_hold_s", 6, 1e-6),
        ("overlap_s", 1, 1e-6),
        ("overlap_share", 1 / 15, 1e-6),
        ("agent_speech_rate_cpm", 60 * (16 + 11) / 8, 1e-6),
        ("customer_speech_rate_cpm", 60 * (11 + 10) / 8, 1e-6),
        ("agent_articulation_rate_cpm", 60 * (16 + 11) / 8, 3),  # a buzz has no pause that is not a pause of the turn
        ("agent_pauses_per_min", 60 * 1 / 9, 1e-6),
        ("customer_pauses_per_min", 0, 0),
        ("customer_reply_median_s", 0.5, 1e-6),  # 1.0 s after the greeting, 0 s when it cuts in
        ("customer_reply_longest_s", 1.0, 1e-6),
        ("customer_interruptions", 1, 0),
        ("agent_interruptions", 0, 0),
        ("agent_active_level_dbov", -20, 0.3),
        ("customer_active_level_dbov", -30, 0.3),
        ("agent_noise_floor_dbov", NOISE_DBOV, 0.2),
        ("customer_noise_floor_dbov", NOISE_DBOV, 0.2),  # not the music of the hold
        ("agent_snr_db", 40, 0.4),
        ("customer_snr_db", 30, 0.4),
        ("agent_clipped_ratio", 0, 0),
        ("agent_pitch_median_hz", 110, 1),
        ("customer_pitch_median_hz", 220, 2),
        ("agent_pitch_spread_st", 0, 0.3),
    ],
)
def test_numbers_of_a_call_known_by_hand(name, value, tolerance):
    assert by_name(a_call())[name].value == pytest.approx(value, abs=tolerance)


def test_turns_get_their_measures_and_keep_the_rest():
    turns = measure_call(a_call())[0]

    assert [round(turn.rate_cpm) for turn in turns] == [240, 165, 165, 150]
    assert [turn.level_dbov for turn in turns] == pytest.approx([-20.2, -30, -20, -30], abs=0.5)
    assert [turn.f0_median_hz for turn in turns] == pytest.approx([110, 220, 110, 220], rel=0.01)
    assert all(0 <= turn.f0_spread_st < 0.3 for turn in turns)
    assert [replace(turn, level_dbov=None, rate_cpm=None, f0_median_hz=None, f0_spread_st=None) for turn in turns] == [
        *TURNS
    ]


def test_six_more_decibels_are_six_more_decibels():
    soft, loud = by_name(a_call(gain_db=0.0)), by_name(a_call(gain_db=6.0206))

    for name in soft:
        if soft[name].value is None:
            assert loud[name] == soft[name]
            continue
        change = 6.0206 if soft[name].unit == "dBov" else 0.0
        assert loud[name].value == pytest.approx(soft[name].value + change, abs=0.05), name


def test_tracks_hold_the_levels_rates_and_pitches():
    tracks = {(track.name, track.speaker): track for track in measure_call(a_call())[2]}

    assert set(tracks) == {(name, who) for name in ("level", "noise", "rate", "pitch") for who in ("agent", "customer")}
    level = tracks["level", "agent"]
    assert level.values[5] == pytest.approx(-20, abs=0.3)  # 2.5 to 3.0 s
    assert level.values[20] is None  # 10.0 to 10.5 s, the customer speaks
    assert tracks["pitch", "customer"].values[100] == pytest.approx(220, abs=2)
    assert tracks["pitch", "customer"].values[150] is None, "music on hold is no voice"
    assert tracks["rate", "customer"].values[9] == pytest.approx(165, abs=30)
    assert tracks["rate", "customer"].values[16] is None
    noise = tracks["noise", "agent"]
    assert noise.values[18] == pytest.approx(NOISE_DBOV, abs=1), "9.0 to 9.5 s, the customer speaks elsewhere"
    assert noise.values[5] is None, "2.5 to 3.0 s, the agent speaks"
    assert tracks["noise", "customer"].values[30] is None, "music on hold is no noise"
    assert all(len(track.values) * track.step_s == pytest.approx(30, abs=track.step_s) for track in tracks.values())


def test_a_mono_mix_knows_no_overlap_and_says_why():
    found = by_name(a_call(channels=1))

    for name in ("overlap_s", "overlap_share", "agent_interruptions", "customer_interruptions"):
        assert found[name].value is None
        assert "单声道" in found[name].why
    assert found["agent_talk_share"].value == pytest.approx(0.5)


def test_without_words_there_is_no_rate_and_it_is_said_why():
    heard = replace(a_call(), turns=tuple(replace(turn, words=(), text="") for turn in TURNS))
    turns, _, tracks = measure_call(heard)
    found = by_name(heard)

    assert [turn.rate_cpm for turn in turns] == [None] * 4
    assert found["agent_speech_rate_cpm"] == Measurement("agent_speech_rate_cpm", None, "cpm", "没有识别出文字")
    assert found["agent_active_level_dbov"].value is not None
    assert {track.name for track in tracks} == {"level", "noise", "pitch"}


def test_a_party_that_is_not_heard_has_no_numbers_and_it_is_said_why():
    heard = replace(a_call(), channels={"agent": 0}, turns=TURNS[::2])
    found = by_name(heard)

    assert {m.why for name, m in found.items() if name.startswith("customer_")} == {"没有分辨出客户的声音"}
    assert all(m.value is None for name, m in found.items() if name.startswith("customer_"))
    assert found["agent_reply_median_s"].why == "客服没有接过对方的话"


def test_a_silent_recording_of_no_one_has_no_numbers_but_no_fault():
    nothing = Timeline(None, (), Hangup("unknown", 5.0, None), 0.0, 5.0)
    quiet = Audio(np.zeros((2, 5 * RATE_HZ), np.float32), RATE_HZ)
    turns, found, tracks = measure_call(Heard(a_call().recording, quiet, nothing, (), {}, ()))

    assert (turns, tracks) == ((), ())
    assert all(m.value is not None or m.why for m in found)
    json.dumps([m.value for m in found], allow_nan=False)


def test_speech_of_digital_silence_has_no_level():
    heard = replace(a_call(), audio=Audio(np.zeros((2, 30 * RATE_HZ), np.float32), RATE_HZ))
    turns, found, _ = measure_call(heard)

    assert [turn.level_dbov for turn in turns] == [None] * 4
    assert {m.name: m.value for m in found}["agent_noise_floor_dbov"] == pytest.approx(-90.3, abs=0.1)
    assert {m.name: m.why for m in found}["agent_snr_db"] == "话音不高于噪声"


@pytest.mark.parametrize("top", [1.0, 32124 / 32768, 32256 / 32768], ids=["linear", "µ-law", "A-law"])
def test_samples_cut_off_at_full_scale_are_counted(top):
    heard = a_call()
    samples = heard.audio.samples.copy()
    samples[0, 3 * RATE_HZ : 3 * RATE_HZ + 80] = top
    samples[0, 6 * RATE_HZ] = top  # a peak that just fits is no clipping
    samples[0, 6 * RATE_HZ + 1] = 0.0

    found = by_name(replace(heard, audio=Audio(samples, RATE_HZ)))

    assert found["agent_clipped_ratio"].value == pytest.approx(80 / (8 * RATE_HZ))
    assert found["customer_clipped_ratio"].value == 0


def test_more_characters_than_a_mouth_can_say_are_not_a_rate():
    heard = replace(a_call(), turns=(said("agent", 2, 4, "说" * 31), *TURNS[1:]))
    assert measure_call(heard)[0][0].rate_cpm is None  # 930 a minute
    assert by_name(replace(heard, turns=heard.turns[:1]))["agent_speech_rate_cpm"].why.startswith(
        "字数与话音时长不相称"
    )


# ── the register ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_number_is_in_the_table_with_unit_and_meaning():
    rows = {name: (unit, says) for name, unit, says in table()}

    assert len(rows) >= 40
    for found in measure_call(a_call())[1]:
        assert rows[found.name][0] == found.unit
    assert all(says.endswith(".") for _, says in rows.values())


def test_every_module_of_the_package_is_loaded():
    names = [module.name for module in pkgutil.iter_modules(callaudit.measures.__path__)]
    assert names
    registering = {each.function.__module__.rpartition(".")[2] for each in measures()}
    assert registering == {"level", "clipping", "noise", "rate", "pitch", "latency", "talk", "interruptions"}
    assert all(importlib.import_module(f"callaudit.measures.{name}") for name in names)


def test_a_taken_name_an_unknown_field_and_a_silent_measure_are_refused():
    with pytest.raises(ValueError, match="two measures are named 'talk_s'"):
        measure("talk_s", unit="s", per="call")(lambda heard: 0.0)
    with pytest.raises(ValueError, match="no measured field of Turn"):
        measure("loudness", unit="dB", per="turn")(lambda heard, turn: 0.0)
    with pytest.raises(ValueError, match="no docstring"):
        measure("nothing_said", unit="s", per="call")(lambda heard: Missing("无"))


def test_measuring_is_the_same_every_time():
    assert measure_call(a_call()) == measure_call(a_call())


def test_measuring_takes_little_of_the_time_of_a_call():
    """Two seconds of processor time for a 30 s call is a wide limit; a fifth is taken."""
    heard = a_call()
    measure_call(a_call())
    assert units(lambda: measure_call(heard)) < 20


def test_gain_control_lifts_the_noise_of_pauses_and_background_does_not():
    rng = np.random.default_rng(1)
    speech = [Span(k * 8.0 + 1, k * 8.0 + 4) for k in range(4)]  # pauses of 5 s
    plain = (rng.standard_normal(30 * RATE_HZ) * 10 ** (NOISE_DBOV / 20)).astype(np.float32)
    for span in speech:
        plain[round(span.start_s * RATE_HZ) : round(span.end_s * RATE_HZ)] += voice(200.0, span.duration_s, -30.0)

    def lift(samples):
        made = degrade(Audio(samples[None, :], RATE_HZ), "agc").samples[:] if controlled else samples[None, :]
        spans = tuple(TimelineSpan("speech", span, "agent") for span in speech)
        timeline = Timeline(None, spans, Hangup("unknown", 30.0, None), 0.0, 30.0)
        recording = Recording("0" * 64, "call.wav", 30.0, RATE_HZ, 1, "mono", "flac")
        heard = Heard(recording, Audio(made, RATE_HZ), timeline, (), {"agent": 0})
        return by_name(heard)["agent_noise_lift_db"].value

    controlled = False
    assert lift(plain) == pytest.approx(0, abs=1)
    controlled = True
    assert lift(plain) > 6
