"""A transcriber that plays back words it was given: for tests, for demonstrations, and for audits of given texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from callaudit.progress import SILENT, Progress
from callaudit.records import Audio, Word
from callaudit.spans import Span, intersect
from callaudit.transcribe.base import Transcript


class RecordedTranscriber:
    """Plays back the words of each channel that lie in the speech it is shown, whatever the audio holds.

    Examples
    --------
    >>> import numpy as np
    >>> teller = RecordedTranscriber({0: [Word("喂", Span(1.0, 1.3), 0.9)]})
    >>> audio = Audio(np.zeros((1, 16000), dtype=np.float32), 8000)
    >>> teller.transcribe(audio, {0: (Span(0.9, 1.5),)}).words[0][0].text
    '喂'
    """

    def __init__(
        self, words: Mapping[int, Sequence[Word]], *, language: str = "zh", language_prob: float = 1.0
    ) -> None:
        self._words = {channel: tuple(row) for channel, row in words.items()}
        self._language = language
        self._language_prob = language_prob

    @property
    def name(self) -> str:
        """Always ``recorded``."""
        return "recorded"

    @property
    def sha256(self) -> str | None:
        """None: there are no weights."""
        return None

    def transcribe(
        self,
        audio: Audio,
        speech: Mapping[int, tuple[Span, ...]],
        *,
        language: str | None = None,
        progress: Progress = SILENT,
    ) -> Transcript:
        """The given words, each cut to the speech it touches; those that touch none are left out."""
        words = {channel: tuple(_heard(self._words.get(channel, ()), spans)) for channel, spans in speech.items()}
        progress.step("transcribe", 1, 1)
        prob = 1.0 if language else self._language_prob
        return Transcript(words, language or self._language, prob)


def _heard(words: Sequence[Word], speech: Sequence[Span]) -> list[Word]:
    heard: list[Word] = []
    for word in sorted(words, key=lambda word: word.span):
        parts = intersect([word.span], speech)
        if parts:
            heard.append(replace(word, span=max(parts, key=lambda part: part.duration_s)))
    return heard
