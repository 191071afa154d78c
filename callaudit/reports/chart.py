"""What the page draws of a call on one time axis: outlines of the sound, stretches, findings and measures; pure.

Places along the axis are percentages of the call's length, so that the page can stretch the drawing without
stretching its text; only paths have a viewBox of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Call, Finding, SpanKind, Speaker, Track
from callaudit.reports.base import Waveform
from callaudit.reports.strip import ticks
from callaudit.reports.waveform import MOST_POINTS, downsampled
from callaudit.reports.wording import Wording, clock, minute_clock, number, printable
from callaudit.spans import Span

PATH_WIDTH: Final = 10_000
PATH_HEIGHT: Final = 100
MARGIN: Final = 8
"""Keeps the stroke of a line inside its lane."""
EVENT_ORDER: Final[tuple[SpanKind, ...]] = ("silence", "noise", "music", "tone", "hold", "overlap")  # last on top
TURN_MEASURES: Final = (("level", "dBov", "level_dbov"), ("rate", "cpm", "rate_cpm"), ("pitch", "Hz", "f0_median_hz"))


@dataclass(frozen=True, slots=True)
class Size:
    """How high lanes are, in pixels, and which measures are drawn; events, marks and the axis are as high as text."""

    wave: int = 60
    track: int = 52
    gap: int = 8
    left_out: tuple[str, ...] = ()


WIDE: Final = Size()
DENSE: Final = Size(wave=48, track=34, gap=6, left_out=("noise",))
"""Where findings are to be seen below the drawing without scrolling."""

TEXT_HEIGHT: Final = 22
"""Of lanes with text or marks, and of the axis."""
MARK_SHARE: Final = 0.025  # of the axis: a finding's number is 18 px wide, the axis about 800
MOST_ROWS: Final = 6
LAST_LABEL_SHARE: Final = 0.95  # a time written nearer to the end would be cut off


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch on the axis: `x` and `width` in percent, `name` says what it is, `number` and `row` are a finding's."""

    kind: str
    x: str
    width: str
    start_s: float
    name: str
    number: int = 0
    row: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A path in the viewBox 0 0 10000 100, for one speaker."""

    speaker: Speaker
    path: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the drawing, `top` and `height` in pixels; what it does not have is empty."""

    kind: str
    name: str
    top: int
    height: int
    note: str = ""
    low: str = ""
    high: str = ""
    boxes: tuple[Box, ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """The whole drawing; `bands` are the phases shaded across all lanes, `ticks` are (percent, text)."""

    duration_s: float
    height: int
    lanes: tuple[Lane, ...]
    bands: tuple[Box, ...]
    ticks: tuple[tuple[str, str], ...]
    legend: tuple[tuple[str, str], ...]


def chart(
    call: Call, violated: Sequence[Finding], waveform: Sequence[Waveform], wording: Wording, size: Size = WIDE
) -> Chart:
    """Drawing of a call; `violated` are numbered from 1 in the order given."""
    duration_s = max(call.recording.duration_s, 1e-3)
    events = _events(call, duration_s, wording)
    lanes = [Lane("events", wording.EVENT_LANE, 0, TEXT_HEIGHT, boxes=events)]
    lanes += _waves(call, waveform, duration_s, wording, size.wave)
    if any(finding.places for finding in violated):
        lanes.append(_finding_lane(violated, duration_s, wording))
    lanes += _tracks(call, duration_s, wording, size)
    placed, top = [], 0
    for lane in lanes:
        placed.append(replace(lane, top=top))
        top += lane.height + size.gap
    marks = tuple(
        (_percent(at_s, duration_s), minute_clock(at_s) if at_s < LAST_LABEL_SHARE * duration_s else "")
        for at_s in ticks(duration_s, 10)
    )
    kinds = dict.fromkeys(box.kind for box in events if box.kind != "burst")
    legend = tuple((kind, wording.EVENTS[kind]) for kind in kinds)
    bands = tuple(box for box in events if box.kind in {"ring", "hold"})
    return Chart(duration_s, top + TEXT_HEIGHT, tuple(placed), bands, marks, legend)


def _percent(time_s: float, duration_s: float) -> str:
    return f"{number(100 * min(1.0, max(0.0, time_s / duration_s)), 3)}%"


def _box(kind: str, span: Span, duration_s: float, name: str, number: int = 0) -> Box:
    width = _percent(min(span.end_s, duration_s) - min(span.start_s, duration_s), duration_s)
    return Box(kind, _percent(span.start_s, duration_s), width, round(span.start_s, 2), name, number)


def _events(call: Call, duration_s: float, wording: Wording) -> tuple[Box, ...]:
    ring = call.timeline.ring
    spans = [(kind, s.span) for kind in EVENT_ORDER for s in call.timeline.spans if s.kind == kind]
    rings = [("ring", ring.span), *(("burst", span) for span in ring.rings)] if ring else []
    return tuple(_box(kind, span, duration_s, _told(kind, span, wording)) for kind, span in [*rings, *spans])


def _told(kind: str, span: Span, wording: Wording) -> str:
    name = wording.EVENTS["ring" if kind == "burst" else kind]
    length = wording.seconds(span.duration_s)
    return wording.STRETCH.format(name=name, start=clock(span.start_s), end=clock(span.end_s), length=length)


def _finding_lane(violated: Sequence[Finding], duration_s: float, wording: Wording) -> Lane:
    """Every place of every finding; those that begin close together lie in rows below each other."""
    placed = sorted(
        ((place.span, k, finding) for k, finding in enumerate(violated, start=1) for place in finding.places),
        key=lambda item: (item[0].start_s, item[1]),
    )
    boxes: list[Box] = []
    ends: list[float] = []  # where each row is free again, as a share of the axis
    for span, k, finding in placed:
        at = span.start_s / duration_s
        free = [row for row, end in enumerate(ends) if end <= at]
        row = free[0] if free else min(len(ends), MOST_ROWS - 1)
        ends[row : row + 1] = [at + MARK_SHARE]
        name = f"{k} {printable(finding.title)}"
        boxes.append(replace(_box(finding.severity, span, duration_s, name, k), row=row))
    height = TEXT_HEIGHT * max(1, len(ends))
    return Lane("findings", wording.FINDINGS, 0, height, boxes=tuple(boxes))


# ── sound ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _waves(
    call: Call, waveform: Sequence[Waveform], duration_s: float, wording: Wording, height: int
) -> Iterable[Lane]:
    """One lane per channel with its outline; without any outline, one lane per speaker with speech alone."""
    if not waveform:
        for who in ("agent", "customer"):
            boxes = _speech(call, [who], duration_s, wording)
            yield Lane("wave", wording.SPEAKERS[who], 0, height, boxes=boxes)
        return
    loudest = max((float(np.abs(wave.peaks).max(initial=0.0)) for wave in waveform), default=0.0)
    for wave in waveform:
        mixed = wave.speaker == "unknown"
        name = wording.MIXED if mixed else wording.SPEAKERS[wave.speaker]
        boxes = _speech(call, ["agent", "customer", "unknown"] if mixed else [wave.speaker], duration_s, wording)
        line = Line(wave.speaker, wave_path(wave, duration_s, loudest))
        note = wording.CHANNEL.format(n=wave.channel + 1)
        yield Lane("wave", name, 0, height, note, boxes=boxes, lines=(line,))


