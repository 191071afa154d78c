"""What a system said about a call: an audit document, whole or as sparse as other systems give it.

None means that the document does not have that part, and then nothing is counted; an empty tuple means that the system
found none of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from callaudit.errors import LabelError
from callaudit.evaluation.faults import fault_of, read_json
from callaudit.records import Audit
from callaudit.reports.json import FAILED_SCHEMA, audit_document

ENDINGS: Final = (".json", ".audit.json")

_LAX = ConfigDict(allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class HeardRing:
    """Ringing that was found; times are None where the document does not say."""

    __pydantic_config__ = _LAX

    answer_s: float | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class HeardSpan:
    """A stretch of the timeline, in seconds."""

    __pydantic_config__ = _LAX

    kind: str
    start_s: float
    end_s: float
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A recognised word."""

    __pydantic_config__ = _LAX

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class HeardTurn:
    """A turn of the transcript."""

    __pydantic_config__ = _LAX

    start_s: float
    end_s: float
    text: str = ""
    speaker: str | None = None
    words: tuple[HeardWord, ...] | None = None
    level_dbov: float | None = None
    rate_cpm: float | None = None
    speaker_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class HeardFinding:
    """The outcome of a rule."""

    __pydantic_config__ = _LAX

    rule: str
    status: Literal["violated", "passed", "not_applicable", "not_assessable"]
    confidence: float | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What is said about one call; `ring` and `hangup_by` are None both where nothing was found and where it is unsaid.

    `has_ring` and `has_hangup` tell the two apart.
    """

    duration_s: float | None
    layout: str | None
    has_ring: bool
    ring: HeardRing | None
    spans: tuple[HeardSpan, ...] | None
    has_hangup: bool
    hangup_by: str | None
    turns: tuple[HeardTurn, ...] | None
    findings: Mapping[str, HeardFinding] | None
    score: float | None
    verdict: str | None

    def spans_of(self, kind: str) -> tuple[HeardSpan, ...]:
        """The stretches of one kind, in the document's order."""
        return tuple(span for span in self.spans or () if span.kind == kind)


@dataclass(frozen=True, slots=True)
class _Recording:
    __pydantic_config__ = _LAX

    duration_s: float | None = None
    layout: str | None = None


@dataclass(frozen=True, slots=True)
class _Hangup:
    __pydantic_config__ = _LAX

    by: str | None = None


@dataclass(frozen=True, slots=True)
class _Timeline:
    __pydantic_config__ = _LAX

    ring: HeardRing | None = None
    spans: tuple[HeardSpan, ...] | None = None
    hangup: _Hangup | None = None


@dataclass(frozen=True, slots=True)
class _Score:
    __pydantic_config__ = _LAX

    value: float | None = None
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class _Document:
    __pydantic_config__ = _LAX

    recording: _Recording | None = None
    timeline: _Timeline | None = None
    turns: tuple[HeardTurn, ...] | None = None
    findings: tuple[HeardFinding, ...] | None = None
    score: _Score | None = None


@cache
def _adapter() -> TypeAdapter[_Document]:
    return TypeAdapter(_Document)  # slow to make; no audit needs it


def hypothesis_of(audit: Audit) -> Hypothesis:
    """What an audit says, as its document writes it."""
    return _hypothesis(audit_document(audit))


def find_hypothesis(folder: Path, call: str) -> Path | None:
    """The document of that call: `<call>.json` or `<call>.audit.json`; None where there is neither."""
    return next((path for ending in reversed(ENDINGS) if (path := folder / f"{call}{ending}").is_file()), None)


def read_hypothesis(path: Path) -> Hypothesis | None:
    """What the document says; None where it says that the recording could not be audited.

    Raises
    ------
    LabelError
        It cannot be read, is not JSON, or a field is wrong; the message names file, line and field.
    """
    _, data = read_json(path)
    if not isinstance(data, dict):
        raise LabelError(f"{path}:1: wanted the document of one call {{…}}; write one file a call")
    if data.get("schema") == FAILED_SCHEMA:
        return None
    try:
        return _hypothesis(data)
    except ValidationError as error:
        raise fault_of(path, error) from error


def _hypothesis(data: Mapping[str, Any]) -> Hypothesis:
    document = _adapter().validate_python(data)
    timeline = data.get("timeline") or {}
    spoken, recording = document.timeline or _Timeline(), document.recording or _Recording()
    score = document.score or _Score()
    findings = document.findings
    return Hypothesis(
        duration_s=recording.duration_s,
        layout=recording.layout,
        has_ring="ring" in timeline,
        ring=spoken.ring,
        spans=spoken.spans,
        has_hangup="hangup" in timeline,
        hangup_by=spoken.hangup.by if spoken.hangup else None,
        turns=document.turns,
        findings=None if findings is None else {finding.rule: finding for finding in findings},
        score=score.value,
        verdict=score.verdict,
    )
