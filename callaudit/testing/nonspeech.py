"""Everything that lies on a telephone line without a word in it: music, machines, the street, the line itself.

Makers in the manner of `sounds`: float32 samples, shape=(n,), in [-1, 1], levels in dBov, the same for the same seed.
`medley` is the list of them all that phantoms are hunted on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from callaudit.signals.plans import PLANS
from callaudit.testing import sounds
from callaudit.testing.sounds import RATE_HZ, Samples, at_level, mixed, silence, telephone_band, white_noise

_SCALE = (0, 2, 4, 5, 7, 9, 11, 12)
_VOWELS_HZ = ((730, 1090, 2440), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240), (530, 1840, 2480))


def hum(duration_s: float, *, mains_hz: float = 50.0, level_dbov: float = -40.0) -> Samples:
    """Mains hum with its harmonics, the odd ones stronger."""
    time_s = _time_s(duration_s)
    wave = np.sum([np.sin(2 * np.pi * k * mains_hz * time_s) / k ** (1 if k % 2 else 2) for k in range(1, 12)], axis=0)
    return at_level(wave, level_dbov)


def clicks(duration_s: float, *, per_s: float = 3.0, level_dbov: float = -30.0, seed: int = 0) -> Samples:
    """Impulses of a bad contact: each rings for a few milliseconds."""
    rng = np.random.default_rng(seed)
    wave = np.zeros(round(duration_s * RATE_HZ))
    wave[rng.integers(0, len(wave), max(1, round(per_s * duration_s)))] = rng.choice((-1.0, 1.0))
    ringing = np.exp(-np.arange(40) / 8.0) * np.cos(np.arange(40) * rng.uniform(0.5, 2.0))
    return at_level(np.convolve(wave, ringing)[: len(wave)], level_dbov)


def breaths(duration_s: float, *, every_s: float = 3.0, level_dbov: float = -42.0, seed: int = 0) -> Samples:
    """Breathing into a microphone: noise through a mouth's resonances, swelling for 0.5 to 1.2 s."""
    rng = np.random.default_rng(seed)
    whole = np.zeros(round(duration_s * RATE_HZ))
    at = 0.3
    while at + 1.3 < duration_s:
        n = round(float(rng.uniform(0.5, 1.2)) * RATE_HZ)
        breath = _formants(rng.normal(size=n), (600.0, 1700.0, 2900.0), 400.0) * np.sin(np.pi * np.arange(n) / n) ** 2
        start = round(at * RATE_HZ)
        whole[start : start + n] += breath
        at += every_s * float(rng.uniform(0.7, 1.3))
    return at_level(whole, level_dbov)


def street(duration_s: float, *, level_dbov: float = -35.0, seed: int = 0) -> Samples:
    """Traffic: a rumble that never rests, cars that swell and pass, now and then a horn of two notes."""
    rng = np.random.default_rng(seed)
    n = round(duration_s * RATE_HZ)
    whole = sounds.pink_noise(duration_s, level_dbov=-20, seed=seed).astype(np.float64)
    time_s = _time_s(duration_s)
    for at in np.arange(2.0, duration_s, 6.0):
        car = rng.normal(size=n) * np.exp(-0.5 * ((time_s - at) / float(rng.uniform(0.8, 2.0))) ** 2)
        whole += 0.15 * scipy.signal.lfilter([1.0], [1.0, -0.8], car)
    for at in np.arange(5.0, duration_s - 1, 13.0):
        here = (time_s >= at) & (time_s < at + float(rng.uniform(0.2, 0.7)))
        whole += 0.1 * here * (np.sign(np.sin(2 * np.pi * 415 * time_s)) + np.sign(np.sin(2 * np.pi * 523 * time_s)))
    return at_level(whole, level_dbov)


