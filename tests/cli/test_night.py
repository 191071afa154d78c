"""What a batch shows while it works: a bar on a terminal, lines of JSON elsewhere, metrics in a file."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from callaudit.batch.pace import Pace
from callaudit.batch.standing import Standing
from callaudit.batch.summaries import NAMES
from callaudit.cli.night import WORDS, NightBar, left_line, pace_line
from callaudit.messages import Language

HALF = Standing(n_files=20, n_to_do=20, n_done=8, n_failed=2, audio_s=8 * 900.0, elapsed_s=1800.0, is_listing=False)


def test_the_pace_is_told_in_calls_and_hours_and_the_rest_in_time() -> None:
    pace, words = Pace(), WORDS["zh"]
    assert (pace_line(pace, words), left_line(pace, words)) == ("", "")
    pace.tell(HALF)
    assert pace_line(pace, words) == "16 通/时 · 录音 4.0 小时/时"
    assert pace_line(pace, WORDS["en"]) == "16 calls/h · 4.0 h of sound/h"
    assert left_line(pace, words) == "剩 0:30:00"
    pace.tell(replace(HALF, is_listing=True))
    assert left_line(pace, words) == ""


ZH = ("质检中", "16 通/时", "录音 4.0 小时/时", "剩 0:30:00", "失败 2")
EN = ("auditing", "16 calls/h", "4.0 h of sound/h", "0:30:00 left", "2 failed")


@pytest.mark.parametrize(
    ("width", "language", "parts"), [(80, "zh", ZH), (120, "zh", ZH), (80, "en", EN), (120, "en", EN)]
)
def test_the_bar_has_all_its_parts_on_one_line(width: int, language: Language, parts: tuple[str, ...]) -> None:
    screen = Console(file=StringIO(), force_terminal=True, width=width, legacy_windows=False, color_system=None)
    with NightBar(screen, language) as bar:
        bar(None, replace(HALF, n_to_do=0, n_done=0, n_failed=0, is_listing=True))
        bar(None, HALF)
    assert isinstance(screen.file, StringIO)
    lines = [line for line in screen.file.getvalue().replace("\r", "\n").splitlines() if "10/20" in line]
    assert lines
    for part in parts:
        assert part in lines[-1]


def test_without_a_terminal_stderr_is_json_and_the_metrics_are_there(tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    out, metrics = tmp_path / "out", tmp_path / "callaudit.prom"
    command = ["batch", str(tmp_path / "calls"), "--out", str(out), "--executor", "serial", "--metrics", str(metrics)]
    run = "import sys; from callaudit.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", run, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [one["event"] for one in told] == ["batch.started", "batch.ended"]
    assert (told[0]["executor"], told[0]["workers"]) == ("serial", 1)
    assert all((out / name).is_file() for name in NAMES)
    assert done.stdout == (out / "summary.txt").read_text(encoding="utf-8")
    assert "callaudit_running 0.0" in metrics.read_text()


def test_importing_the_command_sets_no_logging_up() -> None:
    run = "import logging, callaudit.cli.nightly; print(logging.getLogger('callaudit').level)"
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=True)
    assert int(done.stdout) == logging.NOTSET
