"""How fast the parties speak, in spoken Han characters a minute.

Three rates, because each hides what another shows. The *speech rate* counts the time of the speech with pauses of 0.3 s
and more left out (the contract's definition); the *articulation rate* only the time in which the voice sounds, every
pause longer than a stop's closure left out; the *pause rate* counts the pauses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from callaudit.measures.active_level import MARGIN_DB, active_level_dbov
from callaudit.measures.base import FRAME_S, Heard, Missing, Value, measure
from callaudit.records import Speaker, Track, Turn
from callaudit.spans import Span, between, from_frames, intersect, longer_than, merge, total_s
from callaudit.text.numbers import spoken_length

LEAST_PAUSE_S = 0.3
"""Shorter pauses are part of the speech (contract)."""

LONGEST_CLOSURE_S = 0.1
"""A silence up to this long is the closure of a stop, and part of a sound."""

LEAST_VOICED_S = 0.2
MOST_CPM = 900.0
"""Fifteen syllables a second, twice the fastest speech: beyond, words and speech do not belong together."""

STEP_S, WINDOW_S = 1.0, 6.0
LEAST_OF_WINDOW_S = 1.5

NO_WORDS = Missing("没有识别出文字")
TOO_SHORT = Missing("话音太短")
AT_ODDS = Missing("字数与话音时长不相称，文字或时间不可靠")


@measure("rate_cpm", unit="cpm", per="turn")
def turn_rate(heard: Heard, turn: Turn) -> Value:
    """Speech rate: spoken Han characters a minute, pauses of 0.3 s and more left out."""
    return _rate_cpm([turn], total_s(heard.voiced(turn)))


@measure("speech_rate_cpm", unit="cpm", per="party")
def party_rate(heard: Heard, speaker: Speaker) -> Value:
    """Speech rate of the party over all its turns with words, pauses of 0.3 s and more left out."""
    turns = _worded(heard, speaker)
    return _rate_cpm(turns, sum(total_s(heard.voiced(turn)) for turn in turns))


@measure("articulation_rate_cpm", unit="cpm", per="party")
def articulation_rate(heard: Heard, speaker: Speaker) -> Value:
    """Articulation rate of the party: characters a minute of sounding voice, all pauses over 0.1 s left out."""
    turns = _worded(heard, speaker)
    spoken = merge(span for turn in turns for span in heard.voiced(turn))
    return _rate_cpm(turns, total_s(_sounding(heard, speaker, spoken)))


@measure("pauses_per_min", unit="1/min", per="party")
def pause_rate(heard: Heard, speaker: Speaker) -> Value:
    """Pauses of at least 0.3 s inside the party's turns, a minute of its turns."""
    turns = heard.own_turns(speaker)
    length_s = sum(turn.span.duration_s for turn in turns)
    n_pauses = sum(len(longer_than(between(heard.voiced(turn)), LEAST_PAUSE_S - 1e-6)) for turn in turns)
    return 60 * n_pauses / length_s if length_s > 0 else TOO_SHORT


@measure("rate", unit="cpm", per="track")
def rate_track(heard: Heard, speaker: Speaker) -> Track | None:
    """Speech rate in a window of 6 s around every second."""
    words = [word for turn in heard.own_turns(speaker) for word in turn.words]
    if not words:
        return None
    middles_s = np.array([word.span.middle_s for word in words])
    order = np.argsort(middles_s)
    counted = np.concatenate(([0], np.cumsum([spoken_length(words[k].text) for k in order])))
    speech_s = np.concatenate(([0.0], np.cumsum(heard.speech_frames(speaker)) * FRAME_S))
    values: list[float | None] = []
    for step in range(int(heard.audio.duration_s / STEP_S)):
        start_s = max(0.0, (step + 0.5) * STEP_S - WINDOW_S / 2)
        end_s = min(heard.n_frames * FRAME_S, start_s + WINDOW_S)
        first, last = np.searchsorted(middles_s[order], (start_s, end_s))
        voiced_s = speech_s[round(end_s / FRAME_S)] - speech_s[round(start_s / FRAME_S)]
        cpm = 60 * (counted[last] - counted[first]) / voiced_s if voiced_s >= LEAST_OF_WINDOW_S else 0.0
        values.append(round(float(cpm), 1) if 0 < cpm <= MOST_CPM else None)
    return Track("rate", "cpm", speaker, heard.channels[speaker], 0.0, STEP_S, tuple(values))


def _worded(heard: Heard, speaker: Speaker) -> tuple[Turn, ...]:
    """Turns of a party in which words were recognised; speech without words would make the rest look slow."""
    return tuple(turn for turn in heard.own_turns(speaker) if turn.words)


def _rate_cpm(turns: Sequence[Turn], voiced_s: float) -> Value:
    n_chars = sum(spoken_length(turn.text) for turn in turns)
    if n_chars == 0:
        return NO_WORDS
    if voiced_s < LEAST_VOICED_S:
        return TOO_SHORT
    cpm = 60 * n_chars / voiced_s
    return cpm if cpm <= MOST_CPM else AT_ODDS


def _sounding(heard: Heard, speaker: Speaker, spoken: tuple[Span, ...]) -> tuple[Span, ...]:
    """Where the voice is within 15.9 dB of its active level (the margin of ITU-T P.56), closures of stops included."""
    level_dbov = active_level_dbov(heard.samples(speaker, *spoken), heard.audio.sample_rate_hz)
    if level_dbov is None:
        return ()
    loud = heard.power[heard.channels[speaker]] >= 10 ** ((level_dbov - MARGIN_DB) / 10)
    return intersect(merge(from_frames(loud, FRAME_S), gap_s=LONGEST_CLOSURE_S), spoken)
