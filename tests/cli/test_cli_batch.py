"""`callaudit batch` as a user types it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.cli.typed import callaudit


def batch(*arguments: str | os.PathLike[str]) -> CompletedProcess[str]:
    return callaudit("batch", *arguments)


@pytest.fixture
def at_once(tmp_path: Path) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text("[batch]\nsettle_s = 0\nexecutor = 'serial'\n")
    return path


def test_an_empty_folder_is_no_fault(tmp_path: Path, at_once: Path) -> None:
    (tmp_path / "calls").mkdir()
    done = batch(tmp_path / "calls", "--out", tmp_path / "out", "--config", at_once)
    assert done.returncode == 0, done.stderr
    assert "批量质检汇总" in done.stdout
    assert (tmp_path / "out" / "callaudit.sqlite").exists()


def test_what_cannot_be_audited_is_exit_code_2_and_stands_in_the_summary(tmp_path: Path, at_once: Path) -> None:
    calls = tmp_path / "calls"
    calls.mkdir()
    (calls / "letter.wav").write_text("this is a letter, not a call\n" * 50)
    (calls / "empty.wav").touch()
    done = batch(calls, "--out", tmp_path / "out", "--config", at_once)
    assert done.returncode == 2
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert "UnreadableAudio" in json.dumps(summary)
    for line in done.stderr.splitlines():  # no terminal: lines of JSON, and no name of a file in them
        assert "letter" not in json.loads(line)


def test_what_failed_last_night_does_not_fail_every_night(tmp_path: Path, at_once: Path) -> None:
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "empty.wav").touch()
    for status, failed, quarantined in ((2, 1, 0), (0, 0, 1)):
        done = batch(tmp_path / "calls", "--out", tmp_path / "out", "--config", at_once)
        summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
        assert (done.returncode, summary["failed"], summary["quarantined"]) == (status, failed, quarantined)


def test_a_source_that_is_not_there_is_exit_code_2(tmp_path: Path, at_once: Path) -> None:
    done = batch(tmp_path / "nowhere", "--out", tmp_path / "out", "--config", at_once)
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("option", "value"), [("--until", "25:00"), ("--sample", "some"), ("--rulebook", "none-such"), ("--store", "x://y")]
)
def test_a_wrong_setting_is_one_line_before_any_work(tmp_path: Path, at_once: Path, option: str, value: str) -> None:
    (tmp_path / "calls").mkdir()
    done = batch(tmp_path / "calls", "--out", tmp_path / "out", "--config", at_once, option, value)
    assert done.returncode == 2
    *_, last = map(json.loads, done.stderr.splitlines())
    assert (last["event"], last["level"]) == ("batch.broken", "error")
    assert last["why"]
    assert not list((tmp_path / "out").glob("*.json"))
