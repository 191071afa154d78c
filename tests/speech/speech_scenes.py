"""Little scenes with known answers for the tests of speech: voices laid at given times over line noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Audio
from callaudit.spans import Span
from callaudit.testing import sounds

LINE_NOISE_DBOV = -65.0


def phrase(
    duration_s: float, *, level_dbov: float = -22.0, pitch_hz: float = 180.0, seed: int = 0
) -> NDArray[np.float32]:
    """A voice that sounds from its first sample to its last."""
    whole = sounds.voice(duration_s + 1.0, level_dbov=level_dbov, pitch_hz=pitch_hz, seed=seed)
    n = round(duration_s * sounds.RATE_HZ)
    loud = np.flatnonzero(np.abs(whole[:n]) > 10 ** ((level_dbov - 20) / 20))
    return whole[: loud[-1] + 1]


def line(duration_s: float, *, seed: int = 0, level_dbov: float = LINE_NOISE_DBOV) -> NDArray[np.float32]:
    """An open line on which nobody speaks."""
    return sounds.white_noise(duration_s, level_dbov=level_dbov, seed=seed)


def scene(
    duration_s: float, *parts: tuple[float, NDArray[np.float32]], seed: int = 0
) -> tuple[NDArray[np.float32], tuple[Span, ...]]:
    """A channel with sounds laid at their times, and the spans they fill."""
    row = sounds.mixed(line(duration_s, seed=seed), *(sounds.placed(sound, at_s, duration_s) for at_s, sound in parts))
    return row, tuple(Span(at_s, at_s + len(sound) / sounds.RATE_HZ) for at_s, sound in parts)


def stereo(left: NDArray[np.float32], right: NDArray[np.float32]) -> Audio:
    return Audio(np.stack([left, right]), sounds.RATE_HZ)


def mono(row: NDArray[np.float32]) -> Audio:
    return Audio(row[None, :], sounds.RATE_HZ)
