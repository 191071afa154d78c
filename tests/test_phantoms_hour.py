"""Phantoms: of more than an hour of sound without a word in it, no word reaches a transcript."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import soundfile

from callaudit.audio.resample import resample
from callaudit.pipeline import hear
from callaudit.records import Audio, Recording
from callaudit.spans import Span
from callaudit.testing import sounds
from callaudit.testing.nonspeech import medley
from callaudit.transcribe.faster_whisper import FasterWhisperTranscriber

pytestmark = [pytest.mark.engine, pytest.mark.slow]

SOUND_S, PAUSE_S, AT_ONCE = 24.0, 1.0, 5
HOLD_MUSIC = Path("/usr/share/asterisk/moh")
"""Debian's asterisk-moh-opsound-wav, CC-BY-SA: heard where it is installed, shipped nowhere."""


@pytest.fixture(scope="module")
def whisper() -> FasterWhisperTranscriber:
    return FasterWhisperTranscriber(threads=2)


def on_a_line(sound: sounds.Samples, seed: int) -> sounds.Samples:
    noise = sounds.white_noise(len(sound) / sounds.RATE_HZ, level_dbov=-60, seed=seed)
    return sounds.g711(sounds.mixed(sound, noise))


def rows() -> Iterator[tuple[list[str], sounds.Samples]]:
    """The medley, tones once and all else three times with other notes, in recordings of some minutes."""
    kinds = [(kind, seed) for seed in range(3) for kind in medley() if seed == 0 or "-" not in kind.name.split()[-1]]
    for k in range(0, len(kinds), AT_ONCE):
        group = kinds[k : k + AT_ONCE]
        parts = [np.append(kind.make(SOUND_S, seed), sounds.silence(PAUSE_S)) for kind, seed in group]
        whole = sounds.placed(np.concatenate(parts), 0.0, AT_ONCE * (SOUND_S + PAUSE_S))
        yield [kind.name for kind, _ in group], on_a_line(whole, k)


def words_of(whisper: FasterWhisperTranscriber, samples: np.ndarray, language: str | None) -> str:
    layout: Literal["stereo", "mono"] = "stereo" if len(samples) == 2 else "mono"
    audio = Audio(samples, sounds.RATE_HZ)
    recording = Recording("0" * 64, "made", audio.duration_s, sounds.RATE_HZ, len(samples), layout, "pcm_mulaw")
    return " ".join(turn.text for turn in hear(recording, audio, whisper, language=language).turns if turn.words)


@pytest.mark.parametrize(("layout", "language"), [("mono", "zh"), ("stereo", None)])
def test_no_word_is_heard_in_an_hour_of_everything_but_speech(
    whisper: FasterWhisperTranscriber, layout: str, language: str | None
) -> None:
    heard_s, invented = 0.0, {}
    last: sounds.Samples | None = None
    for names, row in rows():
        other = last if last is not None else sounds.silence(len(row) / sounds.RATE_HZ)
        samples = np.stack([row, other]) if layout == "stereo" else row[None]
        if text := words_of(whisper, samples, language):
            invented[" + ".join(names)] = text
        heard_s, last = heard_s + len(row) / sounds.RATE_HZ, row
    assert invented == {}
    assert heard_s >= 3600.0


def test_no_word_is_heard_even_where_everything_is_called_speech(whisper: FasterWhisperTranscriber) -> None:
    """The second line of defence: ten minutes and more of the hardest, past the detector of speech."""
    hardest = [kind for kind in medley() if "-" not in kind.name.split()[-1]]
    assert len(hardest) * SOUND_S >= 600.0
    invented = {}
    for kind in hardest:
        audio = Audio(on_a_line(kind.make(SOUND_S, 1), 1)[None], sounds.RATE_HZ)
        words = whisper.transcribe(audio, {0: (Span(0.0, audio.duration_s),)}, language="zh").words[0]
        if words:
            invented[kind.name] = "".join(word.text for word in words)
    assert invented == {}


def test_no_word_is_heard_in_hold_music(whisper: FasterWhisperTranscriber) -> None:
    tracks = sorted(HOLD_MUSIC.glob("*.wav"))
    if not tracks:
        pytest.skip("Debian's asterisk-moh-opsound-wav is not installed")
    for track in tracks:
        samples, rate_hz = soundfile.read(track, dtype="float32", always_2d=True)
        row = resample(np.ascontiguousarray(samples[: 120 * rate_hz, 0]), rate_hz, sounds.RATE_HZ)
        assert words_of(whisper, row[None], None) == "", track.name
