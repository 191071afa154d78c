"""Counting of the transcript: characters, syllables, and when each character is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callaudit.evaluation.hypothesis import HeardTurn, Hypothesis
from callaudit.evaluation.truth import Truth, TruthTurn
from callaudit.evaluation.written import edits, equal_places, plain, toneless


@dataclass(frozen=True, slots=True)
class Timed:
    """A plain text and when each of its characters begins; None inside a word of several."""

    text: str
    starts_s: tuple[float | None, ...]


def count_words(truth: Truth, heard: Hypothesis, *, stereo: bool) -> dict[str, int | list[float]]:
    """Edits and lengths of what each party says, and the errors of word times, in seconds.

    Empty where a turn of the label has no text.
    """
    turns, found = truth.turns or (), heard.turns or ()
    if any(turn.text is None for turn in turns):
        return {}
    layout = "stereo" if stereo else "mono"
    counts: dict[str, int] = {}
    late_s: list[float] = []
    if not found or any(turn.speaker in ("agent", "customer") for turn in found):  # else nobody is told from anybody
        for role in ("agent", "customer"):
            own = [turn for turn in turns if turn.role == role]
            said = [turn for turn in found if turn.speaker == role]
            _compare(counts, layout, _text(own), _text(said))
            late_s += _late(own, said)
    if not stereo or not counts:  # the words alone, whoever said them
        by_time = sorted(turns, key=lambda turn: turn.span.start_s)
        heard_by_time = sorted(found, key=lambda turn: turn.start_s)
        _compare(counts, "mono_any" if not stereo else "stereo_any", _text(by_time), _text(heard_by_time))
    return {**counts, **({"word_s": late_s} if late_s else {})}


def _compare(counts: dict[str, int], name: str, truth: str, heard: str) -> None:
    for unit, one, other in (("char", truth, heard), ("syllable", toneless(truth), toneless(heard))):
        counts[f"{unit}_{name}_edits"] = counts.get(f"{unit}_{name}_edits", 0) + edits(one, other)
        counts[f"{unit}_{name}_truth"] = counts.get(f"{unit}_{name}_truth", 0) + len(one)


def _text(turns: Sequence[TruthTurn | HeardTurn]) -> str:
    return plain("".join(turn.text or "" for turn in turns))


def _late(truth: Sequence[TruthTurn], heard: Sequence[HeardTurn]) -> list[float]:
    """How far the starts of the characters that both have lie apart, in seconds, at least 0."""
    if not any(turn.chars for turn in truth) or any(turn.words is None for turn in heard):
        return []
    true = _timed([(char.text, char.start_s) for turn in truth for char in turn.chars])
    found = _timed([(word.text, word.start_s) for turn in heard for word in turn.words or ()])
    late: list[float] = []
    for mine, theirs in equal_places(true.text, found.text):
        true_s, found_s = true.starts_s[mine], found.starts_s[theirs]
        if true_s is not None and found_s is not None:
            late.append(abs(found_s - true_s))
    return late


def _timed(words: Sequence[tuple[str, float]]) -> Timed:
    text: list[str] = []
    starts_s: list[float | None] = []
    for word, start_s in words:
        spoken = plain(word)
        text.append(spoken)
        starts_s += [start_s, *[None] * (len(spoken) - 1)] if spoken else []
    return Timed("".join(text), tuple(starts_s))
