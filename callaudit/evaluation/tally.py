"""What one call adds to the figures: counts that are summed, and errors of which medians are taken.

A name that is absent was not counted on this call, because the label or the document does not have that part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from callaudit.evaluation.hypothesis import Hypothesis
from callaudit.evaluation.matching import Stretch, frames, matched, n_frames_in, shared_ratio
from callaudit.evaluation.truth import Truth
from callaudit.evaluation.words import count_words
from callaudit.spans import Span, merge

LEAST_SILENCE_S: Final = 3.0
AT_EDGE_S: Final = 0.5
LEAST_OVERLAP_S: Final = 0.3
OVERLAP_RATIO: Final = 0.4
"""A short overlap is found where this much of it is shared; its edges are blurred by breath and line."""

SAME_TURN_RATIO: Final = 0.7
LEAST_CHARS: Final = 8
"""The rate of a shorter turn is no rate: one character more or less moves it by an eighth."""


@dataclass(frozen=True, slots=True)
class Miss:
    """Something that was not heard as it is: which part of the figures, what is true, and what was found instead."""

    part: str
    truth: tuple[Span, ...]
    found: tuple[tuple[float, float], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts and errors of one call, and what was missed in it."""

    counts: Mapping[str, int]
    errors: Mapping[str, tuple[float, ...]]
    misses: tuple[Miss, ...] = ()