def _speech(call: Call, speakers: Sequence[str], duration_s: float, wording: Wording) -> tuple[Box, ...]:
    return tuple(
        _box(s.speaker or "unknown", s.span, duration_s, _told("speech", s.span, wording))
        for s in call.timeline.spans
        if s.kind == "speech" and (s.speaker or "unknown") in speakers
    )


def wave_path(waveform: Waveform, duration_s: float, loudest: float) -> str:
    """Closed outline in the viewBox 0 0 10000 100, `loudest` (above 0) reaching its edges; at most 4000 steps.

    The square root of the amplitude is drawn: a quiet party stays visible beside a loud one.
    """
    kept = downsampled(waveform)
    if not len(kept.peaks) or loudest <= 0:
        return ""
    scaled = np.sign(kept.peaks) * np.sqrt(np.abs(kept.peaks) / loudest)
    middle = PATH_HEIGHT / 2
    x = np.minimum(np.rint((np.arange(len(scaled)) + 0.5) * kept.step_s / duration_s * PATH_WIDTH), PATH_WIDTH)
    high = np.rint(middle - scaled[:, 1].clip(0, 1) * middle + 0.0)
    low = np.rint(middle - scaled[:, 0].clip(-1, 0) * middle)
    upper, lower = _corners(x, high), _corners(x, low)[::-1]
    return _outline(np.concatenate([upper, lower]).astype(np.int64))


