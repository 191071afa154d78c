import numpy as np
import pytest
from speech_scenes import mono, phrase, scene

from callaudit.audio.resample import resample
from callaudit.records import Audio
from callaudit.speech import voice_probability
from callaudit.testing import sounds


def sure(audio: Audio) -> float:
    """Share of the frames with a voice."""
    return float(np.mean(voice_probability(audio).probs >= 0.5))


@pytest.mark.parametrize("level_dbov", [-15, -22, -35, -45])
@pytest.mark.parametrize("pitch_hz", [110, 220])
def test_a_voice_is_heard_at_every_level(level_dbov: float, pitch_hz: float) -> None:
    row, (span,) = scene(6.0, (2.0, phrase(1.3, level_dbov=level_dbov, pitch_hz=pitch_hz)))
    voice = voice_probability(mono(row))
    inside = slice(round(span.start_s / voice.hop_s) + 2, round(span.end_s / voice.hop_s) - 2)
    assert np.mean(voice.probs[0, inside] >= 0.5) > 0.9
    assert voice.probs[0, : round(1.9 / voice.hop_s)].max() < 0.5


@pytest.mark.parametrize(
    "sound",
    [
        sounds.white_noise(10.0, level_dbov=-60),
        sounds.white_noise(10.0, level_dbov=-30),
        sounds.tone((450.0,), 10.0),
        sounds.cadence(sounds.plan_of("cn"), 10.0),
        sounds.silence(10.0),
        np.full(80_000, 0.5, dtype=np.float32),
    ],
    ids=["line noise", "loud noise", "steady tone", "ringing", "zeros", "constant"],
)
def test_what_is_no_voice_is_not_taken_for_one(sound: np.ndarray) -> None:
    assert sure(mono(sound)) == 0


def test_noise_that_begins_the_recording_is_not_taken_for_a_voice() -> None:
    assert voice_probability(mono(sounds.white_noise(3.0, level_dbov=-60))).probs.max() < 0.2


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_how_much_is_heard_at_once_changes_nothing(at_once: int) -> None:
    row, _ = scene(30.0, *((at_s, phrase(2.0, seed=round(at_s))) for at_s in (1.0, 6.9, 15.0, 23.5)))
    whole = voice_probability(mono(row))
    assert np.array_equal(voice_probability(mono(row), at_once=at_once).probs, whole.probs)


def test_a_voice_is_heard_across_the_seam_of_two_stretches() -> None:
    row, _ = scene(12.0, (7.0, phrase(2.0)))  # stretches are 8 s long
    voice = voice_probability(mono(row))
    seam = slice(round(7.8 / voice.hop_s), round(8.2 / voice.hop_s))
    assert voice.probs[0, seam].min() >= 0.5


def test_channels_are_heard_each_by_itself() -> None:
    row, _ = scene(5.0, (1.0, phrase(2.0)))
    other = sounds.white_noise(5.0, level_dbov=-50)
    both = voice_probability(Audio(np.stack([other, row]), 8000)).probs
    assert np.array_equal(both[1], voice_probability(mono(row)).probs[0])
    assert np.array_equal(both[0], voice_probability(mono(other)).probs[0])


def test_the_same_voice_at_16_khz() -> None:
    row, _ = scene(6.0, (2.0, phrase(2.0)))
    narrow = voice_probability(mono(row)).probs
    wide = voice_probability(Audio(resample(row, 8000, 16000)[None, :], 16000)).probs
    assert wide.shape == narrow.shape
    assert np.mean((wide >= 0.5) != (narrow >= 0.5)) < 0.02


@pytest.mark.parametrize(("n", "frames"), [(0, 0), (1, 1), (80, 1), (256, 1), (257, 2), (64_001, 251)])
def test_every_sample_lies_in_a_frame(n: int, frames: int) -> None:
    voice = voice_probability(mono(np.full(n, 0.01, dtype=np.float32)))
    assert voice.probs.shape == (1, frames)
    assert voice.probs.dtype == np.float32
    assert voice.hop_s == 0.032


def test_at_once_below_1_is_refused() -> None:
    with pytest.raises(ValueError, match="at_once"):
        voice_probability(mono(np.zeros(8, dtype=np.float32)), at_once=0)
