"""Who is the agent: decided from the evidence of the call, never from the number of a channel.

Each piece of evidence is worth some log-odds; their sum makes the confidence. The weights are priors, chosen so that
one strong sign (hold music on a leg, a service greeting) suffices for 0.9 and two that disagree leave doubt.

- ring-back lies on the leg of the called party: the agent's of an inbound call, the customer's of an outbound one;
- hold music is played by the agent's side, so it lies on the agent's leg;
- agents and customers speak differently (`callaudit.text.service_talk`);
- on an inbound call the agent speaks first, on an outbound one the customer does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from callaudit.records import CallMetadata, Direction, Party, Signal, Speaker, Voice

RING_LEG = 2.5
HOLD_LEG = 2.5
FIRST_VOICE = 1.0
WORDS_LIMIT = 6.0
"""Words alone never weigh more than this (0.9975): a transcript can be wrong as a whole."""


def assign_roles(
    voices: Sequence[Voice],
    likeness: Sequence[float],
    signals: Iterable[Signal],
    metadata: CallMetadata,
    *,
    answer_s: float,
) -> tuple[Party, ...]:
    """The parties of a call, in the order of the voices.

    Parameters
    ----------
    voices : at most two
    likeness : per voice, log-odds that its words are an agent's rather than a customer's (0 = the words do not tell)
    signals : ring-back and music tell the legs apart when each voice has a channel of its own
    metadata : `roles` given by the user decide alone; `direction` gives ring and first voice their meaning
    answer_s : end of the ringing, in seconds

    Raises
    ------
    ValueError
        for more than two voices, or likeness of another length.
    """
    if len(voices) > 2 or len(likeness) != len(voices):
        raise ValueError(f"wanted at most two voices with a likeness each, got {len(voices)} and {len(likeness)}")
    if not voices:
        return ()
    given = dict(metadata.roles)
    separate = len({voice.channel for voice in voices}) == len(voices)
    if given and separate and any(voice.channel in given for voice in voices):
        return tuple(Party(_given(given, voice.channel), voice, 1.0, "由使用者指定") for voice in voices)
    if len(voices) == 1:
        return (_only(voices[0], likeness[0], metadata.direction),)
    odds, reasons = _weigh(voices, likeness, tuple(signals) if separate else (), metadata.direction, answer_s)
    agent = 0 if odds >= 0 else 1
    confidence = round(1 / (1 + math.exp(-abs(odds))), 3)
    why = "；".join(text for sign, text in reasons if (sign >= 0) == (odds >= 0)) or "证据不足，暂按先后判断"
    speakers: tuple[Speaker, Speaker] = ("agent", "customer") if agent == 0 else ("customer", "agent")
    return tuple(Party(who, voice, confidence, why) for who, voice in zip(speakers, voices, strict=True))


def _given(given: dict[int, Speaker], channel: int) -> Speaker:
    """The role given for a channel; of two channels the other one has the other role."""
    if channel in given:
        return given[channel]
    return "customer" if "agent" in given.values() else "agent"


def _only(voice: Voice, likeness: float, direction: Direction | None) -> Party:
    """A call in which one party alone is heard: its words tell, or the direction does (a silent caller)."""
    odds = max(-WORDS_LIMIT, min(WORDS_LIMIT, likeness)) + (FIRST_VOICE if direction == "inbound" else 0.0)
    confidence = round(1 / (1 + math.exp(-abs(odds))), 3)
    if confidence < 0.6:
        return Party("unknown", voice, 0.5, "只听到一方说话，话语看不出身份")
    return Party("agent" if odds > 0 else "customer", voice, confidence, "只听到一方说话，依其用语判断")


def _weigh(
    voices: Sequence[Voice],
    likeness: Sequence[float],
    signals: Sequence[Signal],
    direction: Direction | None,
    answer_s: float,
) -> tuple[float, list[tuple[float, str]]]:
    """Log-odds that the first voice is the agent, and what each piece of evidence added."""
    reasons: list[tuple[float, str]] = []
    words = max(-WORDS_LIMIT, min(WORDS_LIMIT, likeness[0] - likeness[1]))
    if abs(words) >= 0.5:
        reasons.append((words, "依双方用语"))
    ring = _leg([s for s in signals if s.kind == "ringback" and s.span.start_s < answer_s], voices)
    if ring is not None and direction:
        called_is_agent = direction == "inbound"
        reasons.append((RING_LEG if (ring == 0) == called_is_agent else -RING_LEG, "回铃音在被叫一方的声道"))
    hold = _leg([s for s in signals if s.kind == "music" and s.span.start_s >= answer_s], voices)
    if hold is not None:
        reasons.append((HOLD_LEG if hold == 0 else -HOLD_LEG, "等待音乐在坐席一方的声道"))
    starts = [min((s.start_s for s in voice.speech if s.end_s > answer_s), default=math.inf) for voice in voices]
    if direction and starts[0] != starts[1]:
        first_is_agent = direction == "inbound"
        sign = 1.0 if (starts[0] < starts[1]) == first_is_agent else -1.0
        reasons.append((sign * FIRST_VOICE, "接通后先开口的一方"))
    return sum(sign for sign, _ in reasons), reasons


def _leg(signals: Sequence[Signal], voices: Sequence[Voice]) -> int | None:
    """Index of the voice on whose channel the signals lie for clearly longer; None where neither stands out."""
    seconds = [sum(s.span.duration_s for s in signals if s.channel == voice.channel) for voice in voices]
    if max(seconds, default=0.0) < 0.3 or min(seconds) > 0.7 * max(seconds):
        return None
    return 0 if seconds[0] > seconds[1] else 1
