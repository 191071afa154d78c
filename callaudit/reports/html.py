"""One self-contained page that opens offline: the call drawn, heard and read beside what was found in it.

Nothing is fetched and nothing runs but the script beside this file: the content security policy names its digest.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from callaudit.records import Audit, Call, Failed, Finding, Measurement, Severity
from callaudit.reports import sheet
from callaudit.reports.base import Clip, ReportOptions, report
from callaudit.reports.chart import WIDE, Chart, Size, chart
from callaudit.reports.languages import WORDINGS
from callaudit.reports.page import environment, policy, resource
from callaudit.reports.summary import Summary, by_severity, measured, n_violated, of_party, summary, with_status
from callaudit.reports.transcript import Row, rows
from callaudit.reports.wording import Wording

PLAYABLE: Final = frozenset(f"audio/{kind}" for kind in ("mpeg", "ogg", "webm", "wav", "mp4", "flac", "aac"))


@dataclass(frozen=True, slots=True)
class Section:
    """What the template draws of one audit; `key` tells its ids from those of other calls on the page."""

    key: str
    audit: Audit
    call: Call
    figures: Summary
    chart: Chart
    rows: tuple[Row, ...]
    groups: tuple[tuple[Severity, tuple[tuple[int, Finding], ...]], ...]
    unassessed: tuple[Finding, ...]
    passed: tuple[Finding, ...]
    not_applicable: tuple[Finding, ...]
    n_violated: tuple[tuple[Severity, int], ...]
    pairs: tuple[tuple[str, Measurement, Measurement], ...]
    others: tuple[Measurement, ...]
    rate: str
    level: str
    sound: str
    possible: str
    doubts: str
    total: str
    sections: tuple[sheet.Row, ...]


@report("html", suffix=".html")
def render_html(audits: Sequence[Audit], failed: Sequence[Failed], options: Sequence[ReportOptions]) -> str:
    """One page; several recordings get a list at its top."""
    wording = WORDINGS[audits[0].language if audits else "zh"]
    sections = [section(i, audit, options[i - 1], wording) for i, audit in enumerate(audits, start=1)]
    style = resource("report.css") + resource("call.css")
    script = resource("player.js") + resource("report.js")
    template = environment().get_template("report.html.j2")
    return template.render(
        sections=sections,
        failed=failed,
        several=len(audits) + len(failed) > 1,
        policy=policy(style, script),
        style=Markup(style),  # our own file, not text from a call
        script=Markup(script),
        wording=wording,
    )


def section(number: int, audit: Audit, options: ReportOptions, wording: Wording, size: Size = WIDE) -> Section:
    """What is drawn of an audit, the `number`th of its page."""
    violated = with_status(audit, "violated")
    pairs, others = measured(audit.call)
    numbers = {id(finding): i for i, finding in enumerate(violated, start=1)}
    return Section(
        key=f"c{number}",
        audit=audit,
        call=audit.call,
        figures=summary(audit.call),
        chart=chart(audit.call, violated, options.waveform, wording, size),
        rows=rows(audit.call, violated, wording),
        groups=tuple(
            (severity, tuple((numbers[id(finding)], finding) for finding in group))
            for severity, group in by_severity(violated)
        ),
        unassessed=with_status(audit, "not_assessable"),
        passed=with_status(audit, "passed"),
        not_applicable=with_status(audit, "not_applicable"),
        n_violated=tuple((severity, n_violated(audit, severity)) for severity in wording.SEVERITIES),
        pairs=pairs,
        others=others,
        rate=wording.both(*of_party(audit.call, "speech_rate_cpm")),
        level=wording.both(*of_party(audit.call, "active_level_dbov")),
        sound=_sound(options.clip),
        possible=sheet.possible(audit.score, wording),
        doubts=sheet.doubts(audit.score, wording),
        total=sheet.total(audit.score, wording),
        sections=sheet.rows(audit.score, wording),
    )


def _sound(clip: Clip | None) -> str:
    """The clip as a data URI; nothing where there is none."""
    if clip is None:
        return ""
    mime = clip.mime.partition(";")[0].strip().lower()
    if mime not in PLAYABLE:
        raise ValueError(f"a clip must be one of {', '.join(sorted(PLAYABLE))}, got {clip.mime!r}")
    return f"data:{mime};base64,{b64encode(clip.data).decode('ascii')}"
