"""A long call is not held in memory several times over."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from callaudit.testing.sounds import placed, voice, white_noise

ROOT = Path(__file__).parents[1]
MINUTE_S, MINUTES = 60.0, 60
MEASURE = """
import resource, sys
from callaudit.audio import read_audio
from callaudit.pipeline import hear
from callaudit.transcribe import RecordedTranscriber

def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

hear(*read_audio(sys.argv[1]), RecordedTranscriber({0: [], 1: []}), language="zh")  # everything is loaded now
before = peak_bytes()
recording, audio = read_audio(sys.argv[2])
hear(recording, audio, RecordedTranscriber({0: [], 1: []}), language="zh")
print((peak_bytes() - before) / audio.samples.nbytes)
"""


@pytest.mark.slow
def test_an_hour_is_heard_in_less_than_twice_its_own_samples(tmp_path: Path) -> None:
    """Whisper is left out: it hears half a minute at a time."""
    agent = placed(voice(25.0, seed=1), 1.0, MINUTE_S) + white_noise(MINUTE_S, seed=1)
    customer = placed(voice(25.0, pitch_hz=120, seed=2), 30.0, MINUTE_S) + white_noise(MINUTE_S, seed=2)
    minute = np.stack([agent, customer], axis=1)
    for name, n in (("short", 1), ("long", MINUTES)):
        with soundfile.SoundFile(tmp_path / f"{name}.wav", "w", 8000, 2, subtype="ULAW") as file:
            for _ in range(n):
                file.write(minute)
    command = [sys.executable, "-c", MEASURE, tmp_path / "short.wav", tmp_path / "long.wav"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert float(done.stdout) < 2.0
