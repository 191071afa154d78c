"""A stream of blocks into one store of samples at the working rate, with note of what was wrong on the way.

Whatever the length of the call, there is one block in memory beside the store.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callaudit.audio.decode import Block, Stream
from callaudit.audio.resample import resample_blocks
from callaudit.audio.storage import Canvas
from callaudit.errors import UnreadableAudio
from callaudit.records import Samples

NARROW_BAND_HZ = 11025
"""Up to this rate a file holds telephone band and is worked on at 8000 Hz; above, at 16000 Hz."""

IN_MEMORY_S = 600.0
"""A longer recording is kept on disk: ten minutes of two channels take 38 MB at 8000 Hz."""

LEAST_GAP_S = 0.1
"""Shorter jumps between time stamps are rounding of the container's clock."""

MOST_GAPS_S = 600.0
"""No more silence than this is put in for lost sound: a hostile time stamp must not fill the memory."""

FRAMES_PER_BYTE = 64
"""More frames than this per byte of file no speech codec holds; what a header promises beyond is not believed."""

DUAL_RESIDUAL_DB = 40.0
"""Channels whose difference lies this far below them are one signal; G.711 applied to each costs 38 dB at worst."""

DUAL_BLOCK_DB = 20.0
"""No block that is heard at all may differ by more: a short remark on one channel must not drown in the sum."""

AUDIBLE_DBOV = -60.0
LEAST_OFFSET = 0.002
"""Smallest mean value that is taken out: −54 dBov, below which it moves no level by a tenth of a decibel."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Sound of a file, and what had to be done to get it.

    Parameters
    ----------
    samples : float32 [shape=(channels, n)], at `sample_rate_hz`; both channels even where they are the same
    read_s : seconds decoded, at the file's own rate
    lost_s : seconds of it that are silence in place of frames that could not be decoded
    n_unreal, n_beyond : samples that were NaN or infinite (now 0), or beyond full scale (now at it)
    offset : largest mean value of a channel, taken out of the samples where it is at least `LEAST_OFFSET`
    same_channels : both channels hold the same sound
    broken : why decoding stopped before the end, None where it did not
    """

    samples: Samples
    sample_rate_hz: int
    read_s: float
    lost_s: float
    n_unreal: int
    n_beyond: int
    offset: float
    same_channels: bool
    broken: str | None


def gather(stream: Stream, file_bytes: int, *, in_memory_s: float = IN_MEMORY_S) -> Gathered:
    """All of a stream at the working rate.

    Parameters
    ----------
    stream : sound of one or two channels
    file_bytes : size of the file, which bounds what is set aside before anything was decoded
    in_memory_s : length up to which the samples are held in memory; their values do not depend on it

    Raises
    ------
    StorageFull
        There is no room on disk for a long recording.
    """
    to_hz = 8000 if stream.sample_rate_hz <= NARROW_BAND_HZ else 16000
    intake = _Intake(stream)
    canvas = Canvas(stream.n_channels, _expected(stream, to_hz, file_bytes), round(in_memory_s * to_hz))
    blocks = intake.blocks()
    if stream.n_channels == 1:
        blocks = (block[:, 0] for block in blocks)
    for block in resample_blocks(blocks, stream.sample_rate_hz, to_hz, n_channels=stream.n_channels):
        canvas.add(block.reshape(-1, stream.n_channels).T)
    same = intake.alike.same()
    means = canvas.means[: 1 if same else None]
    offset = float(np.abs(means).max())
    samples = canvas.finish([mean if abs(mean) >= LEAST_OFFSET else 0.0 for mean in means], first_only=same)
    return Gathered(
        samples, to_hz, intake.n_read / stream.sample_rate_hz, intake.n_lost / stream.sample_rate_hz,
        intake.n_unreal, intake.n_beyond, offset, same, intake.broken,
    )  # fmt: skip


def _expected(stream: Stream, to_hz: int, file_bytes: int) -> int:
    promised_s = stream.promised_s if stream.promised_s is not None else 60.0
    believed_s = min(promised_s, file_bytes * FRAMES_PER_BYTE / stream.sample_rate_hz)
    return round(believed_s * to_hz)


class _Intake:
    """Passes blocks on and keeps count of what was wrong with them."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.alike = _Alike(stream.n_channels)
        self.n_read = self.n_lost = self.n_unreal = self.n_beyond = 0
        self.broken: str | None = None

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Finite samples within full scale [shape=(n, channels)]; silence in place of frames that were lost."""
        origin_s: float | None = None
        source = self.stream.blocks
        while True:
            try:
                block = next(source, None)
            except UnreadableAudio as error:
                self.broken = str(error)
                return
            if block is None:
                return
            if block.at_s is not None:
                read_s = self.n_read / block.sample_rate_hz
                origin_s = block.at_s - read_s if origin_s is None else origin_s
                yield from self._silence(block, block.at_s - origin_s - read_s)
            self.n_read += len(block.samples)
            samples = self._sound(block.samples)
            self.alike.add(samples)
            yield samples

    def _silence(self, block: Block, gap_s: float) -> Iterator[NDArray[np.float32]]:
        rate_hz, n_channels = block.sample_rate_hz, block.samples.shape[1]
        if not LEAST_GAP_S < gap_s <= MOST_GAPS_S - self.n_lost / rate_hz:
            return
        n_left = round(gap_s * rate_hz)
        self.n_read += n_left
        self.n_lost += n_left
        while n_left > 0:
            n_now = min(n_left, rate_hz)
            n_left -= n_now
            yield np.zeros((n_now, n_channels), np.float32)

    def _sound(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        if not np.isfinite(samples).all():
            self.n_unreal += int(np.count_nonzero(~np.isfinite(samples)))
            samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        n_beyond = int(np.count_nonzero(np.abs(samples) > 1.0))
        if n_beyond:
            self.n_beyond += n_beyond
            samples = np.clip(samples, -1.0, 1.0)
        return samples


class _Alike:
    """Compares two channels as they stream past."""

    def __init__(self, n_channels: int) -> None:
        self.possible = n_channels == 2
        self.energy = self.residual = 0.0

    def add(self, samples: NDArray[np.float32]) -> None:
        if not self.possible or not len(samples):
            return
        left, right = samples[:, 0].astype(np.float64), samples[:, 1].astype(np.float64)
        energy = float(left @ left + right @ right) / 2
        residual = float((left - right) @ (left - right))
        self.energy += energy
        self.residual += residual
        if energy > len(samples) * 10 ** (AUDIBLE_DBOV / 10) and residual > energy * 10 ** (-DUAL_BLOCK_DB / 10):
            self.possible = False

    def same(self) -> bool:
        return self.possible and self.energy > 0.0 and self.residual <= self.energy * 10 ** (-DUAL_RESIDUAL_DB / 10)
