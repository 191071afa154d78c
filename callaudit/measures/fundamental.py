"""Fundamental frequency of speech by correlation of the envelope, and the cheapest path through its peaks.

The telephone cuts off below 300 Hz, so that most voices arrive without their fundamental, and a strong formant then
makes one harmonic look like the voice: librosa's YIN put half the voiced frames of telephone male voices an octave or
more too high, and plain correlation did no better. The envelope of the sound beats at the fundamental whatever was cut
off; it is given three votes of four. The path weighs each frame's peaks against jumps of an octave (Boersma 1993, the
algorithm of Praat), and a second path looks only where the speaker's own voice lies (De Looze and Hirst 2008).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from callaudit.records import Row
from callaudit.spans import Span

HOP_S = 0.01
RATE_HZ = 8000
"""Rate that pitch is looked for at; the working rates are this and its double."""

LOWEST_HZ, HIGHEST_HZ = 65.0, 500.0
WINDOW_S = 0.03
"""Compared stretch: two periods of a low voice; with the longest lag a frame spans 45 ms."""

CUTOFF_HZ = 3600.0
"""All of the telephone band, and of a wider one no more than that."""

ENVELOPE_HZ = (50.0, 1000.0)
ENVELOPE_SHARE = 0.75
"""With less, the worst of 43 voices of telephone calls had 4 % of its frames an octave low; with this, under 2 %."""

GROUP_S, GAP_S, MARGIN_S = 20.0, 0.5, 0.1
"""Speech is worked on in stretches of at most about 20 s, so that a call of hours needs no more memory than one."""

N_CANDIDATES = 5
VOICING = 0.5
"""Correlation below which a frame counts as unvoiced, as Praat's voicing threshold (0.45), a little stricter."""

_FAINT, _FAINTEST_BEAT = 1e-5, 1e-4
"""As shares of power: what follows a window so faintly does not repeat it, and an envelope that moves so little (a
single tone's) does not beat, whatever the rounding says."""

SILENCE_DB = 25.0
"""Frames this far below the loud ones (95th percentile) of the speech are not judged."""

_AT_ONCE = 256
"""Stretches whose paths are looked for side by side."""

_LONGEST = 3000
"""Frames of a stretch, at most: half a minute without a pause is no speech, and must not fill the memory."""

OCTAVE_COST, JUMP_COST, VOICING_COST = 0.03, 0.35, 0.14
"""Per octave downward, per octave of jump between frames, per change of voicing: Praat's (Boersma 1993), but three
times its octave cost, without which high voices at 10 dB of signal to noise fell an octave."""

FLOOR_FACTOR, CEILING_FACTOR = 0.75, 1.5
"""De Looze & Hirst (2008): the speaker's range is 0.75 × first quartile to 1.5 × third quartile."""


@dataclass(frozen=True, slots=True, eq=False)
class PitchTrack:
    """Fundamental frequency: `f0_hz[k]` at `times_s[k]`, voiced frames only, in order of time."""

    times_s: NDArray[np.float64]
    f0_hz: NDArray[np.float32]

    def within(self, spans: Sequence[Span]) -> NDArray[np.float32]:
        """Frequencies in Hz [shape=(n,)] of the voiced frames in the spans."""
        pieces = [
            self.f0_hz[np.searchsorted(self.times_s, span.start_s) : np.searchsorted(self.times_s, span.end_s)]
            for span in spans
        ]
        return np.concatenate(pieces) if pieces else self.f0_hz[:0]


def track_pitch(samples: Row, sample_rate_hz: int, speech: Sequence[Span]) -> PitchTrack:
    """Fundamental frequency of one voice.

    Parameters
    ----------
    samples : float32 [shape=(n,)]
    sample_rate_hz : 8000 or 16000
    speech : where the voice speaks; nothing is looked for elsewhere

    References
    ----------
    .. [1] P. Boersma (1993), Accurate short-term analysis of the fundamental frequency, IFA Proceedings 17.
    .. [2] C. De Looze, D. Hirst (2008), Detecting changes in key and range, Speech Prosody.
    """
    times_s = _frame_times(speech, len(samples) / sample_rate_hz)
    nothing = PitchTrack(np.empty(0), np.empty(0, np.float32))
    if not times_s.size:
        return nothing
    f0_hz, strength = _candidates(samples, sample_rate_hz, times_s)
    first_hz = _path(times_s, f0_hz, strength)
    voiced = first_hz > 0
    if not voiced.any():
        return nothing
    low_hz, high_hz = np.percentile(first_hz[voiced], (25, 75))
    outside = (f0_hz < FLOOR_FACTOR * low_hz) | (f0_hz > CEILING_FACTOR * high_hz)
    second_hz = _path(times_s, f0_hz, np.where(outside, -np.inf, strength))
    voiced = second_hz > 0
    return PitchTrack(times_s[voiced], second_hz[voiced])


