"""An audit as the store keeps it: the call and its judgement apart, each a document and the columns that are asked for.

The call's document is the heard half (`callaudit.reports.json.call_document`), the judgement's the other half; both
together are the audit document of the contract, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from callaudit.records import Direction, PastCall, Severity, Verdict


@dataclass(frozen=True, slots=True)
class CallEntry:
    """A call: `document` is its JSON (UTF-8, compressed); the rest are columns.

    `hearing` is the digest of everything that shapes what is heard (model, settings, schema), so that one recording
    heard by two models is two calls. `day` is the call's own calendar day (ISO 8601), None where its time is unknown.
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
    score: float
    low: float
    high: float
    sheet: str
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
