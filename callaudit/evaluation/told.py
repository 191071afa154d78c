"""The words of a label in place of a recogniser's: what is still wrong then, hearing the words did not do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from callaudit.evaluation.truth import Truth, TruthTurn
from callaudit.progress import SILENT, Progress
from callaudit.records import Audio, Word
from callaudit.spans import Span, intersect, total_s
from callaudit.testing.labels import punctuated
from callaudit.transcribe import RecordedTranscriber, Transcript


class ToldTranscriber:
    """Gives each voice the labelled words of the turns that lie in its speech; a turn nobody was heard in is lost.

    The words take the times of their label; where it has none, they share the turn evenly.
    """

    def __init__(self, truth: Truth) -> None:
        self._turns = truth.turns or ()

    @property
    def name(self) -> str:
        """Always ``labels``."""
        return "labels"

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
        """The labelled words, each cut to the speech it lies in."""
        rows: dict[int, list[Word]] = defaultdict(list)
        for turn in self._turns:
            leg = _heard_in(turn, speech)
            if leg is not None:
                rows[leg] += words_of(turn)
        return RecordedTranscriber(rows).transcribe(audio, speech, language=language, progress=progress)


def words_of(turn: TruthTurn) -> tuple[Word, ...]:
    """The characters of a turn as words, punctuation with the one before it."""
    if turn.text is None:
        return ()
    if turn.chars:
        return punctuated(turn.text, [(char.text, char.start_s, char.end_s) for char in turn.chars])
    spoken = [char for char in turn.text if char.isalnum()]
    step_s = turn.span.duration_s / max(1, len(spoken))
    starts_s = [turn.span.start_s + k * step_s for k in range(len(spoken))]
    return punctuated(turn.text, [(c, at_s, at_s + step_s) for c, at_s in zip(spoken, starts_s, strict=True)])


def _heard_in(turn: TruthTurn, speech: Mapping[int, Sequence[Span]]) -> int | None:
    """The voice whose speech covers most of the turn."""
    covered_s = {leg: total_s(intersect([turn.span], spans)) for leg, spans in speech.items()}
    best = max(covered_s, key=lambda leg: covered_s[leg], default=None)
    return best if best is not None and covered_s[best] > 0 else None
