"""The report for the terminal: one screen of figures, the strip of the call, then what is wrong, with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.box import ROUNDED, SIMPLE
from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from callaudit.records import Audit, Call, Failed, Finding, Score, Severity, Verdict
from callaudit.reports import sheet
from callaudit.reports.base import ReportOptions, report
from callaudit.reports.console import drawn
from callaudit.reports.languages import WORDINGS
from callaudit.reports.strip import strip
from callaudit.reports.summary import Summary, by_severity, n_violated, of_party, summary, with_status
from callaudit.reports.wording import Wording, agent, clock, file_name, number, percent, points, printable, started

LEAST_WIDTH: Final = 40
VERDICT_STYLES: Final[dict[Verdict, str]] = {
    "pass": "bold color(231) on color(28)",
    "review": "bold color(16) on color(214)",
    "fail": "bold color(231) on color(160)",
}
SEVERITY_STYLES: Final[dict[Severity, str]] = {
    "critical": "bold color(160)",
    "major": "bold color(208)",
    "minor": "bold color(178)",
}


@report("text", suffix=".txt")
def render_text(audits: Sequence[Audit], failed: Sequence[Failed], options: Sequence[ReportOptions]) -> str:
    """Reports one after another; several recordings end with a table of all."""
    first = options[0]
    wording = WORDINGS[audits[0].language if audits else "zh"]
    width = max(LEAST_WIDTH, first.width)
    parts = [part for audit in audits for part in _parts(audit, width, WORDINGS[audit.language])]
    if len(audits) + len(failed) > 1:
        parts.append(_closing(audits, wording))
    for one in failed:
        head = ((f"{wording.FAILED}  ", "bold color(160)"), (printable(one.path), "bold"))
        parts.append(Text.assemble(*head, f"\n  {printable(one.error)}"))
    return drawn(parts, width=width, color=first.color)


def _parts(audit: Audit, width: int, wording: Wording) -> list[RenderableType]:
    parts: list[RenderableType] = [_header(audit, wording), strip(audit, width, wording), ""]
    violated = with_status(audit, "violated")
    parts += _sums(audit.score, wording)
    parts += _crashed(audit, wording)
    for severity, findings in by_severity(violated):
        title = f"{wording.FINDINGS_OF.format(severity=wording.SEVERITIES[severity])} · {len(findings)}"
        parts.append(Rule(Text(title, SEVERITY_STYLES[severity]), align="left", style="dim", characters="─"))
        parts += [_finding(finding, wording) for finding in findings]
    if not violated:
        told = wording.no_findings(audit.score.n_assessed, not audit.failures)
        parts.append(Text(told, "color(28)" if told == wording.NO_FINDINGS else "color(208)"))
        parts.append("")
    return [*parts, *_unassessed(audit, wording), *_kept(audit, wording), _counts(audit, wording), ""]


# ── header ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _header(audit: Audit, wording: Wording) -> Panel:
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(no_wrap=True, style="dim", width=10)
    grid.add_column(ratio=1, overflow="fold")
    for label, value in _facts(audit.call, wording):
        grid.add_row(label, value)
    outer = Table.grid(expand=True)
    outer.add_column()
    outer.add_row(_verdict(audit, wording))
    outer.add_row("")
    outer.add_row(grid)
    return Panel(outer, title=Text(wording.TITLE, "bold"), title_align="left", box=ROUNDED, border_style="dim")


def _verdict(audit: Audit, wording: Wording) -> Text:
    score = audit.score
    line = Text.assemble((f" {wording.VERDICTS[score.verdict]} ", VERDICT_STYLES[score.verdict]), "  ")
    if score.value is None:
        line.append(wording.NO_SCORE, "bold")
    else:
        line.append(f"{points(score.value)} {wording.SCORE_UNIT}", "bold")
        line.append(wording.ASIDE.format(text=sheet.possible(score, wording)), "dim")
    counts = wording.ASSESSED_COUNTS.format(assessed=score.n_assessed, unassessed=score.n_not_assessable)
    line.append(f"  {counts}")
    for told in filter(None, (score.why, sheet.doubts(score, wording))):
        line.append(f"\n{printable(told)}", "dim")
    return line


def _sums(score: Score, wording: Wording) -> list[RenderableType]:
    """How the score came about: the sections that lost something, and the sum."""
    if score.value is None or score.sheet is None:
        return []
    title = Text(f"{wording.SHEET} · {printable(score.sheet)}", "bold")
    parts: list[RenderableType] = [Rule(title, align="left", style="dim", characters="─")]
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right", style="dim")
    table.add_column(ratio=1, overflow="fold")
    for row in sheet.rows(score, wording):
        if row.broken:
            table.add_row(row.title, f"{row.lost} / {row.worth}", Text("\n".join(row.items)))
    return [*parts, *([table] if table.row_count else []), Text(sheet.total(score, wording), "bold"), ""]


def _facts(call: Call, wording: Wording) -> list[tuple[str, Text]]:
    recording, metadata, hangup = call.recording, call.metadata, call.timeline.hangup
    figures = summary(call)
    at = started(metadata.started_at)
    direction = wording.DIRECTIONS[metadata.direction] if metadata.direction else wording.NO_DIRECTION
    who = f"{wording.AGENT} {agent(metadata)}"
    company = [printable(metadata.company)] if metadata.company else []
    rows = [
        (wording.FILE, f"{file_name(recording.path)}  {recording.id[:12]}"),
        (wording.CALL, " · ".join([direction, at, *company, who, clock(recording.duration_s)])),
        (wording.RINGING, _ringing(call, wording)),
        (
            wording.TALK,
            f"{wording.SPEAKERS['agent']} {percent(figures.agent_share)} · "
            f"{wording.SPEAKERS['customer']} {percent(figures.customer_share)}"
            f" · {wording.OVERLAP} {_overlap(figures, wording)}",
        ),
        (wording.SILENCE, _silence(figures, wording)),
        (
            wording.HOLD,
            f"{wording.TIMES.format(n=figures.n_holds)} {wording.seconds(figures.hold_s)}"
            if figures.n_holds
            else wording.NONE,
        ),
        *_voices(call, wording),
        (wording.HANGUP, _hangup(hangup.by, hangup.at_s, hangup.why, wording)),
        (wording.CHANNELS, _channels(call, wording)),
    ]
    facts = [(label, Text(value)) for label, value in rows]
    facts += [(wording.ROLES, _role(party_line, why)) for party_line, why in _roles(call, wording)]
    return facts + [
        (wording.NOTICE, Text(printable(wording.told(warning)), "color(208)")) for warning in recording.warnings
    ]


def _silence(figures: Summary, wording: Wording) -> str:
    if not figures.silence_s:
        return wording.NONE
    longest = wording.LONGEST.format(time=wording.seconds(figures.longest_silence_s))
    long = wording.LONG_SILENCES.format(n=figures.n_long_silences)
    return f"{wording.seconds(figures.silence_s)} · {longest} · {long}"


def _overlap(figures: Summary, wording: Wording) -> str:
    if figures.overlap_s is None:
        return wording.NOT_HEARD
    if not figures.n_overlaps:
        return wording.NONE
    return f"{wording.PLACES.format(n=figures.n_overlaps)} {wording.seconds(figures.overlap_s)}"


def _voices(call: Call, wording: Wording) -> list[tuple[str, str]]:
    """How fast and how loud both speak, in one row, where it was measured."""
    told = (
        (wording.RATE, wording.both(*of_party(call, "speech_rate_cpm"))),
        (wording.LEVEL, wording.both(*of_party(call, "active_level_dbov"))),
    )
    return [(label, value) for label, value in told if value]


def _ringing(call: Call, wording: Wording) -> str:
    ring = call.timeline.ring
    if ring is None:
        return wording.NO_RING
    count = wording.RING_MUSIC if ring.count is None else wording.N_RINGS.format(n=ring.count)
    return f"{wording.seconds(ring.ring_to_answer_s)} · {count}"


def _hangup(by: str, at_s: float | None, why: str | None, wording: Wording) -> str:
    who = wording.HUNG_UP.format(who=wording.SPEAKERS[by]) if by != "unknown" else wording.HANGUP_UNKNOWN
    return " · ".join(
        [who, *([clock(at_s)] if at_s is not None else []), *([printable(wording.told(why))] if why else [])]
    )


def _channels(call: Call, wording: Wording) -> str:
    recording = call.recording
    rate = number(recording.sample_rate_hz / 1000)
    return f"{wording.LAYOUTS[recording.layout]} · {printable(recording.codec)} · {rate} kHz"


def _roles(call: Call, wording: Wording) -> list[tuple[str, str]]:
    return [(wording.role(party), printable(wording.told(party.why))) for party in call.parties]


def _role(line: str, why: str) -> Text:
    return Text(line).append(f" {why}" if why else "", "dim")


# ── findings ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _finding(finding: Finding, wording: Wording) -> Padding:
    head = Text.assemble(("● ", SEVERITY_STYLES[finding.severity]), (printable(finding.title), "bold"))
    head.append(f"  {finding.rule}  {wording.CONFIDENCE} {percent(finding.confidence)}", "dim")
    body = Table.grid(padding=(0, 1), expand=True)
    rows = _evidence(finding, wording)
    body.add_column(no_wrap=True, style="dim", width=max((cell_len(label) for label, _ in rows), default=0))
    body.add_column(ratio=1, overflow="fold")
    for label, value in rows:
        body.add_row(label, value)
    whole = Table.grid(expand=True)
    whole.add_column()
    whole.add_row(head)
    whole.add_row(Padding(body, (0, 0, 0, 2)))
    return Padding(whole, (0, 0, 1, 0))


def _evidence(finding: Finding, wording: Wording) -> list[tuple[str, Text]]:
    said = finding.message and finding.message != finding.title
    rows = [(wording.ISSUE, Text(printable(finding.message)))] if said else []
    if finding.places:
        rows.append((wording.WHEN, Text(_places(finding, wording))))
    if finding.quote:
        rows.append((wording.HEARD, Text(wording.QUOTE.format(text=printable(finding.quote)), "color(38)")))
    if finding.value is not None:
        measured = Text.assemble((wording.amount(finding.value, finding.unit), "bold"))
        if finding.limit is not None:
            measured.append(f" · {wording.LIMIT} {wording.amount(finding.limit, finding.unit)}")
        rows.append((wording.AGAINST, measured))
    if finding.steps:
        rows.append((wording.STEPS, Text("\n".join(map(wording.step_line, finding.steps)))))
    if finding.matched:
        rows.append((wording.MATCHED, Text(printable(finding.matched))))
    for source in finding.sources:
        rows.append(
            (
                wording.BASIS,
                Text(wording.SOURCE.format(text=printable(source.quote))).append(f" {source.anchor}", "dim"),
            )
        )
    return rows


def _places(finding: Finding, wording: Wording) -> str:
    told = (
        f"{clock(place.span.start_s)}–{clock(place.span.end_s)} {wording.speaker(place.speaker)}"
        for place in finding.places
    )
    return wording.CLAUSES.join(map(str.rstrip, told))


def _crashed(audit: Audit, wording: Wording) -> list[RenderableType]:
    if not audit.failures:
        return []
    text = Text.assemble((wording.CRASHES.format(n=len(audit.failures)), "bold color(160)"))
    for failure in audit.failures:
        text.append(f"\n  {printable(failure.rule)}: {printable(failure.error)}")
    return [text, ""]


def _unassessed(audit: Audit, wording: Wording) -> list[RenderableType]:
    findings = with_status(audit, "not_assessable")
    if not findings:
        return []
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(no_wrap=True, style="dim", width=max(map(cell_len, wording.SEVERITIES.values())))
    table.add_column(ratio=2, overflow="fold")
    table.add_column(ratio=3, overflow="fold", style="dim")
    for finding in findings:
        why = finding.why or finding.message
        table.add_row(wording.SEVERITIES[finding.severity], Text(printable(finding.title)), Text(printable(why)))
    title = Text(f"{wording.UNASSESSED} · {len(findings)}", "bold")
    return [Rule(title, align="left", style="dim", characters="─"), table, ""]


def _kept(audit: Audit, wording: Wording) -> list[RenderableType]:
    """The protocols that were kept, with the measured times of their steps."""
    findings = [finding for finding in with_status(audit, "passed") if finding.steps]
    if not findings:
        return []
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(ratio=2, overflow="fold")
    table.add_column(ratio=3, overflow="fold", style="dim")
    for finding in findings:
        steps = "\n".join(map(wording.step_line, finding.steps))
        table.add_row(Text(printable(finding.title)), Text(steps))
    title = Text(f"{wording.STEPS_OF_PASSES} · {len(findings)}", "bold")
    return [Rule(title, align="left", style="dim", characters="─"), table, ""]


def _counts(audit: Audit, wording: Wording) -> Text:
    passed, not_applicable = with_status(audit, "passed"), with_status(audit, "not_applicable")
    made_by = audit.made_by
    counts = wording.KEPT_COUNTS.format(passed=len(passed), not_applicable=len(not_applicable))
    made = " · ".join(filter(None, (f"callaudit {made_by.callaudit}", made_by.model, made_by.rulebook)))
    return Text.assemble((counts, "bold"), (f"    {wording.MADE_BY} {made}", "dim"))


# ── several recordings ───────────────────────────────────────────────────────────────────────────────────────────
def _closing(audits: Sequence[Audit], wording: Wording) -> Table:
    table = Table(box=SIMPLE, title=Text(wording.SUMMARY, "bold"), title_justify="left", expand=True, padding=(0, 1))
    table.add_column(wording.FILE, ratio=1, overflow="fold")
    table.add_column(wording.SCORE, justify="right", no_wrap=True)
    table.add_column(wording.VERDICT, no_wrap=True)
    for name in (*wording.SEVERITIES.values(), wording.UNASSESSED):
        table.add_column(name, justify="right", no_wrap=True)
    for audit in audits:
        verdict = audit.score.verdict
        table.add_row(
            Text(file_name(audit.call.recording.path)),
            points(audit.score.value),
            Text(f" {wording.VERDICTS[verdict]} ", VERDICT_STYLES[verdict]),
            *(str(n_violated(audit, severity)) for severity in SEVERITY_STYLES),
            str(audit.score.n_not_assessable),
        )
    return table
