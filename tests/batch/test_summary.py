"""Figures of a night against sums by hand, and the four files they are written to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from sqlalchemy import select, update

from callaudit.batch.notify import message
from callaudit.batch.scope import Scope
from callaudit.batch.summaries import NAMES, write_summary
from callaudit.batch.summaries.html import render_html
from callaudit.batch.summaries.json import summary_document
from callaudit.batch.summaries.text import render_text
from callaudit.batch.summary import figures
from callaudit.errors import CallauditError, StoreError
from callaudit.reports.words_en import EN
from callaudit.reports.words_zh import ZH
from callaudit.store.database import Store, open_store
from callaudit.store.tables import FileRow, RunRow, RunTaskRow, TaskRow
from tests.batch.night import BEGAN, ENDED, Heard, fill

NIGHT = (
    Heard("pass", 90.0, passed=("greet", "thank", "calm"), agent_id="8001", agent_name="王芳", masked=(("card", 2),)),
    Heard(
        "review", 70.0, ("greet",), ("thank",), agent_id="8001", agent_name="王芳", masked=(("card", 1), ("code", 1))
    ),
    Heard("fail", 20.0, ("greet", "calm", "calm"), (), agent_id="8002", agent_name="=cmd()"),
    Heard("review", None, (), ("greet",), n_failures=1),
)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "s.sqlite") as store:
        yield store


def test_figures_are_those_added_up_by_hand(store: Store) -> None:
    run = fill(store, NIGHT, lost=("UnreadableAudio", "TimedOut", "UnreadableAudio"), waiting=2, n_unsettled=1)
    night = figures(store, run, least_calls=2)
    assert (night.n_calls, night.audio_s, dict(night.verdicts)) == (4, 2400.0, {"pass": 1, "review": 2, "fail": 1})
    assert (night.n_scored, night.mean_score, night.n_incomplete) == (3, pytest.approx(60.0), 1)
    assert night.failures == (("UnreadableAudio", 2), ("TimedOut", 1))
    assert (night.n_failed, night.n_later, night.n_duplicates) == (3, 3, 0)
    assert night.masked == (("card", 3), ("code", 1))
    assert (night.took_s, night.n_heard, night.calls_per_hour) == (7200.0, 4, 2.0)
    assert night.audio_hours_per_hour == pytest.approx(1 / 3)
    assert night.is_incomplete


def test_share_of_a_rule_is_of_the_calls_it_applied_to(store: Store) -> None:
    rules = figures(store, fill(store, NIGHT)).rules
    told = [(r.rule, r.title, r.severity, r.n_violated, r.n_passed, r.n_unassessed, r.times) for r in rules]
    assert told == [
        ("greet", "先问候", "minor", 2, 2, 0, 2),
        ("calm", "不发火", "critical", 1, 1, 2, 2),
        ("thank", "说谢谢", "minor", 0, 2, 2, 0),
    ]
    assert [rule.share for rule in rules] == [0.5, 0.5, 0.0]


def test_agents_with_few_calls_are_listed_and_not_ranked(store: Store) -> None:
    run = fill(store, NIGHT)
    agents = figures(store, run, least_calls=2).agents
    told = [(a.agent_id, a.name, a.n_calls, a.mean_score, a.n_violated, a.n_critical, a.ranked) for a in agents]
    assert told == [
        ("8001", "王芳", 2, 80.0, 1, 0, True),
        ("", "", 1, None, 0, 0, False),
        ("8002", "=cmd()", 1, 20.0, 2, 1, False),
    ]
    few = figures(store, run)
    assert not any(agent.ranked for agent in few.agents)
    assert "=cmd()" not in render_text(few)
    assert ZH.NIGHT.TOO_FEW.format(n=10) in render_text(few)


def test_a_run_counts_its_own_calls_and_a_span_of_time_its_own(memory: Store) -> None:
    fill(memory, NIGHT)
    second = fill(memory, ())
    assert figures(memory, second).n_calls == 0
    assert figures(memory, Scope()).n_calls == 4
    assert figures(memory, Scope(since=BEGAN + timedelta(seconds=1), until=BEGAN + timedelta(seconds=3))).n_calls == 2
    assert figures(memory, Scope(hearing="x")).n_calls == 0
    with pytest.raises(StoreError, match="no run 99"):
        figures(memory, 99)


def test_what_the_run_counted_itself_outranks_the_clock(memory: Store) -> None:
    run = fill(memory, NIGHT, n_heard=3, audio_s=1800.0, n_duplicates=5, stopped="SIGTERM")
    night = figures(memory, run)
    assert (night.n_heard, night.heard_audio_s, night.n_duplicates) == (3, 1800.0, 5)
    assert ZH.NIGHT.STOPPED in render_text(night)
    assert ZH.NIGHT.STOPPED in render_html(night)


def test_what_is_in_the_quarantine_from_before_is_one_line_and_no_failure(store: Store) -> None:
    run = fill(store, NIGHT, lost=("TimedOut", "UnreadableAudio"))
    with store.session() as session:
        old = session.get_one(RunRow, run)
        tasks = session.scalars(select(RunTaskRow.task_id).where(RunTaskRow.run_id == run)).all()
        new = RunRow(kind="night", owner="test", started_at=old.ended_at, ended_at=None, figures={})
        session.add(new)
        session.flush()
        for position, task in enumerate(tasks):
            session.add(RunTaskRow(run_id=new.id, position=position, task_id=task, name=str(position)))
        session.execute(update(TaskRow).where(TaskRow.kind == "TimedOut").values(next_at=ENDED + timedelta(hours=1)))
        again = new.id
    night = figures(store, again)
    assert (night.failures, night.n_failed, night.n_quarantined) == ((("TimedOut", 1),), 1, 1)
    assert re.search(f"{ZH.NIGHT.QUARANTINED} +1\n", render_text(night))
    assert ZH.NIGHT.QUARANTINED in render_html(night)
    assert summary_document(night)["quarantined"] == 1
    still = replace(night, failures=())
    assert still.is_incomplete == bool(still.n_later or still.n_incomplete)
    assert f"{ZH.NIGHT.QUARANTINED}：1" in message(still).body


def test_a_second_name_of_a_recording_is_a_duplicate(store: Store) -> None:
    run = fill(store, NIGHT)
    with store.session() as session:
        session.add(FileRow(location="/again.wav", size=1, seen_at=BEGAN, recording_id=f"{0:064x}"))
    assert figures(store, run).n_duplicates == 1


def test_the_document_is_what_its_schema_says(memory: Store) -> None:
    schema = json.loads(files("callaudit.batch.summaries").joinpath("summary.schema.json").read_text())
    checker = jsonschema.Draft202012Validator(schema)
    full = figures(memory, fill(memory, NIGHT, lost=("TimedOut",)), least_calls=1)
    for summary in (full, figures(memory, Scope(hearing="x")), replace(full, ended_at=None)):
        checker.validate(summary_document(summary))
    assert not checker.is_valid({**summary_document(full), "mean_score": 101})


def test_the_same_store_makes_the_same_bytes(memory: Store, tmp_path: Path) -> None:
    run = fill(memory, NIGHT, lost=("TimedOut",))
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_summary(memory, run, tmp_path / name, UTC)
        made.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert made[0] == made[1]
    assert sorted(made[0]) == sorted(NAMES)


def test_the_page_fetches_nothing_and_escapes_names(memory: Store) -> None:
    heard = [replace(NIGHT[2], agent_name="<script>alert(1)</script>\x07")]
    page = render_html(figures(memory, fill(memory, heard, lost=("Weird<b>",)), least_calls=1))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\ufffd" in page
    assert "http:" not in page
    assert "https:" not in page
    assert "Weird&lt;b&gt;" in page


def test_an_english_rulebook_is_summed_up_in_english(memory: Store) -> None:
    night = figures(memory, fill(memory, [replace(one, language="en") for one in NIGHT]), least_calls=1)
    text = render_text(night, UTC)
    assert EN.NIGHT.WORST_RULES in text
    assert ZH.NIGHT.WORST_RULES not in text
    assert '<html lang="en">' in render_html(night)


def test_both_languages_have_the_same_words() -> None:
    for name in ("CAUSES", "PERSONAL", "SHEETS", "COLUMNS"):
        assert set(getattr(ZH.NIGHT, name)) == set(getattr(EN.NIGHT, name))


def test_a_night_without_calls_has_a_summary(memory: Store, tmp_path: Path) -> None:
    night = write_summary(memory, fill(memory, (), lost=("UnreadableAudio",)), tmp_path)
    assert (night.n_calls, night.mean_score, night.rules, night.n_failed) == (0, None, (), 1)
    assert ZH.NIGHT.cause("UnreadableAudio") in (tmp_path / "summary.txt").read_text()


def test_a_folder_that_cannot_be_written_is_named(memory: Store, tmp_path: Path) -> None:
    with pytest.raises(CallauditError, match="cannot write the summary"):
        write_summary(memory, fill(memory, NIGHT), tmp_path / "gone")
