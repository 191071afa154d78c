"""What every Transcriber keeps to; a new one is added to `TRANSCRIBERS` and gets all of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from callaudit.progress import Progress
from callaudit.records import Audio, Word
from callaudit.spans import Span
from callaudit.transcribe import RecordedTranscriber, Transcriber

RATE_HZ = 8000


def recorded() -> Transcriber:
    row = [Word(c, Span(1.0 + 0.2 * k, 1.2 + 0.2 * k), 0.9) for k, c in enumerate("您好请问有什么可以帮您")]
    return RecordedTranscriber({0: row, 1: [Word("喂", Span(0.5, 0.8), 0.7)]})


def whisper() -> Transcriber:
    from callaudit.transcribe.faster_whisper import FasterWhisperTranscriber

    return FasterWhisperTranscriber()


def sense_voice() -> Transcriber:
    import tone_networks

    from callaudit.transcribe.funasr_onnx import FunasrOnnxTranscriber

    folder = tone_networks.sense_voice(Path(tempfile.mkdtemp(prefix="tones-")))
    return FunasrOnnxTranscriber(str(folder), voiced=lambda sound: True)


def paraformer() -> Transcriber:
    import tone_networks

    from callaudit.transcribe.funasr_onnx import FunasrOnnxTranscriber

    folder = tone_networks.paraformer(Path(tempfile.mkdtemp(prefix="tones-")))
    return FunasrOnnxTranscriber(str(folder), voiced=lambda sound: True)


TRANSCRIBERS: list[object] = [
    pytest.param(recorded, id="recorded"),
    pytest.param(whisper, id="faster-whisper", marks=pytest.mark.engine),
    pytest.param(sense_voice, id="sense-voice"),
    pytest.param(paraformer, id="paraformer"),
]
each = pytest.mark.parametrize("make", TRANSCRIBERS)
Make = Callable[[], Transcriber]


def hiss(duration_s: float = 6.0) -> Audio:
    rng = np.random.default_rng(3)
    return Audio((rng.standard_normal((2, round(duration_s * RATE_HZ))) * 0.05).astype(np.float32), RATE_HZ)


SPEECH = {0: (Span(0.9, 2.0), Span(2.4, 4.0)), 1: (Span(0.4, 0.9),)}


@each
def test_it_says_what_it_is(make: Make) -> None:
    transcriber = make()
    assert isinstance(transcriber, Transcriber)
    assert transcriber.name
    assert transcriber.sha256 is None or len(transcriber.sha256) == 64


@each
def test_words_lie_in_the_speech_of_their_channel_in_order(make: Make) -> None:
    transcript = make().transcribe(hiss(), SPEECH, language="zh")
    assert set(transcript.words) == set(SPEECH)
    for channel, words in transcript.words.items():
        assert [word.span for word in words] == sorted(word.span for word in words)
        for word in words:
            assert any(s.start_s <= word.span.start_s and word.span.end_s <= s.end_s for s in SPEECH[channel])
            assert word.text.strip()
            assert 0.0 <= word.prob <= 1.0


@each
def test_no_speech_gives_no_words(make: Make) -> None:
    assert dict(make().transcribe(hiss(), {0: (), 1: ()}).words) == {0: (), 1: ()}
    assert dict(make().transcribe(hiss(), {}).words) == {}


@each
def test_a_named_language_is_kept(make: Make) -> None:
    transcript = make().transcribe(hiss(), SPEECH, language="zh")
    assert (transcript.language, transcript.language_prob) == ("zh", 1.0)


@each
def test_the_same_sound_gives_the_same_words_and_is_left_as_it_was(make: Make) -> None:
    audio, transcriber = hiss(), make()
    before = audio.samples.copy()
    assert transcriber.transcribe(audio, SPEECH) == transcriber.transcribe(audio, SPEECH)
    assert np.array_equal(audio.samples, before)


def test_progress_hears_the_end() -> None:
    steps: list[tuple[str, float, float]] = []

    class Ear(Progress):
        def step(self, name: str, done: float, total: float) -> None:
            steps.append((name, done, total))

    recorded().transcribe(hiss(), SPEECH, progress=Ear())
    assert steps[-1][1] == steps[-1][2]


def test_recorded_words_outside_the_speech_are_left_out_and_others_cut_to_it() -> None:
    transcript = recorded().transcribe(hiss(), {0: (Span(1.1, 1.3),)})
    assert [(w.text, w.span) for w in transcript.words[0]] == [("您", Span(1.1, 1.2)), ("好", Span(1.2, 1.3))]
