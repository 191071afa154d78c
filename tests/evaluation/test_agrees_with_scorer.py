"""The figures that the reference scorer of the project also gives are the same numbers.

`data/expected.json` is what it said of `data/labels` and `data/audits` (`--per-rule --json`). Where the environment
variable CALLAUDIT_SCORER names the scorer it is run again, and where CALLAUDIT_LABELS names a folder of labels too it
is run on audits of perfect ears over these, plain and spoiled.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from callaudit.evaluation import Evaluation, evaluate, find_labels, read_hypothesis, read_label
from callaudit.pipeline import judge_call
from callaudit.reports.json import audit_document
from callaudit.testing.labels import call_from_label
from tests.books import built_in

SCORER, LABELS = os.environ.get("CALLAUDIT_SCORER"), os.environ.get("CALLAUDIT_LABELS")

VALUES = {  # the scorer's name → ours, and to how many digits it rounds
    "answer error s median": ("answer_error_median", 3),
    "answer error s p95": ("answer_error_p95", 3),
    "hold F1": ("hold_f1", 3),
    "hold duration error s median": ("hold_duration_error_median", 3),
    "silence F1": ("silence_f1", 3),
    "silence duration error s median": ("silence_duration_error_median", 3),
    "overlap F1 (stereo)": ("overlap_f1_stereo", 3),
    "speaker-time F1 stereo": ("speaker_time_f1_stereo", 3),
    "speaker-time F1 mono": ("speaker_time_f1_mono", 3),
    "CER stereo": ("cer_stereo", 4),
    "CER mono": ("cer_mono", 4),
    "CER mono, speakers ignored": ("cer_mono_any", 4),
    "level error dB median": ("level_error_median", 2),
    "rate error median": ("rate_error_median", 3),
}
SIZES = {
    "holds": "hold_f1",
    "silences": "silence_f1",
    "overlaps": "overlap_f1_stereo",
    "turns matched": "level_error_median",
    "ring invented": "ring_invented",
}


def scorer_says(ours: Evaluation) -> dict[str, Any]:
    """Our figures under the scorer's names, rounded as it rounds them."""
    told: dict[str, Any] = {"calls": len(ours.calls), "calls without an audit": len(ours.missing)}
    for theirs, (name, digits) in VALUES.items():
        value = ours.figure(name).value
        told[theirs] = None if value is None else round(value, digits)
    told |= {theirs: ours.figure(name).n for theirs, name in SIZES.items()}
    for theirs, name in (("ring found", "ring_found"), ("ring count exact", "ring_count_exact")):
        one = ours.figure(name)
        told[theirs] = f"{round((one.value or 0) * one.n)}/{one.n}"
    right, unknown = ours.figure("hangup_right"), ours.figure("hangup_unknown")
    n_right, n_unknown = (round((one.value or 0) * one.n) for one in (right, unknown))
    told["hang-up side right"] = f"{n_right}/{right.n} ({n_unknown} unknown)"
    counts = ours.overall.counts
    return told | {
        "violations labelled": counts.n_violations,
        "violation precision": round(ours.overall.precision or 0, 3),
        "violation recall": round(ours.overall.recall or 0, 3),
        "violation F1": round(ours.overall.f1 or 0, 3),
        "false alarms on labelled passes": f"{counts.n_false_on_passes}/{counts.n_passes}",
        "passes confirmed": f"{counts.n_passes_right}/{counts.n_passes}",
        "not_applicable confirmed": f"{counts.n_inapplicable_right}/{counts.n_inapplicable}",
        "not_assessable among labelled": counts.n_abstained,
    }


def rule_counts(ours: Evaluation) -> dict[str, dict[str, int]]:
    """Our counts per rule under the scorer's names, those that are 0 left out."""
    told: dict[str, dict[str, int]] = {}
    for rule in ours.rules:
        c = rule.counts
        row = {"t": c.n_violations, "tp": c.n_hit, "fp": c.n_false, "p": c.n_passes, "p_ok": c.n_passes_right}
        told[rule.rule] = {key: n for key, n in row.items() if n}
    return {rule: row for rule, row in told.items() if row}


