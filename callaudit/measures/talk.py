"""How the time of the call is shared out: talk, silence, holds, overlap."""

from __future__ import annotations

from callaudit.measures.base import Heard, Missing, Value, measure
from callaudit.records import Speaker
from callaudit.spans import Span, total_s

MONO = Missing("单声道混音，听不出双方同时说话")
NO_TALK = Missing("没有听到任何一方说话")


def conversation_s(heard: Heard) -> float:
    """Seconds from the answer to the hang-up."""
    return max(0.0, heard.timeline.end_s - heard.timeline.answer_s)


def _talk_s(heard: Heard) -> float:
    return sum(total_s(heard.speech(speaker)) for speaker in heard.channels)


@measure("talk_s", unit="s", per="party")
def talk(heard: Heard, speaker: Speaker) -> Value:
    """Seconds that the party speaks, its pauses of 0.3 s and more left out."""
    return total_s(heard.speech(speaker))


@measure("talk_share", unit="ratio", per="party")
def talk_share(heard: Heard, speaker: Speaker) -> Value:
    """Share of the party in the time that both speak, the seconds in which they overlap counted for each."""
    return total_s(heard.speech(speaker)) / _talk_s(heard)


@measure("longest_turn_s", unit="s", per="party")
def longest_turn(heard: Heard, speaker: Speaker) -> Value:
    """Length of the party's longest turn."""
    lengths_s = [turn.span.duration_s for turn in heard.own_turns(speaker)]
    return max(lengths_s) if lengths_s else Missing("没有完整的话轮")


@measure("conversation_s", unit="s", per="call")
def conversation(heard: Heard) -> Value:
    """Seconds from the answer to the hang-up."""
    return conversation_s(heard)


@measure("silence_s", unit="s", per="call")
def silence(heard: Heard) -> Value:
    """Seconds of all silences of at least 1 s, holds left out."""
    return total_s(heard.timeline.of("silence"))


@measure("silence_share", unit="ratio", per="call")
def silence_share(heard: Heard) -> Value:
    """Share of the silences of at least 1 s in the conversation, holds left out."""
    return _share(heard, heard.timeline.of("silence"))


@measure("longest_silence_s", unit="s", per="call")
def longest_silence(heard: Heard) -> Value:
    """Length of the longest silence, 0 where there is none of at least 1 s."""
    return max((span.duration_s for span in heard.timeline.of("silence")), default=0.0)


@measure("hold_count", unit="count", per="call")
def hold_count(heard: Heard) -> Value:
    """How often the caller is parked."""
    return float(len(heard.timeline.of("hold")))


@measure("hold_s", unit="s", per="call")
def hold(heard: Heard) -> Value:
    """Seconds that the caller is parked."""
    return total_s(heard.timeline.of("hold"))


@measure("hold_share", unit="ratio", per="call")
def hold_share(heard: Heard) -> Value:
    """Share of the holds in the conversation."""
    return _share(heard, heard.timeline.of("hold"))


@measure("longest_hold_s", unit="s", per="call")
def longest_hold(heard: Heard) -> Value:
    """Length of the longest hold, 0 where there is none."""
    return max((span.duration_s for span in heard.timeline.of("hold")), default=0.0)


@measure("overlap_s", unit="s", per="call")
def overlap(heard: Heard) -> Value:
    """Seconds in which both speak at once."""
    return total_s(heard.timeline.of("overlap")) if heard.is_stereo else MONO


@measure("overlap_share", unit="ratio", per="call")
def overlap_share(heard: Heard) -> Value:
    """Share of the time with both voices in the time with any."""
    if not heard.is_stereo:
        return MONO
    any_s = total_s([span for speaker in heard.channels for span in heard.speech(speaker)])
    return total_s(heard.timeline.of("overlap")) / any_s if any_s > 0 else NO_TALK


def _share(heard: Heard, spans: tuple[Span, ...]) -> Value:
    of_s = conversation_s(heard)
    return total_s(spans) / of_s if of_s > 0 else Missing("接通后没有录音")