def drums(duration_s: float, *, beats_per_min: float = 112.0, level_dbov: float = -22.0, seed: int = 0) -> Samples:
    """A rhythm of kick, snare and hi-hat, and nothing else."""
    rng = np.random.default_rng(seed)
    whole = np.zeros(round(duration_s * RATE_HZ))
    step_s = 30.0 / beats_per_min
    for k in range(int(duration_s / step_s)):
        hits = [(0.25, 0.03, 3500.0)]
        if k % 8 in (0, 5):
            hits.append((1.0, 0.12, 0.0))
        if k % 8 in (2, 6):
            hits.append((0.7, 0.09, 1500.0))
        for amplitude, decay_s, high_hz in hits:
            _hit(whole, round(k * step_s * RATE_HZ), amplitude, decay_s, high_hz, rng)
    return at_level(whole, level_dbov)


def _hit(
    whole: NDArray[np.float64], start: int, amplitude: float, decay_s: float, high_hz: float, rng: np.random.Generator
) -> None:
    """One stroke: noise above `high_hz` for a snare or a hat, a falling sine for a kick."""
    n = min(round(5 * decay_s * RATE_HZ), len(whole) - start)
    time_s = np.arange(n) / RATE_HZ
    if high_hz:
        stroke = scipy.signal.sosfilt(
            scipy.signal.butter(2, high_hz, "highpass", fs=RATE_HZ, output="sos"), rng.normal(size=n)
        )
    else:
        stroke = np.sin(2 * np.pi * (60 * time_s + 80 * 0.05 * (1 - np.exp(-time_s / 0.05)))) + 0.05 * rng.normal(
            size=n
        )
    whole[start : start + n] += amplitude * np.exp(-time_s / decay_s) * stroke


def sung(
    duration_s: float, *, pitch_hz: float = 220.0, level_dbov: float = -22.0, note_s: float = 0.6, seed: int = 0
) -> Samples:
    """A tune on vowels, with vibrato, glides between the notes, breaths, and a hiss before some notes."""
    rng = np.random.default_rng(seed)
    parts: list[NDArray[np.float64]] = []
    n_made, k, last_hz = 0, 0, pitch_hz
    while n_made < duration_s * RATE_HZ:
        length_s = note_s * float(rng.choice((0.5, 1.0, 1.0, 2.0)))
        hz = pitch_hz * 2 ** (int(rng.choice(_SCALE)) / 12)
        note = _sung_note(length_s, last_hz, hz, rng)
        hiss = rng.normal(size=round(0.06 * RATE_HZ)) * 0.05 if rng.random() < 0.6 else np.zeros(0)
        rest = np.zeros(round((0.5 if k % 8 == 7 else 0.02) * RATE_HZ))
        parts += [hiss, note, rest]
        n_made += len(hiss) + len(note) + len(rest)
        last_hz, k = hz, k + 1
    return at_level(np.concatenate(parts)[: round(duration_s * RATE_HZ)], level_dbov)


def _sung_note(length_s: float, from_hz: float, to_hz: float, rng: np.random.Generator) -> NDArray[np.float64]:
    time_s = _time_s(length_s)
    glide = to_hz + (from_hz - to_hz) * np.exp(-time_s / 0.03)
    vibrato = 1 + 0.012 * np.minimum(1.0, time_s / 0.3) * np.sin(2 * np.pi * 5.5 * time_s)
    phase = np.cumsum(glide * vibrato) / RATE_HZ
    pulses = np.diff(np.floor(phase), prepend=0.0) + 0.003 * rng.normal(size=len(time_s))
    wave = _formants(pulses, _VOWELS_HZ[int(rng.integers(len(_VOWELS_HZ)))], 80.0)
    wave /= np.sqrt(np.mean(wave**2)) + 1e-9
    return 0.1 * wave * np.minimum(1.0, np.minimum(time_s, length_s - time_s) / 0.04 + 0.02)