def _frame_times(speech: Sequence[Span], duration_s: float) -> NDArray[np.float64]:
    """Middles of the frames, on one grid."""
    pieces = [
        np.arange(np.ceil(span.start_s / HOP_S), np.ceil(min(span.end_s, duration_s) / HOP_S)) * HOP_S
        for span in speech
    ]
    return np.unique(np.concatenate(pieces)) if pieces else np.empty(0)


def _candidates(
    samples: Row, sample_rate_hz: int, times_s: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Frequencies and strengths [shape=(frames, candidates)] of the best peaks; strength −inf where there is none."""
    f0_hz, strength = (np.empty((len(times_s), N_CANDIDATES), np.float32) for _ in range(2))
    power = np.empty(len(times_s), np.float32)
    for group in _groups(times_s):
        sound, envelope = _sound_and_envelope(
            samples, sample_rate_hz, float(times_s[group.start]), float(times_s[group.stop - 1])
        )
        at = np.round((times_s[group] - times_s[group.start]) / HOP_S).astype(np.intp)
        own, power[group] = _correlation(sound, at, np.float32(0))
        beat, _ = _correlation(envelope, at, _FAINTEST_BEAT * power[group])
        f0_hz[group], strength[group] = _peaks((1 - ENVELOPE_SHARE) * own + ENVELOPE_SHARE * beat)
    strength[power < max(float(np.percentile(power, 95)) * 10 ** (-SILENCE_DB / 10), 1e-12)] = -np.inf
    return f0_hz, strength


def _groups(times_s: NDArray[np.float64]) -> list[slice]:
    """Runs of frames that lie together, none much longer than `GROUP_S`."""
    n_most = round(GROUP_S / HOP_S)
    edges = [0, *(np.flatnonzero(np.diff(times_s) > GAP_S) + 1).tolist(), len(times_s)]
    return [slice(k, min(k + n_most, b)) for a, b in pairwise(edges) for k in range(a, b, n_most)]


def _sound_and_envelope(
    samples: Row, rate_hz: int, first_s: float, last_s: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The telephone band of the sound at `RATE_HZ`, and what its envelope does between 50 and 1000 Hz.

    From `MARGIN_S` before the first frame to as much after the last, zeros beyond the recording. The filters are
    Butterworth's, run there and back (so their gain counts twice and nothing is delayed), as gains of the spectrum.
    """
    first = round((first_s - MARGIN_S) * rate_hz)
    last = round((last_s + 2 * MARGIN_S) * rate_hz)
    heard = samples[max(0, first) : max(0, last)]
    n = round((last - first) / rate_hz * RATE_HZ)
    n_fft = scipy.fft.next_fast_len(n, real=True)
    spectrum = scipy.fft.rfft(np.pad(heard, (max(0, -first), 0)), n_fft * (rate_hz // RATE_HZ))[: n_fft // 2 + 1]
    hz = np.arange(len(spectrum)) * RATE_HZ / n_fft
    one_sided = np.zeros(n_fft, np.complex64)
    one_sided[: len(spectrum)] = spectrum * (_low_pass(hz, rate_hz) * np.float32(2 * RATE_HZ / rate_hz))
    one_sided[[0, n_fft // 2]] /= 2
    analytic = scipy.fft.ifft(one_sided)
    beats = scipy.fft.irfft(scipy.fft.rfft(np.abs(analytic)) * _band_pass(hz), n_fft)
    return analytic.real[:n], beats[:n]


def _low_pass(hz: NDArray[np.float64], rate_hz: int) -> NDArray[np.float32]:
    """Power gain of a Butterworth filter of order 4."""
    warped = np.tan(np.pi * hz / rate_hz) / np.tan(np.pi * CUTOFF_HZ / rate_hz)
    gain: NDArray[np.float32] = (1 / (1 + warped**8)).astype(np.float32)
    return gain


def _band_pass(hz: NDArray[np.float64]) -> NDArray[np.float32]:
    """Power gain of a Butterworth filter of order 2 on either side."""
    low, high = np.tan(np.pi * np.array(ENVELOPE_HZ) / RATE_HZ)
    warped = np.tan(np.pi * np.maximum(hz, 1e-3) / RATE_HZ)
    beside = (warped**2 - low * high) / ((high - low) * warped)
    gain: NDArray[np.float32] = (1 / (1 + beside**4)).astype(np.float32)
    return gain


def _correlation(
    sound: NDArray[np.float32], at: NDArray[np.intp], least: NDArray[np.float32] | np.float32
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Normalised correlation of the window of each frame with what follows at every lag [shape=(frames, lags)]; mean
    power of both. Frame k begins so that its middle lies `MARGIN_S` + k·`HOP_S` into the sound.

    A window is three hops long, and so is its correlation the sum of those of three hops, each made once. Where the
    mean power falls below `least` the correlation goes to zero.
    """
    hop, n_window = round(HOP_S * RATE_HZ), round(WINDOW_S * RATE_HZ)
    n_lags = round(RATE_HZ / LOWEST_HZ) + 1
    n_hops = int(at[-1]) + n_window // hop
    sound = sound[round(MARGIN_S * RATE_HZ) - (n_window + n_lags) // 2 :]
    sound = np.pad(sound, (0, max(0, n_hops * hop + n_window + n_lags - len(sound))))
    pieces = np.lib.stride_tricks.sliding_window_view(sound, hop + n_lags - 1)[::hop][:n_hops]
    n_fft = scipy.fft.next_fast_len(hop + n_lags - 1, real=True)
    spectrum = np.conj(scipy.fft.rfft(pieces[:, :hop], n_fft)) * scipy.fft.rfft(pieces, n_fft)
    by_hop = scipy.fft.irfft(spectrum, n_fft)[:, :n_lags]
    cross = sum(by_hop[at + k] for k in range(n_window // hop))
    running = np.cumsum(np.pad(sound, (1, 0)).astype(np.float64) ** 2)
    energies = (running[n_window:] - running[:-n_window]).astype(np.float32)
    energy = np.lib.stride_tricks.sliding_window_view(energies, n_lags)[at * hop]
    scale = np.sqrt(energy[:, :1] * np.maximum(energy, _FAINT * energy[:, :1]))
    power = (running[at * hop + n_window + n_lags] - running[at * hop]) / (n_window + n_lags)
    return cross / np.maximum(scale, np.maximum(1e-10, n_window * least)[..., None]), power.astype(np.float32)


def _peaks(correlation: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The best local maxima, placed between the lags by a parabola."""
    shortest = int(RATE_HZ / HIGHEST_HZ)
    inner = correlation[:, shortest:-1]
    is_top = (inner > correlation[:, shortest - 1 : -2]) & (inner >= correlation[:, shortest + 1 :])
    frame, lag = np.nonzero(is_top & (inner > VOICING / 2))
    lag += shortest
    left, middle, right = (correlation[frame, lag + k].astype(np.float64) for k in (-1, 0, 1))
    curve = left - 2 * middle + right
    shift = np.divide(left - right, 2 * curve, out=np.zeros_like(curve), where=curve < -1e-12).clip(-0.5, 0.5)
    hz = RATE_HZ / (lag + shift)
    score = middle - (left - right) * shift / 4 - OCTAVE_COST * np.log2(HIGHEST_HZ / hz)
    order = np.lexsort((-score, frame))
    ranked = frame[order]
    rank = np.arange(len(ranked)) - np.searchsorted(ranked, ranked)
    kept = rank < N_CANDIDATES
    f0_hz = np.full((len(correlation), N_CANDIDATES), HIGHEST_HZ, np.float32)
    strength = np.full((len(correlation), N_CANDIDATES), -np.inf, np.float32)
    f0_hz[ranked[kept], rank[kept]] = hz[order][kept]
    strength[ranked[kept], rank[kept]] = score[order][kept]
    return f0_hz, strength


def _path(
    times_s: NDArray[np.float64], f0_hz: NDArray[np.float32], strength: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Frequency of each frame on the cheapest path, 0 where unvoiced [shape=(frames,)].

    Viterbi's algorithm, for all stretches at once: a frame without candidates can only be unvoiced, and a gap in time
    costs nothing to cross, so that the stretches between them do not depend on each other.
    """
    path_hz = np.zeros(len(times_s), np.float32)
    starts, ends, joined = _stretches(times_s, np.asarray(np.isfinite(strength).any(axis=1)))
    order = np.argsort(starts - ends, kind="stable")  # the longest first
    for k in range(0, len(order), _AT_ONCE):
        first, end = starts[order[k : k + _AT_ONCE]], ends[order[k : k + _AT_ONCE]]
        # voiced at once costs a change of voicing where an unvoiced frame is joined on, and so does voiced to the end
        into, out_of = (np.where(joined[edge], VOICING_COST, 0.0) for edge in (first, end))
        for at, choice in _best(f0_hz, strength, first, end, into, out_of):
            voiced = choice < N_CANDIDATES
            path_hz[at[voiced]] = f0_hz[at[voiced], choice[voiced]]
    return path_hz


def _stretches(
    times_s: NDArray[np.float64], possible: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """Starts and ends of the runs of possible frames, none longer than `_LONGEST`; whether each frame, and one beyond
    the last, has one before it that its path goes on from."""
    index = np.arange(len(times_s))
    joined = np.diff(times_s, prepend=-1.0) < 1.5 * HOP_S
    follows = joined & possible & np.append(False, possible[:-1])
    since = index - np.maximum.accumulate(np.where(follows, 0, index))
    too_long = follows & (since % _LONGEST == 0)
    joined, follows = np.append(joined & ~too_long, False), np.append(follows & ~too_long, False)
    starts = np.flatnonzero(possible & ~follows[:-1])
    ends = np.flatnonzero(possible & ~follows[1:]) + 1
    return starts, ends, joined


def _best(
    f0_hz: NDArray[np.float32], strength: NDArray[np.float32],
    starts: NDArray[np.intp], ends: NDArray[np.intp],
    into: NDArray[np.float64], out_of: NDArray[np.float64],
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:  # fmt: skip
    """Frames of all stretches and the candidate chosen in each, `N_CANDIDATES` for none; the last frames first."""
    lengths = ends - starts  # never rises
    n, longest = N_CANDIDATES, int(lengths[0])
    back = np.zeros((longest, len(starts), n + 1), np.int8)
    final = np.empty((len(starts), n + 1))
    total = np.zeros((len(starts), n + 1))
    total[:, :n] = strength[starts] - into[:, None]
    total[:, n] = VOICING
    last_hz = np.log2(f0_hz[starts])
    final[lengths == 1] = total[lengths == 1]
    for k in range(1, longest):
        m = int(np.searchsorted(-lengths, -k))  # stretches longer than k frames
        log_hz = np.log2(f0_hz[starts[:m] + k])
        reached = np.full((m, n + 1, n + 1), -VOICING_COST)
        reached[:, n, n] = 0.0
        reached[:, :n, :n] = -JUMP_COST * np.abs(log_hz[:, None, :] - last_hz[:m, :, None])
        reached += total[:m, :, None]
        back[k, :m] = reached.argmax(axis=1)
        total = reached.max(axis=1)
        total[:, :n] += strength[starts[:m] + k]
        total[:, n] += VOICING
        ended = lengths[:m] == k + 1
        final[:m][ended] = total[ended]
        last_hz = log_hz
    final[:, :n] -= out_of[:, None]
    choice = final.argmax(axis=1)
    for k in range(longest - 1, -1, -1):
        m = int(np.searchsorted(-lengths, -k))
        yield starts[:m] + k, choice[:m]
        choice[:m] = back[k, np.arange(m), choice[:m]]
