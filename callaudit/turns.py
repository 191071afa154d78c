"""Turns: what one party says until the other speaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from callaudit.records import Reading, Speaker, Turn, Word
from callaudit.spans import Span, covered_s, merge

OWN_PAUSE_S = 1.5
"""A party that falls silent for longer than this and speaks again has begun a new turn.

Between the 1 s from which the audit lists a silence and the 3 s at which call-ai-metrics ends a monologue: shorter
would cut a turn at every thought, longer would hide the waits of the silent-call protocols inside one turn.
"""

LEAST_WORDLESS_S = 0.4
"""Speech without a recognised word is a turn only if it lasts as long as a short word does; below, it is a breath."""

Join = Callable[[Sequence[Word]], str]


def make_turns(
    speech: Mapping[Speaker, Sequence[Span]],
    words: Mapping[Speaker, Sequence[Word]],
    *,
    join: Join,
    sureness: Mapping[Speaker, Sequence[tuple[Span, float]]] | None = None,
    readings: Mapping[Speaker, Sequence[Reading]] | None = None,
) -> tuple[Turn, ...]:
    """Turns of all parties in order of their start.

    A pause of the speaker's own up to `OWN_PAUSE_S` stays inside the turn unless the other party speaks in it. A word
    belongs to the turn of its speaker that holds its middle, or else lies nearest.

    Parameters
    ----------
    speech : when each party speaks
    words : what each party says, in order of time
    join : makes the readable text of a row of words
    sureness : per speaker, how sure each stretch is that speaker's voice, in [0, 1]; 1.0 where nothing is said of it
    readings : per speaker, what else may have been said; each goes to the turn that it overlaps most
    """
    sureness, readings = sureness or {}, readings or {}
    turns: list[Turn] = []
    for speaker, own in speech.items():
        others = [span for other, spans in speech.items() if other != speaker for span in spans]
        spans = _turn_spans(own, others)
        shares = _share_out(words.get(speaker, ()), spans)
        for span, said in zip(spans, shares, strict=True):
            if said or span.duration_s >= LEAST_WORDLESS_S:
                sure = round(_sureness(span, sureness.get(speaker, ())), 3)
                turns.append(
                    Turn(
                        speaker, span, said, join(said), _confidence(said), speaker_confidence=sure,
                        readings=_readings(span, spans, readings.get(speaker, ())),
                    )
                )  # fmt: skip
    return tuple(sorted(turns, key=lambda turn: (turn.span.start_s, turn.span.end_s, turn.speaker)))


def _turn_spans(own: Sequence[Span], others: Sequence[Span]) -> tuple[Span, ...]:
    spans: list[Span] = []
    pieces = merge(own)
    for piece in pieces:
        if spans:
            gap_s = piece.start_s - spans[-1].end_s
            taken_s = covered_s(Span(spans[-1].end_s, piece.start_s), others) if gap_s > 0 else 0.0
            if gap_s <= OWN_PAUSE_S and taken_s < min(0.2, gap_s / 2 + 1e-9):
                spans[-1] = Span(spans[-1].start_s, piece.end_s)
                continue
        spans.append(piece)
    return tuple(spans)


def _share_out(words: Sequence[Word], spans: Sequence[Span]) -> list[tuple[Word, ...]]:
    """The words of each span; both are in order of time, so one pass serves."""
    shares: list[list[Word]] = [[] for _ in spans]
    if not spans:
        return []
    borders = [(left.end_s + right.start_s) / 2 for left, right in pairwise(spans)]
    at = 0
    for word in sorted(words, key=lambda word: word.span):
        while at < len(borders) and word.span.middle_s >= borders[at]:
            at += 1
        shares[at].append(word)
    return [tuple(share) for share in shares]


def _readings(turn: Span, turns: Sequence[Span], readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """The readings that overlap this turn more than any other."""
    own = [reading for reading in readings if turn.overlap_s(reading.span) > 0]
    return tuple(r for r in own if turn == max(turns, key=lambda span: span.overlap_s(r.span)))


def _confidence(words: Sequence[Word]) -> float:
    """Mean of the recogniser's word probabilities; 0 where nothing was recognised."""
    return round(sum(word.prob for word in words) / len(words), 3) if words else 0.0


def _sureness(turn: Span, stretches: Sequence[tuple[Span, float]]) -> float:
    """Mean over the turn's voiced time of how sure its stretches are."""
    shares = [(turn.overlap_s(span), sure) for span, sure in stretches]
    whole_s = sum(share_s for share_s, _ in shares)
    return sum(share_s * sure for share_s, sure in shares) / whole_s if whole_s > 0 else 1.0
