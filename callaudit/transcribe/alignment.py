"""Words and their times, from the recogniser's tokens back to the recording.

Whisper's cross-attention says at which 20 ms of a window each token is heard. A token of several Han characters is
shared out evenly; Latin letters and digits that belong together stay one word; punctuation ends the word before it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from callaudit.records import Word
from callaudit.spans import Span
from callaudit.transcribe.windows import Placed, Window

ATTENTION_LEAD_S = 0.1
"""How much earlier than the sound Whisper base's attention jumps to a token; added to every time.

Measured: median 0.10 s against the onset of energy over 3,300 characters, half of it within 0.035 s.
"""

LONGEST_CHARACTER_S = 0.6
"""A Han character is not longer; what the alignment adds beyond it is the pause after it."""

LEAST_WORD_S = 0.02


@dataclass(frozen=True, slots=True)
class Timed:
    """A token or group of tokens: its text, [start_s, end_s] in the window, its probability."""

    text: str
    start_s: float
    end_s: float
    prob: float


def atoms(timed: Iterable[Timed]) -> tuple[Timed, ...]:
    """One entry for each Han character, Latin word or number, punctuation at the end of the entry before it.

    >>> [atom.text for atom in atoms([Timed("您好", 0, 0.4, 1), Timed("，", 0.4, 0.4, 1), Timed("A", 1, 1.1, 1), Timed("PP", 1.1, 1.2, 1)])]
    ['您', '好，', 'APP']
    """
    made: list[Timed] = []
    for group in timed:
        pieces = _pieces(group.text)
        weight = sum(1 for piece in pieces if not _is_mark(piece)) or 1
        step_s = (group.end_s - group.start_s) / weight
        at_s = group.start_s
        for k, piece in enumerate(pieces):
            if _is_mark(piece):
                if made:
                    made[-1] = replace(made[-1], text=made[-1].text + piece)
                continue
            continues = (
                k == 0
                and made
                and _is_western(piece[0])
                and not group.text.startswith(" ")
                and _is_western(made[-1].text[-1])
            )
            if continues:
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
        shares[window.placed.index(window.nearest(moved.start_s, moved.end_s))].append(moved)
    return tuple(tuple(share) for share in shares)


def words_of(placed: Placed, share: Sequence[Timed]) -> tuple[Word, ...]:
    """Words of a piece in the recording's time, each inside the speech that it shares most time with."""
    offset_s = placed.piece.span.start_s - placed.at_s
    words: list[Word] = []
    at_s = placed.piece.speech[0].start_s
    for atom in share:
        start_s, end_s = atom.start_s + offset_s, atom.end_s + offset_s
        if _is_western(atom.text[0]) is False:
            end_s = min(end_s, start_s + LONGEST_CHARACTER_S)
        span = _inside(start_s, end_s, placed.piece.speech, at_s)
        words.append(Word(atom.text, span, round(min(1.0, max(0.0, atom.prob)), 4)))
        at_s = span.start_s
    return tuple(words)


def _inside(start_s: float, end_s: float, speech: Sequence[Span], not_before_s: float) -> Span:
    """The part of [start_s, end_s] that lies in speech and begins no earlier than the word before it."""
    start_s = max(start_s, not_before_s)
    end_s = max(end_s, start_s + LEAST_WORD_S)
    home = max(speech, key=lambda s: (min(end_s, s.end_s) - max(start_s, s.start_s), s.start_s))
    start_s = min(max(start_s, home.start_s), max(home.start_s, home.end_s - LEAST_WORD_S))
    end_s = min(max(end_s, start_s + LEAST_WORD_S), home.end_s)
    return Span(start_s, end_s) if end_s > start_s else Span(home.start_s, home.end_s)


def _pieces(text: str) -> list[str]:
    """Characters of a text, runs of letters and digits kept together, marks apart, spaces dropped."""
    found: list[str] = []
    glued = False
    for character in text:
        if character.isspace():
            glued = False
            continue
        inner = character in "'-.%" and glued and found
        if (_is_western(character) or inner) and glued:
            found[-1] += character
        else:
            found.append(character)
        glued = _is_western(character) or bool(inner)
    return found


def _is_western(character: str) -> bool:
    """Whether a character belongs to a word of letters or digits rather than standing for a syllable."""
    if not character.isalnum():
        return False
    return not unicodedata.name(character, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))


def _is_mark(piece: str) -> bool:
    return not any(character.isalnum() for character in piece)
