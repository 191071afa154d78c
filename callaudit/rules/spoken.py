"""When words begin and end: speech without the breath, cough or click that was taken for some at its edges."""

from __future__ import annotations

from callaudit.rules.facts import Facts
from callaudit.spans import Span, intersect

LEAST_WORDLESS_S = 1.5
"""A turn without a recognised word is speech from here on; below, it is a breath, a cough or a noise (as in
`Facts.customer_spoke`)."""

MOST_BREATH_S, BREATH_GAP_S = 0.4, 0.3
"""A piece of sound at the edge of a turn, no longer than the first, further than the second from the rest and without a
recognised word, is no speech (proposed; the first is what `callaudit.turns` asks of a turn without words)."""

EPSILON_S = 1e-6
"""A wait as long as the limit is long enough, whatever the last bit says."""

EDGE_S, EDGE_CONFIDENCE = 0.2, 0.6
"""What the edges of speech may err by; a verdict so near the limit is no surer than this (proposed)."""


def is_speech(facts: Facts, turn: int) -> bool:
    """Whether somebody spoke in a turn, or only made a sound."""
    own = facts.turns[turn]
    return bool(own.words) or own.span.duration_s >= LEAST_WORDLESS_S


def spoken(facts: Facts, turn: int) -> Span:
    """From the first word of a turn to its last, by the edges of the voice, which are surer than those of words."""
    own = facts.turns[turn]
    pieces = list(intersect(facts.call.timeline.of("speech", own.speaker), [own.span]))
    if not own.words:
        return own.span
    while len(pieces) > 1 and _breath(facts, turn, pieces[0], pieces[1].start_s - pieces[0].end_s):
        pieces.pop(0)
    while len(pieces) > 1 and _breath(facts, turn, pieces[-1], pieces[-1].start_s - pieces[-2].end_s):
        pieces.pop()
    return Span(pieces[0].start_s, pieces[-1].end_s) if pieces else own.span


def _breath(facts: Facts, turn: int, piece: Span, gap_s: float) -> bool:
    brief = piece.duration_s <= MOST_BREATH_S and gap_s >= BREATH_GAP_S
    return brief and not any(word.span.overlap_s(piece) > 0 for word in facts.turns[turn].words)
