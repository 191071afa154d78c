"""Samples on disk are those in memory, the file has no name, and a full disk is told as what it is."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from callaudit.audio.decode import by_libsndfile
from callaudit.audio.gather import Gathered, gather
from callaudit.audio.storage import Canvas
from callaudit.records import Audio

RATE_HZ = 8000


def gathered(path: Path, in_memory_s: float) -> Gathered:
    with by_libsndfile(path) as stream:
        return gather(stream, path.stat().st_size, in_memory_s=in_memory_s)


def written(path: Path, samples: np.ndarray, rate_hz: int) -> Path:
    soundfile.write(path, samples, rate_hz, subtype="FLOAT")
    return path


def noise(n_channels: int, rate_hz: int, offset: float = 0.0, peak: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(n_channels)
    return (rng.uniform(-peak, peak, (3 * rate_hz, n_channels)) + offset).astype(np.float32)


@pytest.mark.parametrize("in_memory_s", [0.0, 1.0, 2.9])
@pytest.mark.parametrize(
    ("samples", "rate_hz"),
    [
        (noise(1, 8000), 8000),
        (noise(2, 8000, offset=0.1), 8000),
        (noise(2, 44100, peak=1.0), 44100),
        (np.repeat(noise(1, 16000, offset=-0.05), 2, axis=1), 16000),
    ],
    ids=["mono", "offset", "resampled beyond full scale", "dual mono"],
)
def test_samples_on_disk_are_those_in_memory(tmp_path, samples, rate_hz, in_memory_s):
    path = written(tmp_path / "call.wav", samples, rate_hz)

    memory, disk = gathered(path, 60.0), gathered(path, in_memory_s)

    assert isinstance(memory.samples, np.ndarray)
    assert not isinstance(disk.samples, np.ndarray)
    assert disk.samples.shape == memory.samples.shape
    assert (disk.offset, disk.same_channels, disk.read_s) == (memory.offset, memory.same_channels, memory.read_s)
    for channel in range(len(memory.samples)):
        assert np.array_equal(disk.samples[channel][:], memory.samples[channel])
        assert np.array_equal(disk.samples[channel, 777:7770], memory.samples[channel, 777:7770])
    assert np.abs(memory.samples).max() <= 1.0
    assert abs(float(np.mean(memory.samples))) < 0.01


def test_a_stretch_is_what_numpy_would_give():
    canvas = Canvas(2, 0, 10)
    for k in range(7):
        canvas.add(np.full((2, 5), k / 10, np.float32))
    row = Audio(canvas.finish([0.0, 0.0], first_only=False), RATE_HZ).channels[1]
    expected = np.repeat(np.arange(7, dtype=np.float32) / 10, 5)

    for stretch in (slice(None), slice(3, 12), slice(30, 99), slice(-4, None), slice(12, 3), slice(35, 40)):
        assert np.array_equal(row[stretch], expected[stretch])
    with pytest.raises(ValueError, match="step"):
        row[::2]


def test_a_change_to_a_stretch_does_not_change_the_samples():
    canvas = Canvas(1, 0, 0)
    canvas.add(np.full((1, 8), 0.5, np.float32))
    row = canvas.finish([0.0], first_only=False)[0]
    row[0:8][:] = 0.0
    assert row[0:8].tolist() == [0.5] * 8


def test_the_file_has_no_name_and_goes_with_the_samples(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    path = written(tmp_path / "call.wav", noise(2, RATE_HZ), RATE_HZ)
    disk = gathered(path, 0.0)
    assert disk.samples[0][:10].shape == (10,)
    assert list((tmp_path / "scratch").iterdir()) == []


FULL = """
import resource, sys
from callaudit.audio import read_audio
from callaudit.errors import AudioError

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    read_audio(sys.argv[1])
except AudioError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the limit of a file's size is POSIX")
def test_a_full_disk_is_an_error_that_says_so(tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(601 * RATE_HZ, np.int16), RATE_HZ)
    done = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"AudioError {path}: no room for its samples in ")
    assert "TMPDIR" in done.stdout
    assert "File too large" in done.stdout
