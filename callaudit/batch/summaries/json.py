"""The summary as a document, schema callaudit.summary/1, held by `summary.schema.json` beside this file.

Deterministic: shares have four decimals, scores two, times are UTC. NaN and infinities are refused, never written.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final

from callaudit.batch.figures import VERDICTS, AgentFigures, RuleFigures, Summary
from callaudit.records import JsonValue

SCHEMA: Final = "callaudit.summary/1"


def render_json(summary: Summary) -> str:
    """The document as text."""
    return json.dumps(summary_document(summary), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def summary_document(summary: Summary) -> dict[str, JsonValue]:
    """The summary as plain dicts, lists, numbers and text."""
    return {
        "schema": SCHEMA,
        "run": None if summary.kind is None else _run(summary),
        "calls": summary.n_calls,
        "audio_s": summary.audio_s,
        "verdicts": {verdict: summary.verdicts[verdict] for verdict in VERDICTS},
        "mean_score": _rounded(summary.mean_score, 2),
        "scored": summary.n_scored,
        "incomplete": summary.n_incomplete,
        "failed": summary.n_failed,
        "failures": [{"kind": kind, "recordings": n} for kind, n in summary.failures],
        "quarantined": summary.n_quarantined,
        "left_for_later": summary.n_later,
        "duplicates": summary.n_duplicates,
        "masked": dict(summary.masked),
        "rules": [_rule(rule) for rule in summary.rules],
        "least_calls_ranked": summary.least_calls,
        "agents": [_agent(agent) for agent in summary.agents],
        "report_language": summary.language,
    }


def _run(summary: Summary) -> dict[str, JsonValue]:
    return {
        "kind": summary.kind,
        "started_at": _moment(summary.started_at),
        "ended_at": _moment(summary.ended_at),
        "stopped": summary.stopped,
        "took_s": _rounded(summary.took_s, 3),
        "calls_heard": summary.n_heard,
        "audio_heard_s": summary.heard_audio_s,
        "calls_per_hour": _rounded(summary.calls_per_hour, 2),
        "audio_hours_per_hour": _rounded(summary.audio_hours_per_hour, 2),
    }


def _rule(rule: RuleFigures) -> dict[str, JsonValue]:
    return {
        "rule": rule.rule,
        "title": rule.title,
        "severity": rule.severity,
        "violated": rule.n_violated,
        "passed": rule.n_passed,
        "applied": rule.n_applied,
        "not_assessable": rule.n_unassessed,
        "share": _rounded(rule.share, 4),
        "times": rule.times,
    }


def _agent(agent: AgentFigures) -> dict[str, JsonValue]:
    return {
        "agent_id": agent.agent_id or None,
        "name": agent.name or None,
        "team": agent.team or None,
        "calls": agent.n_calls,
        "audio_s": agent.audio_s,
        "mean_score": _rounded(agent.mean_score, 2),
        "verdicts": {verdict: agent.verdicts[verdict] for verdict in VERDICTS},
        "violated": agent.n_violated,
        "critical": agent.n_critical,
        "ranked": agent.ranked,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds")


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits) + 0.0  # + 0.0 turns −0.0 into 0.0
