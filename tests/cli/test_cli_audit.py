"""The command as a user types it: results, exit codes, and one line for every kind of bad input."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.cli.typed import callaudit

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    path = tmp_path / "tone.wav"
    soundfile.write(path, 0.1 * np.sin(np.arange(16000) / 5), 8000)
    return path


def spoil(folder: Path, kind: str) -> Path:
    """A bad input of that kind."""
    path = folder / f"{kind}.wav"
    silence = np.zeros((8000, 1), dtype=np.float32)
    if kind == "not-audio":
        path.write_text("this is a letter, not a call\n" * 50)
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "no-samples":
        soundfile.write(path, silence[:0], 8000)
    elif kind == "truncated":
        soundfile.write(path, silence, 8000)
        path.write_bytes(path.read_bytes()[:200])
    elif kind == "192-khz":
        soundfile.write(path, np.repeat(silence, 24, axis=0), 192000)
    elif kind == "six-channels":
        soundfile.write(path, np.repeat(silence, 6, axis=1), 8000)
    elif kind == "directory":
        path.mkdir()
    return path


@pytest.mark.parametrize(
    "kind", ["missing", "not-audio", "empty", "no-samples", "truncated", "192-khz", "six-channels", "directory"]
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path: Path, kind: str) -> None:
    done = callaudit("audit", spoil(tmp_path, kind))
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("callaudit: ")
    assert kind in lines[0]
    assert ";" in lines[0] or "；" in lines[0], "says no next step"


@pytest.mark.engine
def test_a_bad_file_stops_no_other(tmp_path: Path, tone: Path) -> None:
    done = callaudit("audit", spoil(tmp_path, "empty"), tone, "--format", "json")
    assert done.returncode == 2
    documents = json.loads(done.stdout)
    assert [d["schema"] for d in documents] == ["callaudit.audit/1", "callaudit.failed/1"]
    assert done.stderr.count("\n") == 1


@pytest.mark.engine
def test_a_name_that_is_not_utf8_is_audited(tmp_path: Path, tone: Path) -> None:
    path = tmp_path / os.fsdecode("录音".encode("gb18030") + b".wav")
    path.write_bytes(tone.read_bytes())
    done = callaudit("audit", path, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["recording"]["duration_s"] == 2.0


@pytest.mark.engine
def test_digital_silence_is_audited_and_accuses_nobody(tmp_path: Path) -> None:
    path = tmp_path / "silent.wav"
    soundfile.write(path, np.zeros(80000), 8000)
    done = callaudit("audit", path, "--format", "json", "--direction", "inbound")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["turns"] == []
    assert [f["rule"] for f in document["findings"] if f["status"] == "violated"] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[engine]\nmodle = 'x'\n", "did you mean 'model'"),
        ("[engine]\nthreads = -1\n", "engine.threads"),
        ("[judge\n", "not TOML"),
    ],
)
def test_a_wrong_setting_is_one_line(tmp_path: Path, tone: Path, text: str, message: str) -> None:
    config = tmp_path / "callaudit.toml"
    config.write_text(text)
    done = callaudit("audit", tone, "--config", config)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_broken_rulebook_names_file_line_and_field(tmp_path: Path, tone: Path) -> None:
    rule = "- id: my-rule\n  title: {zh: 我的规则, en: Mine}\n  severty: major\n"
    (tmp_path / "mine.yaml").write_text("name: mine\nextends: etiquette-zh\nrules:\n" + rule)
    done = callaudit("audit", tone, "--rulebook", tmp_path / "mine.yaml")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "mine.yaml" in done.stderr
    assert "severty" in done.stderr


@pytest.mark.parametrize("model", ["no-such-model", "/nowhere/model"])
def test_a_model_that_is_not_there_says_so(tone: Path, model: str) -> None:
    done = callaudit("audit", tone, "--model", model)
    assert done.returncode == 2
    assert model in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.engine
def test_out_holds_the_report_and_stdout_nothing(tmp_path: Path, tone: Path) -> None:
    out = tmp_path / "report.csv"
    done = callaudit("audit", tone, "--format", "csv", "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert out.read_text(encoding="utf-8-sig").startswith("file,")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.csv", "tone.wav"]


@pytest.mark.engine
def test_a_report_that_cannot_be_written_is_one_line(tone: Path) -> None:
    done = callaudit("audit", tone, "--out", "/dev/full/report.txt")
    assert done.returncode == 2
    assert "cannot write the report" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_names_every_option() -> None:
    done = callaudit("audit", "--help")
    assert done.returncode == 0
    for option in ("--format", "--out", "--rulebook", "--model", "--device", "--language", "--roles", "--direction"):
        assert option in done.stdout
    assert "--started-at" in done.stdout
    assert "--fail-on" in done.stdout


@pytest.mark.engine
def test_a_history_names_what_is_no_audit_and_goes_on(tmp_path: Path, tone: Path) -> None:
    folder = tmp_path / "audits"
    folder.mkdir()
    (folder / "broken.json").write_text("{")
    done = callaudit("audit", tone, "--format", "json", "--history", folder)
    assert done.returncode == 0
    assert json.loads(done.stdout)["schema"] == "callaudit.audit/1"
    assert "broken.json is left out of the history" in done.stderr
