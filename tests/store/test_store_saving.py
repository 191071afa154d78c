"""What is written into the store comes back as it was, once, whatever is tried."""

from __future__ import annotations

import stat
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from callaudit.errors import LeaseLost, StoreError
from callaudit.records import Audit, MadeBy, PastCall, Promise
from callaudit.reports.json import audit_document, dumped
from callaudit.store.database import Store, open_store
from callaudit.store.entries import call_of, entries_of
from callaudit.store.judgements import write_judgements
from callaudit.store.tables import AuditRow, BreachRow, CallRow, DayCount, PastRow, TaskRow
from callaudit.store.writing import unpacked_past, write_call
from tests.store.calls import FIRST, SHA, entry, judged, recording
from tests.store.conftest import NOW


def test_an_audit_comes_back_byte_for_byte(store: Store, audits: list[Audit]) -> None:
    for audit in audits:
        call_id = store.save(entries_of(audit, hearing="h", judging="j"), now=NOW)
        assert dumped(store.document(call_id)) == dumped(audit_document(audit))
        assert dumped(audit_document(store.audit(call_id))) == dumped(audit_document(audit))
        made_by = MadeBy(audit.made_by.callaudit, audit.made_by.model, audit.made_by.model_sha256)
        assert store.call(call_id) == replace(audit.call, made_by=made_by)


def test_entries_are_the_same_bytes_each_time(audits: list[Audit]) -> None:
    for audit in audits:
        assert entries_of(audit, hearing="h", judging="j") == entries_of(audit, hearing="h", judging="j")


def test_saving_twice_writes_once(store: Store, audits: list[Audit]) -> None:
    made = entries_of(audits[1], hearing="h", judging="j")
    assert store.save(made, now=NOW) == store.save(made, now=NOW + timedelta(1))
    with store.session(write=False) as session:
        assert session.scalar(select(func.count()).select_from(CallRow)) == 1
        assert session.scalar(select(func.count()).select_from(AuditRow)) == 1
        n_broken = sum(finding.status == "violated" for finding in audits[1].findings)
        assert session.scalar(select(func.count()).select_from(BreachRow)) == n_broken > 0


def test_a_new_judgement_is_the_latest_and_the_earlier_one_is_kept(store: Store) -> None:
    call_id = store.save(entry(1, judged(("r1", "major", 0.9), verdict="fail", score=50.0)), now=NOW)
    store.save_judgement(call_id, judged(verdict="pass", score=99.0, judging="j2"), now=NOW + timedelta(hours=1))
    with store.session(write=False) as session:
        rows = session.execute(select(AuditRow.verdict, AuditRow.latest).order_by(AuditRow.id)).all()
        assert [tuple(row) for row in rows] == [("fail", False), ("pass", True)]
        assert session.scalars(select(BreachRow.rank)).all() == [None]


def test_of_two_hearings_the_newer_one_is_listed_even_if_the_older_is_judged_again(store: Store) -> None:
    older = store.save(entry(1, judged()), now=NOW)
    newer = store.save(entry(1, judged(), hearing="h2"), now=NOW)
    store.save_judgement(older, judged(judging="j2"), now=NOW)
    with store.session(write=False) as session:
        assert session.scalars(select(AuditRow.call_id).where(AuditRow.latest)).all() == [newer]
    assert [one.id for one in store.each()] == [newer]


def test_each_gives_every_call_once_in_order_whatever_the_page(store: Store) -> None:
    ids = [store.save(entry(number, judged()), now=NOW) for number in range(7)]
    for page in (1, 3, 7, 100):
        assert [one.id for one in store.each(page=page)] == ids
    assert [one.id for one in store.each(after=ids[4], page=1)] == ids[5:]


def test_a_call_is_read_from_its_bytes_alone(store: Store, audits: list[Audit]) -> None:
    store.save(entries_of(audits[0], hearing="h", judging="j"), now=NOW)
    (found,) = store.each()
    assert call_of(found.document) == store.call(found.id)
    assert found.recording_id == audits[0].call.recording.id


def test_what_other_calls_need_to_know_comes_back(store: Store) -> None:
    promise = Promise(FIRST, FIRST + timedelta(hours=2), "两小时内")
    past = PastCall(
        recording(1), "/calls/1.wav", "inbound", FIRST, 60.0, "a1", customer="+8613800001234", marks=("promised",),
        promises=(promise, Promise(FIRST, None)), rate_cpm=240.5,
    )  # fmt: skip
    store.save(entry(1, judged(past=past)), now=NOW)
    with store.session(write=False) as session:
        row = session.scalars(select(PastRow)).one()
        assert (row.customer, row.due_at, row.rulebook_sha256) == ("+8613800001234", promise.due_at, SHA)
        assert unpacked_past(row.document) == past


