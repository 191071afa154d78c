"""Recordings made worse in known ways: noise, lost packets, a codec, gain control, faintness.

Nothing is moved in time and nothing changes length, so the labels of a call hold for its degraded copy.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
import soundfile
from numpy.typing import NDArray

from callaudit.audio.resample import resample
from callaudit.measures.active_level import active_level_dbov
from callaudit.records import Audio
from callaudit.spans import Span, merge
from callaudit.testing.sounds import Samples, at_level, g711, pink_noise, telephone_band

PACKET_S = 0.02
LOSS_RATIO = 0.03
LOSS_ENDS_PROB = 0.5
"""Probability that the packet after a lost one arrives (Gilbert's model): losses last 40 ms on average."""
PITCH_S = (0.005, 0.015)
"""Period of a voice that a lost packet is filled with: 66 to 200 Hz, as G.711 Appendix I looks for it."""
HELD_S, FADED_S = 0.01, 0.06
"""The last period is repeated unchanged for the first time, fades in a line and is gone at the second (Appendix I)."""
OVERLAP_S = 0.004
"""The first packet after a loss is faded in over the repetition."""

GSM_RATE_HZ = 8000

AGC_BLOCK_S = 0.01
AGC_TARGET_DBOV = -20.0
AGC_ATTACK_S = 0.05
"""Time constant with which the gain falls where the sound is above the target."""
AGC_RELEASE_DB_PER_S = 6.0
"""Slope with which the gain rises where it is below: a pause of 3 s lifts its noise by 18 dB."""
AGC_MAX_DB = 24.0

FAINT_DBOV = -40.0


@dataclass(frozen=True, slots=True)
class _Row:
    """One channel and what a condition may ask about it; `level_dbov` is its active speech level (ITU-T P.56)."""

    samples: Samples
    rate_hz: int
    level_dbov: float | None
    seed: int


@dataclass(frozen=True, slots=True)
class Condition:
    """A way to make a recording worse; `description` says in one line what is done."""

    name: str
    description: str
    make: Callable[[_Row], Samples]


def degrade(audio: Audio, name: str, *, seed: int = 0, speech: Mapping[int, Sequence[Span]] | None = None) -> Audio:
    """The recording under one of CONDITIONS: same length, same times, each channel by itself.

    Parameters
    ----------
    audio : Audio [samples: float32, shape=(channels, n), in [-1, 1]]
        It is left as it was.
    name : str
        One of CONDITIONS.
    seed : int
        Noise and losses follow from it and from the number of the channel alone.
    speech : mapping of channel to spans, optional
        Where each channel speaks, so that its active speech level (ITU-T P.56) is not that of its ringing and music.
        Without it the level is taken over the whole channel; a channel that never speaks has the level of the loudest
        that does.

    Raises
    ------
    ValueError
        No condition has that name.
    """
    if name not in CONDITIONS:
        raise ValueError(f"no condition is named {name!r}; there are {', '.join(CONDITIONS)}")
    make = CONDITIONS[name].make
    made = np.zeros(audio.samples.shape, dtype=np.float32)
    whole = [channel[:] for channel in audio.channels]
    for channel, (row, level_dbov) in enumerate(zip(whole, speech_levels_dbov(audio, speech), strict=True)):
        made[channel] = make(_Row(row, audio.sample_rate_hz, level_dbov, 1000 * seed + channel))
    return Audio(made, audio.sample_rate_hz)


def speech_levels_dbov(audio: Audio, speech: Mapping[int, Sequence[Span]] | None) -> tuple[float | None, ...]:
    """The active speech level that `degrade` goes by, in dBov, for every channel; None where all are silent."""
    if speech is None:
        return tuple(active_level_dbov(row, audio.sample_rate_hz) for row in audio.channels)
    rate_hz = audio.sample_rate_hz
    own: list[float | None] = []
    for channel, row in enumerate(audio.channels):
        spoken = [row[round(s.start_s * rate_hz) : round(s.end_s * rate_hz)] for s in merge(speech.get(channel, ()))]
        own.append(active_level_dbov(np.concatenate(spoken), rate_hz) if spoken else None)
    loudest = max((level for level in own if level is not None), default=None)
    return tuple(loudest if level is None else level for level in own)


def gain_to_faint_db(level_dbov: float | None) -> float:
    """What `faint40` adds to a channel of that level, in dB: it makes fainter and never louder.

    >>> gain_to_faint_db(-22.0)
    -18.0
    """
    return 0.0 if level_dbov is None else min(0.0, FAINT_DBOV - level_dbov)


# ── the conditions ───────────────────────────────────────────────────────────────────────────────────────────────
def _clean(row: _Row) -> Samples:
    return row.samples


def _noisy(row: _Row, *, snr_db: float) -> Samples:
    if row.level_dbov is None:
        return row.samples
    n_s = len(row.samples) / row.rate_hz
    noise = telephone_band(pink_noise(n_s, seed=row.seed, rate_hz=row.rate_hz), rate_hz=row.rate_hz)
    noisy: Samples = np.clip(row.samples + at_level(noise, row.level_dbov - snr_db), -1.0, 1.0)
    return noisy


def _lossy(row: _Row) -> Samples:
    packet = round(PACKET_S * row.rate_hz)
    lost = lost_packets(-(-len(row.samples) // packet), seed=row.seed)
    made = row.samples.copy()
    starts = np.flatnonzero(np.diff(lost, prepend=False) & lost)
    ends = np.flatnonzero(np.diff(lost, append=False) & lost) + 1
    for start, end in zip(starts * packet, ends * packet, strict=True):
        _conceal(made, int(start), min(int(end), len(made)), row.rate_hz)
    return made


def lost_packets(n: int, *, seed: int = 0) -> NDArray[np.bool_]:
    """Whether each of `n` packets is lost, LOSS_RATIO of them on average (Gilbert's model): bool [shape=(n,)]."""
    chance = np.random.default_rng(seed).random(n)
    begins_prob = LOSS_RATIO * LOSS_ENDS_PROB / (1 - LOSS_RATIO)
    lost = np.zeros(n, dtype=np.bool_)
    bad = False
    for k in range(n):
        bad = bool(chance[k] >= LOSS_ENDS_PROB) if bad else bool(chance[k] < begins_prob)
        lost[k] = bad
    return lost


def _conceal(made: Samples, start: int, end: int, rate_hz: int) -> None:
    """Fills [start, end) in place with the last period of what came before, as G.711 Appendix I does."""
    overlap = min(round(OVERLAP_S * rate_hz), len(made) - end)
    n = end - start + overlap
    past = made[max(0, start - round(3 * PITCH_S[1] * rate_hz)) : start]
    period = past[-_period(past, rate_hz) :]
    if not period.size:
        made[start:end] = 0.0
        return
    held, faded = HELD_S * rate_hz, FADED_S * rate_hz
    fade = np.clip((faded - np.arange(n)) / (faded - held), 0.0, 1.0).astype(np.float32)
    filled = np.resize(period, n) * fade
    rise = (np.arange(1, overlap + 1) / (overlap + 1)).astype(np.float32)
    made[start:end] = filled[: end - start]
    made[end : end + overlap] = made[end : end + overlap] * rise + filled[end - start :] * (1 - rise)


def _period(past: Samples, rate_hz: int) -> int:
    """Samples of the period that the end of the past repeats with best; fewer where the past is short."""
    shortest, longest = (round(s * rate_hz) for s in PITCH_S)
    n = len(past) - longest
    if n < shortest:
        return min(longest, len(past))
    recent = past[-n:].astype(np.float64)
    alike = np.array([float(np.dot(recent, past[-n - lag : -lag])) for lag in range(shortest, longest + 1)])
    power = np.array([float(np.dot(x, x)) for x in (past[-n - lag : -lag] for lag in range(shortest, longest + 1))])
    return shortest + int(np.argmax(alike / np.sqrt(np.maximum(power, 1e-12))))


def _gsm(row: _Row) -> Samples:
    narrow = resample(row.samples, row.rate_hz, GSM_RATE_HZ)
    file = io.BytesIO()
    soundfile.write(file, narrow, GSM_RATE_HZ, format="WAV", subtype="GSM610")
    file.seek(0)
    coded, _ = soundfile.read(file, dtype="float32")
    whole = np.zeros_like(row.samples)
    made = resample(np.asarray(coded[: len(narrow)], dtype=np.float32), GSM_RATE_HZ, row.rate_hz)
    whole[: len(made)] = made[: len(whole)]
    return whole


def _gain_controlled(row: _Row) -> Samples:
    block = round(AGC_BLOCK_S * row.rate_hz)
    n_blocks = -(-len(row.samples) // block)
    padded = np.pad(row.samples.astype(np.float64), (0, n_blocks * block - len(row.samples)))
    power = np.mean(np.square(padded.reshape(n_blocks, block)), axis=1)
    level_db = 10 * np.log10(np.maximum(power, 1e-10))
    gains_db = np.zeros(n_blocks + 1)
    falls = 1 - np.exp(-AGC_BLOCK_S / AGC_ATTACK_S)
    for k in range(n_blocks):
        over_db = level_db[k] + gains_db[k] - AGC_TARGET_DBOV
        step_db = -falls * over_db if over_db > 0 else AGC_RELEASE_DB_PER_S * AGC_BLOCK_S
        gains_db[k + 1] = min(AGC_MAX_DB, gains_db[k] + step_db)
    at = np.arange(len(row.samples)) / block
    gain = 10 ** (np.interp(at, np.arange(n_blocks + 1), gains_db) / 20)
    return np.clip(row.samples * gain, -1.0, 1.0).astype(np.float32)


def _faint(row: _Row) -> Samples:
    return g711(row.samples * np.float32(10 ** (gain_to_faint_db(row.level_dbov) / 20)))


_ALL = (
    Condition("clean", "as recorded", _clean),
    Condition("snr20", "telephone-band pink noise, 20 dB below the active speech level", partial(_noisy, snr_db=20.0)),
    Condition("snr10", "telephone-band pink noise, 10 dB below the active speech level", partial(_noisy, snr_db=10.0)),
    Condition("snr5", "telephone-band pink noise, 5 dB below the active speech level", partial(_noisy, snr_db=5.0)),
    Condition("loss3", "3 % of 20 ms packets lost in bursts of 40 ms on average, filled by repetition", _lossy),
    Condition("gsm", "GSM 06.10 full rate, there and back", _gsm),
    Condition("agc", "gain control towards −20 dBov: attack 50 ms, release 6 dB/s, at most +24 dB", _gain_controlled),
    Condition("faint40", "active speech level brought down to −40 dBov, then 8-bit µ-law", _faint),
)
CONDITIONS: Mapping[str, Condition] = MappingProxyType({condition.name: condition for condition in _ALL})
