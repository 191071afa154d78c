"""The conversation as the page prints it: turns word by word, with what happened between them in its place; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from callaudit.records import Call, Finding, Severity, Turn, Word
from callaudit.reports.summary import LONG_SILENCE_S
from callaudit.reports.wording import Wording, number
from callaudit.spans import Span

LOW_WORD_PROB: Final = 0.5  # below even odds that the word is right
FURTHEST: Final = 12  # characters that may stand between two words of a turn's text (punctuation, spaces)


@dataclass(frozen=True, slots=True)
class Piece:
    """A bit of text; `start_s` is None for what nobody voiced (punctuation); `low` marks a doubtful word."""

    text: str
    start_s: float | None = None
    end_s: float | None = None
    low: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A turn (`speaker`, `pieces`) or an event (`event` names it); `numbers` are the findings heard in it."""

    start_s: float
    end_s: float
    speaker: str = ""
    pieces: tuple[Piece, ...] = ()
    event: str = ""
    kind: str = ""
    numbers: tuple[tuple[int, Severity], ...] = ()
    note: str = ""


def rows(call: Call, violated: Sequence[Finding], wording: Wording) -> tuple[Row, ...]:
    """Turns and events in the order they are heard; `violated` are numbered from 1."""
    found = [*(_turn(turn, violated, wording) for turn in call.turns), *_events(call, wording)]
    return tuple(sorted(found, key=lambda row: (row.start_s, row.end_s, row.event)))


def _turn(turn: Turn, violated: Sequence[Finding], wording: Wording) -> Row:
    numbers = tuple(
        (number, finding.severity)
        for number, finding in enumerate(violated, start=1)
        if any(place.speaker in (None, turn.speaker) and _mostly(place.span, turn.span) for place in finding.places)
    )
    figures = (("level_dbov", "dBov", 0), ("rate_cpm", "cpm", 0), ("f0_median_hz", "Hz", 0))
    known = [(value, unit, digits) for name, unit, digits in figures if (value := getattr(turn, name)) is not None]
    note = " · ".join(f"{number(value, digits)} {wording.UNITS[unit]}" for value, unit, digits in known)
    pieces = spoken(turn)
    return Row(turn.span.start_s, turn.span.end_s, turn.speaker, pieces, numbers=numbers, note=note)


def _mostly(place: Span, turn: Span) -> bool:
    """Whether the place is heard in the turn: half of the shorter one."""
    return place.overlap_s(turn) >= 0.5 * min(place.duration_s, turn.duration_s)


def spoken(turn: Turn) -> tuple[Piece, ...]:
    """The turn's text in pieces, its words found in it one after another.

    Where text and words are not the same (spoken digits written as figures), the words alone.
    """
    pieces: list[Piece] = []
    at = 0
    for word in turn.words:
        text = word.text.strip()
        found = turn.text.find(text, at, at + FURTHEST + len(text))
        if found < 0:
            return tuple(_voiced(word, word.text) for word in turn.words)
        if found > at:
            pieces.append(Piece(turn.text[at:found]))
        pieces.append(_voiced(word, text))
        at = found + len(text)
    if at < len(turn.text):
        pieces.append(Piece(turn.text[at:]))
    return tuple(pieces)


def _voiced(word: Word, text: str) -> Piece:
    return Piece(text, round(word.span.start_s, 2), round(word.span.end_s, 2), word.prob < LOW_WORD_PROB)


def _events(call: Call, wording: Wording) -> Iterator[Row]:
    timeline = call.timeline
    if timeline.ring is not None:
        yield _event("ring", timeline.ring.span, wording)
    for stretch in timeline.spans:
        if stretch.kind in {"hold", "tone"} or (
            stretch.kind == "silence" and stretch.span.duration_s >= LONG_SILENCE_S
        ):
            yield _event(stretch.kind, stretch.span, wording)
    hangup = timeline.hangup
    if hangup.at_s is not None:
        by = "" if hangup.by == "unknown" else wording.SPEAKERS[hangup.by]
        yield Row(hangup.at_s, hangup.at_s, event=f"{by}{wording.HANGUP}", kind="hangup")


def _event(kind: str, span: Span, wording: Wording) -> Row:
    return Row(span.start_s, span.end_s, event=f"{wording.EVENTS[kind]} {wording.seconds(span.duration_s)}", kind=kind)
