"""What a machine says on the line: queue messages and voice menus are neither party's words.

A recorded voice cannot be told from a third person by its sound, and on a mono mix the split gives it to one of the two
parties, surely. Its words tell: a menu (人工服务请按零), a queue (坐席忙), a connection (您拨打的电话). Agents say such
things too, at the end of a call above all; so they count only where no conversation can be: before anyone has answered
the line's first voice, and beside hold music.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from callaudit.records import Party, Voice, Word
from callaudit.spans import Span, covered_s, merge, total_s
from callaudit.speakers.said import Said
from callaudit.text.service_talk import machine_talk, personal_talk

LEAST_PAUSE_S = 0.8
"""Sentences of a message follow each other sooner; from the message to the agent it takes longer (proposed)."""

BESIDE_MUSIC_S = 3.0
"""A message in a hold begins and ends this near to the music (proposed)."""

MOST_CHANGES = 1
"""The split of a mono mix may give the two halves of a message to different voices, not its every sentence."""

CONFIDENCE = 0.9
WHY = "自动语音播报"


def part_announcements(
    said: Sequence[Said], music: Sequence[Span], language: str
) -> tuple[tuple[Said, ...], Said | None]:
    """The voices without what a machine says, and what it says.

    Nothing is parted where nobody but the machine would be left.

    Parameters
    ----------
    said : the voices; two on one channel are a mono mix
    music : where music sounds, on any channel
    language : of the words
    """
    spans = {channel: _announced(said, channel, music, language) for channel in {row.voice.channel for row in said}}
    channel = max(sorted(spans), key=lambda channel: total_s(spans[channel]), default=0)
    own = spans.get(channel, ())
    rest = tuple(_without(row, own) if row.voice.channel == channel else row for row in said)
    rest = tuple(row for row in rest if row.voice.speech)
    if not own or not rest:
        return tuple(said), None
    words = sorted((w for row in said if row.voice.channel == channel for w in _within(row, own)), key=lambda w: w.span)
    return rest, Said(Voice(channel, own, CONFIDENCE), tuple(words))


def machine_party(said: Said) -> Party:
    """The party that a machine is: nobody of the two."""
    return Party("unknown", said.voice, CONFIDENCE, WHY)


def _announced(said: Sequence[Said], channel: int, music: Sequence[Span], language: str) -> tuple[Span, ...]:
    own = [row for row in said if row.voice.channel == channel]
    speech = merge(span for row in own for span in row.voice.speech)
    words = sorted((word for row in own for word in row.words), key=lambda word: word.span)
    cues = machine_talk(words, language)
    if not cues:
        return ()
    others = [span for row in said if row.voice.channel != channel for span in row.voice.speech]
    answered_s = min((span.start_s for span in others), default=float("inf"))
    personal = personal_talk(words, language)
    opening: list[Span] = []
    held: list[Span] = []
    last = 0
    for stretch in merge(speech, gap_s=LEAST_PAUSE_S):
        told = any(stretch.overlap_s(cue) > 0 for cue in cues)
        if any(stretch.overlap_s(span) > 0 for span in personal):
            answered_s = min(answered_s, stretch.start_s)
        elif stretch.start_s < answered_s:
            opening.append(stretch)
            last = len(opening) if told else last
        elif told and any(_beside(stretch, span) for span in music):
            held.append(stretch)
    taken = [*opening[:last], *held] if _n_changes(own, opening[:last]) <= MOST_CHANGES else held
    return tuple(span for span in speech if any(stretch.overlap_s(span) > 0 for stretch in taken))


def _n_changes(voices: Sequence[Said], stretches: Sequence[Span]) -> int:
    """How often another voice goes on from one stretch to the next: a machine's message is no dialogue."""
    most = [max(range(len(voices)), key=lambda k: covered_s(stretch, voices[k].voice.speech)) for stretch in stretches]
    return sum(a != b for a, b in pairwise(most))


def _beside(stretch: Span, music: Span) -> bool:
    return music.start_s - BESIDE_MUSIC_S < stretch.end_s and stretch.start_s < music.end_s + BESIDE_MUSIC_S


def _within(row: Said, spans: Sequence[Span]) -> list[Word]:
    return [word for word in row.words if any(span.start_s <= word.span.middle_s < span.end_s for span in spans)]


def _without(row: Said, spans: Sequence[Span]) -> Said:
    """The part of a voice that lies outside of the spans."""

    def kept(part: Span) -> bool:
        return not any(span.start_s <= part.middle_s < span.end_s for span in spans)

    voice = row.voice
    sureness = tuple(sure for span, sure in zip(voice.speech, voice.sureness, strict=False) if kept(span))
    speech = tuple(span for span in voice.speech if kept(span))
    return Said(
        replace(voice, speech=speech, sureness=sureness),
        tuple(word for word in row.words if kept(word.span)),
        tuple(reading for reading in row.readings if kept(reading.span)),
    )
