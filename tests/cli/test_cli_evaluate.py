"""`callaudit evaluate` as a user types it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
import soundfile

from tests.cli.typed import callaudit

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "evaluation" / "data"


def evaluate(*arguments: str | os.PathLike[str]) -> CompletedProcess[str]:
    return callaudit("evaluate", *arguments)


def test_audits_made_before_are_evaluated_and_a_missing_one_is_named() -> None:
    done = evaluate(DATA / "labels", "--audits", DATA / "audits")
    assert done.returncode == 2
    assert done.stdout.startswith("评测报告")
    assert "违规 κ" in done.stdout
    (line,) = done.stderr.strip().splitlines()
    assert "no audit of d30-telecom-silent-call-good; counted as missing" in line


def test_all_is_well_where_every_call_has_its_audit(tmp_path: Path) -> None:
    done = evaluate(
        DATA / "labels", "--audits", DATA / "audits", "--only", "d0*", "--against", DATA / "audits", "--out", tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "evaluation.html",
        "evaluation.json",
        "evaluation.txt",
    ]
    document = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    assert document["calls"] == 2
    assert document["against"]["calls"] == []


@pytest.mark.parametrize(("name", "start"), [("a.json", "{"), ("a.html", "<!doctype html>"), ("a.txt", "评测报告")])
def test_the_format_follows_the_name_of_the_file(tmp_path: Path, name: str, start: str) -> None:
    done = evaluate(DATA / "labels", "--audits", DATA / "audits", "--only", "d01*", "--out", tmp_path / name)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)


def test_a_bad_label_is_one_line_and_the_others_are_evaluated(tmp_path: Path) -> None:
    labels = tmp_path / "labels"
    shutil.copytree(DATA / "labels", labels)
    (labels / "bad.json").write_text('{"turns": [{"role": "agent",\n "start": 3, "end": 2}]}', encoding="utf-8")
    done = evaluate(labels, "--audits", DATA / "audits", "--format", "json", "--only", "[!d]*")
    assert done.returncode == 2
    assert done.stdout == ""
    done = evaluate(labels, "--audits", DATA / "audits", "--format", "json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["calls"] == 10
    first, second = done.stderr.strip().splitlines()
    assert "bad.json:2: turns[0].end: 2 is not after start 3" in first
    assert "counted as missing" in second


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{nowhere}"], "no such folder"),
        (["{empty}"], "no truth file"),
        (["{labels}", "--audits", "{nowhere}"], "no such folder; wanted the folder of the audits"),
        (["{labels}", "--audits", "{empty}"], "no audit of any labelled call"),
        (["{labels}", "--audits", "{audits}", "--degrade", "snr10"], "leave out --degrade"),
        (["{labels}", "--audits", "{audits}", "--audio", "{empty}", "--model", "x"], "leave out --audio, --model"),
        (["{labels}", "--degrade", "underwater"], "no such condition; wanted one of clean"),
        (["{labels}", "--audits", "{audits}", "--only", "zzz"], "none of its 10 truth files matches"),
        (["{labels}", "--audio", "{empty}"], "none of its 10 labelled calls could be audited"),
    ],
)
def test_what_cannot_be_is_said_and_exits_with_2(tmp_path: Path, arguments: list[str], message: str) -> None:
    places = {"nowhere": tmp_path / "nowhere", "empty": tmp_path, "labels": DATA / "labels", "audits": DATA / "audits"}
    done = evaluate(*(argument.format(**places) for argument in arguments))
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.engine
def test_calls_are_audited_kept_and_found_again(tmp_path: Path) -> None:
    labels = tmp_path / "labels"
    labels.mkdir()
    noise = 0.01 * np.random.default_rng(0).standard_normal(16000)
    for name in ("a", "b"):
        soundfile.write(labels / f"{name}.wav", noise, 8000)
        (labels / f"{name}.label.json").write_text('{"ring": null, "passes": ["never-say-wei"]}', encoding="utf-8")
    (labels / "gone.label.json").write_text('{"ring": null}', encoding="utf-8")
    kept = tmp_path / "deep" / "kept"
    done = evaluate(labels, "--keep-audits", kept, "--degrade", "gsm", "--format", "json")
    assert done.returncode == 2
    assert "gone: no recording named gone.*" in done.stderr
    document = json.loads(done.stdout)
    assert document["condition"] == "gsm"
    assert document["calls_without_audit"] == ["gone"]
    assert document["time"]["audio_s"] == 4.0
    assert sorted(path.name for path in kept.iterdir()) == ["a.json", "b.json"]
    again = json.loads(evaluate(labels, "--audits", kept, "--format", "json").stdout)
    assert again["time"] is None
    assert again["figures"] == document["figures"]
    assert again["rules"] == document["rules"]


def test_help_names_every_option() -> None:
    done = evaluate("--help")
    assert done.returncode == 0
    for option in ("--audits", "--audio", "--against", "--format", "--out", "--only", "--degrade", "--keep-audits"):
        assert option in done.stdout
