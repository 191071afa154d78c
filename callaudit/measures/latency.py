"""How long the parties wait before they reply."""

from __future__ import annotations

from statistics import median

from callaudit.measures.base import NAMES, Heard, Missing, Value, measure
from callaudit.records import Speaker
from callaudit.turn_taking import replies


@measure("reply_median_s", unit="s", per="party")
def reply_median(heard: Heard, speaker: Speaker) -> Value:
    """Median gap before the party's replies, at least 0; gaps with a hold in them left out."""
    gaps_s = _latencies_s(heard, speaker)
    return median(gaps_s) if gaps_s else Missing(f"{NAMES[speaker]}没有接过对方的话")


@measure("reply_longest_s", unit="s", per="party")
def reply_longest(heard: Heard, speaker: Speaker) -> Value:
    """Longest gap before a reply of the party; gaps with a hold in them left out."""
    gaps_s = _latencies_s(heard, speaker)
    return max(gaps_s) if gaps_s else Missing(f"{NAMES[speaker]}没有接过对方的话")


def _latencies_s(heard: Heard, speaker: Speaker) -> list[float]:
    return [reply.latency_s for reply in replies(heard.timeline, heard.turns) if reply.by == speaker]
