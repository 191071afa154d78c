"""What the log says, in which form, and what it never says."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog

from callaudit.batch import logs
from callaudit.batch.logs import EventLog, broken, configure
from callaudit.batch.pace import Pace
from callaudit.batch.standing import RunFigures, Standing
from callaudit.batch.tasks import Done, Lost, Task
from callaudit.config import Config
from tests.batch.night import QUOTE, Heard, entry

PATH = "/calls/13800138000_王芳.wav"
TASK = Task(7, "0123456789abcdef" * 4, PATH, 2)
DONE = Done(TASK, entry(7, Heard("fail", 20.0, ("calm",), agent_id="8001", agent_name="王芳", path=PATH)), 4.25)
FIGURES = RunFigures(1, 3, 3, 0, 0, 0, 2, 1, 2, 1, 4, 2, 1200.0, 30.0, 60.0)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Logging belongs to the process: what a test sets up is taken down."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("callaudit").setLevel(logging.NOTSET)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    said = capsys.readouterr()
    assert said.out == ""
    return [json.loads(line) for line in said.err.splitlines()]


def test_events_are_lines_of_json_with_these_keys(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=True)
    log = EventLog(progress_s=0)
    log.started(Config(), "night", 2)
    log(DONE, Standing(n_files=3, n_to_do=3, n_done=1, audio_s=600, elapsed_s=60, is_listing=False))
    log(Lost(TASK, "TimedOut", f"{PATH}: {QUOTE}", may_pass=True), Standing(n_to_do=3, n_done=1, elapsed_s=60))
    log.ended(FIGURES, n_otherwise=5)
    broken(ValueError(QUOTE))
    told = lines(capsys)
    assert [(one["event"], one["level"]) for one in told] == [
        ("batch.started", "info"),
        ("call.done", "info"),
        ("batch.progress", "info"),
        ("call.lost", "warning"),
        ("batch.progress", "info"),
        ("batch.ended", "info"),
        ("batch.broken", "error"),
    ]
    assert all(one["timestamp"].endswith("Z") and one["logger"] == "callaudit.events" for one in told)
    done = {key: told[1][key] for key in ("task", "recording", "attempt", "verdict", "audio_s", "busy_s")}
    wanted = {"task": 7, "recording": "0123456789ab", "attempt": 2, "verdict": "fail", "audio_s": 600.0, "busy_s": 4.25}
    assert done == wanted
    assert (told[2]["calls_per_hour"], told[2]["audio_hours_per_hour"], told[2]["left_s"]) == (60.0, 10.0, 120.0)
    assert (told[3]["kind"], told[3]["may_pass"]) == ("TimedOut", True)
    assert (told[5]["done"], told[5]["left"], told[5]["stopped"], told[5]["otherwise"]) == (2, 4, None, 5)
    assert told[6]["kind"] == "ValueError"
    for one in told:
        assert one["event"] in logs.__doc__
        for key in set(one) - {"event", "level", "logger", "timestamp"}:
            assert key in logs.__doc__


def test_no_line_holds_a_word_a_name_or_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    configure("debug", as_json=True)
    log = EventLog(progress_s=0)
    log(DONE, Standing())
    log(Lost(TASK, "UnreadableAudio", f"{PATH}: {QUOTE}"), Standing())
    logging.getLogger("faster_whisper").warning("cannot read %s", "/calls/13800138000.wav")
    try:
        raise ValueError(QUOTE)
    except ValueError:
        logging.getLogger("callaudit.batch").exception("the batch crashed")
    said = capsys.readouterr().err
    for private in ("13800138000", "王芳", QUOTE, "8001"):
        assert private not in said
    crash = json.loads(said.splitlines()[-1])
    assert (crash["event"], crash["exception"]) == ("the batch crashed", "ValueError")
    assert "test_logs.py" in crash["where"][-1]


def test_libraries_speak_from_warnings_on(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=True)
    for name in ("faster_whisper", "sqlalchemy.engine", "alembic.runtime.migration", "ray", "anything"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("careful")
    logging.getLogger("apprise").error("json://user:secret@host did not answer")
    logging.getLogger("callaudit.store").info("ours")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", stacklevel=1)
    told = lines(capsys)
    assert [one["event"] for one in told[:-1]] == ["careful"] * 5 + ["ours"]
    assert told[-1]["logger"] == "py.warnings"
    assert not any("secret" in json.dumps(one) for one in told)


def test_the_level_is_that_of_our_own_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning", as_json=True)
    EventLog(progress_s=0)(DONE, Standing())
    assert lines(capsys) == []


def test_lines_for_people_are_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=False)
    EventLog()(DONE, Standing())
    (line,) = capsys.readouterr().err.splitlines()
    assert "call.done" in line
    assert "verdict=fail" in line
    assert not line.startswith("{")


def test_a_crash_on_a_terminal_tells_neither_its_text_nor_what_stood_in_variables(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure(as_json=False)
    comment = QUOTE  # a renderer of pretty tracebacks would print it
    try:
        raise ValueError(comment)
    except ValueError as error:
        logging.getLogger("uvicorn.error").exception("the application crashed")
        structlog.stdlib.get_logger("callaudit.web").exception("a page crashed")
        structlog.stdlib.get_logger("callaudit.web").error("told later", exc_info=error)
    said = capsys.readouterr().err
    assert QUOTE not in said
    assert said.count("ValueError") == said.count("test_logs.py:") == 3


def test_setting_up_twice_writes_every_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=True)
    configure(as_json=True)
    EventLog()(DONE, Standing())
    assert len(lines(capsys)) == 1


def test_the_pace_is_that_of_the_last_ten_minutes() -> None:
    pace = Pace()
    standing = Standing(n_to_do=1000, is_listing=False)
    assert (pace.calls_per_hour, pace.left_s) == (None, None)
    for minute in range(1, 31):  # one call a minute at first, four from the tenth minute on
        n = minute if minute <= 10 else 10 + 4 * (minute - 10)
        pace.tell(replace(standing, n_done=n, audio_s=n * 60.0, elapsed_s=minute * 60.0))
    assert pace.calls_per_hour == pytest.approx(240)
    assert pace.audio_hours_per_hour == pytest.approx(4)
    assert pace.left_s == pytest.approx((1000 - 90) / 240 * 3600)
    pace.tell(replace(standing, n_done=90, elapsed_s=1800.0, is_listing=True))
    assert pace.left_s is None
