"""Personal data masked: ＊ in place of every digit or character, in words, text, readings and keys.

As many words as before, at the same times, so that timing, measures and evidence stay. An English number word becomes
one ＊ a digit, for its length would give it away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from callaudit.privacy.finding import NUMBERS, Marked, entered, marked, marks_of, span_of, words_of
from callaudit.privacy.lines import Line, line_of
from callaudit.privacy.personal import Mark
from callaudit.records import Call, Masked, PersonalKind, Reading, Signal, Turn, Word
from callaudit.spans import Span
from callaudit.text.numbers import DIGITS, MASK

LEAST_READ = 3
"""Digits from which another reading is looked through for numbers of its own."""

Places = Mapping[tuple[int, int], int]
"""Word and character → how many ＊ stand for it."""


def masked(call: Call, kinds: Collection[PersonalKind]) -> Call:
    """The call without personal data of these kinds; the same call where there are none.

    Masking what is masked changes nothing.
    """
    if not kinds:
        return call
    every = marked(call, kinds)
    turns = tuple(_turn(call, k, every, kinds) for k in range(len(call.turns)))
    signals = _keys(call.signals) if "code" in kinds else call.signals
    return replace(call, turns=turns, signals=signals)


def _turn(call: Call, k: int, every: Sequence[Marked], kinds: Collection[PersonalKind]) -> Turn:
    turn, one = call.turns[k], every[k]
    readings = tuple(_reading(call, k, reading, every, kinds) for reading in turn.readings)
    spans = [Masked(mark.kind, span_of(one.line, words_of(one.line, mark))) for mark in one.marks]
    spans += [masked for _, more in readings for masked in more]
    known = tuple(sorted({*turn.masked, *spans}, key=lambda masked: (masked.span, masked.kind)))
    others = tuple(reading for reading, _ in readings)
    if not one.marks:
        return replace(turn, readings=others, masked=known) if others != turn.readings else turn
    places = _places(one.line, one.marks)
    return replace(turn, words=_words(turn.words, places), text=_text(turn, places), readings=others, masked=known)


def _places(line: Line, marks: Iterable[Mark]) -> dict[tuple[int, int], int]:
    return {place: n for mark in marks for char, n in mark.chars.items() if (place := line.at[char]) is not None}


def _words(words: Sequence[Word], places: Places) -> tuple[Word, ...]:
    hit = {word for word, _ in places}
    return tuple(
        replace(word, text="".join(_hidden(char, places.get((k, at))) for at, char in enumerate(word.text)))
        if k in hit
        else word
        for k, word in enumerate(words)
    )


def _hidden(char: str, n: int | None) -> str:
    return char if n is None else MASK * n


def _text(turn: Turn, places: Places) -> str:
    """The text masked where its words are; where it is not made of them, every digit of it."""
    spoken = [(char, places.get((k, at))) for k, word in enumerate(turn.words) for at, char in enumerate(word.text)]
    spoken = [(char, n) for char, n in spoken if char.isalnum() or char == MASK]
    written = [at for at, char in enumerate(turn.text) if char.isalnum() or char == MASK]
    if [char for char, _ in spoken] != [turn.text[at] for at in written]:
        return "".join(word.text for word in _words(turn.words, places)).strip()
    own = dict(zip(written, (n for _, n in spoken), strict=True))
    return "".join(_hidden(char, own.get(at)) for at, char in enumerate(turn.text))


def _reading(
    call: Call, k: int, reading: Reading, every: Sequence[Marked], kinds: Collection[PersonalKind]
) -> tuple[Reading, list[Masked]]:
    """Another reading without what is masked in the turn at that time, and without numbers that it alone holds."""
    turn, one = call.turns[k], every[k]
    times = [span_of(one.line, words_of(one.line, mark)) for mark in one.marks]
    places = {
        (word, at): 1
        for word, own in enumerate(reading.words)
        for at, char in enumerate(own.text)
        if char.isalnum() and _sounds_in(own.span, times)
    }
    more: list[Masked] = []
    if sum(char in DIGITS or char.isdigit() for word in reading.words for char in word.text) >= LEAST_READ:
        before = [word for word in turn.words if word.span.middle_s < reading.span.start_s]
        behind = [word for word in turn.words if word.span.middle_s >= reading.span.end_s]
        line = line_of(k, turn.speaker, (*before, *reading.words, *behind), turn.span, call.language)
        lines = [*(one.line for one in every[:k]), line, *(one.line for one in every[k + 1 :])]
        for mark in marks_of(lines, tuple(NUMBERS & set(kinds)))[k]:
            own_places = {(w - len(before), at): n for (w, at), n in _places(line, [mark]).items()}
            own_places = {place: n for place, n in own_places.items() if 0 <= place[0] < len(reading.words)}
            if own_places.keys() - places.keys():
                words = [reading.words[word].span for word, _ in own_places]
                more.append(Masked(mark.kind, Span(min(w.start_s for w in words), max(w.end_s for w in words))))
            places |= own_places
    return (replace(reading, words=_words(reading.words, places)) if places else reading), more


def _sounds_in(span: Span, times: Sequence[Span]) -> bool:
    return any(span.overlap_s(time) > 0 for time in times)


def _keys(signals: tuple[Signal, ...]) -> tuple[Signal, ...]:
    hidden = {id(key) for row in entered(signals) for key in row}
    return tuple(replace(key, plan=MASK) if id(key) in hidden else key for key in signals) if hidden else signals
