"""Makers of telephone sounds whose every edge is known: tones by plan, keys, noise, music, vowels, G.711.

All return float32 samples, shape=(n,), in [-1, 1]. Levels are in dBov: dB of the mean power relative to a full-scale
square wave, so that a full-scale sine is −3. Whatever is random takes a seed and is the same every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from callaudit.signals.dtmf import COLUMNS_HZ, KEYS, ROWS_HZ
from callaudit.signals.plans import PLANS, Plan, ToneKind
from callaudit.spans import Span

Samples = NDArray[np.float32]
RATE_HZ = 8000


def silence(duration_s: float, *, rate_hz: int = RATE_HZ) -> Samples:
    """Zeros.

    >>> len(silence(0.5))
    4000
    """
    return np.zeros(round(duration_s * rate_hz), dtype=np.float32)


def at_level(samples: NDArray[np.floating], level_dbov: float) -> Samples:
    """The sound brought to a mean power, in dBov, over all of it; silence stays silence.

    >>> round(float(10 * np.log10(np.mean(at_level(white_noise(1.0), -20.0) ** 2))), 3)
    -20.0
    """
    power = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
    gain = 10 ** (level_dbov / 20) / np.sqrt(power) if power > 0 else 1.0
    return (samples * gain).astype(np.float32)


def mixed(*sounds: Samples) -> Samples:
    """The sum of sounds that all begin at 0, as long as the longest, clipped to [-1, 1]."""
    total = np.zeros(max(map(len, sounds)), dtype=np.float32)
    for sound in sounds:
        total[: len(sound)] += sound
    return np.clip(total, -1.0, 1.0)


def placed(sound: Samples, start_s: float, duration_s: float, *, rate_hz: int = RATE_HZ) -> Samples:
    """The sound laid into `duration_s` of silence, cut off at its end."""
    whole = silence(duration_s, rate_hz=rate_hz)
    start = round(start_s * rate_hz)
    piece = sound[: len(whole) - start]
    whole[start : start + len(piece)] = piece
    return whole


def tone(
    lines_hz: Sequence[float],
    duration_s: float,
    *,
    level_dbov: float = -16.0,
    modulation_hz: float = 0.0,
    rate_hz: int = RATE_HZ,
) -> Samples:
    """Steady lines of equal level together; where `modulation_hz` is above 0, modulated in amplitude to 90 %."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    wave = np.sum([np.sin(2 * np.pi * hz * time_s) for hz in lines_hz], axis=0)
    if modulation_hz:
        wave = wave * (1 + 0.9 * np.sin(2 * np.pi * modulation_hz * time_s))
    return at_level(wave, level_dbov)


def plan_of(name: str, kind: ToneKind = "ringback") -> Plan:
    """The first plan of that name and kind; ValueError where there is none."""
    for plan in PLANS:
        if plan.name == name and plan.kind == kind:
            return plan
    raise ValueError(f"no plan {name!r} of kind {kind!r}")


def beats(plan: Plan, duration_s: float, *, skip_s: float = 0.0) -> tuple[Span, ...]:
    """When the tone is on within [0, duration_s), if the recording begins `skip_s` into a cycle.

    >>> beats(plan_of("cn"), 7.0, skip_s=0.5)
    (Span(start_s=0.0, end_s=0.5), Span(start_s=4.5, end_s=5.5))
    """
    found: list[Span] = []
    at_s = -skip_s
    while at_s < duration_s:
        for on_s, off_s in zip(plan.on_s, plan.off_s, strict=True):
            start_s, end_s = max(0.0, at_s), min(duration_s, at_s + on_s)
            if end_s - start_s > 1e-9:
                found.append(Span(round(start_s, 6), round(end_s, 6)))
            at_s += on_s + off_s
    return tuple(found)


def cadence(
    plan: Plan,
    duration_s: float,
    *,
    skip_s: float = 0.0,
    level_dbov: float = -16.0,
    detune: float = 0.0,
    rate_hz: int = RATE_HZ,
) -> Samples:
    """The tone of a plan in its rhythm for `duration_s`; its last beat is cut off there.

    `detune` shifts its lines by that share (0.01 is 1 %); `level_dbov` is the level while it sounds.
    """
    whole = silence(duration_s, rate_hz=rate_hz)
    lines = [hz * (1 + detune) for hz in plan.lines_hz]
    steady = tone(lines, duration_s, level_dbov=level_dbov, modulation_hz=plan.modulation_hz, rate_hz=rate_hz)
    for span in beats(plan, duration_s, skip_s=skip_s):
        here = slice(round(span.start_s * rate_hz), round(span.end_s * rate_hz))
        whole[here] = steady[here]
    return whole


def dtmf(
    keys: str, *, on_s: float = 0.1, off_s: float = 0.1, level_dbov: float = -16.0, rate_hz: int = RATE_HZ
) -> Samples:
    """Keys pressed one after the other, each followed by its pause."""
    parts: list[Samples] = []
    for key in keys:
        row = next(i for i, names in enumerate(KEYS) if key in names)
        lines = (ROWS_HZ[row], COLUMNS_HZ[KEYS[row].index(key)])
        parts += [tone(lines, on_s, level_dbov=level_dbov, rate_hz=rate_hz), silence(off_s, rate_hz=rate_hz)]
    return np.concatenate(parts) if parts else silence(0.0)


def white_noise(duration_s: float, *, level_dbov: float = -60.0, seed: int = 0, rate_hz: int = RATE_HZ) -> Samples:
    """Gaussian noise, the same power at every frequency."""
    noise = np.random.default_rng(seed).normal(size=round(duration_s * rate_hz))
    return at_level(noise, level_dbov)


