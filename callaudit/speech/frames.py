"""A channel seen every 10 ms: how loud it is, and how loud it is when nobody speaks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d

from callaudit.records import Row
from callaudit.spans import from_frames, merge, to_frames

HOP_S = 0.01
SILENT_DB = -96.0
"""Level given to digital silence: one step of 16 bits lies at −90 dBov."""
HIGHPASS_HZ = 150.0
"""Mains hum, wind and d.c. lie below; the telephone band starts at 300 Hz."""
_FORGOTTEN = 1e-18
FLOOR_REACH_S = 4.0
"""The floor at a moment is the quietest 0.1 s within this time of it: speech breathes more often than every 8 s."""


def blocks(row: Row, sample_rate_hz: int, block_s: float) -> Iterator[NDArray[np.float32]]:
    """The channel in whole 10 ms frames, float32 [shape=(frames, samples of a frame)], about `block_s` at a time.

    What is left at the end and fills no frame is not heard.
    """
    hop = round(HOP_S * sample_rate_hz)
    per_block = max(1, round(block_s / HOP_S))
    n_frames = len(row) // hop
    for at in range(0, n_frames, per_block):
        yield row[at * hop : min(at + per_block, n_frames) * hop].reshape(-1, hop)


def level_db(row: Row, sample_rate_hz: int, *, block_s: float = 30.0) -> NDArray[np.float32]:
    """Level of each 10 ms above 150 Hz, in dBov (power of full-scale d.c. = 0), at least −96.

    Parameters
    ----------
    row : float32 [shape=(n,), in [-1, 1]]
    sample_rate_hz : int
    block_s : float
        Seconds handled at a time; the result does not depend on it.

    Returns
    -------
    float32 [shape=(n · 100 // sample_rate_hz,)]
    """
    highpass = _Highpass(sample_rate_hz)
    state = highpass.settled(float(row[:1][0])) if len(row) else np.zeros(2)
    levels = [np.zeros(0, dtype=np.float32)]
    for frames in blocks(row, sample_rate_hz, block_s):
        passed, state = highpass(frames.astype(np.float64), state)
        power = np.mean(np.square(passed), axis=1)
        levels.append((10 * np.log10(np.maximum(power, 10 ** (SILENT_DB / 10)))).astype(np.float32))
    return np.concatenate(levels)


class _Highpass:
    """Butterworth's filter of order 2 above `HIGHPASS_HZ`, a frame at a time.

    What leaves a frame is linear in what enters it and in the two numbers that the filter remembers (direct form II
    transposed), so all frames of a block are matrix products. SciPy's signal package would do it too, at 0.8 s for its
    import.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        k = np.tan(np.pi * HIGHPASS_HZ / sample_rate_hz)
        scale = 1 / (1 + np.sqrt(2) * k + k * k)
        a1, a2 = 2 * (k * k - 1) * scale, (1 - np.sqrt(2) * k + k * k) * scale
        self._step = np.array([[-a1, -a2], [1.0, 0.0]])  # the memory after a sample, memory in rows
        self._enters = scale * np.array([-2.0 - a1, 1.0 - a2])
        self._passes = scale
        self._n = round(HOP_S * sample_rate_hz)
        powers = [np.eye(2)]
        for _ in range(self._n):
            powers.append(powers[-1] @ self._step)
        self._over_frame = powers[-1]
        self._left = np.stack([self._enters @ powers[self._n - 1 - j] for j in range(self._n)])
        self._fades = np.stack([power[:, 0] for power in powers[:-1]], axis=1)
        answer = np.concatenate(([scale], self._enters @ self._fades[:, : self._n - 1]))
        at = np.arange(self._n)[None, :] - np.arange(self._n)[:, None]
        self._answers = np.where(at >= 0, answer[at.clip(0)], 0.0)

    def settled(self, value: float) -> NDArray[np.float64]:
        """The memory after `value` for ever."""
        return np.linalg.solve((np.eye(2) - self._step).T, self._enters * value)

    def __call__(
        self, frames: NDArray[np.float64], state: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What passes, and the memory after the last frame."""
        memory = np.concatenate((state[None, :], frames @ self._left))
        over = self._over_frame
        reach = 1
        while reach < len(memory) and np.abs(over).max() > _FORGOTTEN:
            # each frame's memory takes up that of 1, 2, 4 … frames before
            memory[reach:] += memory[:-reach] @ over
            over, reach = over @ over, 2 * reach
        return frames @ self._answers + memory[:-1] @ self._fades, memory[-1]


def floor_db(level: NDArray[np.float32], ignored: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Noise floor of each 10 ms, in dBov: the quietest 0.1 s nearby; frames of `ignored` are not asked.

    Where everything nearby is to be ignored the floor is that of the whole channel.
    """
    if not level.size:
        return level.copy()
    smooth = uniform_filter1d(level, 10, mode="nearest")
    smooth[ignored] = np.inf
    lowest = minimum_filter1d(smooth, 2 * round(FLOOR_REACH_S / HOP_S) + 1, mode="nearest")
    known = np.isfinite(lowest)
    lowest[~known] = np.median(lowest[known]) if known.any() else SILENT_DB
    return np.asarray(lowest, dtype=np.float32)


def wider(active: NDArray[np.bool_], by_s: float) -> NDArray[np.bool_]:
    """The frames within `by_s` of an active one."""
    size = 2 * round(by_s / HOP_S) + 1
    return np.asarray(maximum_filter1d(active, size, mode="constant", cval=0), dtype=np.bool_)


def closed(active: NDArray[np.bool_], gap_s: float) -> NDArray[np.bool_]:
    """The active frames with the gaps of up to `gap_s` between them filled."""
    return to_frames(merge(from_frames(active, HOP_S), gap_s=gap_s + HOP_S / 2), HOP_S, len(active))


def runs_with(active: NDArray[np.bool_], marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The runs of active frames that hold at least one mark."""
    run = np.cumsum(np.diff(active, prepend=False) & active)
    return np.asarray(active & np.isin(run, np.unique(run[active & marks])), dtype=np.bool_)


def at_frames(values: NDArray[np.float32], hop_s: float, n_frames: int) -> NDArray[np.float32]:
    """The values of frames of `hop_s` seconds seen every 10 ms, a copy; 0 after their end."""
    seen = np.zeros(n_frames, dtype=np.float32)
    at = ((np.arange(n_frames) + 0.5) * HOP_S / hop_s).astype(np.intp)
    seen[at < len(values)] = values[at[at < len(values)]]
    return seen
