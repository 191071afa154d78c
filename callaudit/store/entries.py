"""An audit as the store keeps it: the call and its judgement apart, each a document and the columns that are asked for.

The call's document is the heard half (`callaudit.reports.json.call_document`), the judgement's the other half; both
together are the audit document of the contract, byte for byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callaudit.records import Audit, Call, Direction, Finding, Judgement, PastCall, Severity, Verdict
from callaudit.reports.json import SCHEMA, call_document, conclusion_document, finding_document
from callaudit.reports.stored import call_from
from callaudit.store.documents import line, packed, packed_judgement, unpacked
from callaudit.store.spoken import Spoken, spoken_in

VERDICTS: tuple[Verdict, ...] = ("fail", "review", "pass")
"""The worst first."""
FIRST_RANK = 10_000_000
"""The first rank of a verdict is so many times its place among `VERDICTS`."""
NONE_CRITICAL = 9_990_000
"""From that rank of a verdict on no violation is critical."""


FIGURES: Mapping[str, str] = {
    "silence_s": "silence_s", "longest_silence_s": "longest_silence_s", "hold_s": "hold_s",
    "longest_hold_s": "longest_hold_s", "overlap_share": "overlap_share", "agent_rate_cpm": "agent_speech_rate_cpm",
    "agent_share": "agent_talk_share", "agent_level_dbov": "agent_active_level_dbov",
}  # fmt: skip
"""Columns of `callaudit.store.tables.CallFigureRow`, each with the measure of the call that it holds."""


@dataclass(frozen=True, slots=True)
class CallEntry:
    """A call: `document` is its JSON (UTF-8, compressed); the rest are columns.

    `hearing` is the digest of everything that shapes what is heard (model, settings, schema), so that one recording
    heard by two models is two calls. `day` is the call's own calendar day (ISO 8601), None where its time is unknown.
    `figures` are columns of `callaudit.store.tables.CallFigureRow`; those that could not be had are not among them.
    `spoken` is what can be searched for.
    """

    recording_id: str
    hearing: str
    path: str
    duration_s: float
    document: bytes
    direction: Direction | None = None
    started_at: datetime | None = None
    day: str | None = None
    agent_id: str | None = None
    agent_name: str | None = None
    team: str | None = None
    sector: str | None = None
    language: str = "zh"
    masked: tuple[tuple[str, int], ...] = ()
    figures: tuple[tuple[str, float], ...] = ()
    spoken: Spoken | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule violated in a call: what lists, counts and filters ask for; the evidence is in the document."""

    rule: str
    severity: Severity
    confidence: float
    start_s: float | None
    times: int = 1


