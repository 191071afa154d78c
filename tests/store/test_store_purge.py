"""What is purged is gone: from lists, counts, documents, the file itself and the out folder; and is not heard again."""

from __future__ import annotations

import random
import re
import sqlite3
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from callaudit.errors import StoreError
from callaudit.records import Audit
from callaudit.reports.json import audit_document, dumped
from callaudit.store import counts, queries
from callaudit.store.database import Store, open_store
from callaudit.store.entries import entries_of
from callaudit.store.judgements import write_judgements
from callaudit.store.purge import Purged, _take, old, purge
from callaudit.store.queries import Filter
from callaudit.store.tables import AccessRow, Base, CallRow, DayCount, FileRow, RuleCount, RunRow, RunTaskRow, TaskRow
from tests.store.calls import FIRST, entry, judged, recording
from tests.store.conftest import NOW

BEFORE = FIRST + timedelta(5)
NUMBER = "13800001234"


def _fill(store: Store) -> None:
    """Ten calls of ten days with tasks, files and a run, one failure, and one call whose time nobody knows."""
    with store.session() as session:
        run = session.execute(
            insert(RunRow).values(kind="batch", owner="me", started_at=FIRST, ended_at=FIRST, figures={"worst": "a1"})
        ).inserted_primary_key[0]
        for number in range(11):
            path = f"/calls/{NUMBER}-{number}.wav"
            task = session.execute(
                insert(TaskRow).values(
                    recording_id=recording(number), hearing="h1", location=path, agent_id="a1", found_at=FIRST,
                    state="failed" if number == 10 else "leased", owner="me", kind="TimedOut", why="slow",
                    next_at=FIRST, attempts=1,
                )
            ).inserted_primary_key[0]  # fmt: skip
            session.execute(
                insert(FileRow).values(location=path, size=1, seen_at=FIRST, recording_id=recording(number))
            )
            session.execute(insert(RunTaskRow).values(run_id=run, position=number + 1, task_id=task, name=path[7:-4]))
    for number in range(10):
        made = entry(
            number, judged(("r1", "major", 0.9), asked=(("customer:x", "y"),)), day=number,
            path=f"/calls/{NUMBER}-{number}.wav",
        )  # fmt: skip
        store.save(made, now=NOW, task_id=number + 1, owner="me")


def test_a_dry_run_tells_and_changes_nothing(store: Store) -> None:
    _fill(store)
    found = old(store, BEFORE)
    assert (found.n_calls, found.n_judgements, found.n_tasks, found.n_runs) == (5, 5, 1, 1)
    assert (found.first_day, found.last_day) == ("2026-01-01", "2026-01-05")
    assert len(list(store.each())) == 10


def test_old_calls_leave_every_list_and_count_and_the_others_stay(store: Store) -> None:
    _fill(store)
    store.save_judgement(1, judged(("r2", "minor", 0.6), judging="j2"), now=NOW)
    assert purge(store, BEFORE, who="li", now=NOW) == Purged(5, 6, 1, 1, 0, "2026-01-01", "2026-01-05")
    assert [one.recording_id for one in store.each()] == [recording(number) for number in range(5, 10)]
    with store.session(write=False) as session:
        assert queries.count(session, Filter()) == 5
        assert [one.rule for one in queries.by_rule(session, Filter())] == ["r1"]
        kept = [session.execute(select(own.__table__)).all() for own in (DayCount, RuleCount)]
        for table in Base.metadata.tables.values():
            n_rows = session.scalar(select(func.count()).select_from(table))
            if "call_id" in table.c or "audit_id" in table.c or table.name in ("calls", "files"):
                assert n_rows in (0, 5), table.name
        log = session.scalars(select(AccessRow)).one()
        assert (log.who, log.act, log.what["calls"]) == ("li", "purge", 5)
    with store.session() as session:
        counts.recount(session)
        assert [session.execute(select(own.__table__)).all() for own in (DayCount, RuleCount)] == kept
    assert purge(store, BEFORE, who="li", now=NOW).n_calls == 0