@dataclass(slots=True)
class Sheet:
    """Where one call's counting is written down; it becomes a `Tally` when all is counted."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: dict[str, list[float]] = field(default_factory=dict)
    misses: list[Miss] = field(default_factory=list)

    def add(self, name: str, count: int | bool) -> None:
        """Count something; adding 0 says that it was looked at."""
        self.counts[name] += int(count)

    def note(self, name: str, values: Iterable[float]) -> None:
        """Write down errors."""
        self.errors.setdefault(name, []).extend(values)

    def finished(self) -> Tally:
        """The frozen result."""
        return Tally(
            dict(sorted(self.counts.items())),
            {name: tuple(row) for name, row in sorted(self.errors.items())},
            tuple(self.misses),
        )


def layout_of(truth: Truth, heard: Hypothesis | None) -> str:
    """ "stereo" or "mono": as labelled, else as the audit says, else mono."""
    said = truth.layout or (heard.layout if heard else None)
    return "stereo" if said == "stereo" else "mono"


def tally(truth: Truth, heard: Hypothesis) -> Tally:
    """The counting of one call, rules left out."""
    sheet = Sheet()
    stereo = layout_of(truth, heard) == "stereo"
    duration_s = truth.duration_s or heard.duration_s or truth.last_s
    _count_ring(sheet, truth, heard)
    if heard.spans is not None:
        _count_holds(sheet, truth, heard)
        _count_silences(sheet, truth, heard, duration_s)
        _count_speech(sheet, truth, heard, n_frames_in(duration_s), stereo=stereo)
        if stereo:  # a mono mix hides who talks over whom
            _count_overlaps(sheet, truth, heard)
    if truth.hangup_by is not None and heard.has_hangup:
        _count_hangup(sheet, truth.hangup_by, heard.hangup_by)
    if truth.turns is not None and heard.turns is not None:
        _count_voice(sheet, truth, heard)
        for name, count in count_words(truth, heard, stereo=stereo).items():
            sheet.add(name, count) if isinstance(count, int) else sheet.note(name, count)
    return sheet.finished()


def _count_ring(sheet: Sheet, truth: Truth, heard: Hypothesis) -> None:
    if not truth.ring_labelled or not heard.has_ring:
        return
    sheet.add("ring_invented", truth.ring is None and heard.ring is not None)
    if truth.ring is None:
        if heard.ring is not None:
            sheet.misses.append(Miss("ring_invented", (), ()))
        return
    sheet.add("rings", 1)
    sheet.add("rings_found", heard.ring is not None)
    counted = truth.ring.kind == "tone" and truth.ring.count is not None
    if counted:
        exact = heard.ring is not None and heard.ring.count == truth.ring.count
        sheet.add("ring_counts", 1)
        sheet.add("ring_counts_exact", exact)
        if heard.ring is not None and not exact:
            sheet.misses.append(Miss("ring_count", (), (), f"{heard.ring.count} / {truth.ring.count}"))
    if heard.ring is None:
        sheet.misses.append(Miss("ring", (), ()))
    elif heard.ring.answer_s is not None:
        sheet.note("answer_s", [abs(heard.ring.answer_s - truth.ring.answer_s)])


def _count_events(
    sheet: Sheet, name: str, truth: tuple[Span, ...], found: tuple[Stretch, ...], least_ratio: float = 0.5
) -> None:
    """Count matched stretches and how far their lengths are off."""
    pairs = matched(truth, found, least_ratio=least_ratio)
    sheet.add(f"{name}_truth", len(truth))
    sheet.add(f"{name}_found", len(found))
    sheet.add(f"{name}_right", len(pairs))
    sheet.note(f"{name}_s", [abs(a.duration_s - (b.end_s - b.start_s)) for a, b in pairs])
    if len(pairs) < max(len(truth), len(found)):
        sheet.misses.append(Miss(name, truth, tuple((one.start_s, one.end_s) for one in found)))


def _count_holds(sheet: Sheet, truth: Truth, heard: Hypothesis) -> None:
    if truth.holds is not None:
        _count_events(sheet, "hold", truth.holds, heard.spans_of("hold"))


def _count_silences(sheet: Sheet, truth: Truth, heard: Hypothesis, duration_s: float) -> None:
    """Stretches of at least 3 s between answer and hang-up in which nobody talks and nothing sounds."""
    if truth.turns is None or truth.holds is None:
        return
    start_s = truth.ring.answer_s if truth.ring else 0.0
    end_s = truth.hangup_at_s if truth.hangup_at_s is not None else duration_s
    silences: list[Span] = []
    at_s = start_s
    for busy in (*merge([*(turn.span for turn in truth.turns), *truth.holds, *truth.events], gap_s=1e-9), None):
        until_s = end_s if busy is None else busy.start_s
        if until_s - at_s >= LEAST_SILENCE_S and min(until_s, end_s) > at_s:
            silences.append(Span(at_s, min(until_s, end_s)))
        at_s = at_s if busy is None else max(at_s, busy.end_s)
    found = tuple(
        one
        for one in heard.spans_of("silence")
        if one.end_s - one.start_s >= LEAST_SILENCE_S
        and one.end_s > start_s + AT_EDGE_S
        and one.start_s < end_s - AT_EDGE_S
    )
    _count_events(sheet, "silence", tuple(silences), found)


def _count_overlaps(sheet: Sheet, truth: Truth, heard: Hypothesis) -> None:
    spoken = truth.talked_over()
    if spoken is None:
        return
    found = tuple(one for one in heard.spans_of("overlap") if one.end_s - one.start_s >= LEAST_OVERLAP_S)
    over = tuple(span for span in spoken if span.end_s - span.start_s >= LEAST_OVERLAP_S)
    _count_events(sheet, "overlap", over, found, OVERLAP_RATIO)


def _count_speech(sheet: Sheet, truth: Truth, heard: Hypothesis, n_frames: int, *, stereo: bool) -> None:
    """Frames of 10 ms in which each party, and anybody at all, speaks."""
    if truth.turns is None:
        return
    layout = "stereo" if stereo else "mono"
    speech = heard.spans_of("speech")
    anybody = frames((turn.span for turn in truth.turns), n_frames), frames(speech, n_frames)
    rows = {f"activity_{layout}": anybody}
    told = not speech or any(one.speaker in ("agent", "customer") for one in speech)
    if told:  # a detector alone does not say who speaks
        for role in ("agent", "customer"):
            own = tuple(one for one in speech if one.speaker == role)
            rows[f"speaker_{layout}_{role}"] = frames(truth.speech_of(role), n_frames), frames(own, n_frames)
    for name, (true, found) in rows.items():
        name = name.removesuffix("_agent").removesuffix("_customer")
        sheet.add(f"{name}_right", int((true & found).sum()))
        sheet.add(f"{name}_truth", int(true.sum()))
        sheet.add(f"{name}_found", int(found.sum()))


def _count_hangup(sheet: Sheet, truth: str, heard: str | None) -> None:
    unknown = heard not in ("agent", "customer")
    sheet.add("hangups", 1)
    sheet.add("hangups_right", heard == truth)
    sheet.add("hangups_unknown", unknown)
    sheet.add("hangups_wrong", not unknown and heard != truth)
    if not unknown and heard != truth:
        sheet.misses.append(Miss("hangup", (), (), f"{heard} / {truth}"))


def _count_voice(sheet: Sheet, truth: Truth, heard: Hypothesis) -> None:
    """Level and rate of the turns that both have: the first of the document that is clearly the same one."""
    for turn in truth.turns or ():
        same = next(
            (
                one
                for one in heard.turns or ()
                if one.speaker == turn.role and shared_ratio(turn.span, one) > SAME_TURN_RATIO
            ),
            None,
        )
        if same is None:
            continue
        if same.level_dbov is not None and turn.level_dbov is not None:
            sheet.note("level_db", [abs(same.level_dbov - turn.level_dbov)])
        if same.rate_cpm is not None and turn.rate_cpm is not None and turn.n_chars >= LEAST_CHARS:
            sheet.note("rate_ratio", [abs(same.rate_cpm / turn.rate_cpm - 1)])