@dataclass(frozen=True, slots=True)
class JudgementEntry:
    """A judgement of a call: `document` is its JSON (UTF-8, compressed); the rest are columns.

    `judging` is the digest of everything that shapes a judgement (rulebook, sheet, encoder, language model). `past` is
    what rules of other calls need to know of this one, by the rulebook that judged it; None where its time is unknown.
    `asked` is what its own rules asked of other calls, each with a digest of the answer (`callaudit.rules.past`).
    `passed` and `unassessed` are the names of the rules that were kept and of those that could not be told.
    """

    judging: str
    rulebook: str
    rulebook_sha256: str
    document: bytes
    verdict: Verdict
    score: float | None
    low: float | None
    high: float | None
    sheet: str | None
    n_not_assessable: int
    n_failures: int
    breaches: tuple[Breach, ...] = ()
    past: PastCall | None = None
    passed: tuple[str, ...] = ()
    unassessed: tuple[str, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A call with its judgement, as one transaction writes them."""

    call: CallEntry
    judgement: JudgementEntry


def entries_of(audit: Audit, *, hearing: str, judging: str, past: PastCall | None = None) -> Entry:
    """The audit as the store writes it; the team of a call is its department.

    Parameters
    ----------
    hearing, judging : digests of the ways it was heard and judged
    past : the call as other calls' rules see it (`callaudit.history.past_call`); tells its day at the office, too
    """
    return Entry(_call(audit, call_document(audit.call), hearing, past), judgement_of(audit, judging, past))


def _call(audit: Audit, document: dict[str, Any], hearing: str, past: PastCall | None) -> CallEntry:
    recording, metadata = audit.call.recording, audit.call.metadata
    naive = metadata.started_at is not None and metadata.started_at.tzinfo is None
    started = past.started_at if past is not None else None if naive else metadata.started_at
    day = started or metadata.started_at
    return CallEntry(
        recording_id=recording.id,
        hearing=hearing,
        path=str(document["recording"]["path"]),
        duration_s=recording.duration_s,
        document=packed(document),
        direction=metadata.direction,
        started_at=started,
        day=None if day is None else day.date().isoformat(),
        agent_id=metadata.agent_id,
        agent_name=metadata.agent_name,
        team=metadata.department,
        sector=metadata.sector,
        language=audit.call.language,
        masked=tuple(sorted(Counter(one.kind for turn in audit.call.turns for one in turn.masked).items())),
        figures=figures_of(audit.call),
        spoken=spoken_in(document),
    )


def figures_of(call: Call) -> tuple[tuple[str, float], ...]:
    """Measures of a call that dashboards tell, with the precision of its document."""
    measured = {one.name: one.value for one in call.measurements}
    found = {column: measured.get(name) for column, name in FIGURES.items()}
    found["ring_to_answer_s"] = None if call.timeline.ring is None else call.timeline.ring.ring_to_answer_s
    return tuple((column, round(value, 4)) for column, value in found.items() if value is not None)


def judgement_of(
    audit: Audit | Judgement,
    judging: str,
    past: PastCall | None = None,
    written: Mapping[str, bytes] | None = None,
) -> JudgementEntry:
    """The judgement alone, of a call that is stored already; `written` holds findings, by rule, as lines of JSON."""
    score, made_by, written = audit.score, audit.made_by, written or {}
    rest: dict[str, Any] = conclusion_document(audit)
    findings = (written.get(finding.rule) or line(finding_document(finding)) for finding in audit.findings)
    return JudgementEntry(
        judging=judging,
        rulebook=made_by.rulebook or "",
        rulebook_sha256=made_by.rulebook_sha256 or "",
        document=packed_judgement(findings, rest),
        verdict=score.verdict,
        score=rest["score"]["value"],
        low=rest["score"]["low"],
        high=rest["score"]["high"],
        sheet=score.sheet,
        n_not_assessable=score.n_not_assessable,
        n_failures=len(audit.failures),
        breaches=tuple(_breach(finding) for finding in audit.findings if finding.status == "violated"),
        past=past,
        passed=tuple(finding.rule for finding in audit.findings if finding.status == "passed"),
        unassessed=tuple(finding.rule for finding in audit.findings if finding.status == "not_assessable"),
        asked=audit.asked,
    )


def joined(call: dict[str, Any], judgement: dict[str, Any] | None = None) -> dict[str, Any]:
    """The audit document of the two halves, its keys in the order of the contract.

    Without a judgement it is a document from which the call alone can be read.
    """
    head = {"schema": SCHEMA, **{key: call[key] for key in ("recording", "timeline", "turns", "measurements")}}
    tail = {key: call[key] for key in ("language", "signals", "tracks")}
    own = judgement if judgement is not None else {"made_by": call["made_by"]}
    return {**head, **own, **tail}


def call_of(kept: bytes) -> Call:
    """The call of a compressed document (`CallEntry.document`), in this process or in another one."""
    return call_from(joined(unpacked(kept)))


def _breach(finding: Finding) -> Breach:
    starts = [place.span.start_s for place in finding.places]
    return Breach(
        finding.rule, finding.severity, round(finding.confidence, 3), min(starts, default=None), finding.times
    )


def rank_of(judgement: JudgementEntry) -> int:
    """Place in the queue, the worst first: by verdict, then by critical violations, then by score.

    One number, so that an index keeps the order: place of the verdict in `VERDICTS` · `FIRST_RANK` + (999 − critical,
    at most 999) · 10⁴ + tenths of the score; without a score, as if it were 0.
    """
    critical = sum(breach.severity == "critical" for breach in judgement.breaches)
    points = round(10 * (judgement.score or 0.0))
    return VERDICTS.index(judgement.verdict) * FIRST_RANK + (999 - min(critical, 999)) * 10_000 + points
