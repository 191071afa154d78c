"""Fundamental frequency of speech by correlation of the envelope, and the cheapest path through its peaks.

The telephone cuts off below 300 Hz, so that most voices arrive without their fundamental, and a strong formant then
makes one harmonic look like the voice: librosa's YIN put half the voiced frames of telephone male voices an octave or
more too high, and plain correlation did no better. The envelope of the sound beats at the fundamental whatever was cut
off; it is given three votes of four. The path weighs each frame's peaks against jumps of an octave (Boersma 1993, the
algorithm of Praat), and a second path looks only where the speaker's own voice lies (De Looze and Hirst 2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

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

SILENCE_DB = 25.0
"""Frames this far below the loud ones (95th percentile) of the speech are not judged."""

OCTAVE_COST, JUMP_COST, VOICING_COST = 0.03, 0.35, 0.14
"""Per octave downward, per octave of jump between frames, per change of voicing: Praat's (Boersma 1993), but three
times its octave cost, without which high voices at 10 dB of signal to noise fell an octave."""

FLOOR_FACTOR, CEILING_FACTOR = 0.75, 1.5
"""De Looze & Hirst (2008): the speaker's range is 0.75 × first quartile to 1.5 × third quartile."""


@dataclass(frozen=True, slots=True, eq=False)
class PitchTrack:
    """Fundamental frequency: `f0_hz[k]` at `times_s[k]`, voiced frames only, in order of time."""

    times_s: NDArray[np.float64]
    f0_hz: NDArray[np.float64]

    def within(self, spans: Sequence[Span]) -> NDArray[np.float64]:
        """Frequencies in Hz [shape=(n,)] of the voiced frames in the spans."""
        pieces = [
            self.f0_hz[np.searchsorted(self.times_s, span.start_s) : np.searchsorted(self.times_s, span.end_s)]
            for span in spans
        ]
        return np.concatenate(pieces) if pieces else self.f0_hz[:0]


