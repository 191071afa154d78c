"""The call's timeline as rows of characters: one per speaker, one for what is not speech, one for findings, an axis.

Without colour the characters alone tell the kinds apart; with colour they are blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from callaudit.records import Audit, Call, Finding, Severity
from callaudit.reports.summary import with_status
from callaudit.reports.wording import Wording, minute_clock
from callaudit.spans import Span, covered_s

TICKS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
EDGE_SHARE: Final = 0.25  # a cell belongs to a stretch that holds at least this share of it


@dataclass(frozen=True, slots=True)
class Mark:
    """How a kind is drawn: a character of one column, and a colour of the 256."""

    char: str
    style: str


MARKS: Final = {
    "agent": Mark("█", "color(38)"),
    "customer": Mark("█", "color(173)"),
    "unknown": Mark("█", "color(245)"),
    "overlap": Mark("x", "color(231) on color(161)"),
    "hold": Mark("=", "color(231) on color(97)"),
    "music": Mark("m", "color(231) on color(97)"),
    "ring": Mark("~", "color(16) on color(179)"),
    "tone": Mark("-", "color(231) on color(240)"),
    "noise": Mark("n", "color(231) on color(240)"),
    "silence": Mark(".", "color(245)"),
}
SEVERITY_MARKS: Final[dict[Severity, Mark]] = {
    "critical": Mark("!", "bold color(231) on color(160)"),
    "major": Mark("▲", "color(208)"),
    "minor": Mark("▵", "color(220)"),
}
EVENTS: Final = ("overlap", "hold", "music", "ring", "tone", "noise", "silence")  # who comes first takes the cell
LABEL_MARGIN: Final = 2


def strip(audit: Audit, width: int, wording: Wording) -> Text:
    """Rows of the strip, `width` columns wide, legend included."""
    call = audit.call
    labels = [*wording.SPEAKERS.values(), wording.EVENT_LANE, wording.FINDINGS]
    columns = LABEL_MARGIN + max(map(cell_len, labels))
    n_cells = max(10, width - columns)
    duration_s = max(call.recording.duration_s, 1e-3)
    rows = [_row(columns, wording.SPEAKERS[who], _speech(call, who, n_cells)) for who in _speakers(call)]
    rows.append(_row(columns, wording.EVENT_LANE, _events(call, n_cells)))
    violated = with_status(audit, "violated")
    if any(finding.places for finding in violated):
        rows.append(_row(columns, wording.FINDINGS, _findings(violated, duration_s, n_cells)))
    rows.append(_row(columns, "", _axis(duration_s, n_cells)))
    rows.append(_legend(call, violated, columns, wording))
    return Text("\n").join(rows)


def _speakers(call: Call) -> list[str]:
    heard = {span.speaker or "unknown" for span in call.timeline.spans if span.kind == "speech"}
    return [who for who in ("agent", "customer", "unknown") if who in heard or who != "unknown"]


def _row(columns: int, label: str, cells: Text) -> Text:
    return Text(" " * (columns - cell_len(label) - 1)).append(label, "dim").append(" ").append_text(cells)


def _drawn(kinds: Sequence[tuple[str, Sequence[Span]]], duration_s: float, n_cells: int) -> Text:
    """One character per cell: the first kind that holds enough of it."""
    shares = [(kind, _enough(spans, duration_s, n_cells)) for kind, spans in kinds]
    row = Text()
    for i in range(n_cells):
        mark = next((MARKS[kind] for kind, cells in shares if i in cells), None)
        row.append(mark.char if mark else " ", mark.style if mark else "")
    return row


def _enough(spans: Iterable[Span], duration_s: float, n_cells: int) -> set[int]:
    """Cells of which a span holds enough; a span that is shorter than that gets the cell it mostly lies in."""
    step_s = duration_s / n_cells
    chosen: set[int] = set()
    for span in spans:
        first, last = int(span.start_s / step_s), min(n_cells - 1, int(span.end_s / step_s))
        held = {i: covered_s(Span(i * step_s, (i + 1) * step_s), [span]) for i in range(first, last + 1)}
        chosen |= {i for i, share_s in held.items() if share_s >= EDGE_SHARE * step_s}
        if not chosen & held.keys() and held:
            chosen.add(max(held, key=lambda i: held[i]))
    return chosen


def _speech(call: Call, who: str, n_cells: int) -> Text:
    spans = [s.span for s in call.timeline.spans if s.kind == "speech" and (s.speaker or "unknown") == who]
    return _drawn([(who, spans)], max(call.recording.duration_s, 1e-3), n_cells)


def _events(call: Call, n_cells: int) -> Text:
    return _drawn(_event_spans(call), max(call.recording.duration_s, 1e-3), n_cells)


def _event_spans(call: Call) -> list[tuple[str, list[Span]]]:
    spans = {kind: [s.span for s in call.timeline.spans if s.kind == kind] for kind in EVENTS}
    if call.timeline.ring is not None:
        spans["ring"].append(call.timeline.ring.span)
    return [(kind, spans[kind]) for kind in EVENTS]


def _findings(violated: Sequence[Finding], duration_s: float, n_cells: int) -> Text:
    """Where each finding begins; the worst takes the cell."""
    cells: dict[int, Severity] = {}
    for finding in reversed(violated):
        for place in finding.places:
            cells[min(n_cells - 1, int(place.span.start_s / duration_s * n_cells))] = finding.severity
    row = Text()
    for i in range(n_cells):
        mark = SEVERITY_MARKS[cells[i]] if i in cells else Mark(" ", "")
        row.append(mark.char, mark.style)
    return row


def ticks(duration_s: float, most: int) -> list[float]:
    """Round times of the axis, from 0, at most about `most` of them."""
    step_s = next((step for step in TICKS_S if duration_s / step <= most), TICKS_S[-1])
    return [float(i * step_s) for i in range(int(duration_s / step_s) + 1)]


def _axis(duration_s: float, n_cells: int) -> Text:
    line = [" "] * n_cells
    for at_s in ticks(duration_s, max(2, n_cells // 11)):
        text, at = minute_clock(at_s), int(at_s / duration_s * n_cells)
        if at + len(text) + 1 <= n_cells:
            line[at : at + len(text) + 1] = f"╵{text}"
    return Text("".join(line), "dim")


def _legend(call: Call, violated: Sequence[Finding], columns: int, wording: Wording) -> Text:
    present = [(MARKS[kind], wording.EVENTS[kind]) for kind, spans in _event_spans(call) if spans]
    placed = {finding.severity for finding in violated if finding.places}
    present += [(mark, wording.SEVERITIES[kind]) for kind, mark in SEVERITY_MARKS.items() if kind in placed]
    row = Text(" " * columns)
    for mark, name in present:
        row.append(mark.char, mark.style).append(f" {name}  ", "dim")
    return row
