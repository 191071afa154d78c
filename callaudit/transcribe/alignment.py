"""Words and their times, from the recogniser's tokens back to the recording.

Whisper's cross-attention says at which 20 ms of a window each token is heard. A token of several Han characters is
shared out evenly; Latin letters and digits that belong together stay one word; punctuation ends the word before it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from callaudit.records import Word
from callaudit.spans import Span, subtract
from callaudit.transcribe.windows import PATIENCE_S, Placed, Window

ATTENTION_LEAD_S = 0.1
"""How much earlier than the sound Whisper base's attention jumps to a token; added to every time.

Measured: median 0.10 s against the onset of energy over 3,300 characters, half of it within 0.035 s.
"""

LONGEST_CHARACTER_S = 0.6
"""A Han character is not longer; what the alignment adds beyond it is the pause after it."""

LEAST_WORD_S = 0.02
"""One step of the alignment."""

QUICK_CHARACTER_S = 0.08
"""A Han character takes longer than this even in hurried speech; starts that crowd at a pause are set apart by it."""


_INNER = "'’-.%"
"""Marks that hold a Western word together."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A token or group of tokens: its text, [start_s, end_s] in the window, its probability."""

    text: str
    start_s: float
    end_s: float
    prob: float


def atoms(timed: Iterable[Timed]) -> tuple[Timed, ...]:
    """One entry for each Han character, Latin word or number, punctuation at the end of the entry before it.

    >>> [atom.text for atom in atoms([Timed("您好", 0, 0.4, 1), Timed("，", 0.4, 0.4, 1), Timed("APP", 1, 1.2, 1)])]
    ['您', '好，', 'APP']
    """
    made: list[Timed] = []
    for group in timed:
        pieces = _pieces(group.text)
        step_s = (group.end_s - group.start_s) / (sum(1 for piece in pieces if not _is_mark(piece)) or 1)
        at_s = group.start_s
        for k, piece in enumerate(pieces):
            if _is_mark(piece):
                if made:
                    made[-1] = replace(made[-1], text=made[-1].text + piece)
                continue
            if made and _is_western(piece[0]) and _goes_on(made[-1].text, group.text, k):
                last = made[-1]
                made[-1] = Timed(last.text + piece, last.start_s, at_s + step_s, (last.prob + group.prob) / 2)
            else:
                made.append(Timed(piece, at_s, at_s + step_s, group.prob))
            at_s += step_s
    return tuple(made)


def spread(window: Window, timed: Sequence[Timed]) -> tuple[tuple[Timed, ...], ...]:
    """The entries of each piece of a window, `ATTENTION_LEAD_S` made up for."""
    shares: list[list[Timed]] = [[] for _ in window.placed]
    for atom in timed:
        moved = replace(atom, start_s=atom.start_s + ATTENTION_LEAD_S, end_s=atom.end_s + ATTENTION_LEAD_S)
        shares[window.at(moved.end_s)].append(moved)
    return tuple(tuple(share) for share in shares)


def words_of(placed: Placed, share: Sequence[Timed]) -> tuple[Word, ...]:
    """Words of a piece in the recording's time, each inside one stretch of its speech."""
    offset_s = placed.piece.span.start_s - placed.at_s
    homes: list[list[Timed]] = [[] for _ in placed.piece.speech]
    for atom in share:
        homes[_home(placed.piece.speech, atom.end_s + offset_s)].append(atom)
    words: list[Word] = []
    for home, row in zip(placed.piece.speech, homes, strict=True):
        starts = _starts([atom.start_s + offset_s for atom in row], home)
        for k, (atom, start_s) in enumerate(zip(row, starts, strict=True)):
            longest_s = home.end_s if _is_western(atom.text[0]) else start_s + LONGEST_CHARACTER_S
            next_s = starts[k + 1] if k + 1 < len(row) else home.end_s
            least_s = start_s + min(QUICK_CHARACTER_S, next_s - start_s) / 2
            end_s = max(min(atom.end_s + offset_s, next_s, longest_s), least_s)
            words.append(Word(atom.text, Span(float(start_s), float(end_s)), round(min(1.0, max(0.0, atom.prob)), 4)))
    return tuple(words)


def silent_s(placed: Placed, share: Sequence[Timed]) -> float:
    """Seconds of the longest stretch of speech in a piece over which no word was heard."""
    offset_s = placed.piece.span.start_s - placed.at_s
    told = [
        Span(atom.start_s + offset_s, min(atom.end_s, atom.start_s + LONGEST_CHARACTER_S) + offset_s + LEAST_WORD_S)
        for atom in share
    ]
    return max((span.duration_s for span in subtract(placed.piece.speech, told)), default=0.0)


def _home(speech: Sequence[Span], end_s: float) -> int:
    """Which stretch of speech a word belongs to that ends at a time; see `Window.at`."""
    return next((k for k, span in enumerate(speech[:-1]) if end_s <= span.end_s + PATIENCE_S), len(speech) - 1)


def _starts(starts_s: Sequence[float], home: Span) -> list[float]:
    """The starts moved into a stretch of speech, in order and none closer to the next than a quick syllable."""
    step_s = min(QUICK_CHARACTER_S, home.duration_s / (len(starts_s) + 1))
    placed: list[float] = []
    for k, start_s in enumerate(starts_s):
        earliest_s = placed[-1] + step_s if placed else home.start_s
        latest_s = home.end_s - step_s * (len(starts_s) - k)
        placed.append(min(max(start_s, earliest_s), latest_s))
    return placed


def _pieces(text: str) -> list[str]:
    """Characters of a text, runs of letters and digits kept together, marks apart, spaces dropped."""
    found: list[str] = []
    glued = False
    for character in text:
        if character.isspace():
            glued = False
            continue
        inner = character in _INNER and glued and found
        if (_is_western(character) or inner) and glued:
            found[-1] += character
        else:
            found.append(character)
        glued = _is_western(character) or bool(inner)
    return found


def _goes_on(before: str, group: str, k: int) -> bool:
    """Whether piece k of a token goes on with the Western word before it: nothing between, or a mark that joins."""
    stem = before[:-1] if before[-1] in _INNER else before
    lead = group[: len(group) - len(group.lstrip(_INNER))]
    return bool(stem) and _is_western(stem[-1]) and k == len(lead) and not group.startswith(" ")


def _is_western(character: str) -> bool:
    """Whether a character belongs to a word of letters or digits rather than standing for a syllable."""
    if not character.isalnum():
        return False
    return not unicodedata.name(character, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))


def _is_mark(piece: str) -> bool:
    return not any(character.isalnum() for character in piece)