def _corners(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points of a line without those that lie within a level stretch, as in silence; shape (n, 2)."""
    within = np.zeros(len(y), dtype=bool)
    within[1:-1] = (y[1:-1] == y[:-2]) & (y[1:-1] == y[2:])
    return np.stack([x, y], axis=1)[~within]


def _outline(points: NDArray[np.int64]) -> str:
    """A closed path, each point told from the one before it: half as long as by their places."""
    told = " ".join(map(str, np.diff(points, axis=0).ravel().tolist())).replace(" -", "-")
    return f"M{points[0, 0]} {points[0, 1]}l{told}z"


# ── measures ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _tracks(call: Call, duration_s: float, wording: Wording, size: Size) -> Iterable[Lane]:
    """One lane per measure: its tracks where there are any, else the values of the turns."""
    by_name: dict[tuple[str, str], list[tuple[Speaker, list[Segment]]]] = {}
    for name, unit, attribute in TURN_MEASURES:
        if not any(track.name == name for track in call.tracks):
            by_name[name, unit] = _from_turns(call, attribute)
    for track in (one for one in call.tracks if one.name not in size.left_out):
        by_name.setdefault((track.name, track.unit), []).append((track.speaker, _from_track(track)))
    order = [name for name, _, _ in TURN_MEASURES]
    ordered = sorted(by_name, key=lambda key: (order.index(key[0]) if key[0] in order else len(order), key))
    for name, unit in ordered:
        values = [segment[2] for _, segments in by_name[name, unit] for segment in segments]
        if values:
            low, high = min(values), max(values)
            yield Lane(
                "track",
                wording.TRACKS.get(name, name),
                0,
                size.track,
                wording.UNITS.get(unit, unit),
                number(low, 0),
                number(high, 0),
                lines=tuple(
                    Line(who, _line(segments, duration_s, low, high))
                    for who, segments in by_name[name, unit]
                    if segments
                ),
            )


Segment = tuple[float, float, float]  # start, end, value


def _from_turns(call: Call, attribute: str) -> list[tuple[Speaker, list[Segment]]]:
    speakers: tuple[Speaker, ...] = ("agent", "customer", "unknown")
    return [
        (
            who,
            [
                (turn.span.start_s, turn.span.end_s, value)
                for turn in call.turns
                if turn.speaker == who and (value := getattr(turn, attribute)) is not None
            ],
        )
        for who in speakers
    ]


def _from_track(track: Track) -> list[Segment]:
    """Steps with a value; a long track is thinned to the means of at most 4000 stretches."""
    fold = max(1, -(-len(track.values) // MOST_POINTS))
    if fold == 1:
        starts = (track.start_s + number * track.step_s for number in range(len(track.values)))
        return [
            (at, at + track.step_s, value) for at, value in zip(starts, track.values, strict=True) if value is not None
        ]
    segments: list[Segment] = []
    for first in range(0, len(track.values), fold):
        known = [value for value in track.values[first : first + fold] if value is not None]
        if known:
            start_s = track.start_s + first * track.step_s
            segments.append((start_s, start_s + fold * track.step_s, sum(known) / len(known)))
    return segments


def _line(segments: Sequence[Segment], duration_s: float, low: float, high: float) -> str:
    """Line through the middles of adjoining segments; one that stands alone is as long as itself."""
    spread = (high - low) or 1.0
    runs: list[list[Segment]] = []
    for segment in segments:
        if runs and segment[0] - runs[-1][-1][1] < 1e-6:
            runs[-1].append(segment)
        else:
            runs.append([segment])
    parts = []
    for run in runs:
        points = [(run[0][0], run[0][2]), *(((a + b) / 2, value) for a, b, value in run), (run[-1][1], run[-1][2])]
        parts.append("M" + "L".join([_point(at_s / duration_s, (value - low) / spread) for at_s, value in points]))
    return "".join(parts)


def _point(along: float, above: float) -> str:
    y = PATH_HEIGHT - MARGIN - above * (PATH_HEIGHT - 2 * MARGIN)
    return f"{round(min(1.0, along) * PATH_WIDTH)} {f'{y:.1f}'.removesuffix('.0')}"
