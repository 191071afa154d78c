"""What stays of what a recogniser made of each piece, and the transcript that it makes: the same for every engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from callaudit.records import Reading, Word
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
class Variant:
    """What may stand in place of the entries [start, end) of a piece; `share` in [0, 1] as in `Reading.prob`."""

    start: int
    end: int
    timed: tuple[Timed, ...]
    share: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What the recogniser made of one piece, and what else it may be."""

    placed: Placed
    timed: tuple[Timed, ...]
    avg_logprob: float
    no_speech_prob: float
    variants: tuple[Variant, ...] = ()

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
    readings: dict[int, list[Reading]] = {channel: [] for channel in speech}
    notes: list[str] = []
    for one in heard:
        if one.stays:
            words[one.piece.channel] += _words(one.placed, one.timed, language)
            readings[one.piece.channel] += _readings(one, language)
        else:
            span, why = one.piece.span, _WHY[one.reason or "doubtful"]
            notes.append(
                f"声道{one.piece.channel}的{span.start_s:.1f}–{span.end_s:.1f}秒识别结果不可信（{why}），未采用"
            )
    ordered = {channel: tuple(sorted(row, key=lambda word: word.span)) for channel, row in words.items()}
    others = {channel: tuple(sorted(row, key=lambda r: (r.span, -r.prob))) for channel, row in readings.items() if row}
    return Transcript(ordered, language, prob, tuple(notes), others)


def _words(placed: Placed, timed: Sequence[Timed], language: str) -> tuple[Word, ...]:
    said = words_of(placed, timed)
    return simplify_words(said) if is_chinese(language) else said


def _readings(one: Heard, language: str) -> list[Reading]:
    """The variants of a piece as words in the recording's time, in place of the words that they replace."""
    if not one.variants:
        return []
    first = _words(one.placed, one.timed, language)
    found: list[Reading] = []
    for variant in one.variants:
        row = (*one.timed[: variant.start], *variant.timed, *one.timed[variant.end :])
        other = _words(one.placed, row, language)
        replaced = first[variant.start : variant.end]
        words = other[variant.start : variant.start + len(variant.timed)]
        span = Span(replaced[0].span.start_s, max(word.span.end_s for word in replaced))
        found.append(Reading(span, words, round(variant.share, 4)))
    return found


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
