"""Findings as a table, one row each, that a spreadsheet opens without asking and without running anything."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO

from callaudit.records import Audit, Failed, Finding
from callaudit.reports.base import ReportOptions, report
from callaudit.reports.languages import WORDINGS
from callaudit.reports.wording import Wording, number, printable

COLUMNS = (
    "file",
    "call_id",
    "started_at",
    "agent_id",
    "rule",
    "title",
    "status",
    "severity",
    "confidence",
    "start_s",
    "end_s",
    "value",
    "limit",
    "unit",
    "quote",
    "message",
    "source",
    "times",
    "points",
    "section",
    "sheet",
    "score",
    "verdict",
)

BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for the code page of the machine
# OWASP, "CSV Injection": a cell beginning with one of these is run as a formula; Excel takes the full-width ones too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@report("csv", suffix=".csv")
def render_csv(audits: Sequence[Audit], failed: Sequence[Failed], options: Sequence[ReportOptions]) -> str:
    """One table with one header; a recording that could not be audited is one row whose status is `failed`."""
    lines = StringIO()
    writer = csv.writer(lines)  # RFC 4180: CRLF, quotes where needed
    writer.writerow(COLUMNS)
    for audit in audits:
        writer.writerows(_rows(audit))
    for one in failed:
        row = dict.fromkeys(COLUMNS, "") | {"file": cell(one.path), "status": "failed", "message": cell(one.error)}
        writer.writerow(row.values())
    return BYTE_ORDER_MARK + lines.getvalue()


def _rows(audit: Audit) -> Iterator[list[str]]:
    wording = WORDINGS[audit.language]
    recording = audit.call.recording
    started_at = recording.metadata.started_at
    call = (
        recording.path,
        recording.id,
        started_at.isoformat() if started_at else None,
        recording.metadata.agent_id,
    )
    costs = {d.rule: (d.points, section.title) for section in audit.score.sections for d in section.deductions}
    score = (cell(audit.score.sheet), _number(audit.score.value), audit.score.verdict)
    for finding in audit.findings:
        points, section = costs.get(finding.rule, (None, None))
        times = str(finding.times) if finding.status == "violated" else ""
        yield [*map(cell, call), *_finding(finding, wording), times, _number(points), cell(section), *score]


def _finding(finding: Finding, wording: Wording) -> list[str]:
    first = min((place.span for place in finding.places), default=None)
    return [
        cell(finding.rule),
        cell(finding.title),
        finding.status,
        finding.severity,
        _number(finding.confidence),
        _number(first.start_s if first else None),
        _number(first.end_s if first else None),
        _number(finding.value),
        _number(finding.limit),
        cell(finding.unit),
        cell(finding.quote),
        cell(wording.CLAUSES.join(filter(None, (finding.message, finding.why)))),
        cell(wording.CLAUSES.join(wording.SOURCE_CELL.format(quote=s.quote, anchor=s.anchor) for s in finding.sources)),
    ]


def _number(value: float | None) -> str:
    return "" if value is None else number(value, 3)


def cell(text: str | None) -> str:
    """Text that no spreadsheet runs: an apostrophe stands before what would begin a formula."""
    if not text:
        return ""
    guard = "'" if text.lstrip(" ").startswith(FORMULA_STARTS) else ""
    return guard + printable(text)
