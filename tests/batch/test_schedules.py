"""The schedules that the handbook shows are what cron, systemd and Airflow take."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from callaudit.batch.nightly import order_of
from callaudit.batch.sampling import plan_of
from callaudit.cli.nightly import AT_WORK, nightly
from callaudit.config import load_config
from callaudit.store.purge import age_of

HANDBOOK = Path(__file__).parents[2] / "callaudit" / "batch" / "README.md"
COMMAND = "callaudit nightly --config /etc/callaudit/nightly.toml"


def shown(name: str) -> str:
    """What the handbook shows as a file of that name."""
    (text,) = re.findall(rf"<!-- file: {re.escape(name)} -->\n```\w*\n(.*?)```", HANDBOOK.read_text("utf-8"), re.DOTALL)
    assert isinstance(text, str)
    return text


def test_the_settings_are_those_of_a_night(tmp_path: Path) -> None:
    settings = tmp_path / "nightly.toml"
    settings.write_text(shown("nightly.toml"), encoding="utf-8")
    config = load_config(settings)
    assert order_of(config).until is not None
    assert config.nightly.purge_older_than is not None
    age_of(config.nightly.purge_older_than)
    plan_of(config.batch.sample)
    assert config.recordings.filename_pattern is not None
    named = re.compile(config.recordings.filename_pattern).search("8016_20261120_093000_in")
    assert named is not None
    assert named.groupdict() == {"agent_id": "8016", "started_at": "20261120_093000", "direction": "in"}


@pytest.mark.parametrize("name", ["crontab", "callaudit-nightly.service", "airflow_dag.py"])
def test_each_runs_the_one_command(name: str) -> None:
    text = shown(name)
    assert COMMAND in text
    given = nightly.make_context("nightly", COMMAND.split()[2:])
    assert given.params["config_path"] == Path("/etc/callaudit/nightly.toml")


def test_the_cron_line_has_five_fields_and_no_percent_sign() -> None:
    zone, line, *rest = shown("crontab").splitlines()
    assert (zone, rest) == ("CRON_TZ=Asia/Shanghai", [])
    assert re.match(r"30 20 \* \* \* nice callaudit", line)
    assert "%" not in line  # cron makes a line break of it


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is not installed here")
    for name in ("callaudit-nightly.service", "callaudit-nightly.timer"):
        text = shown(name)
        (tmp_path / name).write_text(text.replace("/opt/callaudit/bin/callaudit", "/bin/true"), encoding="utf-8")
    units = [str(tmp_path / name) for name in ("callaudit-nightly.service", "callaudit-nightly.timer")]
    run = subprocess.run([analyze, "verify", *units], capture_output=True, text=True, check=False)
    own = [line for line in run.stderr.splitlines() if "callaudit" in line]
    assert (run.returncode, own) == (0, [])
    calendar = re.search(r"OnCalendar=(.*)", shown("callaudit-nightly.timer"))
    assert calendar is not None
    subprocess.run([analyze, "calendar", calendar[1]], capture_output=True, check=True)


def test_the_dag_is_python_and_knows_the_status_of_a_night_at_work() -> None:
    tree = ast.parse(shown("airflow_dag.py"))
    compile(tree, "airflow_dag.py", "exec")
    (skipped,) = [
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "skip_on_exit_code" and isinstance(node.value, ast.Constant)
    ]
    assert skipped == AT_WORK


def test_airflow_loads_the_dag() -> None:
    pytest.importorskip("airflow", reason="Airflow is not installed")
    space: dict[str, object] = {}
    exec(compile(shown("airflow_dag.py"), "airflow_dag.py", "exec"), space)
    assert "DAG" in space
