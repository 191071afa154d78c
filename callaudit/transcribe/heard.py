"""What stays of what a recogniser made of each piece, and the transcript that it makes: the same for every engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from callaudit.records import Word
from callaudit.spans import Span, total_s
from callaudit.text.punctuation import is_chinese
from callaudit.text.simplify import simplify_words
from callaudit.transcribe.alignment import Timed, silent_s, words_of
from callaudit.transcribe.base import Transcript
from callaudit.transcribe.phantoms import Hearing, Reason, suspicion
from callaudit.transcribe.windows import Piece, Placed

CHINESE_LEAST = 0.2
"""Probability of Mandarin and Cantonese together from which a call is taken for Chinese: a Mandarin call taken for
another language could not be judged at all."""

_WHY: dict[Reason, str] = {
    "phantom line": "像字幕套话",
    "loop": "重复不止",
    "too fast": "快得不像人说话",
    "doubtful": "把握太低",
    "unheard": "没有听全",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What the recogniser made of one piece."""

    placed: Placed
    timed: tuple[Timed, ...]
    avg_logprob: float
    no_speech_prob: float

    @property
    def piece(self) -> Piece:
        """The sound it was made of."""
        return self.placed.piece

    @property
    def reason(self) -> Reason | None:
        """Why it cannot stay as it is."""
        text = "".join(atom.text for atom in self.timed)
        passed_over_s = silent_s(self.placed, self.timed)
        return suspicion(
            Hearing(text, total_s(self.piece.speech), passed_over_s, self.avg_logprob, self.no_speech_prob)
        )

    @property
    def stays(self) -> bool:
        """Whether its words are kept: what was passed over in part is right as far as it goes."""
        return self.reason in (None, "unheard")


def transcript_of(
    heard: Iterable[Heard], speech: Mapping[int, tuple[Span, ...]], language: str, prob: float
) -> Transcript:
    """The words that stay, in simplified characters and in order, and a note on each piece that does not."""
    words: dict[int, list[Word]] = {channel: [] for channel in speech}
    notes: list[str] = []
    for one in heard:
        if one.stays:
            said = words_of(one.placed, one.timed)
            words[one.piece.channel] += simplify_words(said) if is_chinese(language) else said
        else:
            span, why = one.piece.span, _WHY[one.reason or "doubtful"]
            notes.append(
                f"声道{one.piece.channel}的{span.start_s:.1f}–{span.end_s:.1f}秒识别结果不可信（{why}），未采用"
            )
    ordered = {channel: tuple(sorted(row, key=lambda word: word.span)) for channel, row in words.items()}
    return Transcript(ordered, language, prob, tuple(notes))


def spoken_language(ranked: Sequence[tuple[str, float]]) -> tuple[str, float]:
    """The language of a call and its probability, from the likeliest down; Chinese where in doubt.

    Cantonese counts as Chinese.

    >>> spoken_language([("en", 0.6), ("zh", 0.2), ("yue", 0.1)])
    ('zh', 0.3)
    >>> spoken_language([("en", 0.9), ("zh", 0.1)])
    ('en', 0.9)
    """
    chinese = sum(prob for name, prob in ranked if is_chinese(name))
    if chinese >= CHINESE_LEAST:
        return "zh", round(min(1.0, float(chinese)), 6)
    return ranked[0]
