"""Pitch of pulse trains through vowels and the telephone band: known frequency, known glide, no octave lost."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import scipy.signal
from numpy.typing import NDArray

from callaudit.measures.fundamental import track_pitch
from callaudit.spans import Span

VOWEL = ((600, 90), (1300, 120), (2500, 200))


def vowel(
    f0_hz: float | NDArray[np.float64], *, length_s: float = 2.0, rate_hz: int = 8000, telephone: bool = True,
    snr_db: float = 25.0, seed: int = 0,
) -> NDArray[np.float32]:  # fmt: skip
    """Harmonics through three formants, optionally 300 to 3400 Hz only, with white noise."""
    n = round(length_s * rate_hz)
    hz = np.broadcast_to(np.asarray(f0_hz, dtype=float), (n,))
    phase = 2 * np.pi * np.cumsum(hz) / rate_hz
    sound = sum(np.cos(k * phase) / k for k in range(1, int(3800 / hz.max()) + 1))
    for formant_hz, width_hz in VOWEL:
        r = np.exp(-np.pi * width_hz / rate_hz)
        sound = scipy.signal.lfilter([1], [1, -2 * r * np.cos(2 * np.pi * formant_hz / rate_hz), r * r], sound)
    if telephone:
        band = scipy.signal.butter(4, (300, 3400), "bandpass", fs=rate_hz, output="sos")
        sound = scipy.signal.sosfilt(band, sound)
    sound = sound / np.sqrt(np.mean(sound**2))
    sound = sound + np.random.default_rng(seed).standard_normal(n) * 10 ** (-snr_db / 20)
    return (0.05 * sound).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8000, 16000])
@pytest.mark.parametrize(("telephone", "snr_db"), [(False, 40), (True, 25), (True, 15)])
@pytest.mark.parametrize("f0_hz", [75, 90, 110, 150, 200, 260, 320, 400])
def test_a_steady_vowel_has_its_pitch(f0_hz, telephone, snr_db, rate_hz):
    samples = vowel(f0_hz, rate_hz=rate_hz, telephone=telephone, snr_db=snr_db)

    pitch = track_pitch(samples, rate_hz, [Span(0.0, 2.0)])

    assert len(pitch.f0_hz) >= 180, "nearly all of the 200 frames are voiced"
    assert np.median(pitch.f0_hz) == pytest.approx(f0_hz, rel=0.01)
    assert np.mean(np.abs(np.log2(pitch.f0_hz / f0_hz)) > 1 / 6) < 0.02


@pytest.mark.parametrize("low_hz", [80, 110, 180])
def test_a_glide_of_an_octave_is_followed(low_hz):
    glide = low_hz * 2 ** np.linspace(0, 1, 16000)

    pitch = track_pitch(vowel(glide), 8000, [Span(0.0, 2.0)])

    expected = np.interp(pitch.times_s, np.arange(16000) / 8000, glide)
    assert np.percentile(np.abs(pitch.f0_hz / expected - 1), 90) < 0.02


@pytest.mark.slow
def test_agrees_with_yin_where_yin_hears_the_fundamental():
    samples = vowel(130.0, telephone=False, snr_db=40)

    ours = track_pitch(samples, 8000, [Span(0.0, 2.0)])
    yin = librosa.yin(samples, fmin=65, fmax=500, sr=8000, frame_length=1024, hop_length=80)

    assert np.median(ours.f0_hz) == pytest.approx(float(np.median(yin)), rel=0.01)


def test_gain_does_not_matter():
    samples = vowel(150.0)
    loud, soft = (track_pitch((samples * gain).astype(np.float32), 8000, [Span(0.0, 2.0)]) for gain in (2.0, 0.05))
    assert np.allclose(loud.f0_hz, soft.f0_hz, rtol=1e-3)


@pytest.mark.parametrize(
    "samples",
    [
        np.random.default_rng(0).standard_normal(16000).astype(np.float32) * 0.05,
        np.zeros(16000, np.float32),
        (0.2 * np.sin(2 * np.pi * 450 * np.arange(16000) / 8000)).astype(np.float32),
    ],
    ids=["noise", "silence", "ringing tone"],
)
def test_what_is_no_voice_has_no_pitch(samples):
    assert len(track_pitch(samples, 8000, [Span(0.0, 2.0)]).f0_hz) <= 4


def test_only_the_speech_is_looked_at():
    samples = np.concatenate((vowel(100.0), vowel(220.0, seed=1)))

    pitch = track_pitch(samples, 8000, [Span(2.1, 3.9)])

    assert pitch.times_s.min() >= 2.1
    assert pitch.times_s.max() < 3.9
    assert np.median(pitch.f0_hz) == pytest.approx(220, rel=0.01)
    assert len(pitch.within([Span(2.5, 3.0)])) == pytest.approx(50, abs=2)


@pytest.mark.parametrize("span", [Span(0.0, 0.004), Span(0.0, 0.02), Span(1.99, 2.0), Span(1.9, 5.0), Span(7.0, 8.0)])
def test_the_smallest_and_the_outermost_spans_do_no_harm(span):
    track_pitch(vowel(150.0), 8000, [span])
