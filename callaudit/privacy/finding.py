"""Personal data of a whole call, turn by turn and in the keys that were pressed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from callaudit.privacy.addresses import addresses
from callaudit.privacy.lines import Line, line_of
from callaudit.privacy.names import names
from callaudit.privacy.personal import KINDS, Mark, Personal
from callaudit.privacy.plates import plates
from callaudit.privacy.spoken import numbers
from callaudit.records import Call, PersonalKind, Signal
from callaudit.spans import Span
from callaudit.text.numbers import MASK

LEAST_KEYS: Final = 3
"""Keys pressed one after another that are a number, no choice in a menu (proposed)."""

KEY_PAUSE_S: Final = 5.0
"""Longest pause between two keys of a number, in seconds (proposed)."""

LEAST_CERTAINTY: Final = 0.5
"""What is less certain is not taken for personal."""

NUMBERS: Final[frozenset[PersonalKind]] = frozenset({"card", "code", "phone", "identity"})


@dataclass(frozen=True, eq=False)
class Marked:
    """A line and what is personal in it."""

    line: Line
    marks: tuple[Mark, ...]


def marked(call: Call, kinds: Collection[PersonalKind] = KINDS) -> tuple[Marked, ...]:
    """Each turn with what is personal in it, of these kinds."""
    lines = [line_of(k, turn.speaker, turn.words, turn.span, call.language) for k, turn in enumerate(call.turns)]
    marks = marks_of(lines, kinds, call.metadata.customer_name)
    return tuple(Marked(line, own) for line, own in zip(lines, marks, strict=True))


def marks_of(
    lines: Sequence[Line], kinds: Collection[PersonalKind], customer: str | None = None
) -> tuple[tuple[Mark, ...], ...]:
    """What is personal in each line, of these kinds; `customer` is the name that the metadata have."""
    each = [numbers(lines)] if NUMBERS & set(kinds) else []
    each += [plates(lines)] if "plate" in kinds else []
    each += [addresses(lines)] if "address" in kinds else []
    each += [names(lines, customer)] if "name" in kinds else []
    return tuple(
        tuple(mark for found in each for mark in found.get(k, ()) if _wanted(mark, kinds)) for k in range(len(lines))
    )


def _wanted(mark: Mark, kinds: Collection[PersonalKind]) -> bool:
    return mark.kind in kinds and mark.certainty >= LEAST_CERTAINTY


def found(call: Call) -> tuple[Personal, ...]:
    """All personal data of a call, in order of time; what was masked before with the certainty 1.

    Keys pressed one after another are a code, whatever was asked for. Metadata are what the company itself gave, and
    are left out.
    """
    said = [_personal(one, mark) for one in marked(call) for mark in one.marks]
    masked = [
        Personal(one.kind, k, _within(call, k, one.span), one.span, 1.0)
        for k, turn in enumerate(call.turns)
        for one in turn.masked
    ]
    return tuple(sorted((*said, *masked, *keyed(call.signals)), key=lambda one: (one.span, one.kind)))


def _within(call: Call, turn: int, span: Span) -> tuple[int, int]:
    own = [k for k, word in enumerate(call.turns[turn].words) if span.holds(word.span.middle_s)]
    return (own[0], own[-1] + 1) if own else (0, 0)


def _personal(one: Marked, mark: Mark) -> Personal:
    words = words_of(one.line, mark)
    span = span_of(one.line, words)
    return Personal(mark.kind, one.line.turn, (words[0], words[-1] + 1) if words else (0, 0), span, mark.certainty)


def words_of(line: Line, mark: Mark) -> list[int]:
    """Indices of the words that hold a mark."""
    return sorted({place[0] for char in mark.chars if (place := line.at[char]) is not None})


def span_of(line: Line, words: Sequence[int]) -> Span:
    """The time of words; that of the turn where there are none."""
    if not words:
        return line.span
    spans = [line.words[k].span for k in words]
    return Span(min(span.start_s for span in spans), max(span.end_s for span in spans))


def keyed(signals: Iterable[Signal]) -> tuple[Personal, ...]:
    """Numbers entered by keys; a single key chooses in a menu."""
    return tuple(
        Personal("code", None, (0, 0), Span(own[0].span.start_s, own[-1].span.end_s), 0.9) for own in entered(signals)
    )


def entered(signals: Iterable[Signal]) -> tuple[tuple[Signal, ...], ...]:
    """Keys pressed one after another on one line, `LEAST_KEYS` at least."""
    keys: dict[int, list[list[Signal]]] = {}
    for key in sorted((s for s in signals if s.kind == "dtmf"), key=lambda signal: signal.span):
        rows = keys.setdefault(key.channel, [])
        if rows and key.span.start_s - rows[-1][-1].span.end_s <= KEY_PAUSE_S:
            rows[-1].append(key)
        else:
            rows.append([key])
    return tuple(tuple(row) for row in chain.from_iterable(keys.values()) if len(row) >= LEAST_KEYS or _hidden(row))


def _hidden(row: Sequence[Signal]) -> bool:
    return any(key.plan == MASK for key in row)
