"""Whisper itself, with the real weights, on the calls in samples/ and on everything that is not speech."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from callaudit.errors import EngineError
from callaudit.records import Audio, Reading
from callaudit.spans import Span, merge
from callaudit.transcribe.base import Transcript
from callaudit.transcribe.faster_whisper import Decoding, FasterWhisperTranscriber

pytestmark = pytest.mark.engine

RATE_HZ = 8000
SAMPLES = Path(__file__).parents[2] / "samples"
CALL = "bank-outbound-night-bad"
HELD_CALL = "bank-hold-good"
Sound = NDArray[np.float32]


@pytest.fixture(scope="module")
def whisper() -> FasterWhisperTranscriber:
    return FasterWhisperTranscriber(threads=2)


@pytest.fixture(scope="module")
def credulous() -> FasterWhisperTranscriber:
    return FasterWhisperTranscriber(threads=2, voiced=lambda sound: True)


def call(name: str) -> tuple[Audio, dict[int, tuple[Span, ...]], dict[str, Any]]:
    samples, rate_hz = soundfile.read(SAMPLES / f"{name}.flac", dtype="float32", always_2d=True)
    label = json.loads((SAMPLES / f"{name}.label.json").read_text(encoding="utf-8"))
    audio = Audio(np.ascontiguousarray(samples.T), rate_hz)
    speech = {
        channel: merge(Span(t["start"] - 0.1, t["end"] + 0.1) for t in label["turns"] if t["role"] == role)
        for channel, role in enumerate(label["channels"])
    }
    return audio, speech, label


def tone(*parts_hz: float, seconds: float) -> Sound:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (sum(0.1 * np.sin(2 * np.pi * hz * t) for hz in parts_hz) / len(parts_hz)).astype(np.float32)


def cadence(on: Sound, off_s: float, times: int) -> Sound:
    return np.tile(np.concatenate([on, np.zeros(round(off_s * RATE_HZ), dtype=np.float32)]), times)


def hiss(seconds: float, level: float) -> Sound:
    return (np.random.default_rng(5).standard_normal(round(seconds * RATE_HZ)) * level).astype(np.float32)


def clicks() -> Sound:
    sound = np.zeros(8 * RATE_HZ, dtype=np.float32)
    sound[np.random.default_rng(6).integers(0, len(sound), 50)] = 0.8
    return sound


def hold_music() -> Sound:
    audio, _, label = call(HELD_CALL)
    hold = next(h for h in label["holds"] if h["kind"] == "music")
    channel = label["channels"].index("agent")
    at, end = (round(hold[key] * audio.sample_rate_hz) for key in ("start", "end"))
    return audio.samples[channel, at:end]


NOT_SPEECH: dict[str, Callable[[], Sound]] = {
    "digital silence": lambda: np.zeros(15 * RATE_HZ, dtype=np.float32),
    "hiss": lambda: hiss(15, 0.05),
    "faint hiss": lambda: hiss(6, 0.001),
    "ring-back of China": lambda: cadence(tone(450, seconds=1), 4, 4),
    "ring cut off": lambda: tone(450, seconds=0.7),
    "ring-back of America": lambda: cadence(tone(440, 480, seconds=2), 4, 3),
    "busy tone": lambda: cadence(tone(450, seconds=0.35), 0.35, 12),
    "keys": lambda: np.concatenate(
        [cadence(tone(697 + 80 * k, 1209 + 100 * k, seconds=0.2), 0.1, 1) for k in range(8)]
    ),
    "clicks": clicks,
    "hold music": hold_music,
}


def fed(whisper: FasterWhisperTranscriber, sound: Sound, language: str) -> Transcript:
    """The sound called speech from end to end."""
    audio = Audio(sound[None, : 20 * RATE_HZ], RATE_HZ)
    return whisper.transcribe(audio, {0: (Span(0.0, audio.duration_s),)}, language=language)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", NOT_SPEECH)
def test_nothing_is_invented_on_sound_that_is_not_speech(
    whisper: FasterWhisperTranscriber, name: str, language: str
) -> None:
    assert fed(whisper, NOT_SPEECH[name](), language).words[0] == ()


@pytest.mark.parametrize("name", ["hiss", "ring-back of China", "busy tone", "hold music"])
def test_what_whisper_makes_of_it_would_be_refused_even_without_the_question_for_a_voice(
    credulous: FasterWhisperTranscriber, name: str
) -> None:
    """The second lock alone: the first is taken off."""
    transcript = fed(credulous, NOT_SPEECH[name](), "zh")
    assert transcript.words[0] == ()
    assert transcript.notes


@pytest.mark.slow
def test_threads_and_batches_do_not_change_the_words(whisper: FasterWhisperTranscriber) -> None:
    audio, speech, _ = call(CALL)
    alone = FasterWhisperTranscriber(threads=1, decoding=Decoding(batch_size=1))
    one, two = (t.transcribe(audio, speech) for t in (alone, whisper))
    assert one.words.keys() == two.words.keys()
    for channel, words in one.words.items():
        assert [(w.text, w.span) for w in words] == [(w.text, w.span) for w in two.words[channel]]
    assert said_by(one.readings) == said_by(two.readings)


def said_by(readings: Mapping[int, tuple[Reading, ...]]) -> list[tuple[int, Span, str, float]]:
    return [
        (channel, reading.span, "".join(w.text for w in reading.words), round(reading.prob, 2))
        for channel, row in sorted(readings.items())
        for reading in row
    ]


def test_a_named_language_and_the_same_one_heard_give_the_same_words(whisper: FasterWhisperTranscriber) -> None:
    audio, speech, _ = call(CALL)
    heard, named = whisper.transcribe(audio, speech), whisper.transcribe(audio, speech, language="zh")
    assert heard.words == named.words


def test_readings_stand_for_words_that_were_heard_and_say_something_else(whisper: FasterWhisperTranscriber) -> None:
    audio, speech, _ = call(CALL)
    transcript = whisper.transcribe(audio, speech, language="zh")
    assert sum(map(len, transcript.readings.values())) > 0
    for channel, readings in transcript.readings.items():
        shares: dict[Span, float] = {}
        for reading in readings:
            replaced = [w for w in transcript.words[channel] if reading.span.holds(w.span.middle_s)]
            assert replaced
            assert [w.text for w in reading.words] != [w.text for w in replaced]
            for word in reading.words:
                assert any(s.start_s <= word.span.start_s and word.span.end_s <= s.end_s for s in speech[channel])
            shares[reading.span] = shares.get(reading.span, 0.0) + reading.prob
        assert all(0.0 < share <= 1.0 for share in shares.values())
        spans = sorted(shares)
        assert all(left.end_s <= right.start_s for left, right in pairwise(spans))


@pytest.mark.parametrize(("device", "compute_type"), [("cpu", "float77"), ("cpu", "bfloat16"), ("abacus", "int8")])
def test_a_device_or_number_type_that_is_not_there_is_an_engine_error(device: str, compute_type: str) -> None:
    audio, speech, _ = call(CALL)
    with pytest.raises(EngineError, match=f"on device {device} as {compute_type}"):
        FasterWhisperTranscriber(device=device, compute_type=compute_type).transcribe(audio, speech)


def test_a_call_is_understood_at_the_right_time_by_channel(whisper: FasterWhisperTranscriber) -> None:
    audio, speech, label = call(CALL)
    transcript = whisper.transcribe(audio, speech)
    assert transcript.language == "zh"
    errors_s = []
    for channel, role in enumerate(label["channels"]):
        turns = [t for t in label["turns"] if t["role"] == role]
        truth = [(c, at_s) for turn in turns for c, at_s, _ in turn["char_times"]]
        words = transcript.words[channel]
        assert all(any(s.start_s <= w.span.start_s and w.span.end_s <= s.end_s for s in speech[channel]) for w in words)
        for character, at_s in truth:
            near = [abs(w.span.start_s - at_s) for w in words if w.text[0] == character]
            errors_s += [min(near)] if near and min(near) < 1.0 else []
        assert len(words) == pytest.approx(len(truth), rel=0.15)
    assert len(errors_s) > 0.8 * sum(t["chars"] for t in label["turns"])
    assert float(np.median(errors_s)) < 0.1