def pink_noise(duration_s: float, *, level_dbov: float = -60.0, seed: int = 0, rate_hz: int = RATE_HZ) -> Samples:
    """Gaussian noise whose power falls by 3 dB an octave above 20 Hz."""
    n = round(duration_s * rate_hz)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=n))
    hz = np.maximum(np.fft.rfftfreq(n, 1 / rate_hz), 20.0)
    return at_level(np.fft.irfft(spectrum / np.sqrt(hz), n), level_dbov)


def chords(
    duration_s: float, *, level_dbov: float = -22.0, beat_s: float = 0.5, seed: int = 0, rate_hz: int = RATE_HZ
) -> Samples:
    """Simple music: a melody over triads, struck notes of five harmonics that die away, a chord every four beats."""
    rng = np.random.default_rng(seed)
    whole = np.zeros(round(duration_s * rate_hz), dtype=np.float64)
    scale = (0, 2, 4, 5, 7, 9, 11, 12)
    for beat in range(int(np.ceil(duration_s / beat_s))):
        notes = [(60 + int(rng.choice(scale)), beat_s, 1.0)]
        if beat % 4 == 0:
            root = 48 + int(rng.choice((0, 5, 7, 9)))
            notes += [(root + step, 4 * beat_s, 0.6) for step in (0, 4, 7, 12)]
        for pitch, length_s, amplitude in notes:
            _struck(
                whole, round(beat * beat_s * rate_hz), 440.0 * 2 ** ((pitch - 69) / 12), length_s, amplitude, rate_hz
            )
    return at_level(whole, level_dbov)


def _struck(whole: NDArray[np.float64], start: int, hz: float, length_s: float, amplitude: float, rate_hz: int) -> None:
    time_s = np.arange(min(round(length_s * rate_hz), len(whole) - start)) / rate_hz
    decay = np.exp(-1.5 * time_s / length_s) * np.minimum(1.0, time_s / 0.005)
    for k in range(1, 6):
        if k * hz < rate_hz / 2:
            whole[start : start + len(time_s)] += amplitude / k * decay * np.sin(2 * np.pi * k * hz * time_s)


_VOWELS_HZ = ((800, 1200, 2500), (350, 2000, 2800), (400, 800, 2400), (500, 1800, 2500), (320, 700, 2300))


def voice(
    duration_s: float, *, level_dbov: float = -22.0, pitch_hz: float = 180.0, seed: int = 0, rate_hz: int = RATE_HZ
) -> Samples:
    """Voice-like sound: pulses whose pitch glides as the tones of Mandarin do, through vowels, in short syllables.

    About four syllables a second, every eighth followed by a pause. It fools no one's ear, but its spectrum moves as
    a voice's does.
    """
    rng = np.random.default_rng(seed)
    parts: list[NDArray[np.float64]] = []
    n_wanted, n_made, k = round(duration_s * rate_hz), 0, 0
    while n_made < n_wanted:
        syllable = _syllable(rng, pitch_hz, rate_hz)
        pause = np.zeros(round((0.3 if k % 8 == 7 else float(rng.uniform(0.03, 0.08))) * rate_hz))
        parts += [syllable, pause]
        n_made += len(syllable) + len(pause)
        k += 1
    return at_level(np.concatenate(parts)[:n_wanted], level_dbov)


def _syllable(rng: np.random.Generator, pitch_hz: float, rate_hz: int) -> NDArray[np.float64]:
    n = round(float(rng.uniform(0.12, 0.25)) * rate_hz)
    low, high = (pitch_hz * 2 ** float(octaves) for octaves in rng.uniform(-0.4, 0.4, size=2))
    glide = np.linspace(low, high, n)
    phase = np.cumsum(glide) / rate_hz
    pulses = np.diff(np.floor(phase), prepend=0.0) + 0.002 * rng.normal(size=n)
    wave = pulses
    for hz in _VOWELS_HZ[int(rng.integers(len(_VOWELS_HZ)))]:
        radius = np.exp(-np.pi * 90.0 / rate_hz)
        wave = scipy.signal.lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * hz / rate_hz), radius**2], wave)
    shape: NDArray[np.float64] = wave * np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 0.5
    return shape


def g711(samples: Samples, law: Literal["ulaw", "alaw"] = "ulaw") -> Samples:
    """What is left after ITU-T G.711 companding to 8 bits and back, by its continuous laws (µ = 255, A = 87.6).

    >>> bool(np.abs(g711(np.array([0.5], dtype=np.float32)) - 0.5).max() < 0.02)
    True
    """
    x = np.clip(samples.astype(np.float64), -1.0, 1.0)
    size = np.abs(x)
    if law == "ulaw":
        code = np.round(np.log1p(255 * size) / np.log(256) * 127) / 127
        out = np.expm1(code * np.log(256)) / 255
    else:
        top = 1 + np.log(87.6)
        code = np.where(size < 1 / 87.6, 87.6 * size, 1 + np.log(np.maximum(87.6 * size, 1.0))) / top
        code = (np.floor(code * 128).clip(0, 127) + 0.5) / 128
        out = np.where(code * top < 1, code * top / 87.6, np.exp(code * top - 1) / 87.6)
    decoded: Samples = (np.sign(x) * out).astype(np.float32)
    return decoded


def telephone_band(samples: Samples, *, rate_hz: int = RATE_HZ) -> Samples:
    """The sound through 300 to 3400 Hz, as a telephone line lets it."""
    sections = scipy.signal.butter(4, (300.0, 3400.0), btype="bandpass", fs=rate_hz, output="sos")
    filtered: Samples = scipy.signal.sosfilt(sections, samples).astype(np.float32)
    return filtered
