"""A batch from files to audits, with work that obeys its recordings: every call once, or failed with cause."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from callaudit.batch.enrol import Anew
from callaudit.batch.executors.serial import Serial
from callaudit.batch.run import Plan, run_batch
from callaudit.batch.sources import FoundFile, Search, location_of
from callaudit.batch.standing import RunFigures, Standing
from callaudit.batch.tasks import Outcome
from callaudit.config import BatchConfig
from callaudit.errors import EngineError
from callaudit.reports import ReportOptions, render_many
from callaudit.store.database import Store
from callaudit.store.tables import CallRow, RunRow, RunTaskRow, TaskRow
from tests.batch.fakes import HEARING, Fake, audit_of, recording, recordings
from tests.waiting import wait_until

Check = Callable[[Store, Path], Counter[str]]
PLAIN = Fake()
SETTLE_S = 10_000.0
"""What was just written is young by this on a machine however slow."""
QUICK = BatchConfig(settle_s=0.0, retry_s=0.05)


def batch(store: Store, calls: Path, out: Path, make_work: Fake = PLAIN, **changes: object) -> RunFigures:
    plan = replace(Plan(HEARING, out, QUICK), **changes)  # type: ignore[arg-type]  # fields of Plan, by name
    return run_batch(store, Search([str(calls)], settle_s=plan.batch.settle_s), Serial(), make_work, plan)


def failures(store: Store) -> dict[str, tuple[str | None, int]]:
    """Cause and attempts of what failed, by file name."""
    with store.session(write=False) as session:
        rows = session.execute(select(TaskRow).where(TaskRow.state == "failed")).scalars()
        return {Path(row.location).name: (row.kind, row.attempts) for row in rows}


def test_every_recording_is_done_once_or_failed_with_its_cause(store: Store, tmp_path: Path, check: Check) -> None:
    calls, out = tmp_path / "calls", tmp_path / "out"
    for k in range(6):
        recording(calls, f"{k}.wav")
    recording(calls, "deep/copy.wav", text="3.wav")
    recording(calls, "broken.wav", "unreadable")
    recording(calls, "passing.wav", "passing")
    recording(calls, "hopeless.wav", "always")
    figures = batch(store, calls, out)
    assert check(store, out) == {"done": 7, "failed": 2}
    assert failures(store) == {"broken.wav": ("UnreadableAudio", 1), "hopeless.wav": ("EngineError", 3)}
    assert (figures.n_files, figures.n_duplicates, figures.n_heard, figures.n_done, figures.n_failed) == (
        10,
        1,
        7,
        7,
        2,
    )
    assert (figures.n_retries, figures.n_left, figures.stopped) == (4, 0, None)
    with store.session(write=False) as session:
        run = session.execute(select(RunRow)).scalar_one()
    assert run.figures["n_done"] == 7
    assert run.ended_at is not None


def test_an_audit_goes_out_as_the_command_prints_it(store: Store, tmp_path: Path) -> None:
    path = recording(tmp_path / "calls", "1.wav")
    batch(store, tmp_path / "calls", tmp_path / "out")
    with store.session(write=False) as session:
        recording_id = session.execute(select(CallRow.recording_id)).scalar_one()
    printed = render_many([audit_of(recording_id, str(path))], [], "json", [ReportOptions()])
    assert (tmp_path / "out" / "1.json").read_bytes() == printed.encode()


def test_what_is_done_is_not_done_again_and_what_is_known_is_not_hashed_again(store: Store, tmp_path: Path) -> None:
    calls, log = tmp_path / "calls", tmp_path / "log"
    for k in range(3):
        recording(calls, f"{k}.wav")
    batch(store, calls, tmp_path / "out", Fake(log))
    recording(calls, "new.wav")
    figures = batch(store, calls, tmp_path / "out", Fake(log))
    assert len(log.read_text().splitlines()) == 4
    assert (figures.n_hashed, figures.n_before, figures.n_heard, figures.n_done) == (1, 3, 1, 4)


def test_of_two_names_of_a_recording_the_first_is_the_calls(store: Store, tmp_path: Path, check: Check) -> None:
    calls, out = tmp_path / "calls", tmp_path / "out"
    for name in ("z.wav", "b/a.wav", "b.wav"):
        recording(calls, name, text="the same")
    batch(store, calls, out)
    assert check(store, out) == {"done": 1}
    with store.session(write=False) as session:
        assert session.execute(select(CallRow.path)).scalar_one() == str(calls / "b.wav")
    assert [path.name for path in out.iterdir()] == ["b.json"]


def test_recordings_of_one_stem_do_not_overwrite_each_other(store: Store, tmp_path: Path, check: Check) -> None:
    calls, out = tmp_path / "calls", tmp_path / "out"
    recording(calls, "monday/1.wav")
    batch(store, calls, out)
    recording(calls, "friday/1.wav")  # comes first now, but the plain name is taken
    recording(calls, "monday/1.mp3")
    batch(store, calls, out)
    assert check(store, out) == {"done": 3}
    names = sorted(path.name for path in out.iterdir())
    assert len(names) == 3
    assert "1.json" in names
    assert b"monday/1.wav" in (out / "1.json").read_bytes()
    before = {path: path.stat().st_ino for path in out.iterdir()}
    batch(store, calls, out)
    assert {path: path.stat().st_ino for path in out.iterdir()} == before


def test_hostile_names_are_audited_like_others(store: Store, tmp_path: Path, check: Check) -> None:
    calls, out = tmp_path / "calls", tmp_path / "out"
    names = ["a\nb.wav", os.fsdecode(b"caf\xe9.wav"), "录" * 83 + ".wav", "summary.wav", "x.meta.wav", "con.wav",
             "a\\b.wav", "’'\"; drop table.wav", "-rf.wav", " .wav", "\u202ecod.wav"]  # fmt: skip
    for k, name in enumerate(names):
        recording(calls, name, text=str(k))
    batch(store, calls, out)
    assert check(store, out) == {"done": len(names)}
    assert not {path.name for path in out.iterdir()} & {"summary.json", "x.meta.json", "con.json"}
    batch(store, calls, out)
    assert check(store, out)["done"] == len(list(out.iterdir()))


def test_empty_files_fail_each_by_its_name_and_are_taken_once_they_are_filled(
    store: Store, tmp_path: Path, check: Check
) -> None:
    calls, out = tmp_path / "calls", tmp_path / "out"
    calls.mkdir()
    for name in ("1.wav", "2.wav"):
        (calls / name).touch()
    figures = batch(store, calls, out)
    assert figures.n_failed == 2
    assert check(store, out) == {"failed": 2}
    recording(calls, "1.wav")
    figures = batch(store, calls, out)
    assert (figures.n_done, figures.n_failed, figures.n_quarantined) == (1, 0, 1)
    assert check(store, out) == {"done": 1, "failed": 1}


def test_an_empty_folder_is_a_batch_of_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    figures = batch(store, tmp_path / "calls", tmp_path / "out")
    assert (figures.n_files, figures.n_done, figures.n_failed, figures.n_left) == (0, 0, 0, 0)


def test_a_file_that_vanishes_fails_and_is_heard_when_it_is_back(store: Store, tmp_path: Path, check: Check) -> None:
    calls, out = tmp_path / "calls", tmp_path / "out"
    recording(calls, "1.wav", "vanishes")
    assert batch(store, calls, out).n_failed == 1
    assert failures(store) == {"1.wav": ("FileVanished", 1)}
    recording(calls, "1.wav", "vanishes")
    (calls / "stay").touch()  # tells the fake to leave the file alone this time
    assert batch(store, calls, out).n_done == 1
    assert check(store, out) == {"done": 1}


def test_a_file_that_vanishes_is_heard_by_its_other_name(store: Store, tmp_path: Path, check: Check) -> None:
    calls, out = tmp_path / "calls", tmp_path / "out"
    recording(calls, "1.wav", "vanishes once", "same")
    recording(calls, "2.wav", "vanishes once", "same")
    figures = batch(store, calls, out)
    assert (figures.n_done, figures.n_failed) == (1, 0)
    assert check(store, out) == {"done": 1}


def test_a_file_that_changes_at_work_is_never_audited_by_a_wrong_name(
    store: Store, tmp_path: Path, check: Check
) -> None:
    calls, out = tmp_path / "calls", tmp_path / "out"
    recording(calls, "1.wav", "grows")
    figures = batch(store, calls, out)
    assert failures(store) == {"1.wav": ("FileChanged", 1)}
    assert check(store, out) == {"done": 1, "failed": 1}  # what it holds now is a recording of its own
    assert (figures.n_done, figures.n_failed) == (1, 1)


def test_a_file_that_changes_at_work_and_is_still_young_waits_for_the_next_run(
    store: Store, tmp_path: Path, check: Check
) -> None:
    calls, out = tmp_path / "calls", tmp_path / "out"
    path = recording(calls, "1.wav", "grows")
    old_s = time.time() - 2 * SETTLE_S
    os.utime(path, (old_s, old_s))
    figures = batch(store, calls, out, batch=replace(QUICK, settle_s=SETTLE_S))
    assert (figures.n_done, figures.n_failed, figures.n_unsettled) == (0, 1, 1)
    os.utime(path, (old_s, old_s))
    assert batch(store, calls, out, batch=replace(QUICK, settle_s=SETTLE_S)).n_done == 1
    assert check(store, out) == {"done": 1, "failed": 1}


def test_a_file_that_is_replaced_is_another_recording(store: Store, tmp_path: Path, check: Check) -> None:
    calls, out = tmp_path / "calls", tmp_path / "out"
    recording(calls, "1.wav", text="first")
    batch(store, calls, out)
    recording(calls, "1.wav", text="second one")
    assert batch(store, calls, out).n_heard == 1
    assert check(store, out) == {"done": 2}


def test_a_file_gone_before_it_could_be_hashed_is_left_for_the_next_run(store: Store, tmp_path: Path) -> None:
    gone = FoundFile(location_of(tmp_path / "gone.wav"), 10, datetime(2026, 1, 1, tzinfo=UTC))
    figures = run_batch(store, [gone], Serial(), Fake(), Plan(HEARING, tmp_path / "out", QUICK))
    assert (figures.n_files, figures.n_unsettled, figures.n_failed) == (1, 1, 0)


def test_the_quarantine_is_tried_again_when_asked_for_and_not_before(store: Store, tmp_path: Path) -> None:
    calls, out, log = tmp_path / "calls", tmp_path / "out", tmp_path / "log"
    recording(calls, "1.wav", "unreadable")
    (calls / "2.wav").touch()
    told = []
    for anew in (Anew(), Anew(), Anew(failed=True), Anew()):
        figures = batch(store, calls, out, Fake(log), anew=anew)
        told.append((figures.n_failed, figures.n_quarantined))
    assert told == [(2, 0), (0, 2), (2, 0), (0, 2)]
    assert len(log.read_text().splitlines()) == 2


def test_what_failed_in_a_run_that_was_killed_is_told_by_the_next(store: Store, tmp_path: Path) -> None:
    recording(tmp_path / "calls", "1.wav", "unreadable")

    def killed(store: Store, is_whole: bool) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch(store, tmp_path / "calls", tmp_path / "out", finish=killed)
    for told in ((1, 0), (0, 1)):
        figures = batch(store, tmp_path / "calls", tmp_path / "out")
        assert (figures.n_failed, figures.n_quarantined) == told


def test_another_batch_tells_nothing_of_what_it_did_not_find(store: Store, tmp_path: Path) -> None:
    recording(tmp_path / "calls", "1.wav", "unreadable")
    recording(tmp_path / "others", "2.wav")
    assert batch(store, tmp_path / "calls", tmp_path / "out").n_failed == 1
    figures = batch(store, tmp_path / "others", tmp_path / "out")
    assert (figures.n_failed, figures.n_quarantined) == (0, 0)


@pytest.mark.parametrize(("behaviour", "is_whole"), [("done", True), ("unreadable", False)])
def test_with_a_call_in_quarantine_nobody_says_that_all_calls_are_known(
    store: Store, tmp_path: Path, behaviour: str, is_whole: bool
) -> None:
    recording(tmp_path / "calls", "1.wav", behaviour)
    told: list[bool] = []
    for _ in range(2):
        batch(store, tmp_path / "calls", tmp_path / "out", finish=lambda store, is_whole: told.append(is_whole))
    assert told == [is_whole, is_whole]


def test_a_call_is_heard_anew_when_asked_for_and_replaces_the_old_one(
    store: Store, tmp_path: Path, check: Check
) -> None:
    calls, out = tmp_path / "calls", tmp_path / "out"
    recording(calls, "1.wav")
    lengths_s = []
    for duration_s, anew in ((10.0, Anew()), (20.0, Anew(done=True)), (30.0, Anew())):
        batch(store, calls, out, Fake(duration_s=duration_s), anew=anew)
        assert check(store, out) == {"done": 1}
        lengths_s.append(json.loads((out / "1.json").read_bytes())["recording"]["duration_s"])
    assert lengths_s == [10.0, 20.0, 20.0]


def test_another_way_of_hearing_is_another_call(store: Store, tmp_path: Path) -> None:
    recording(tmp_path / "calls", "1.wav")
    log = tmp_path / "log"
    batch(store, tmp_path / "calls", tmp_path / "out", Fake(log))
    batch(store, tmp_path / "calls", tmp_path / "other", Fake(log, hearing="c" * 64), hearing="c" * 64)
    assert len(log.read_text().splitlines()) == 2


def test_audits_that_are_missing_outside_are_written_from_the_store(store: Store, tmp_path: Path, check: Check) -> None:
    calls, out, log = tmp_path / "calls", tmp_path / "out", tmp_path / "log"
    for k in range(3):
        recording(calls, f"{k}.wav")
    batch(store, calls, out, Fake(log))
    (out / "1.json").unlink()
    assert batch(store, calls, out, Fake(log)).n_written == 1
    assert check(store, out) == {"done": 3}
    assert len(log.read_text().splitlines()) == 3


def test_a_run_takes_only_what_it_found(store: Store, tmp_path: Path) -> None:
    recording(tmp_path / "mine", "1.wav")
    recording(tmp_path / "other", "2.wav")
    stopped = datetime.now(UTC) - timedelta(seconds=1)
    assert batch(store, tmp_path / "other", tmp_path / "out", until=stopped).n_heard == 0
    assert batch(store, tmp_path / "mine", tmp_path / "out").n_heard == 1
    assert batch(store, tmp_path / "other", tmp_path / "out").n_heard == 1


def test_a_deadline_ends_the_run_and_the_next_one_goes_on(store: Store, tmp_path: Path, check: Check) -> None:
    calls, out = tmp_path / "calls", tmp_path / "out"
    recordings(calls, 8)
    until = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    clock = until - timedelta(hours=8)

    def all_are_enrolled() -> bool:
        with store.session(write=False) as session:
            return session.execute(select(func.count()).select_from(RunTaskRow)).scalar_one() == 8

    def listener(outcome: Outcome | None, standing: Standing) -> None:
        nonlocal clock
        if standing.n_done == 3:
            wait_until(all_are_enrolled)
            clock = until

    plan, files = Plan(HEARING, out, QUICK, until=until), Search([str(calls)], settle_s=0.0)
    figures = run_batch(store, files, Serial(), PLAIN, plan, listener=listener, clock=lambda: clock)
    assert (figures.n_done, figures.n_left) == (3, 5)
    assert figures.stopped is not None
    with store.session(write=False) as session:
        rows = session.execute(select(TaskRow.state, TaskRow.attempts).where(TaskRow.state != "done")).all()
    assert {(row.state, row.attempts) for row in rows} == {("waiting", 0)}
    assert batch(store, calls, out).n_done == 8
    assert check(store, out) == {"done": 8}


def test_a_machine_at_fault_does_not_put_the_night_into_the_quarantine(store: Store, tmp_path: Path) -> None:
    for k in range(30):
        recording(tmp_path / "calls", f"{k}.wav", "always")
    with pytest.raises(EngineError, match="25 calls in a row"):
        batch(store, tmp_path / "calls", tmp_path / "out")
    assert failures(store) == {}


def test_the_listener_hears_of_every_outcome(store: Store, tmp_path: Path) -> None:
    for k in range(3):
        recording(tmp_path / "calls", f"{k}.wav")
    recording(tmp_path / "calls", "broken.wav", "unreadable")
    (tmp_path / "calls" / "empty.wav").touch()
    heard: list[tuple[Outcome | None, Standing]] = []
    plan = Plan(HEARING, tmp_path / "out", QUICK)
    files = Search([str(tmp_path / "calls")], settle_s=0.0)
    run_batch(
        store, files, Serial(), Fake(), plan, listener=lambda outcome, standing: heard.append((outcome, standing))
    )
    assert len([outcome for outcome, _ in heard if outcome is not None]) == 4
    last = heard[-1][1]
    assert (last.n_files, last.n_to_do, last.n_done, last.n_failed, last.is_listing) == (5, 5, 3, 2, False)
    assert (last.n_waiting, last.n_quarantined) == (0, 0)
    run_batch(
        store, files, Serial(), Fake(), plan, listener=lambda outcome, standing: heard.append((outcome, standing))
    )
    last = heard[-1][1]
    assert (last.n_to_do, last.n_before, last.n_failed, last.n_quarantined) == (0, 3, 0, 2)