def fiddle(duration_s: float, *, level_dbov: float = -22.0, seed: int = 0) -> Samples:
    """One bowed string that slides from note to note and never rests."""
    rng = np.random.default_rng(seed)
    n_notes = int(np.ceil(duration_s / 0.4)) + 1
    hz = 440.0 * 2 ** (rng.choice(_SCALE, n_notes) / 12)
    time_s = _time_s(duration_s)
    line = np.interp(time_s, np.arange(n_notes) * 0.4, hz) * (1 + 0.01 * np.sin(2 * np.pi * 6 * time_s))
    phase = 2 * np.pi * np.cumsum(line) / RATE_HZ
    return at_level(np.sum([np.sin(k * phase) / k for k in range(1, 6)], axis=0), level_dbov)


def song(duration_s: float, *, level_dbov: float = -20.0, voice_db: float = 3.0, seed: int = 0) -> Samples:
    """A sung tune over chords and drums, the voice `voice_db` above the band."""
    band = mixed(
        sounds.chords(duration_s, level_dbov=level_dbov, seed=seed),
        drums(duration_s, level_dbov=level_dbov - 6, seed=seed),
    )
    pitch_hz = 160.0 * 2 ** (seed % 3 / 2)
    return mixed(band, sung(duration_s, pitch_hz=pitch_hz, level_dbov=level_dbov + voice_db, seed=seed))