def track_pitch(samples: NDArray[np.float32], sample_rate_hz: int, speech: Sequence[Span]) -> PitchTrack:
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
    nothing = PitchTrack(np.empty(0), np.empty(0))
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
    samples: NDArray[np.float32], sample_rate_hz: int, times_s: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies and strengths [shape=(frames, candidates)] of the best peaks; strength −inf where there is none."""
    n_window, n_lags = round(WINDOW_S * RATE_HZ), round(RATE_HZ / LOWEST_HZ) + 1
    pieces: list[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]] = []
    for group in _groups(times_s):
        first = max(0, int((times_s[group.start] - MARGIN_S) * sample_rate_hz))
        last = int((times_s[group.stop - 1] + MARGIN_S) * sample_rate_hz)
        sound, envelope = _sound_and_envelope(samples[first:last], sample_rate_hz)
        at = np.round((times_s[group] - first / sample_rate_hz) * RATE_HZ).astype(np.int64)
        own, power = _correlation(_frames(sound, at, n_window + n_lags), n_window, n_lags)
        beat, _ = _correlation(_frames(envelope, at, n_window + n_lags), n_window, n_lags)
        pieces.append((*_peaks((1 - ENVELOPE_SHARE) * own + ENVELOPE_SHARE * beat), power))
    f0_hz, strength, power = (np.concatenate(column) for column in zip(*pieces, strict=True))
    strength[power < max(np.percentile(power, 95) * 10 ** (-SILENCE_DB / 10), 1e-12)] = -np.inf
    return f0_hz, strength


def _groups(times_s: NDArray[np.float64]) -> list[slice]:
    """Runs of frames that lie together, none much longer than `GROUP_S`."""
    n_most = round(GROUP_S / HOP_S)
    edges = [0, *(np.flatnonzero(np.diff(times_s) > GAP_S) + 1).tolist(), len(times_s)]
    return [slice(k, min(k + n_most, b)) for a, b in pairwise(edges) for k in range(a, b, n_most)]


def _sound_and_envelope(
    samples: NDArray[np.float32], sample_rate_hz: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The telephone band of the sound at `RATE_HZ`, and what its envelope does between 50 and 1000 Hz."""
    low = scipy.signal.butter(4, CUTOFF_HZ, fs=sample_rate_hz, output="sos")
    sound = scipy.signal.sosfiltfilt(low, samples, padlen=min(64, len(samples) - 1))[:: sample_rate_hz // RATE_HZ]
    envelope = np.abs(scipy.signal.hilbert(sound, scipy.fft.next_fast_len(len(sound)))[: len(sound)])
    band = scipy.signal.butter(2, ENVELOPE_HZ, "bandpass", fs=RATE_HZ, output="sos")
    return sound, scipy.signal.sosfiltfilt(band, envelope, padlen=min(64, len(sound) - 1))


def _frames(sound: NDArray[np.float64], middles: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """The `n` samples around each middle [shape=(frames, n)], zeros beyond the ends."""
    padded = np.concatenate((np.zeros(n), sound, np.zeros(2 * n)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, n)
    return np.asarray(windows[np.minimum(middles + n - n // 2, len(windows) - 1)])


def _correlation(
    frames: NDArray[np.float64], n_window: int, n_lags: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Normalised correlation of the start of each frame with itself at every lag [shape=(frames, lags)]; mean power."""
    n_fft = scipy.fft.next_fast_len(frames.shape[1], real=True)
    head = np.zeros((len(frames), n_fft))
    head[:, :n_window] = frames[:, :n_window]
    spectrum = np.conj(scipy.fft.rfft(head)) * scipy.fft.rfft(frames, n_fft)
    cross = scipy.fft.irfft(spectrum, n_fft)[:, :n_lags]
    running = np.cumsum(np.pad(frames**2, ((0, 0), (1, 0))), axis=1)
    energy = running[:, n_window : n_window + n_lags] - running[:, :n_lags]
    scale = np.sqrt(np.maximum(energy[:, :1] * energy, 1e-20))
    return cross / scale, running[:, -1] / frames.shape[1]


def _peaks(
    correlation: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The best local maxima, placed between the lags by a parabola."""
    shortest = int(RATE_HZ / HIGHEST_HZ)
    left, middle, right = correlation[:, shortest - 1 : -2], correlation[:, shortest:-1], correlation[:, shortest + 1 :]
    lags = np.arange(shortest, shortest + middle.shape[1])
    curve = left - 2 * middle + right
    shift = np.divide(left - right, 2 * curve, out=np.zeros_like(curve), where=curve < -1e-12).clip(-0.5, 0.5)
    top = middle - (left - right) * shift / 4
    hz = RATE_HZ / (lags + shift)
    score = np.where((middle > left) & (middle >= right) & (middle > VOICING / 2), top, -np.inf)
    score = score - OCTAVE_COST * np.log2(HIGHEST_HZ / hz)
    best = np.argpartition(-score, N_CANDIDATES, axis=1)[:, :N_CANDIDATES]
    return np.take_along_axis(hz, best, 1), np.take_along_axis(score, best, 1)


def _path(
    times_s: NDArray[np.float64], f0_hz: NDArray[np.float64], strength: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Frequency of each frame on the cheapest path, 0 where unvoiced [shape=(frames,)]."""
    n_frames, n = f0_hz.shape
    log_hz = np.log2(f0_hz)
    gain = np.concatenate((strength, np.full((n_frames, 1), VOICING)), axis=1)  # the last candidate is "unvoiced"
    joined = np.diff(times_s, prepend=-1.0) < 1.5 * HOP_S
    jumps = np.full((n_frames, n + 1, n + 1), VOICING_COST)
    jumps[:, n, n] = 0.0
    jumps[1:, :n, :n] = JUMP_COST * np.abs(log_hz[1:, None, :] - log_hz[:-1, :, None])
    jumps[~joined] = 0.0
    back = np.empty((n_frames, n + 1), dtype=np.intp)
    total = gain[0].copy()
    columns = np.arange(n + 1)
    for k in range(1, n_frames):
        reached = total[:, None] - jumps[k]
        back[k] = reached.argmax(axis=0)
        total = reached[back[k], columns] + gain[k]
    chosen = np.empty(n_frames, dtype=np.intp)
    chosen[-1] = int(total.argmax())
    for k in range(n_frames - 1, 0, -1):
        chosen[k - 1] = back[k, chosen[k]]
    voiced = chosen < n
    return np.where(voiced, f0_hz[np.arange(n_frames), np.minimum(chosen, n - 1)], 0.0)
