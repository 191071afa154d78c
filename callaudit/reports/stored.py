"""Audits read back from their documents, so that a call heard once can be judged again without its sound.

`as_written` is a call with the precision of its document. Every call is judged as written, so that a judgement from
the document is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from callaudit.errors import AuditError
from callaudit.records import (
    Audit,
    Bonus,
    Call,
    CallMetadata,
    Deduction,
    Failure,
    Finding,
    Hangup,
    MadeBy,
    Masked,
    Measurement,
    Party,
    Place,
    Reading,
    Recording,
    Ring,
    Score,
    SectionScore,
    Signal,
    Source,
    Step,
    Timeline,
    TimelineSpan,
    Track,
    Turn,
    Voice,
    Word,
)
from callaudit.reports.json import SCHEMA, call_document
from callaudit.spans import Span

Document = Mapping[str, Any]
T = TypeVar("T")

HEARD = ("callaudit", "model", "model_sha256")
"""What of `made_by` made the call; the rest made the judgement."""

_HEAD = re.compile(rb'\s*\{\s*"schema":\s*"callaudit\.audit/\d+",\s*"recording":\s*\{\s*"id":\s*"([0-9a-f]{64})"')
_HEAD_BYTES = 512


def recording_in(path: Path) -> str | None:
    """The id of the recording whose audit a file holds, by its first bytes; None where it holds none, or is not there.

    Raises
    ------
    OSError
        It cannot be read.
    """
    try:
        with path.open("rb") as stream:
            found = _HEAD.match(stream.read(_HEAD_BYTES))
    except FileNotFoundError:
        return None
    return found[1].decode() if found else None


def as_written(call: Call) -> Call:
    """The call with the precision of its document: times to 1 ms, levels to 0.01 dB …"""
    return _call(call_document(call))


def call_from(document: Document) -> Call:
    """The call of an audit document.

    Raises
    ------
    AuditError
        It is no document of this schema, or lacks what a judgement needs (one written by an earlier version).
    """
    return _read(_call, document)


def audit_from(document: Document) -> Audit:
    """The audit of a document.

    Raises
    ------
    AuditError
        As `call_from`.
    """
    return _read(_audit, document)


def _read(reader: Callable[[Document], T], document: Any) -> T:
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        got = document.get("schema") if isinstance(document, Mapping) else type(document).__name__
        raise AuditError(
            f"wanted an audit of schema {SCHEMA}, got {got}; write one with `callaudit audit --format json`"
        )
    try:
        return reader(document)
    except KeyError as error:
        raise AuditError(
            f"the audit has no {error}: it was written by an earlier version; audit the call again"
        ) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise AuditError(f"the audit holds a value of the wrong kind: {error}; audit the call again") from error


# ── the call ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _call(document: Document) -> Call:
    recording, made_by = document["recording"], document["made_by"]
    return Call(
        recording=_recording(recording),
        timeline=_timeline(document["timeline"]),
        parties=tuple(_party(party) for party in recording["parties"]),
        signals=tuple(_signal(signal) for signal in document["signals"]),
        turns=tuple(_turn(turn) for turn in document["turns"]),
        measurements=tuple(Measurement(m["name"], m["value"], m["unit"], m["why"]) for m in document["measurements"]),
        made_by=MadeBy(**{key: made_by[key] for key in HEARD}),
        tracks=tuple(_track(track) for track in document["tracks"]),
        language=document["language"],
    )


def _recording(given: Document) -> Recording:
    return Recording(
        id=given["id"],
        path=given["path"],
        duration_s=given["duration_s"],
        sample_rate_hz=given["sample_rate_hz"],
        n_channels=given["channels"],
        layout=given["layout"],
        codec=given["codec"],
        metadata=_metadata(given["metadata"]),
        warnings=tuple(given["warnings"]),
    )


def _metadata(given: Document) -> CallMetadata:
    known = {own.name: given[own.name] for own in fields(CallMetadata) if own.name in given}
    if known.get("started_at") is not None:
        known["started_at"] = datetime.fromisoformat(known["started_at"])
    known["roles"] = tuple((int(channel), who) for channel, who in known.get("roles", {}).items())
    known["extra"] = tuple(known.get("extra", {}).items())
    return CallMetadata(**known)


def _party(given: Document) -> Party:
    voice = given["voice"]
    heard = Voice(given["channel"], _spans(voice["speech"]), voice["confidence"], tuple(voice["sureness"]))
    return Party(given["speaker"], heard, given["confidence"], given["why"])


def _timeline(given: Document) -> Timeline:
    hangup = given["hangup"]
    spans = (
        TimelineSpan(piece["kind"], _span(piece), piece["speaker"], piece["confidence"], piece.get("detail"))
        for piece in given["spans"]
    )
    return Timeline(
        ring=None if given["ring"] is None else _ring(given["ring"]),
        spans=tuple(spans),
        hangup=Hangup(hangup["by"], hangup["at_s"], hangup["why"], hangup["confidence"]),
        answer_s=given["answer_s"],
        end_s=given["end_s"],
    )


def _ring(given: Document) -> Ring:
    return Ring(
        given["kind"], _span(given), _spans(given["rings"]), given["count"], given["answer_s"], given["channel"],
        given["plan"],
    )  # fmt: skip


def _signal(given: Document) -> Signal:
    return Signal(
        given["kind"], _span(given), given["channel"], given["confidence"], given["plan"], _spans(given["bursts"])
    )


def _track(given: Document) -> Track:
    return Track(**{**given, "values": tuple(given["values"])})


def _turn(given: Document) -> Turn:
    plain = {
        key: given[key]
        for key in (
            "speaker", "text", "confidence", "level_dbov", "rate_cpm", "f0_median_hz", "f0_spread_st",
            "speaker_confidence",
        )
    }  # fmt: skip
    readings = tuple(Reading(_span(one), _words(one["words"]), one["prob"]) for one in given["readings"])
    masked = tuple(Masked(one["kind"], _span(one)) for one in given.get("masked", ()))  # written where there is any
    return Turn(span=_span(given), words=_words(given["words"]), readings=readings, masked=masked, **plain)


def _words(given: Sequence[Document]) -> tuple[Word, ...]:
    return tuple([Word(word["text"], Span(word["start_s"], word["end_s"]), word["prob"]) for word in given])


def _span(given: Document) -> Span:
    return Span(given["start_s"], given["end_s"])


def _spans(given: Sequence[Sequence[float]]) -> tuple[Span, ...]:
    return tuple(Span(start_s, end_s) for start_s, end_s in given)


# ── the judgement ────────────────────────────────────────────────────────────────────────────────────────────────
def _audit(document: Document) -> Audit:
    return Audit(
        call=_call(document),
        findings=tuple(finding_from(finding) for finding in document["findings"]),
        failures=tuple(Failure(**failure) for failure in document["failures"]),
        score=score_from(document["score"]),
        made_by=MadeBy(**document["made_by"]),
        language=document.get("report_language", "zh"),
    )


def finding_from(given: Document) -> Finding:
    """A finding of a document."""
    return Finding(
        rule=given["rule"],
        status=given["status"],
        severity=given["severity"],
        title=given["title"],
        message=given["message"],
        sources=tuple([_source(source["anchor"], source["quote"]) for source in given["sources"]]),
        confidence=given["confidence"],
        why=given.get("why"),
        value=given.get("value"),
        limit=given.get("limit"),
        unit=given.get("unit"),
        places=tuple([Place(_span(place), place["speaker"]) for place in given["spans"]]),
        quote=given.get("quote"),
        matched=given.get("matched"),
        chapter=given.get("chapter", ""),
        steps=tuple([Step(**step) for step in given.get("steps", ())]),
        layer=given.get("layer"),
        times=given.get("times", 1),
    )


@lru_cache(maxsize=4096)
def _source(anchor: str, quote: str) -> Source:
    """A source of a rule: every call is judged by the same few hundred."""
    return Source(anchor, quote)


def score_from(given: Document) -> Score:
    """The score of a document."""
    return Score(
        value=given["value"],
        low=given["low"],
        high=given["high"],
        n_assessed=given["assessed"],
        n_not_assessable=given["not_assessable"],
        verdict=given["verdict"],
        why=given["why"],
        sheet=given["sheet"],
        sections=tuple(_section(section) for section in given["sections"]),
        bonus=tuple(Bonus(**bonus) for bonus in given["bonus"]),
        zeroed_by=tuple(given["zeroed_by"]),
        n_suspected=given["suspected"],
    )


def _section(given: Document) -> SectionScore:
    deductions = tuple(Deduction(**deduction) for deduction in given["deductions"])
    return SectionScore(given["title"], given["points"], given["lost"], deductions, given["assessed"])
