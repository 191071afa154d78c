"""Music and bursts of noise are found with their edges, speech beside and over them is left to whoever looks for it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from callaudit.records import Audio, Signal, VoiceProbability
from callaudit.signals import find_signals, spectrum
from callaudit.signals.spectrum import Frames, frames_of
from callaudit.spans import Span
from callaudit.testing import nonspeech, sounds


def signals_of(sound: np.ndarray, *voice: Span, floor_dbov: float = -60.0) -> tuple[Signal, ...]:
    """Signals of one channel with line noise through G.711, with a voice heard in the given spans."""
    noise = sounds.white_noise(len(sound) / 8000, level_dbov=floor_dbov, seed=3)
    samples = sounds.g711(sounds.mixed(sound, noise))
    probs = np.zeros((1, len(samples) // 256 + 1), dtype=np.float32)
    for span in voice:
        probs[:, round(span.start_s / 0.032) : round(span.end_s / 0.032)] = 0.95
    return find_signals(Audio(samples[None], 8000), VoiceProbability(probs, 0.032))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("level_dbov", [-30.0, -22.0, -12.0])
def test_music_is_found_with_its_edges(seed: int, level_dbov: float) -> None:
    music = sounds.telephone_band(sounds.chords(12, level_dbov=level_dbov, seed=seed))
    (found,) = signals_of(sounds.placed(music, 4, 20))
    assert found.kind == "music"
    assert (found.span.start_s, found.span.end_s) == (pytest.approx(4, abs=0.1), pytest.approx(16, abs=0.3))


def test_a_rest_does_not_part_music() -> None:
    first, second = sounds.chords(8, seed=1), sounds.chords(8, seed=2)
    (found,) = signals_of(sounds.placed(np.concatenate([first, sounds.silence(1.5), second]), 2, 22))
    assert found.span.duration_s == pytest.approx(17.5, abs=0.4)


def test_a_long_silence_parts_music() -> None:
    first, second = sounds.chords(8, seed=1), sounds.chords(8, seed=2)
    found = signals_of(sounds.placed(np.concatenate([first, sounds.silence(6), second]), 2, 26))
    assert [s.kind for s in found] == ["music", "music"]


def test_music_goes_on_under_a_voice() -> None:
    music = sounds.placed(sounds.chords(20, level_dbov=-20), 2, 24)
    talk = sounds.placed(sounds.voice(3, level_dbov=-24), 9, 24)
    (found,) = signals_of(sounds.mixed(music, talk), Span(9, 12))
    assert (found.span.start_s, found.span.end_s) == (pytest.approx(2, abs=0.1), pytest.approx(22, abs=0.3))


def test_speech_beside_music_is_not_swallowed_though_nobody_heard_it() -> None:
    sound = np.concatenate(
        [sounds.voice(5), sounds.silence(0.5), sounds.chords(10), sounds.silence(0.5), sounds.voice(5, seed=1)]
    )
    (found,) = signals_of(sound)
    assert (found.span.start_s, found.span.end_s) == (pytest.approx(5.5, abs=0.3), pytest.approx(15.5, abs=0.3))


@pytest.mark.parametrize("pitch_hz", [110.0, 160.0, 220.0])
def test_a_voice_that_the_detector_slept_through_is_no_music(pitch_hz: float) -> None:
    assert signals_of(sounds.placed(sounds.voice(6, pitch_hz=pitch_hz), 2, 10)) == ()


def test_a_melody_without_dynamics_is_music_and_no_held_tone() -> None:
    notes = [sounds.tone((hz, 2 * hz), 0.3) for hz in (523.0, 587.0, 659.0, 784.0, 880.0, 784.0, 659.0, 587.0) * 4]
    (found,) = signals_of(sounds.placed(np.concatenate(notes), 3, 15))
    assert found.kind == "music"
    assert found.span.duration_s == pytest.approx(9.6, abs=0.3)


@pytest.mark.parametrize("make", [sounds.white_noise, sounds.pink_noise])
@pytest.mark.parametrize("duration_s", [1.2, 4.0])
def test_a_burst_of_noise_is_found_with_its_edges(make: type, duration_s: float) -> None:
    (found,) = signals_of(sounds.placed(make(duration_s, level_dbov=-28), 5, 12))
    assert found.kind == "noise"
    assert found.span.start_s == pytest.approx(5, abs=0.1)
    assert found.span.end_s == pytest.approx(5 + duration_s, abs=0.1)


def test_noise_goes_on_under_a_voice() -> None:
    noise = sounds.placed(sounds.white_noise(10, level_dbov=-24), 3, 18)
    talk = sounds.placed(sounds.voice(3, level_dbov=-20), 6, 18)
    (found,) = signals_of(sounds.mixed(noise, talk), Span(6, 9))
    assert (found.span.start_s, found.span.end_s) == (pytest.approx(3, abs=0.2), pytest.approx(13, abs=0.2))


@pytest.mark.parametrize("floor_dbov", [-65.0, -45.0, -30.0])
def test_a_hiss_that_never_ends_is_the_line(floor_dbov: float) -> None:
    assert signals_of(sounds.silence(20), floor_dbov=floor_dbov) == ()


@pytest.mark.parametrize("db_per_s", [3.0, 6.0, 12.0, 18.0])
@pytest.mark.parametrize("after_voice", [False, True])
def test_a_hiss_that_gain_control_lifts_in_a_pause_is_the_line(db_per_s: float, after_voice: bool) -> None:
    time_s = np.arange(20 * 8000) / 8000
    gain_db = np.clip((time_s - 6) * db_per_s, 0, 24) * (time_s < 16)
    lifted = sounds.white_noise(20, level_dbov=-56, seed=4) * (10 ** (gain_db / 20)).astype(np.float32)
    voices = [sounds.placed(sounds.voice(3), start_s, 20) for start_s in ((3, 16) if after_voice else (16,))]
    heard = (Span(3, 6), Span(16, 19)) if after_voice else (Span(16, 19),)
    assert signals_of(sounds.mixed(lifted, *voices), *heard, floor_dbov=-90) == ()


def test_words_in_a_hiss_that_was_lifted_before_make_no_burst_of_it() -> None:
    time_s = np.arange(20 * 8000) / 8000
    lifted = sounds.white_noise(20, level_dbov=-62, seed=4) * (10 ** (np.clip((time_s - 3) * 6, 0, 24) / 20))
    words = [sounds.placed(sounds.voice(1.5), start_s, 20) for start_s in (9, 13)]
    sound = sounds.mixed(lifted.astype(np.float32), *words)
    assert signals_of(sound, Span(9, 10.5), Span(13, 14.5), floor_dbov=-90) == ()


def test_a_burst_that_set_in_under_a_voice_is_found_after_it() -> None:
    noise = sounds.placed(sounds.white_noise(7, level_dbov=-26), 6, 18)
    words = np.concatenate([sounds.voice(0.7, level_dbov=-20), sounds.silence(0.4), sounds.voice(2.9, level_dbov=-20)])
    talk = sounds.placed(words, 5, 18)
    (found,) = signals_of(sounds.mixed(noise, talk), Span(5, 9))
    assert found.kind == "noise"
    assert (found.span.start_s, found.span.end_s) == (pytest.approx(9, abs=0.1), pytest.approx(13, abs=0.1))


def test_blocks_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = sounds.mixed(sounds.chords(40), sounds.white_noise(40))
    whole = frames_of(sound, 8000)
    monkeypatch.setattr(spectrum, "BLOCK", 512)
    in_blocks = frames_of(sound, 8000)
    for field in dataclasses.fields(Frames):
        assert np.allclose(getattr(in_blocks, field.name), getattr(whole, field.name), atol=1e-3), field.name


@pytest.mark.parametrize("snr_db", [15.0, 10.0, 5.0])
@pytest.mark.parametrize("seed", range(3))
def test_music_is_found_under_noise(snr_db: float, seed: int) -> None:
    music = sounds.placed(sounds.chords(12, level_dbov=-22, seed=seed), 6, 30)
    noise = sounds.telephone_band(sounds.pink_noise(30, level_dbov=-22 - snr_db, seed=seed))
    talk = sounds.placed(sounds.voice(6, seed=seed), 22, 30)
    (found,) = signals_of(sounds.mixed(music, noise, talk), Span(22, 28), floor_dbov=-90)
    assert found.kind == "music"
    assert (found.span.start_s, found.span.end_s) == (pytest.approx(6, abs=0.5), pytest.approx(18, abs=0.5))


@pytest.mark.parametrize("snr_db", [20.0, 10.0, 5.0, 0.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_voice_under_noise_is_no_music_though_nobody_heard_it(snr_db: float, seed: int) -> None:
    talk = sounds.placed(sounds.voice(12, pitch_hz=(110.0, 160.0, 220.0)[seed], level_dbov=-22, seed=seed), 4, 24)
    noise = sounds.telephone_band(sounds.pink_noise(24, level_dbov=-22 - snr_db, seed=seed))
    assert [s for s in signals_of(sounds.mixed(talk, noise), floor_dbov=-90) if s.kind == "music"] == []


def test_the_same_sound_gives_the_same_signals() -> None:
    sound = sounds.placed(sounds.chords(10), 2, 15)
    assert signals_of(sound) == signals_of(sound)


@pytest.mark.parametrize("level_dbov", [-6.0, -20.0, -45.0])
def test_level_is_that_of_the_band(level_dbov: float) -> None:
    frames = frames_of(sounds.tone((1000.0,), 2.0, level_dbov=level_dbov), 8000)
    assert np.median(frames.level_db) == pytest.approx(level_dbov, abs=0.05)


def test_a_song_is_music_though_its_singer_makes_the_detector_doubt() -> None:
    sound = sounds.placed(nonspeech.sung(12.0, seed=2), 3, 20)
    samples = sounds.g711(sounds.mixed(sound, sounds.white_noise(20, level_dbov=-60, seed=3)))
    probs = np.zeros((1, 626), dtype=np.float32)
    probs[0, 100:460] = np.tile([0.3, 0.7, 0.6, 0.8, 0.5, 0.4], 60)
    (found,) = find_signals(Audio(samples[None], 8000), VoiceProbability(probs, 0.032))
    assert found.kind == "music"
    assert (found.span.start_s, found.span.end_s) == (pytest.approx(3, abs=0.5), pytest.approx(15, abs=0.5))