def test_a_purged_recording_is_known_by_its_digest_alone(store: Store) -> None:
    _fill(store)
    purge(store, BEFORE, who="li", now=NOW)
    with store.session(write=False) as session:
        tasks = session.scalars(select(TaskRow).order_by(TaskRow.id)).all()
        assert [task.state for task in tasks] == ["purged"] * 5 + ["done"] * 5 + ["purged"]
        assert all((task.location, task.agent_id, task.why) == ("", None, None) for task in [*tasks[:5], tasks[10]])
        assert [task.recording_id for task in tasks] == [recording(number) for number in range(11)]
        assert session.scalar(select(func.count()).select_from(RunRow)) == 0


def test_a_call_of_unknown_time_is_as_old_as_its_hearing(store: Store) -> None:
    store.save(entry(1, judged(), day=None), now=FIRST)
    store.save(entry(2, judged(), day=None), now=NOW)
    purge(store, BEFORE, who="li", now=NOW)
    with store.session(write=False) as session:
        assert session.scalars(select(CallRow.recording_id)).all() == [recording(2)]


def test_the_id_of_a_purged_call_is_never_anothers(store: Store) -> None:
    purged = store.save(entry(1, judged()), now=NOW)
    purge(store, NOW, who="li", now=NOW)
    assert store.save(entry(2, judged()), now=NOW) > purged


def test_names_of_files_that_hold_no_call_go_once_they_are_old(store: Store) -> None:
    """A file that could not be read, and one that still lay there after its call was purged, and then went."""
    store.save(entry(3, judged(), day=9), now=NOW)
    with store.session() as session:
        for number, seen in ((None, FIRST), (1, FIRST), (2, NOW), (3, FIRST)):
            found = {"recording_id": None if number is None else recording(number), "seen_at": seen, "size": 1}
            session.execute(insert(FileRow).values(location=f"/calls/{number}.wav", **found))
    purge(store, BEFORE, who="li", now=NOW)
    with store.session(write=False) as session:
        assert set(session.scalars(select(FileRow.location))) == {"/calls/2.wav", "/calls/3.wav"}


def test_a_recording_that_another_way_of_hearing_could_hear_stays_with_its_call(store: Store) -> None:
    _fill(store)
    with store.session() as session:  # its call, of the seventh day, is young
        failed = {"state": "failed", "found_at": FIRST, "next_at": FIRST, "location": "/calls/7.wav", "attempts": 3}
        session.execute(insert(TaskRow).values(recording_id=recording(7), hearing="h2", **failed))
    assert purge(store, BEFORE, who="li", now=NOW).n_tasks == 1
    with store.session(write=False) as session:
        states = session.execute(select(TaskRow.hearing, TaskRow.state).where(TaskRow.recording_id == recording(7)))
        assert set(map(tuple, states)) == {("h1", "done"), ("h2", "failed")}


@pytest.mark.slow
def test_however_many_were_never_heard(store: Store) -> None:
    waiting = {"hearing": "h", "location": "x", "state": "waiting", "found_at": FIRST, "next_at": FIRST, "attempts": 0}
    with store.session() as session:  # more than a statement takes values
        session.execute(insert(TaskRow), [{"recording_id": recording(k), **waiting} for k in range(70_000)])
    assert purge(store, BEFORE, who="li", now=NOW).n_tasks == 70_000
    with store.session(write=False) as session:
        assert set(session.scalars(select(TaskRow.state))) == {"purged"}


def test_an_audit_that_cannot_be_read_is_told(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "1.json").write_text("{}")
    (tmp_path / "2.json").mkdir()
    assert old(store, BEFORE, tmp_path).n_files == 0

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("callaudit.store.purge.recording_in", refuse)
    with pytest.raises(StoreError, match=r"1\.json: cannot be read \(Permission denied\)"):
        purge(store, BEFORE, who="li", now=NOW, out=tmp_path)


