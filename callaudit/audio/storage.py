"""Where samples are kept: a short recording in memory, a long one in a temporary file.

The file has no name from the moment it is made (a call is personal data, and a program that is killed leaves nothing
behind) and is read with plain reads, because the touched pages of a mapped file count as the process's memory.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from io import FileIO

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Rows, Samples

_SAMPLE_BYTES = 4


class StorageFull(Exception):
    """The folder for temporary files cannot take the samples of a long recording."""


class Canvas:
    """Samples as they come in, float32; in memory up to `n_in_memory` a channel, in files beyond.

    Parameters
    ----------
    n_channels : 1 or 2
    n_expected : samples a channel that are to come; there may be more or fewer
    n_in_memory : samples a channel of the longest recording that is held in memory

    Raises
    ------
    StorageFull
    """

    def __init__(self, n_channels: int, n_expected: int, n_in_memory: int) -> None:
        self._held = np.empty((n_channels, max(1, min(n_expected, n_in_memory))), np.float32)
        self._most = n_in_memory
        self._files: list[FileIO] = []
        self._n_done = 0
        self._total = np.zeros(n_channels)
        if n_expected > n_in_memory:
            self._move_out()

    def add(self, block: NDArray[np.float32]) -> None:
        """Appends samples [shape=(channels, n)].

        Raises
        ------
        StorageFull
        """
        self._total += block.sum(axis=1, dtype=np.float64)
        n_needed = self._n_done + block.shape[1]
        if n_needed > self._most and not self._files:
            self._move_out()
        if self._files:
            _write(self._files, block)
        else:
            if n_needed > self._held.shape[1]:
                self._grow(n_needed)
            self._held[:, self._n_done : n_needed] = block
        self._n_done = n_needed

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean value of each channel, float64 [shape=(channels,)]; 0 where there are no samples."""
        return self._total / max(1, self._n_done)

    def finish(self, offsets: Sequence[float], *, first_only: bool) -> Samples:
        """All samples, less the offset of their channel, clipped to [-1, 1]; of the first channel only, if so told."""
        taken_out = [np.float32(offset) for offset in (offsets[:1] if first_only else offsets)]
        if self._files:
            files, others = self._files[: len(taken_out)], self._files[len(taken_out) :]
            for file in others:
                file.close()
            return Rows(tuple(_Stored(f, self._n_done, x) for f, x in zip(files, taken_out, strict=True)))
        if len(taken_out) == 1:
            self._held.resize((1, self._held.shape[1]), refcheck=False)  # keeps the first row, gives back the rest
            self._held.resize((1, self._n_done), refcheck=False)
            samples = self._held
        else:
            samples = self._held[:, : self._n_done]
        for channel, offset in zip(samples, taken_out, strict=True):
            _put_right(channel, offset)
        return samples

    def _grow(self, n_needed: int) -> None:
        n = min(self._most, max(n_needed, self._held.shape[1] * 3 // 2))
        grown = np.empty((len(self._held), n), np.float32)
        grown[:, : self._n_done] = self._held[:, : self._n_done]
        self._held = grown

    def _move_out(self) -> None:
        try:
            for _ in self._held:
                self._files.append(tempfile.TemporaryFile("w+b", buffering=0))  # noqa: SIM115  # lives with the samples
        except OSError as error:
            raise _full(error) from error
        _write(self._files, self._held[:, : self._n_done])
        self._held = np.empty((len(self._held), 0), np.float32)


class _Stored:
    """One channel in its file, which goes with it."""

    def __init__(self, file: FileIO, n: int, offset: np.float32) -> None:
        self._file, self._n, self._offset = file, n, offset
        self._lock = threading.Lock()  # a file has one place at which it is read

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, stretch: slice, /) -> NDArray[np.float32]:
        start, stop, step = stretch.indices(self._n)
        if step != 1:
            raise ValueError(f"a stretch of samples has no step: {stretch}")
        samples = np.empty(max(0, stop - start), np.float32)
        left = samples.view(np.uint8).data
        with self._lock:
            self._file.seek(start * _SAMPLE_BYTES)
            while left:
                n_read = self._file.readinto(left)
                if not n_read:
                    raise OSError("the temporary file of samples is shorter than what was written to it")
                left = left[n_read:]
        _put_right(samples, self._offset)
        return samples

    def __del__(self) -> None:
        self._file.close()


def _put_right(samples: NDArray[np.float32], offset: np.float32) -> None:
    """Takes the offset out of samples, and what then lies beyond full scale, in place."""
    if offset:
        samples -= offset
    np.clip(samples, -1.0, 1.0, out=samples)


def _write(files: Sequence[FileIO], block: NDArray[np.float32]) -> None:
    try:
        for file, samples in zip(files, block, strict=True):
            left = np.ascontiguousarray(samples).view(np.uint8).data
            while left:
                left = left[file.write(left) :]
    except OSError as error:
        raise _full(error) from error


def _full(error: OSError) -> StorageFull:
    return StorageFull(
        f"no room for its samples in the folder for temporary files, {tempfile.tempdir or 'none found'} "
        f"({error.strerror or error}); a long recording needs 230 MB an hour and channel at 16 kHz, half at 8 kHz: "
        f"free some, or name another folder in the environment variable TMPDIR"
    )