def hold_to(expected: dict[str, Any], ours: Evaluation) -> None:
    mine = scorer_says(ours)
    assert mine.keys() == expected["figures"].keys()
    for name, theirs in expected["figures"].items():
        if isinstance(theirs, float):
            if theirs != theirs:  # NaN: nothing was counted
                assert mine[name] is None, name
                continue
            assert mine[name] == pytest.approx(theirs, abs=1e-9), name
        else:
            assert mine[name] == theirs, name
    theirs = {rule: {key: n for key, n in row.items() if n} for rule, row in expected["rules"].items()}
    assert rule_counts(ours) == {rule: row for rule, row in theirs.items() if row}


def scored(labels: Path, audits: Path, out: Path) -> dict[str, Any]:
    assert SCORER is not None
    command = [sys.executable, SCORER, str(labels), str(audits), "--per-rule", "--json", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    told: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return told


def test_every_figure_is_the_scorers(data: Path, measured: Evaluation) -> None:
    expected = json.loads((data / "expected.json").read_text(encoding="utf-8"))
    assert len(expected["figures"]) == 32
    assert len(expected["rules"]) > 80
    hold_to(expected, measured)


@pytest.mark.skipif(not SCORER, reason="CALLAUDIT_SCORER does not name the reference scorer")
def test_the_scorer_still_says_so(data: Path, tmp_path: Path) -> None:
    expected = json.loads((data / "expected.json").read_text(encoding="utf-8"))
    assert scored(data / "labels", data / "audits", tmp_path / "out.json") == expected


def spoil(document: dict[str, Any], chance: random.Random) -> None:
    """Make an audit wrong in every part that is counted."""
    timeline = document["timeline"]
    for span in timeline["spans"]:
        if chance.random() < 0.3:
            span["start_s"] = max(0.0, span["start_s"] + chance.uniform(-0.4, 0.4))
            span["end_s"] = max(span["start_s"] + 0.01, span["end_s"] + chance.uniform(-0.4, 0.4))
        if chance.random() < 0.05:
            span["kind"] = chance.choice(["hold", "silence", "overlap", "speech"])
        if span["speaker"] and chance.random() < 0.1:
            span["speaker"] = chance.choice(["agent", "customer", "unknown"])
    if chance.random() < 0.2:
        timeline["ring"] = {"answer_s": chance.uniform(0, 20), "count": chance.randrange(5)}
    timeline["hangup"]["by"] = chance.choice(["agent", "customer", "unknown", None])
    for turn in document["turns"]:
        turn["text"] = "".join(c if chance.random() > 0.1 else chance.choice("這ａ8幺，") for c in turn["text"])
        turn["speaker"] = chance.choice([turn["speaker"], turn["speaker"], "agent", "unknown"])
        turn["level_dbov"] = None if chance.random() < 0.2 else turn["level_dbov"] + chance.uniform(-3, 3)
        turn["rate_cpm"] = None if chance.random() < 0.2 else turn["rate_cpm"] * chance.uniform(0.9, 1.1)
    for finding in document["findings"]:
        if chance.random() < 0.2:
            finding["status"] = chance.choice(["violated", "passed", "not_applicable", "not_assessable"])


@pytest.mark.skipif(not (SCORER and LABELS), reason="CALLAUDIT_SCORER and CALLAUDIT_LABELS do not name both")
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_every_figure_is_the_scorers_on_calls_heard_perfectly_and_badly(tmp_path: Path, seed: int | None) -> None:
    folder = Path(LABELS or "")
    paths = find_labels(folder)
    book = built_in("etiquette-zh")
    chance = random.Random(seed)
    for path in paths:
        document: dict[str, Any] = dict(
            audit_document(judge_call(call_from_label(json.loads(path.read_text(encoding="utf-8"))), book))
        )
        if seed is not None:
            if chance.random() < 0.1:
                continue
            spoil(document, chance)
        (tmp_path / path.name).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    truths = [read_label(path) for path in paths]
    files = {truth.id: tmp_path / f"{truth.id}.json" for truth in truths}
    audits = {name: heard for name, path in files.items() if path.is_file() and (heard := read_hypothesis(path))}
    hold_to(scored(folder, tmp_path, tmp_path / "_out.json"), evaluate(truths, audits))
