"""A row of words as one text, with the way back from its characters to the words."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from callaudit.privacy.cues import CUES, Cue, cues_in
from callaudit.records import Speaker, Word
from callaudit.spans import Span
from callaudit.text.english.runs import runs as english_runs
from callaudit.text.punctuation import is_chinese
from callaudit.text.runs import Run, mended
from callaudit.text.runs import runs as mandarin_runs

RUNS: Final[Mapping[str, Callable[[str], tuple[Run, ...]]]] = {"zh": mandarin_runs, "en": english_runs}


@dataclass(frozen=True, eq=False)
class Line:
    """What is said in a turn, or in another reading of it.

    `at[k]` is the word that character k comes from and its place in it, None for what was put between words.
    """

    turn: int
    speaker: Speaker
    text: str
    words: tuple[Word, ...]
    at: tuple[tuple[int, int] | None, ...]
    span: Span
    tongue: str

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The numbers that are read aloud in it."""
        return RUNS[self.tongue](self.text)

    @cached_property
    def mended(self) -> str:
        """The text with digits that were misheard put right, as long as before."""
        return mended(self.text) if self.tongue == "zh" else self.text

    @cached_property
    def cues(self) -> tuple[Cue, ...]:
        """Words that say what a number beside them is."""
        return cues_in(self.text, self.tongue)

    @cached_property
    def n_other(self) -> int:
        """Letters and characters that are no digits."""
        return sum(map(str.isalpha, self.text)) - sum(part.end - part.start for run in self.runs for part in run.parts)


def line_of(turn: int, speaker: Speaker, words: Sequence[Word], span: Span, language: str) -> Line:
    """The words as a line; in Chinese joined, else with a space between."""
    text: list[str] = []
    at: list[tuple[int, int] | None] = []
    chinese = is_chinese(language)
    for index, word in enumerate(words):
        if not chinese and text and not word.text[:1].isspace():
            text.append(" ")
            at.append(None)
        for place, char in enumerate(word.text):
            plain = unicodedata.normalize("NFKC", char)
            text.append(plain if len(plain) == 1 else char)
            at.append((index, place))
    tongue = "zh" if chinese or language.split("-")[0].lower() not in CUES else language.split("-")[0].lower()
    return Line(turn, speaker, "".join(text), tuple(words), tuple(at), span, tongue)
