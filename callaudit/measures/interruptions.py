"""How often the parties cut in on each other; what counts is told in `callaudit.turn_taking`."""

from __future__ import annotations

from callaudit.measures.base import Heard, Missing, Value, measure
from callaudit.records import Speaker
from callaudit.turn_taking import interruptions

MONO = Missing("单声道混音，听不出谁打断了谁")


@measure("interruptions", unit="count", per="party")
def interruption_count(heard: Heard, speaker: Speaker) -> Value:
    """How often the party begins to speak while the other speaks and talks over more than 0.5 s of it."""
    if not heard.is_stereo:
        return MONO
    return float(sum(event.by == speaker for event in interruptions(heard.timeline, heard.turns)))
