"""The evaluation document, schema callaudit.evaluation/1, held by `evaluation.schema.json` beside this file.

Deterministic but for `time`: calls and rules are in the order of their names, numbers have six digits. NaN and
infinities are refused, never written.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Final

from callaudit.evaluation.calibration import Calibration
from callaudit.evaluation.compare import CallMoves, Comparison, Flip, Move
from callaudit.evaluation.evaluate import CallResult, Evaluation, RuleFigures
from callaudit.evaluation.figures import Figure, figures
from callaudit.evaluation.intervals import Interval
from callaudit.evaluation.reports.speed import speed
from callaudit.records import JsonValue

SCHEMA: Final = "callaudit.evaluation/1"
DIGITS: Final = 6


def render_json(evaluation: Evaluation, comparison: Comparison | None = None) -> str:
    """The document as text."""
    return json.dumps(evaluation_document(evaluation, comparison), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def evaluation_document(evaluation: Evaluation, comparison: Comparison | None = None) -> dict[str, JsonValue]:
    """The evaluation as plain dicts, lists, numbers and text."""
    return {
        "schema": SCHEMA,
        "condition": evaluation.condition,
        "calls": len(evaluation.calls),
        "calls_without_audit": list(evaluation.missing),
        "figures": [_figure(figure) for figure in evaluation.figures],
        "violations": _rule(evaluation.overall),
        "rules": [_rule(rule) for rule in evaluation.rules],
        "unknown_rules": list(evaluation.unknown_rules),
        "calibration": [_calibration(one) for one in evaluation.calibrations],
        "time": _time(evaluation),
        "per_call": [_call(call) for call in evaluation.calls],
        "against": None if comparison is None else _comparison(comparison),
    }


def _figure(figure: Figure) -> dict[str, JsonValue]:
    return {
        "name": figure.name,
        "value": _number(figure.value),
        "unit": figure.unit,
        "low": _number(figure.low),
        "high": _number(figure.high),
        "n": figure.n,
        "of": figure.of,
        "calls": figure.n_calls,
        "better": figure.better,
        "why": None if figure.value is not None else "not in the labels, or not in the audits",
    }


def _rule(rule: RuleFigures) -> dict[str, JsonValue]:
    counts: dict[str, JsonValue] = asdict(rule.counts)
    return {
        **({"rule": rule.rule, "title": rule.title} if rule.rule else {}),
        "labelled": rule.counts.n_violations,
        **counts,
        "precision": _number(rule.precision),
        "precision_interval": _interval(rule.precision_interval),
        "recall": _number(rule.recall),
        "recall_interval": _interval(rule.recall_interval),
        "f1": _number(rule.f1),
        "f1_interval": _interval(rule.f1_interval),
        "kappa": _number(rule.kappa),
        **({} if rule.rule else {"kappa_interval": _interval(rule.kappa_interval)}),
    }


def _calibration(one: Calibration) -> dict[str, JsonValue]:
    return {
        "name": one.name,
        "n": one.n,
        "unsure": one.n_unsure,
        "said": _number(one.said),
        "right": _number(one.right),
        "gap": _number(one.gap),
        "brier": _number(one.brier),
        "bins": [
            {
                "from": row.from_,
                "to": row.to,
                "n": row.n,
                "said": _number(row.said),
                "right": _number(row.right),
                "low": _number(row.low),
                "high": _number(row.high),
            }
            for row in one.bins
        ],
    }


def _time(evaluation: Evaluation) -> JsonValue:
    found = speed(evaluation)
    if found is None:
        return None
    return {
        "audio_s": round(found.duration_s, 3),
        "wall_s": round(found.wall_s, 3),
        "cpu_s": round(found.cpu_s, 3),
        "real_time_factor": _number(found.wall_s / found.duration_s),
    }


def _call(call: CallResult) -> dict[str, JsonValue]:
    alone = figures([call.tally], intervals=False) if call.audited else ()
    labelled = [item for item in call.items if item.label is not None]
    return {
        "id": call.id,
        "layout": call.layout,
        "audited": call.audited,
        "score": _number(call.score),
        "verdict": call.verdict,
        "figures": {figure.name: _number(figure.value) for figure in alone if figure.value is not None},
        "misses": [
            {
                "part": miss.part,
                "truth": [[span.start_s, span.end_s] for span in miss.truth],
                "found": [list(times) for times in miss.found],
                "note": miss.note,
            }
            for miss in call.tally.misses
        ],
        "missed": [item.rule for item in labelled if item.label == "violated" and item.status != "violated"],
        "false_alarms": [item.rule for item in labelled if item.label != "violated" and item.status == "violated"],
    }


def _comparison(comparison: Comparison) -> dict[str, JsonValue]:
    return {
        "compared": len(comparison.calls),
        "left_out": list(comparison.left_out),
        "figures": [_move(move) for move in comparison.moves],
        "became_right": comparison.n_better,
        "became_wrong": comparison.n_worse,
        "mcnemar_p": _number(comparison.p_value),
        "calls": [_changed(call) for call in comparison.calls if call.changed],
    }


def _changed(call: CallMoves) -> dict[str, JsonValue]:
    return {
        "id": call.id,
        "figures": [_move(move) for move in call.moves],
        "flips": [_flip(flip) for flip in call.flips],
        "score": [_number(call.score_before), _number(call.score_after)],
        "verdict": [call.verdict_before, call.verdict_after],
    }


def _move(move: Move) -> dict[str, JsonValue]:
    return {
        "name": move.name,
        "unit": move.unit,
        "before": _number(move.before),
        "after": _number(move.after),
        "direction": move.direction,
    }


def _flip(flip: Flip) -> dict[str, JsonValue]:
    return {
        "rule": flip.rule,
        "before": flip.before,
        "after": flip.after,
        "label": flip.label,
        "right_before": flip.right_before,
        "right_after": flip.right_after,
    }


def _interval(interval: Interval | None) -> JsonValue:
    return None if interval is None else [_number(interval[0]), _number(interval[1])]


def _number(value: float | None) -> float | None:
    return None if value is None else round(float(value), DIGITS) + 0.0  # + 0.0 turns −0.0 into 0.0
