"""A long call is heard in the memory of a short one, and heard the same."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from callaudit.audio import read_audio
from callaudit.audio.storage import Canvas
from callaudit.pipeline import hear
from callaudit.records import Audio
from callaudit.testing.sounds import placed, voice, white_noise
from callaudit.transcribe import RecordedTranscriber

ROOT = Path(__file__).parents[1]
RATE_HZ = 8000
MINUTE_S = 60.0
MOST_GROWTH_MB = 30
MEASURE = """
import resource, sys
from callaudit.audio import read_audio
from callaudit.pipeline import hear
from callaudit.transcribe import RecordedTranscriber

hear(*read_audio(sys.argv[1]), RecordedTranscriber({}), language="zh")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def minute() -> np.ndarray:
    """Agent and customer, half a minute each, with line noise; float32 [shape=(2, n)]."""
    agent = placed(voice(25.0, seed=1), 1.0, MINUTE_S) + white_noise(MINUTE_S, seed=1)
    customer = placed(voice(25.0, pitch_hz=120, seed=2), 30.0, MINUTE_S) + white_noise(MINUTE_S, seed=2)
    return np.stack([agent, customer]).astype(np.float32)


@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_call_kept_on_disk_is_heard_like_one_kept_in_memory(tmp_path: Path, n_channels: int) -> None:
    sound = minute() if n_channels == 2 else minute().sum(axis=0, keepdims=True)
    soundfile.write(tmp_path / "call.wav", sound.T, RATE_HZ)
    recording, audio = read_audio(tmp_path / "call.wav")
    canvas = Canvas(n_channels, 0, 0)
    for row in range(0, audio.n_samples, 5000):
        canvas.add(np.stack([channel[row : row + 5000] for channel in audio.channels]))
    on_disk = Audio(canvas.finish([0.0] * n_channels, first_only=False), audio.sample_rate_hz)
    assert not isinstance(on_disk.samples, np.ndarray)

    calls = [hear(recording, one, RecordedTranscriber({}), language="zh") for one in (audio, on_disk)]

    assert calls[0].turns
    assert calls[0] == calls[1]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the peak of a process's memory is asked for the POSIX way")
def test_memory_does_not_grow_with_the_call(tmp_path: Path) -> None:
    """From 20 to 40 minutes; the samples alone would take 77 MB more. Whisper is left out: it hears by half-minutes."""
    peaks = {}
    block = minute().T
    for minutes in (20, 40):
        path = tmp_path / f"{minutes}.wav"
        with soundfile.SoundFile(path, "w", RATE_HZ, 2, subtype="ULAW") as file:
            for _ in range(minutes):
                file.write(block)
        command = [sys.executable, "-c", MEASURE, path]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
        peaks[minutes] = float(done.stdout)
    assert peaks[40] - peaks[20] < MOST_GROWTH_MB
