"""Active speech level against a sample-by-sample reading of the standard, hand calculation, and its invariances."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from callaudit.measures.active_level import active_level_dbov

RATE_HZ = 8000


def bursts(
    amplitude: float, *, on_s: float = 1.0, off_s: float = 2.0, n: int = 4, seed: int = 0
) -> NDArray[np.float32]:
    """Noise bursts with silence after each."""
    rng = np.random.default_rng(seed)
    one = np.concatenate((rng.uniform(-1, 1, round(on_s * RATE_HZ)), np.zeros(round(off_s * RATE_HZ))))
    return (amplitude * np.tile(one, n)).astype(np.float32)


def by_the_letter(samples: NDArray[np.float32], rate_hz: int) -> float:
    """ITU-T P.56 method B as G.191's sv56 counts it: sample by sample, threshold by threshold; by halving."""
    g = np.exp(-1 / (rate_hz * 0.03))
    hang_most = int(np.ceil(0.2 * rate_hz))
    thresholds = [2.0**-k for k in range(15, 0, -1)]
    active, hang = [0] * 15, [hang_most] * 15
    p = q = energy = 0.0
    for x in samples.astype(float):
        energy += x * x
        p = g * p + (1 - g) * abs(x)
        q = g * q + (1 - g) * p
        for j, c in enumerate(thresholds):
            if q >= c:
                active[j], hang[j] = active[j] + 1, 0
            elif hang[j] < hang_most:
                active[j], hang[j] = active[j] + 1, hang[j] + 1
            else:
                break
    for j in range(15):
        level = 10 * np.log10(energy / active[j])
        threshold = 20 * np.log10(thresholds[j])
        if level - threshold <= 15.9:
            low = 10 * np.log10(energy / active[j - 1]), 20 * np.log10(thresholds[j - 1])
            high = level, threshold
            for _ in range(40):
                middle = (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
                low, high = (middle, high) if middle[0] - middle[1] > 15.9 else (low, middle)
            return float(high[0])
    raise AssertionError("no threshold decides")


@pytest.mark.parametrize(
    "samples",
    [bursts(0.5), bursts(0.05), bursts(0.3, on_s=0.3, off_s=0.5), bursts(0.2, off_s=0.1), bursts(0.01, n=2)],
    ids=["loud", "soft", "syllables", "dense", "faint"],
)
def test_agrees_with_the_standard_counted_sample_by_sample(samples):
    assert active_level_dbov(samples, RATE_HZ) == pytest.approx(by_the_letter(samples, RATE_HZ), abs=0.01)


def test_silence_between_words_does_not_lower_the_level():
    """One second of noise of −20 dBov in four: long-term −26.0, active −20 less the hangover of 0.2 s and more."""
    amplitude = 10 ** (-20 / 20) * np.sqrt(3)
    samples = bursts(amplitude, on_s=1.0, off_s=3.0)

    level = active_level_dbov(samples, RATE_HZ)

    long_term = 10 * np.log10(np.mean(samples.astype(float) ** 2))
    assert long_term == pytest.approx(-26.02, abs=0.1)
    assert -20 - 10 * np.log10(1.4) < level < -20 - 10 * np.log10(1.2)


def test_a_steady_tone_has_its_own_power():
    t = np.arange(5 * RATE_HZ) / RATE_HZ
    assert active_level_dbov((0.1 * np.sin(2 * np.pi * 500 * t)).astype(np.float32), RATE_HZ) == pytest.approx(
        -23.01, abs=0.1
    )


@pytest.mark.parametrize("gain_db", [-12.0, -6.0206, 6.0206])
def test_gain_moves_the_level_by_itself(gain_db):
    """Exact by factors of two, where the thresholds move along; the interpolation between them costs 0.2 dB at most."""
    samples = bursts(0.2)
    moved = (samples * 10 ** (gain_db / 20)).astype(np.float32)

    change = active_level_dbov(moved, RATE_HZ) - active_level_dbov(samples, RATE_HZ)

    assert change == pytest.approx(gain_db, abs=0.2 if gain_db == -12.0 else 0.001)


def test_sample_rate_does_not_matter():
    low = bursts(0.2)
    assert active_level_dbov(np.repeat(low, 2), 16000) == pytest.approx(active_level_dbov(low, 8000), abs=0.05)


def test_speech_too_short_for_the_envelope_has_the_level_of_its_whole():
    click = np.full(8, 0.0004, np.float32)
    assert active_level_dbov(click, RATE_HZ) == pytest.approx(20 * np.log10(0.0004), abs=0.01)


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(8000, np.float32)], ids=["none", "zeros"])
def test_nothing_has_no_level(samples):
    assert active_level_dbov(samples, RATE_HZ) is None


@pytest.mark.parametrize("block", [777, 8000, 10**7])
def test_the_block_length_changes_nothing(block: int) -> None:
    samples = bursts(0.2, on_s=0.7, off_s=0.4, n=9)
    assert active_level_dbov(samples, RATE_HZ, block=block) == pytest.approx(
        active_level_dbov(samples, RATE_HZ), abs=1e-9
    )
