"""How loud the parties are."""

from __future__ import annotations

import numpy as np

from callaudit.measures.active_level import active_level_dbov
from callaudit.measures.base import FRAME_S, Heard, Missing, Value, measure
from callaudit.records import Speaker, Track, Turn

STEP_S = 0.5
LEAST_VOICED_S = 0.1
"""A step of the track with less speech than this has no level."""

SILENT = Missing("话音段内没有信号")


@measure("level_dbov", unit="dBov", per="turn")
def turn_level(heard: Heard, turn: Turn) -> Value:
    """Active speech level (ITU-T P.56, method B)."""
    level_dbov = active_level_dbov(heard.samples(turn.speaker, turn.span), heard.audio.sample_rate_hz)
    return SILENT if level_dbov is None else level_dbov


@measure("active_level_dbov", unit="dBov", per="party")
def party_level(heard: Heard, speaker: Speaker) -> Value:
    """Active speech level of all that the party says (ITU-T P.56, method B)."""
    level_dbov = heard.active_levels_dbov[speaker]
    return SILENT if level_dbov is None else level_dbov


@measure("level", unit="dBov", per="track")
def level_track(heard: Heard, speaker: Speaker) -> Track | None:
    """Level of the speech in every half second."""
    n = round(STEP_S / FRAME_S)
    n_steps = heard.n_frames // n
    power = heard.power[heard.channels[speaker]][: n_steps * n].reshape(n_steps, n)
    speech = heard.speech_frames(speaker)[: n_steps * n].reshape(n_steps, n)
    n_voiced = speech.sum(axis=1)
    total = np.where(speech, power, 0.0).sum(axis=1, dtype=np.float64)
    values = tuple(
        round(float(10 * np.log10(energy / count)), 2) if count * FRAME_S >= LEAST_VOICED_S and energy > 0 else None
        for energy, count in zip(total, n_voiced, strict=True)
    )
    return Track("level", "dBov", speaker, heard.channels[speaker], 0.0, STEP_S, values)