@pytest.mark.parametrize("first", ["purge", "judge"])
def test_a_call_that_is_judged_while_it_is_purged_is_counted_right(store: Store, first: str) -> None:
    call_id = store.save(entry(1, judged()), now=NOW)
    other = threading.Thread(
        target=lambda: (
            purge(store, NOW, who="li", now=NOW)
            if first == "judge"
            else store.save_judgement(call_id, judged(verdict="fail", judging="j2"), now=NOW)
        )
    )
    with store.session() as session:
        if first == "judge":
            write_judgements(session, {call_id: judged(verdict="fail", judging="j2")}, store.vault, NOW)
        else:
            assert _take(session, NOW) == 1
        other.start()
        other.join(0.5)
    other.join()
    with store.session() as session:
        assert session.scalars(select(DayCount).where(DayCount.n_calls != 0)).all() == []
        assert session.scalar(select(func.count()).select_from(CallRow)) == 0


def test_nothing_of_a_purged_call_is_left_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"

    def holds(word: str) -> bool:
        return any(word.encode() in one.read_bytes() for one in tmp_path.glob("calls.db*"))

    with open_store(path) as store:
        _fill(store)
        assert holds(NUMBER)
        purge(store, NOW, who="li", now=NOW)
        assert not holds(NUMBER)
        assert not holds("a1")
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_of_a_few_purged_calls_nothing_is_left_either(tmp_path: Path) -> None:
    """Too few for their room to be given back: what is overwritten in its place has to be enough."""
    path = tmp_path / "calls.db"

    def marks() -> set[bytes]:
        return {found for one in tmp_path.glob("calls.db*") for found in re.findall(rb"mark\d{5}", one.read_bytes())}

    with open_store(path) as store:
        for number in range(150):
            mark = f"mark{number:05}"
            made = entry(number, judged((mark, "major", 0.9)), day=number, path=f"/calls/{mark}.wav", agent_id=mark)
            size = 3000 * (number % 3)  # of one page or of several
            document = mark.encode() + random.Random(number).randbytes(size)
            store.save(replace(made, call=replace(made.call, document=document)), now=NOW)
        pages = sqlite3.connect(path).execute("PRAGMA page_count").fetchone()
        purge(store, FIRST + timedelta(15), who="li", now=NOW)
        assert sqlite3.connect(path).execute("PRAGMA page_count").fetchone() == pages  # was not made anew
        assert not marks() & {f"mark{number:05}".encode() for number in range(15)}
        assert len(marks()) >= 135


def test_somebody_who_reads_all_the_time_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("callaudit.store.connection.BUSY_S", 0.2)
    with open_store(tmp_path / "calls.db") as store:
        store.save(entry(1, judged()), now=NOW)
        with store.session(write=False) as session:
            assert session.scalar(select(func.count()).select_from(CallRow)) == 1
            purge(store, NOW, who="li", now=NOW)
        assert "somebody reads it" in caplog.text
        caplog.clear()
        purge(store, NOW, who="li", now=NOW)
        assert caplog.text == ""


def test_audits_in_the_out_folder_go_with_their_calls(store: Store, audits: list[Audit], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    started = sorted(audits, key=lambda audit: str(audit.call.metadata.started_at))
    for audit in started:
        store.save(entries_of(audit, hearing="h", judging="j"), now=NOW)
        (out / f"{audit.call.recording.id[:8]}.json").write_text(dumped(audit_document(audit)))
    (out / "summary.json").write_text("{}")
    (out / "notes.json").write_text(f'{{"schema": "other", "id": "{started[0].call.recording.id}"}}')
    since = started[2].call.metadata.started_at
    assert since is not None
    assert old(store, since, out).n_files == 2
    assert len(list(out.iterdir())) == len(started) + 2
    assert purge(store, since, who="li", now=NOW, out=out).n_files == 2
    left = {path.stem for path in out.iterdir()}
    assert left == {"summary", "notes", *(audit.call.recording.id[:8] for audit in started[2:])}


@pytest.mark.parametrize("hearing", ["h1", "h2"])
def test_heard_anew_after_a_purge_it_is_a_call_again(store: Store, hearing: str) -> None:
    _fill(store)
    purge(store, BEFORE, who="li", now=NOW)
    call_id = store.save(entry(0, judged(), hearing=hearing), now=NOW)
    assert [one.id for one in store.each()][-1] == call_id
    with store.session(write=False) as session:
        assert queries.count(session, Filter()) == 6