# ── with a task ──────────────────────────────────────────────────────────────────────────────────────────────────
def _task(store: Store, owner: str | None, state: str = "leased") -> int:
    row = {
        "recording_id": recording(1), "hearing": "h1", "location": "/calls/1.wav", "state": state, "attempts": 1,
        "found_at": NOW, "next_at": NOW, "owner": owner,
    }  # fmt: skip
    with store.session() as session:
        return session.execute(insert(TaskRow).values(**row).returning(TaskRow.id)).scalar_one()


def test_the_task_is_done_with_the_call(store: Store) -> None:
    task = _task(store, "me")
    call_id = store.save(entry(1, judged()), now=NOW, task_id=task, owner="me")
    with store.session(write=False) as session:
        assert tuple(session.execute(select(TaskRow.state, TaskRow.owner)).one()) == ("done", None)
    # the connection was lost at the commit, and the run tries again
    assert store.save(entry(1, judged()), now=NOW, task_id=task, owner="me") == call_id


@pytest.mark.parametrize(("owner", "state"), [("another", "leased"), (None, "failed")])
def test_a_call_whose_lease_is_lost_is_not_written(store: Store, owner: str | None, state: str) -> None:
    task = _task(store, owner, state)
    with pytest.raises(LeaseLost, match=f"task {task} "):
        store.save(entry(1, judged()), now=NOW, task_id=task, owner="me")
    with store.session(write=False) as session:
        assert session.scalar(select(func.count()).select_from(CallRow)) == 0
        assert session.scalar(select(TaskRow.state)) == state


def test_nothing_of_a_call_is_written_when_the_end_of_it_fails(store: Store) -> None:
    broken = judged(("r", "major", 0.5), ("r", "major", 0.6))  # one rule twice: refused by the last table but one
    with pytest.raises(StoreError):
        store.save(entry(1, broken), now=NOW)
    with store.session(write=False) as session:
        assert session.scalar(select(func.count()).select_from(CallRow)) == 0


def test_writers_at_once_lose_nothing_and_count_right(store: Store) -> None:
    def work(first: int) -> None:
        for number in range(first, first + 10):
            store.save(entry(number, judged(("r1", "major", 0.9), ("r2", "minor", 0.9))), now=NOW)

    threads = [threading.Thread(target=work, args=(10 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(store.each())) == 40


# ── reading what is not there ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("first", ["heard", "judged"])
def test_of_a_recording_written_twice_at_once_one_judgement_is_listed(store: Store, first: str) -> None:
    """Heard in two ways by two runs, and heard anew by one while another one judges what was heard before."""
    before = store.save(entry(1, judged(), hearing="old"), now=NOW) if first == "judged" else None

    def write() -> None:
        store.save(entry(1, judged(), hearing="new"), now=NOW)

    other = threading.Thread(target=write)
    with store.session() as session:
        if before is None:
            made = entry(1, judged(), hearing="old")
            before = write_call(session, made.call, store.vault, NOW)
        write_judgements(session, {before: judged(judging="j2")}, store.vault, NOW)
        other.start()
        other.join(0.5)
    other.join()
    with store.session(write=False) as session:
        latest = session.scalars(select(AuditRow.call_id).where(AuditRow.latest)).all()
        assert latest == [session.scalar(select(func.max(CallRow.id)))]
        assert session.scalar(select(func.sum(DayCount.n_calls))) == 1


def test_a_judgement_waits_for_a_new_hearing_of_its_recording(store: Store) -> None:
    before = store.save(entry(1, judged(), hearing="old"), now=NOW)
    other = threading.Thread(target=lambda: store.save_judgement(before, judged(judging="j2"), now=NOW))
    with store.session() as session:
        made = entry(1, judged(), hearing="new")
        after = write_call(session, made.call, store.vault, NOW)
        write_judgements(session, {after: made.judgement}, store.vault, NOW)
        other.start()
        other.join(0.5)
    other.join()
    with store.session(write=False) as session:
        assert session.scalars(select(AuditRow.call_id).where(AuditRow.latest)).all() == [after]
        assert session.scalar(select(func.sum(DayCount.n_calls))) == 1


def test_what_is_not_there_is_said(store: Store) -> None:
    for read in (store.document, store.call, store.audit, store.judgement):
        with pytest.raises(StoreError, match="purged"):
            read(7)


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    with open_store(tmp_path / "calls.db"):
        assert stat.S_IMODE((tmp_path / "calls.db").stat().st_mode) == 0o600