def modem(duration_s: float, *, level_dbov: float = -18.0, seed: int = 0) -> Samples:
    """A fax that calls: 1100 Hz for 0.5 s every 3.5 s, then the answer of 2100 Hz and frequency-shift keying."""
    rng = np.random.default_rng(seed)
    parts = [np.concatenate([sounds.tone((1100.0,), 0.5), silence(3.0)]) for _ in range(3)]
    parts += [sounds.tone((2100.0,), 3.0), silence(0.1)]
    bits = np.repeat(rng.integers(0, 2, round(duration_s * 300) + 1), RATE_HZ // 300)
    keyed = np.sin(2 * np.pi * np.cumsum(np.where(bits, 1650.0, 1850.0)) / RATE_HZ)
    return at_level(np.concatenate([*parts, 0.2 * keyed])[: round(duration_s * RATE_HZ)], level_dbov)


def information_tones(duration_s: float, *, level_dbov: float = -18.0) -> Samples:
    """The three rising tones before a network's announcement (ITU-T E.180), again and again."""
    rising = [sounds.tone((hz,), 0.33) for hz in (950.0, 1400.0, 1800.0)]
    one = np.concatenate([*rising, silence(1.0)])
    return at_level(
        np.tile(one, int(np.ceil(duration_s * RATE_HZ / len(one))))[: round(duration_s * RATE_HZ)], level_dbov
    )


def with_dropouts(sound: Samples, *, every_s: float = 2.5, lasting_s: float = 0.4, seed: int = 0) -> Samples:
    """The sound with stretches of digital silence in it."""
    rng = np.random.default_rng(seed)
    torn = sound.copy()
    for at in np.arange(every_s, len(sound) / RATE_HZ, every_s):
        start = round(at * RATE_HZ)
        torn[start : start + round(lasting_s * float(rng.uniform(0.3, 1.7)) * RATE_HZ)] = 0.0
    return torn


def stuck(sound: Samples, *, every_s: float = 1.5, seed: int = 0) -> Samples:
    """The sound as a decoder without packets gives it: the last 20 ms over and over, fading, up to 0.3 s long."""
    rng = np.random.default_rng(seed)
    torn, frame = sound.copy(), round(0.02 * RATE_HZ)
    for at in np.arange(every_s, len(sound) / RATE_HZ - 0.5, every_s):
        start, times = round(at * RATE_HZ), int(rng.integers(3, 16))
        held = np.tile(sound[start - frame : start], times) * np.repeat(0.9 ** np.arange(times), frame)
        torn[start : start + len(held)] = held
    return torn


@dataclass(frozen=True, slots=True)
class Kind:
    """One entry of the medley: what it is called, and its maker, from a length in seconds and a seed."""

    name: str
    make: Callable[[float, int], Samples]


def medley() -> tuple[Kind, ...]:
    """Every kind of sound without speech that this package can make, tones of all plans included."""
    return tuple(_kinds())


def _kinds() -> Iterator[Kind]:
    for plan in PLANS:
        for level_dbov in (-14.0, -38.0):
            yield Kind(
                f"{plan.name} {plan.kind} {level_dbov:g}",
                lambda s, seed, plan=plan, level=level_dbov: sounds.cadence(plan, s, level_dbov=level, skip_s=seed % 3),  # type: ignore[misc]  # mypy cannot see defaults of a lambda
            )
    yield from (Kind(name, make) for name, make in _LINE.items())
    yield from (Kind(name, make) for name, make in _MUSIC.items())


_LINE: dict[str, Callable[[float, int], Samples]] = {
    "digital silence": lambda s, seed: silence(s),
    "comfort noise": lambda s, seed: white_noise(s, level_dbov=-62, seed=seed),
    "loud hiss": lambda s, seed: white_noise(s, level_dbov=-26, seed=seed),
    "pink noise": lambda s, seed: sounds.pink_noise(s, level_dbov=-28, seed=seed),
    "hum": lambda s, seed: hum(s, mains_hz=(50.0, 60.0)[seed % 2]),
    "street": lambda s, seed: street(s, seed=seed),
    "clicks": lambda s, seed: clicks(s, seed=seed),
    "breaths": lambda s, seed: breaths(s, seed=seed),
    "keys": lambda s, seed: np.resize(sounds.dtmf("0123456789*#ABCD"), round(s * RATE_HZ)),
    "fax": lambda s, seed: modem(s, seed=seed),
    "information tones": lambda s, seed: information_tones(s),
    "held tone": lambda s, seed: sounds.tone((425.0 + seed,), s, level_dbov=-20),
    "hiss torn": lambda s, seed: with_dropouts(white_noise(s, level_dbov=-35, seed=seed), seed=seed),
    "street stuck": lambda s, seed: stuck(street(s, level_dbov=-28, seed=seed), seed=seed),
    "music leaking over": lambda s, seed: sounds.chords(s, level_dbov=-55, seed=seed),
    "ringing leaking over": lambda s, seed: sounds.cadence(sounds.plan_of("cn"), s, level_dbov=-58),
}

_MUSIC: dict[str, Callable[[float, int], Samples]] = {
    "chords": lambda s, seed: sounds.chords(s, seed=seed),
    "fast chords": lambda s, seed: sounds.chords(s, beat_s=0.2, level_dbov=-16, seed=seed),
    "slow chords": lambda s, seed: sounds.chords(s, beat_s=1.1, level_dbov=-30, seed=seed),
    "chords and drums": lambda s, seed: mixed(sounds.chords(s, seed=seed), drums(s, level_dbov=-24, seed=seed)),
    "drums": lambda s, seed: drums(s, beats_per_min=90 + 9 * seed, seed=seed),
    "fiddle": lambda s, seed: fiddle(s, seed=seed),
    "sung": lambda s, seed: sung(s, pitch_hz=(130.0, 220.0, 330.0)[seed % 3], seed=seed),
    "song": lambda s, seed: song(s, seed=seed),
    "song stuck": lambda s, seed: stuck(song(s, seed=seed), seed=seed),
    "song over GSM-like band": lambda s, seed: telephone_band(song(s, voice_db=-3, seed=seed)),
}


def _time_s(duration_s: float) -> NDArray[np.float64]:
    return np.arange(round(duration_s * RATE_HZ)) / RATE_HZ


def _formants(wave: NDArray[np.float64], formants_hz: tuple[float, ...], width_hz: float) -> NDArray[np.float64]:
    for hz in formants_hz:
        radius = np.exp(-np.pi * width_hz / RATE_HZ)
        wave = scipy.signal.lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * hz / RATE_HZ), radius**2], wave)
    return wave
