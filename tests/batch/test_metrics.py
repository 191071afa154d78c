"""The metrics file as Prometheus reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from callaudit.batch.metrics import LAST_SUCCESS, MetricsFile
from callaudit.batch.standing import RunFigures, Standing
from callaudit.batch.tasks import Done, Lost, Task
from callaudit.errors import ConfigError
from tests.batch.night import Heard, entry
from tests.waiting import HANG_S, wait_until

FIGURES = RunFigures(1, 3, 3, 0, 0, 0, 2, 1, 2, 1, 4, 2, 1200.0, 30.0, 60.0)


def read(path: Path) -> dict[str, float]:
    """Samples by name, with their labels where they have some."""
    samples = (one for family in text_string_to_metric_families(path.read_text()) for one in family.samples)
    return {one.name + "".join(f"[{value}]" for _, value in sorted(one.labels.items())): one.value for one in samples}


def done(number: int, busy_s: float, verdict: str = "pass") -> Done:
    heard = Heard(verdict, 90.0)  # type: ignore[arg-type]  # one of the three
    return Done(Task(number, f"{number:064x}", "/calls/13800138000.wav"), entry(number, heard), busy_s)


def lost(number: int, kind: str) -> Lost:
    return Lost(Task(number, f"{number:064x}", "/calls/13800138000.wav"), kind, "why", may_pass=True)


def test_counts_are_those_of_the_outcomes(tmp_path: Path) -> None:
    path = tmp_path / "callaudit.prom"
    with MetricsFile(path) as metrics:
        metrics(done(1, 4.0), Standing(n_files=9, n_before=2, n_to_do=7, n_done=1))
        metrics(lost(2, "TimedOut"), Standing(n_files=9, n_before=2, n_to_do=7, n_done=1, n_retries=1))
        metrics(None, Standing(n_files=9, n_before=2, n_to_do=7, n_done=1, n_retries=1))
        metrics(lost(2, "TimedOut"), Standing(n_files=9, n_before=2, n_to_do=7, n_done=1, n_retries=1, n_failed=1))
        metrics(done(3, 100.0, "fail"), Standing(n_files=9, n_before=2, n_to_do=7, n_done=2, n_retries=1, n_failed=1))
    told = read(path)
    wanted = {
        "callaudit_calls_total[done]": 2, "callaudit_calls_total[failed]": 1, "callaudit_calls_total[retried]": 1,
        "callaudit_failures_total[TimedOut]": 2, "callaudit_verdicts_total[pass]": 1,
        "callaudit_verdicts_total[fail]": 1, "callaudit_verdicts_total[review]": 0,
        "callaudit_audio_seconds_total": 1200, "callaudit_call_seconds_count": 2, "callaudit_call_seconds_sum": 104,
        "callaudit_call_seconds_bucket[5.0]": 1, "callaudit_call_seconds_bucket[120.0]": 2,
        "callaudit_queue_depth": 4, "callaudit_calls_before": 2, "callaudit_files_found": 9, "callaudit_running": 0,
        LAST_SUCCESS: 0,
    }  # fmt: skip
    assert {name: told[name] for name in wanted} == wanted
    assert told["callaudit_run_ended_timestamp_seconds"] >= told["callaudit_run_started_timestamp_seconds"] > 1.7e9
    assert "13800138000" not in path.read_text()
    assert not any(name.endswith("_created") for name in told)
    assert [one.name for one in tmp_path.iterdir()] == ["callaudit.prom"]


def test_the_file_is_there_and_renewed_while_the_run_lasts(tmp_path: Path) -> None:
    path = tmp_path / "callaudit.prom"
    with MetricsFile(path, period_s=0.02) as metrics:
        assert read(path)["callaudit_running"] == 1
        metrics(done(1, 4.0), Standing(n_to_do=1, n_done=1))
        wait_until(lambda: read(path)["callaudit_calls_total[done]"] == 1)


def test_the_last_success_outlives_runs_that_fail(tmp_path: Path) -> None:
    path = tmp_path / "callaudit.prom"
    with MetricsFile(path) as metrics:
        metrics.ended(FIGURES, well=True)
    success = read(path)[LAST_SUCCESS]
    assert success > 1.7e9
    with MetricsFile(path) as metrics:
        metrics.ended(FIGURES, well=False)
    assert read(path)[LAST_SUCCESS] == success
    assert read(path)["callaudit_queue_depth"] == FIGURES.n_left
    with pytest.raises(RuntimeError), MetricsFile(path):
        raise RuntimeError
    assert read(path)[LAST_SUCCESS] == success
    assert read(path)["callaudit_running"] == 0
    path.write_text("{ this is none")
    with MetricsFile(path):
        assert read(path)[LAST_SUCCESS] == 0


def test_a_name_that_nobody_reads_and_a_folder_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"end in \.prom"):
        MetricsFile(tmp_path / "callaudit.txt")
    with pytest.raises(ConfigError, match="no such folder"):
        MetricsFile(tmp_path / "gone" / "callaudit.prom")


def test_a_folder_that_goes_ends_no_night(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    with MetricsFile(folder / "callaudit.prom", period_s=HANG_S) as metrics:
        (folder / "callaudit.prom").unlink()
        folder.rmdir()
        metrics(done(1, 4.0), Standing(n_to_do=1, n_done=1))
    assert not folder.exists()
