"""When a recording must be silent so that personal data is not heard."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from callaudit.privacy.finding import found
from callaudit.records import Call, PersonalKind
from callaudit.spans import Span, merge

MARGIN_S: Final = 0.15
"""Silence before and behind the words: a recogniser's times are off by so much (proposed)."""

JOIN_S: Final = 1.0
"""A shorter pause between two silences is silent, too: a digit may lie in it that was not recognised (proposed)."""


def silent_spans(call: Call, kinds: Collection[PersonalKind]) -> tuple[Span, ...]:
    """The stretches of a call in which personal data of these kinds is said or keyed in, masked or not.

    What was not recognised in words is not found, and stays in the sound.
    """
    end_s = call.recording.duration_s
    wide = [
        Span(max(0.0, one.span.start_s - MARGIN_S), min(end_s, one.span.end_s + MARGIN_S))
        for one in found(call)
        if one.kind in kinds and one.span.start_s - MARGIN_S < end_s
    ]
    return merge(wide, gap_s=JOIN_S)
