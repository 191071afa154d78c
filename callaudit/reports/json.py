"""The audit document, schema callaudit.audit/1, held by `audit.schema.json` beside this file.

Deterministic: keys in the order of the contract, times and probabilities to three decimals, other numbers to what
they are worth. NaN and infinities are refused, never written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime

from callaudit.records import (
    Audit,
    Bonus,
    Call,
    CallMetadata,
    Deduction,
    Failed,
    Finding,
    JsonValue,
    Judgement,
    MadeBy,
    Party,
    Recording,
    Ring,
    Score,
    Signal,
    Timeline,
    Track,
    Turn,
    Word,
)
from callaudit.reports.base import ReportOptions, report
from callaudit.spans import Span, rounded

SCHEMA = "callaudit.audit/1"
FAILED_SCHEMA = "callaudit.failed/1"
SURROGATES = re.compile("[\ud800-\udfff]")
LINES_TO = 2
"""How deep a document is spread over lines; what lies deeper, an entry of a list above all, is one line."""


@report("json", suffix=".json")
def render_json(audits: Sequence[Audit], failed: Sequence[Failed], options: Sequence[ReportOptions]) -> str:
    """One object for one recording, an array for several: the audits as given, then the failed ones."""
    documents: list[JsonValue] = [audit_document(audit) for audit in audits]
    documents += [failed_document(one) for one in failed]
    return dumped(documents[0] if len(documents) == 1 else documents)


def dumped(document: JsonValue) -> str:
    """The document as text: each turn, finding or other entry of a list is one line."""
    if isinstance(document, list):
        text = "[\n" + ",\n".join(map(_spread, document)) + "\n]" if document else "[]"
    else:
        text = _spread(document)
    return _utf8(text) + "\n"


def _spread(value: JsonValue, depth: int = 0) -> str:
    inner, outer = " " * (depth + 1), " " * depth
    if isinstance(value, dict) and depth <= LINES_TO and any(isinstance(own, dict | list) for own in value.values()):
        rows = [f"{inner}{_line(key)}: {_spread(own, depth + 1)}" for key, own in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{outer}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(inner + _line(own) for own in value) + f"\n{outer}]"
    return _line(value)


def _line(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def audit_document(audit: Audit) -> dict[str, JsonValue]:
    """The audit as the contract writes it: plain dicts, lists, numbers and text.

    It holds the whole call: `callaudit.reports.stored` reads it back.
    """
    call = call_document(audit.call)
    return {
        "schema": SCHEMA,
        **{key: call[key] for key in ("recording", "timeline", "turns", "measurements")},
        **judgement_document(audit),
        **{key: call[key] for key in ("language", "signals", "tracks")},
    }


def judgement_document(judgement: Audit | Judgement) -> dict[str, JsonValue]:
    """What was judged, without the call."""
    return {
        "findings": [finding_document(finding) for finding in judgement.findings],
        **conclusion_document(judgement),
    }


def conclusion_document(judgement: Audit | Judgement) -> dict[str, JsonValue]:
    """What the findings come to, and how they were made."""
    return {
        "failures": [{"rule": failure.rule, "error": failure.error} for failure in judgement.failures],
        "score": _score(judgement.score),
        "made_by": _plain(judgement.made_by),
        "report_language": judgement.language,
    }


def call_document(call: Call) -> dict[str, JsonValue]:
    """What was heard, without any judgement of it."""
    return {
        "recording": _recording(call.recording, call.parties),
        "timeline": _timeline(call.timeline),
        "turns": [_turn(turn) for turn in call.turns],
        "measurements": [
            {"name": m.name, "value": _rounded(m.value, 4), "unit": m.unit, "why": m.why} for m in call.measurements
        ],
        "made_by": _plain(call.made_by),
        "language": call.language,
        "signals": [_signal(signal) for signal in call.signals],
        "tracks": [_track(track) for track in call.tracks],
    }


def failed_document(failed: Failed) -> dict[str, JsonValue]:
    """A recording that could not be audited, beside the audits of the others."""
    return {"schema": FAILED_SCHEMA, "path": _utf8(failed.path), "error": _utf8(failed.error), "kind": failed.kind}


def _recording(recording: Recording, parties: Sequence[Party]) -> dict[str, JsonValue]:
    return {
        "id": recording.id,
        "path": _utf8(recording.path),
        "duration_s": _rounded(recording.duration_s),
        "sample_rate_hz": recording.sample_rate_hz,
        "channels": recording.n_channels,
        "layout": recording.layout,
        "codec": recording.codec,
        "roles": _roles(parties),
        "metadata": _metadata(recording.metadata),
        "parties": [
            {
                "speaker": party.speaker,
                "channel": party.voice.channel,
                "confidence": _rounded(party.confidence),
                "why": party.why,
                "voice": {
                    "confidence": _rounded(party.voice.confidence),
                    "speech": _ends(party.voice.speech),
                    "sureness": [_rounded(sure) for sure in party.voice.sureness],
                },
            }
            for party in parties
        ],
        "warnings": list(recording.warnings),
    }


def _roles(parties: Sequence[Party]) -> dict[str, JsonValue]:
    """Role per channel; a channel that carries both parties has none: unknown."""
    roles: dict[str, JsonValue] = {}
    for party in sorted(parties, key=lambda party: party.voice.channel):
        channel = str(party.voice.channel)
        if party.speaker != "unknown" or channel not in roles:  # an announcement shares the channel of a party
            shared = roles.get(channel, party.speaker) not in (party.speaker, "unknown")
            roles[channel] = "unknown" if shared else party.speaker
    return roles


def _metadata(metadata: CallMetadata) -> dict[str, JsonValue]:
    """The three keys of the contract always, the others where somebody said."""
    known: dict[str, JsonValue] = {"direction": metadata.direction, "started_at": None, "agent_id": metadata.agent_id}
    for field in fields(metadata):
        value = getattr(metadata, field.name)
        if isinstance(value, datetime):
            known[field.name] = value.isoformat()
        elif isinstance(value, tuple):
            if value:
                known[field.name] = {str(key): item for key, item in value}
        elif value is not None:
            known[field.name] = _rounded(value) if isinstance(value, float) else value
    return known


def _timeline(timeline: Timeline) -> dict[str, JsonValue]:
    hangup = timeline.hangup
    return {
        "ring": None if timeline.ring is None else _ring(timeline.ring),
        "spans": [
            {
                "kind": s.kind,
                **_times(s.span),
                "speaker": s.speaker,
                "confidence": _rounded(s.confidence),
                **({} if s.detail is None else {"detail": s.detail}),
            }
            for s in timeline.spans
        ],
        "hangup": {
            "by": hangup.by,
            "at_s": _rounded(hangup.at_s),
            "why": hangup.why,
            "confidence": _rounded(hangup.confidence),
        },
        "answer_s": _rounded(timeline.answer_s),
        "end_s": _rounded(timeline.end_s),
    }


def _ring(ring: Ring) -> dict[str, JsonValue]:
    return {
        "kind": ring.kind,
        **_times(ring.span),
        "answer_s": _rounded(ring.answer_s),
        "ring_to_answer_s": _rounded(ring.ring_to_answer_s),
        "count": ring.count,
        "rings": _ends(ring.rings),
        "channel": ring.channel,
        "plan": ring.plan,
    }


def _turn(turn: Turn) -> dict[str, JsonValue]:
    return {
        "speaker": turn.speaker,
        **_times(turn.span),
        "text": turn.text,
        "confidence": _rounded(turn.confidence),
        "words": [_word(word) for word in turn.words],
        "level_dbov": _rounded(turn.level_dbov, 2),
        "rate_cpm": _rounded(turn.rate_cpm, 1),
        "f0_median_hz": _rounded(turn.f0_median_hz, 1),
        "f0_spread_st": _rounded(turn.f0_spread_st, 2),
        "speaker_confidence": _rounded(turn.speaker_confidence),
        "readings": [
            {**_times(reading.span), "prob": _rounded(reading.prob), "words": [_word(word) for word in reading.words]}
            for reading in turn.readings
        ],
        **({"masked": [{"kind": one.kind, **_times(one.span)} for one in turn.masked]} if turn.masked else {}),
    }


def _word(word: Word) -> dict[str, JsonValue]:
    return {"text": word.text, **_times(word.span), "prob": _rounded(word.prob)}


def _signal(signal: Signal) -> dict[str, JsonValue]:
    return {
        "kind": signal.kind,
        **_times(signal.span),
        "channel": signal.channel,
        "confidence": _rounded(signal.confidence),
        "plan": signal.plan,
        "bursts": _ends(signal.bursts),
    }


def _track(track: Track) -> dict[str, JsonValue]:
    return {
        "name": track.name,
        "unit": track.unit,
        "speaker": track.speaker,
        "channel": track.channel,
        "start_s": _rounded(track.start_s),
        "step_s": _rounded(track.step_s),
        "values": [_rounded(value, 2) for value in track.values],
    }


def finding_document(finding: Finding) -> dict[str, JsonValue]:
    """A finding as the contract writes it."""
    return {
        "rule": finding.rule,
        "status": finding.status,
        "severity": finding.severity,
        "message": finding.message,
        "why": finding.why,
        "confidence": _rounded(finding.confidence),
        "value": _rounded(finding.value, 4),
        "limit": _rounded(finding.limit, 4),
        "unit": finding.unit,
        "spans": [{**_times(place.span), "speaker": place.speaker} for place in finding.places],
        "quote": finding.quote,
        "sources": [{"anchor": source.anchor, "quote": source.quote} for source in finding.sources],
        "title": finding.title,
        "chapter": finding.chapter,
        "matched": finding.matched,
        "layer": finding.layer,
        "times": finding.times,
        "steps": [
            {
                "name": step.name,
                "done": step.done,
                "at_s": _rounded(step.at_s),
                "waited_s": _rounded(step.waited_s),
                "wanted_s": _rounded(step.wanted_s),
                "at_most": step.at_most,
            }
            for step in finding.steps
        ],
    }


def _score(score: Score) -> dict[str, JsonValue]:
    return {
        "value": _rounded(score.value, 1),
        "low": _rounded(score.low, 1),
        "high": _rounded(score.high, 1),
        "assessed": score.n_assessed,
        "not_assessable": score.n_not_assessable,
        "verdict": score.verdict,
        "why": score.why,
        "suspected": score.n_suspected,
        "sheet": score.sheet,
        "sections": [
            {
                "title": section.title,
                "points": section.points,
                "lost": _rounded(section.lost, 2),
                "assessed": section.n_assessed,
                "deductions": [_plain(deduction) for deduction in section.deductions],
            }
            for section in score.sections
        ],
        "bonus": [_plain(bonus) for bonus in score.bonus],
        "zeroed_by": list(score.zeroed_by),
    }


def _plain(value: Deduction | Bonus | MadeBy) -> dict[str, JsonValue]:
    """A value whose fields are numbers, text and truth values, as a mapping of them."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _ends(spans: Iterable[Span]) -> list[JsonValue]:
    return [[span.start_s, span.end_s] for span in map(rounded, spans)]


def _times(span: Span) -> dict[str, JsonValue]:
    kept = rounded(span)
    return {"start_s": kept.start_s, "end_s": kept.end_s}


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(float(value), digits) + 0.0  # + 0.0 turns −0.0 into 0.0


def _utf8(text: str) -> str:
    """The text with lone surrogates (bytes of a file name that are no UTF-8) replaced by U+FFFD."""
    return SURROGATES.sub("\ufffd", text)
