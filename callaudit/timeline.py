"""The phases of a call: ringing, answer, speech, silence, hold, overlap, hang-up. Pure: spans in, spans out.

What is what
------------
answer
    The end of a ring that something cut short. After a whole ring the answer lies somewhere in the pause that follows,
    and cannot be heard; it is put at the first voice, and never later than the next ring was due, or than the line
    was given up (busy tone, end of the recording). Who alone speaks before the ringing, on the leg that then rings,
    is an announcement and no answer.
hold
    The caller is parked: music after the answer, or a silence that the agent announced (a wait request in the agent's
    last words before it, at most one short reply of the customer in between).
silence
    Between answer and hang-up, where nobody speaks, nothing rings, no tone, no music and no noise burst sounds, and
    no channel has dropped out.
hang-up
    Busy or congestion tone comes down the leg of the party that let go; on a mono mix that leg cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from callaudit.records import Hangup, Party, Ring, Signal, Speaker, Timeline, TimelineSpan, Voice
from callaudit.signals.plans import PLANS
from callaudit.spans import Span, between, covered_s, gaps, intersect, longer_than, merge, subtract, total_s

LEAST_SILENCE_S = 1.0
"""Shorter pauses are part of talking; every longer one is listed (contract)."""

LEAST_HOLD_S = 3.0
"""A shorter stretch of music, or wait after an announcement, is not yet parking the caller (proposed)."""

LARGEST_REPLY_S = 2.5
"""The longest speech of the customer (「好的，谢谢你」) that may stand between announcement and silent hold."""

CUT_S = 0.08
"""A ring so much shorter than its fellows, or than planned, was cut short; ends of rings are found to 0.012 s."""

MUSIC_BRIDGE_S = 2.0
"""Quiet passages of hold music up to this long stay inside the hold."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """What the timeline is made of.

    `wait_requests` are the stretches in which the agent asks the caller to wait, `returns` those in which the agent
    says to be back.
    """

    duration_s: float
    signals: Sequence[Signal]
    parties: Sequence[Party]
    wait_requests: Sequence[Span] = ()
    returns: Sequence[Span] = ()
    stereo: bool = True
    hangup_by: Speaker | None = None


def make_timeline(pieces: Pieces) -> Timeline:
    """The timeline of a call whose signals, voices and wait requests are known."""
    speech = {party.speaker: merge(party.voice.speech) for party in pieces.parties}
    talk = merge(span for spans in speech.values() for span in spans)
    ring = find_ring(pieces.signals, _by_channel(pieces), pieces.duration_s)
    answer_s = ring.answer_s if ring else 0.0
    hangup, tone = _hangup(pieces, talk, answer_s)
    end_s = hangup.at_s if hangup.at_s is not None else pieces.duration_s
    speech = {who: _within(spans, answer_s if ring else 0.0, pieces.duration_s) for who, spans in speech.items()}
    talk = merge(span for spans in speech.values() for span in spans)

    noise = merge(s.span for s in pieces.signals if s.kind == "noise")
    later_rings = [s for s in pieces.signals if s.kind == "ringback" and s.span.start_s >= answer_s and ring]
    music = [s for s in pieces.signals if s.kind == "music" and s.span.end_s > answer_s]
    holds = _holds(pieces, music, later_rings, speech, Span(answer_s, max(end_s, answer_s + 0.001)), noise)
    hold_spans = tuple(hold.span for hold in holds)

    spans = list(holds)
    if ring:
        spans += [TimelineSpan("ring", burst, None, 1.0, ring.plan) for burst in ring.rings or (ring.span,)]
    for signal in pieces.signals:
        if signal.kind in ("busy", "congestion", "dtmf"):
            spans.append(TimelineSpan("tone", signal.span, None, signal.confidence, signal.kind))
        elif signal.kind == "noise":
            spans.append(TimelineSpan("noise", signal.span, _who(pieces.parties, signal.channel), signal.confidence))
    for stray in subtract([s.span for s in music], hold_spans):
        if stray.duration_s >= LEAST_SILENCE_S:
            spans.append(TimelineSpan("music", stray, None, 0.5))
    voices = {party.speaker: party.voice for party in pieces.parties}
    for who, own in speech.items():
        spans += [TimelineSpan("speech", span, who, _sureness(voices[who], span)) for span in own]
    if "agent" in speech and "customer" in speech:
        first, second = speech["agent"], speech["customer"]
        spans += [TimelineSpan("overlap", span, None, 0.9) for span in longer_than(intersect(first, second), 0.05)]
    taken = [*talk, *hold_spans, *noise, *tone]
    taken += [s.span for s in music] + [s.span for s in later_rings]
    taken += longer_than((s.span for s in pieces.signals if s.kind == "dropout"), LEAST_SILENCE_S)
    if end_s > answer_s:
        quiet = longer_than(gaps(taken, Span(answer_s, end_s)), LEAST_SILENCE_S)
        spans += [TimelineSpan("silence", span, None, 0.9) for span in quiet]
    order = {
        kind: k for k, kind in enumerate(("ring", "hold", "speech", "overlap", "silence", "music", "noise", "tone"))
    }
    spans.sort(key=lambda s: (s.span, order[s.kind], s.speaker or ""))
    return Timeline(ring, tuple(spans), hangup, answer_s, end_s)


def find_ring(signals: Iterable[Signal], speech: Mapping[int, Sequence[Span]], end_s: float) -> Ring | None:
    """The ringing before the answer, or None.

    Parameters
    ----------
    signals : everything found that is not speech
    speech : merged speech of every channel of the recording
    end_s : length of the recording in seconds
    """
    signals = tuple(signals)
    talk = merge(span for spans in speech.values() for span in spans)
    tones = [s for s in signals if s.kind == "ringback" and not _answered_before(s, speech)]
    if tones:
        given_up = [s.span.start_s for s in signals if s.kind in ("busy", "congestion")]
        return _tone_ring(tones, talk, [*given_up, end_s])
    first_voice_s = talk[0].start_s if talk else float("inf")
    for music in sorted((s for s in signals if s.kind == "music"), key=lambda s: s.span):
        if music.span.start_s <= 2.0 and music.span.start_s < first_voice_s and music.span.end_s <= first_voice_s + 1.0:
            end_s = min(music.span.end_s, first_voice_s)
            bridged = [s.span for s in signals if s.kind == "music" and s.span.start_s < first_voice_s]
            end_s = max(end_s, min(merge(bridged, gap_s=MUSIC_BRIDGE_S)[0].end_s, first_voice_s))
            span = Span(music.span.start_s, end_s)
            return Ring("music", span, (), None, end_s, music.channel)
    return None


def _answered_before(tone: Signal, speech: Mapping[int, Sequence[Span]]) -> bool:
    """Whether somebody had spoken when it began to ring; an announcement speaks alone, on the leg that rings.

    On one channel nobody can say who spoke.
    """
    spoke = {channel for channel, spans in speech.items() if any(span.start_s < tone.span.start_s for span in spans)}
    return bool(spoke) and (len(speech) < 2 or spoke != {tone.channel})


def _tone_ring(tones: Sequence[Signal], talk: Sequence[Span], given_up_s: Sequence[float]) -> Ring:
    """Ring of the loudest leg (the surest signal); leaked copies on other channels are the same ring."""
    best = max(tones, key=lambda s: (s.confidence, s.span.duration_s, -s.channel))
    own = [s for s in tones if s.channel == best.channel]
    rings = merge(burst for s in own for burst in (s.bursts or (s.span,)))
    last = rings[-1]
    on_s, cycle_s = _rhythm(rings, best.plan)
    answer_s = last.end_s
    if last.duration_s >= on_s - CUT_S:
        voices = [span.start_s for span in talk if span.start_s >= last.start_s]
        ends = [at_s for at_s in given_up_s if at_s >= last.end_s]
        answer_s = max(last.end_s, min([last.start_s + cycle_s, *voices, *ends]))
    return Ring("tone", Span(rings[0].start_s, last.end_s), rings, len(rings), answer_s, best.channel, best.plan)


def _rhythm(rings: Sequence[Span], plan_name: str | None) -> tuple[float, float]:
    """Length of a ring, and seconds from one to the next: as heard where there are two, else as planned."""
    plan = next((p for p in PLANS if p.kind == "ringback" and p.name == plan_name), None)
    longest_s = max(ring.duration_s for ring in rings)
    on_s = plan.cycle_s - plan.off_s[-1] if plan else longest_s
    if len(rings) > 1:
        on_s = longest_s if abs(longest_s - on_s) <= CUT_S else on_s
        return on_s, on_s + median(gap.duration_s for gap in between(rings))
    return on_s, plan.cycle_s if plan else on_s


def _hangup(pieces: Pieces, talk: Sequence[Span], answer_s: float) -> tuple[Hangup, tuple[Span, ...]]:
    last_voice_s = talk[-1].end_s if talk else answer_s
    tones = [
        s
        for s in pieces.signals
        if s.kind in ("busy", "congestion") and s.span.end_s > last_voice_s and s.span.start_s >= answer_s
    ]
    spans = merge(s.span for s in tones)
    at_s = min((s.span.start_s for s in tones), default=pieces.duration_s)
    if pieces.hangup_by:
        return Hangup(pieces.hangup_by, at_s, "随录音提供的资料注明", 1.0), spans
    if not tones:
        return Hangup("unknown", at_s, "录音结束前没有忙音，听不出哪一方先挂机"), spans
    if not pieces.stereo:
        return Hangup("unknown", at_s, "单声道混音，忙音来自哪一方无法分辨"), spans
    best = max(tones, key=lambda s: (s.confidence, s.span.duration_s, -s.channel))
    party = next((p for p in pieces.parties if p.voice.channel == best.channel), None)
    if party is None or party.speaker == "unknown":
        return Hangup("unknown", at_s, "有忙音，但该声道的角色不明"), spans
    why = "挂机后的忙音出现在该方声道"
    return Hangup(party.speaker, at_s, why, round(min(best.confidence, party.confidence), 3)), spans


def _holds(
    pieces: Pieces,
    music: Sequence[Signal],
    rings: Sequence[Signal],
    speech: Mapping[Speaker, Sequence[Span]],
    conversation: Span,
    noise: Sequence[Span],
) -> list[TimelineSpan]:
    agent = speech.get("agent", ())
    talk = merge(span for spans in speech.values() for span in spans)
    sounding = intersect([*(s.span for s in music), *(s.span for s in rings)], [conversation])
    held: list[TimelineSpan] = []
    for span in longer_than(merge(sounding, gap_s=MUSIC_BRIDGE_S), LEAST_HOLD_S):
        # the agent is not away while speaking: a hold ends where the agent is back
        for part in longer_than(subtract([span], longer_than(agent, 0.3)), LEAST_HOLD_S):
            held.append(TimelineSpan("hold", part, None, 0.95, "music"))
    busy = [*talk, *(hold.span for hold in held), *(s.span for s in pieces.signals if s.kind in ("busy", "congestion"))]
    silent: list[Span] = []
    for quiet in longer_than(gaps(busy, conversation), LEAST_HOLD_S):
        if total_s(intersect([quiet], noise)) > quiet.duration_s / 2:
            continue
        if silent and _still_held(silent[-1], quiet, pieces.returns, speech):
            silent[-1] = Span(silent[-1].start_s, quiet.end_s)
        elif _announced(quiet, pieces.wait_requests, speech):
            silent.append(quiet)
    held += [TimelineSpan("hold", span, None, 0.85, "silent") for span in silent]
    return sorted(held, key=lambda hold: hold.span)


def _still_held(hold: Span, quiet: Span, returns: Sequence[Span], speech: Mapping[Speaker, Sequence[Span]]) -> bool:
    """Whether the quiet goes on with the hold before it: only the agent has spoken since, and says to be back after it.

    What an agent says to a colleague while the caller waits is no return from the hold.
    """
    since = Span(hold.end_s, quiet.start_s)
    others = [span for who, spans in speech.items() if who != "agent" for span in spans]
    if since.duration_s > 15.0 or covered_s(since, others) > 0:
        return False
    back = [span.start_s for span in returns if span.start_s >= since.start_s]
    return bool(back) and quiet.end_s - 0.5 <= back[0] <= quiet.end_s + 4.0


def _announced(quiet: Span, requests: Sequence[Span], speech: Mapping[Speaker, Sequence[Span]]) -> bool:
    """Whether the agent's last words before the quiet ask to wait, with at most one short reply in between."""
    before = [request for request in requests if request.start_s < quiet.start_s]
    if not before:
        return False
    request = before[-1]
    since = Span(request.end_s, quiet.start_s) if quiet.start_s > request.end_s else None
    if since is None:
        return True
    if since.duration_s > 12.0:
        return False
    agent_s = covered_s(since, speech.get("agent", ()))
    reply_s = sum(covered_s(since, spans) for who, spans in speech.items() if who != "agent")
    return agent_s <= 4.0 and reply_s <= LARGEST_REPLY_S


def _by_channel(pieces: Pieces) -> dict[int, tuple[Span, ...]]:
    """Merged speech of each channel, also of one on which nobody speaks."""
    spoken: dict[int, list[Span]] = {channel: [] for channel in range(2 if pieces.stereo else 1)}
    for party in pieces.parties:
        spoken.setdefault(party.voice.channel, []).extend(party.voice.speech)
    return {channel: merge(spans) for channel, spans in spoken.items()}


def _within(spans: Sequence[Span], start_s: float, end_s: float) -> tuple[Span, ...]:
    return intersect(spans, [Span(start_s, end_s)]) if end_s > start_s else ()


def _who(parties: Iterable[Party], channel: int) -> Speaker | None:
    found = [party.speaker for party in parties if party.voice.channel == channel and party.speaker != "unknown"]
    return found[0] if len(found) == 1 else None


def _sureness(voice: Voice, span: Span) -> float:
    """How sure the voice is where the span lies: that of its own stretch, or of the voice where stretches have none."""
    own = [sure for stretch, sure in zip(voice.speech, voice.sureness, strict=False) if stretch.overlap_s(span) > 0]
    return round(min(own, default=voice.confidence), 3)
