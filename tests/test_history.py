"""Several calls judged together: earlier audits read back, calls of one run, and what is missing said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from callaudit.config import Config
from callaudit.history import past_call, read_history
from callaudit.pipeline import Auditor, judge_call, judge_together
from callaudit.records import Audit, Call, Failed, Finding
from callaudit.reports import ReportOptions, render_many
from callaudit.reports.stored import as_written
from callaudit.rules.past import NO_HISTORY, History
from callaudit.testing.scripts import call_from_script
from callaudit.transcribe import RecordedTranscriber
from tests.books import built_in

BOOK = built_in("etiquette-zh")
AUDITOR = Auditor(Config(), RecordedTranscriber({}), BOOK)
CUSTOMER, OTHER = "13800001234", "13900003318"
PROMISE = [{"customer": "我要投诉，送货员态度太差了。"}, {"agent": "非常抱歉，我们会上报，两小时之内给您明确的答复。"}]
REPLY = [{"customer": "喂。"}, {"agent": "您好，关于您的投诉给您答复，处理结果您是否满意？"}, {"customer": "满意。"}]
KEPT = "complaint-reply-kept-in-time"


def call(name: str, started_at: str | None, turns: Sequence[Any], number: str = CUSTOMER, **more: Any) -> Call:
    made = call_from_script({"started_at": started_at, "metadata": {"customer_number": number}, "turns": turns, **more})
    return replace(made, recording=replace(made.recording, id=f"{sum(map(ord, name)):064x}", path=f"{name}.wav"))


PROMISED = call("promised", "2026-11-10T10:00:00+08:00", PROMISE)
REPLIED = call("replied", "2026-11-10T11:30:00+08:00", REPLY, direction="outbound")
LATE = call("late", "2026-11-10T12:30:00+08:00", REPLY, direction="outbound")
ELSEWHERE = call("elsewhere", "2026-11-10T18:00:00+08:00", REPLY, OTHER, direction="outbound")


def found(audit: Audit | Failed, rule: str = KEPT) -> Finding:
    assert isinstance(audit, Audit)
    assert audit.failures == ()
    return next(finding for finding in audit.findings if finding.rule == rule)


def stored(folder: Path, *calls: Call) -> History:
    for one in calls:
        text = render_many([judge_call(one, BOOK)], [], "json", [ReportOptions()])
        (folder / f"{one.recording.path}.json").write_text(text, encoding="utf-8")
    history, unread = read_history(folder, BOOK, {"+8613800001234"})
    assert unread == ()
    return history


def test_a_reply_in_the_same_run_keeps_the_promise_in_any_order() -> None:
    said = set()
    for order in permutations([PROMISED, REPLIED, LATE, ELSEWHERE]):
        audits = {
            audit.call.recording.path: audit for audit in judge_together(order, AUDITOR) if isinstance(audit, Audit)
        }
        said.add(found(audits["promised.wav"]))
    assert len(said) == 1
    kept = said.pop()
    assert kept.status == "passed"
    assert (kept.value, kept.limit, kept.unit) == (pytest.approx(1.5, abs=0.01), 2.0, "h")
    assert "11月10日 11:30" in kept.message
    assert "replied.wav" in kept.message


def test_the_calls_of_one_run_prove_no_breach() -> None:
    assert found(judge_together([PROMISED, ELSEWHERE], AUDITOR)[0]).status == "not_assessable"
    assert "--history" in (found(judge_together([PROMISED], AUDITOR)[0]).why or "")


@pytest.mark.parametrize(
    ("others", "status"),
    [
        ([REPLIED, ELSEWHERE], "passed"),
        ([LATE, ELSEWHERE], "violated"),
        ([ELSEWHERE], "violated"),
        ([], "not_assessable"),
        ([call("soon", "2026-11-10T11:00:00+08:00", REPLY, OTHER, direction="outbound")], "not_assessable"),
        ([call("in", "2026-11-10T18:00:00+08:00", REPLY, OTHER)], "not_assessable"),
    ],
)  # fmt: skip
def test_earlier_audits_tell_whether_a_promise_was_kept(tmp_path: Path, others: list[Call], status: str) -> None:
    assert found(judge_together([PROMISED], AUDITOR, stored(tmp_path, *others))[0]).status == status


def test_a_history_read_back_is_that_of_the_calls(tmp_path: Path) -> None:
    history = stored(tmp_path, PROMISED, REPLIED, ELSEWHERE)
    assert [past.path for past in history] == ["promised.wav", "replied.wav", "elsewhere.wav"]
    promised, replied, elsewhere = history
    assert promised == past_call(as_written(PROMISED), BOOK)
    assert [one.said for one in promised.promises] == ["两小时之内"]
    assert "agent_asks_satisfaction" in replied.marks
    assert elsewhere.marks == ()  # nobody asks what was said to another customer
    assert history.complete_until == elsewhere.ended_at


def test_what_is_no_audit_is_named_and_left_out(tmp_path: Path) -> None:
    stored(tmp_path, REPLIED)
    (tmp_path / "broken.json").write_text('{"schema": "callaudit.aud', encoding="utf-8")
    (tmp_path / "other.json").write_text('{"a": 1}', encoding="utf-8")
    (tmp_path / "old.json").write_text('{"schema": "callaudit.audit/1"}', encoding="utf-8")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00\x01")
    (tmp_path / "call.meta.json").write_text('{"agent_id": "8016"}', encoding="utf-8")
    (tmp_path / "failed.json").write_text(json.dumps([{"schema": "callaudit.failed/1"}]), encoding="utf-8")
    history, unread = read_history(tmp_path, BOOK, set())
    assert [past.path for past in history] == ["replied.wav"]
    assert [one.path.name for one in unread] == ["binary.json", "broken.json", "old.json", "other.json"]


def test_an_agent_has_medians_of_his_own() -> None:
    turns = [{"agent": "您好，请问有什么可以帮您？", "level_db": level} for level in (-20, -22, -30)]
    past = past_call(call("own", "2026-11-10T10:00:00", turns), BOOK)
    assert past is not None
    assert past.level_dbov == -22
    short = past_call(call("short", "2026-11-10T10:00:00", turns[:2]), BOOK)
    assert short is not None
    assert short.level_dbov is None


def test_a_call_of_unknown_time_is_no_history() -> None:
    assert past_call(call("never", None, REPLY), BOOK) is None
    assert found(judge_together([call("never", None, PROMISE), REPLIED], AUDITOR)[0]).status == "not_assessable"


def test_a_failed_recording_stays_in_its_place() -> None:
    failed = Failed("x.wav", "gone", "AudioError")
    results = judge_together([failed, PROMISED], AUDITOR, NO_HISTORY)
    assert results[0] == failed
    assert isinstance(results[1], Audit)
