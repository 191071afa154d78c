"""Personal data masked: ＊ in place of every digit or character, in words, text, readings and keys.

As many words as before, at the same times, so that timing, measures and evidence stay. An English number word becomes
one ＊ a digit, for its length would give it away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from callaudit.privacy.finding import Marked, entered, marked, span_of, words_of
from callaudit.privacy.lines import Line, line_of
from callaudit.privacy.personal import Mark
from callaudit.records import Call, Masked, PersonalKind, Reading, Signal, Turn, Word
from callaudit.spans import Span
from callaudit.text.numbers import MASK

Places = Mapping[tuple[int, int], int]
"""Word and character → how many ＊ stand for it."""


def masked(call: Call, kinds: Collection[PersonalKind]) -> Call:
    """The call without personal data of these kinds; the same call where there are none.

    Masking what is masked changes nothing.
    """
    if not kinds:
        return call
    turns = tuple(_turn(call, k, one) for k, one in enumerate(marked(call, kinds)))
    signals = _keys(call.signals) if "code" in kinds else call.signals
    return replace(call, turns=turns, signals=signals)


def _turn(call: Call, k: int, one: Marked) -> Turn:
    turn = call.turns[k]
    readings = tuple(_reading(turn, reading, one, call.language) for reading in turn.readings)
    if not one.marks:
        return turn if readings == turn.readings else replace(turn, readings=readings)
    places = _places(one.line, one.marks)
    words = _words(turn.words, places)
    spans = [Masked(mark.kind, span_of(one.line, words_of(one.line, mark))) for mark in one.marks]
    known = tuple(sorted({*turn.masked, *spans}, key=lambda masked: (masked.span, masked.kind)))
    return replace(turn, words=words, text=_text(turn, places), readings=readings, masked=known)


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


def _reading(turn: Turn, reading: Reading, one: Marked, language: str) -> Reading:
    """Another reading without what is masked in the turn: all of its words that sound at that time."""
    times = [span_of(one.line, words_of(one.line, mark)) for mark in one.marks]
    line = line_of(one.line.turn, turn.speaker, reading.words, reading.span, language)
    places: dict[tuple[int, int], int] = defaultdict(int)
    for char, place in enumerate(line.at):
        if place is not None and line.text[char].isalnum() and _sounds_in(reading.words[place[0]].span, times):
            places[place] = 1
    return replace(reading, words=_words(reading.words, places)) if places else reading


def _sounds_in(span: Span, times: Sequence[Span]) -> bool:
    return any(span.overlap_s(time) > 0 for time in times)


def _keys(signals: tuple[Signal, ...]) -> tuple[Signal, ...]:
    hidden = {id(key) for row in entered(signals) for key in row}
    return tuple(replace(key, plan=MASK) if id(key) in hidden else key for key in signals) if hidden else signals
