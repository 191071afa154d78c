"""Many judgements written at once leave the rows that writing each by itself leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from callaudit.records import PastCall
from callaudit.store.database import Store, open_store
from callaudit.store.entries import Breach, CallEntry, Entry, JudgementEntry
from callaudit.store.judgements import carry_asked, carry_past, judging_of, write_judgements
from callaudit.store.tables import AskedRow, AuditRow, Base, JudgingRow, PastRow

NOW, LATER = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)


def call(number: int, hearing: str = "h") -> CallEntry:
    return CallEntry(f"{number:064x}", hearing, f"{number}.wav", 60.0, b"call", "inbound", NOW, "2026-11-22", "A1")


def past(number: int) -> PastCall:
    return PastCall(f"{number:064x}", f"{number}.wav", "inbound", NOW, 60.0, "A1", customer="+8613800001234")


def judgement(number: int, judging: str = "one", score: float | None = 90.0) -> JudgementEntry:
    broken = (Breach("rude", "critical", 0.9, 1.0), Breach("late", "major", 0.8, None, 2))[: number % 3]
    return JudgementEntry(
        judging, "book", judging, b"judgement", "pass", score, 80.0, 95.0, "sheet", 1, 0, broken, past(number),
        ("greets", "thanks"), ("tone",), (("customer:+8613800001234", ""),),
    )  # fmt: skip


def filled(path: Path) -> Store:
    store = open_store(path)
    for number in range(1, 6):
        store.save(Entry(call(number), judgement(number)), now=NOW)
    store.save(Entry(call(2, "again"), judgement(2)), now=NOW)  # heard anew: the newer call is shown
    return store


def rows(store: Store) -> dict[str, set[Any]]:
    found = {}
    with store.session(write=False) as session:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if table.name != "judgings" or column.name != "digests"]
            found[table.name] = {str(tuple(row)) for row in session.execute(select(*columns))}
    return found


ENTRIES: tuple[Mapping[int, JudgementEntry], ...] = (
    {number: judgement(number, "two", 50.0 + number) for number in range(1, 7)},
    {3: judgement(4, "one"), 1: replace(judgement(1, "two", None), past=None, asked=())},
    {2: judgement(2, "two")},
)


@pytest.mark.parametrize("last", range(1, len(ENTRIES) + 1))
def test_the_rows_are_the_same(tmp_path: Path, last: int) -> None:
    with filled(tmp_path / "each.db") as each, filled(tmp_path / "many.db") as many:
        for entries in ENTRIES[:last]:
            for call_id, entry in sorted(entries.items()):
                with each.session() as session:
                    write_judgements(session, {call_id: entry}, each.vault, LATER)
            many.save_judgements(entries, now=LATER)
        assert rows(many) == rows(each)


def test_calls_that_are_purged_meanwhile_are_left_out(tmp_path: Path) -> None:
    with filled(tmp_path / "calls.db") as store:
        before = rows(store)
        store.save_judgements({77: judgement(7)}, now=LATER)
        assert rows(store) == before


def test_what_other_calls_know_is_left_or_carried(tmp_path: Path) -> None:
    with filled(tmp_path / "calls.db") as store, store.session() as session:
        write_judgements(session, {1: replace(judgement(1, "two"), asked=())}, store.vault, LATER, past=False)
        own = select(func.count()).select_from(PastRow).where(PastRow.rulebook_sha256 == "two")
        assert session.scalar(own) == 0
        for _ in range(2):  # whoever does it again changes nothing
            carry_past(session, [1], "one", "two")
            assert session.scalar(own) == 1
        old = session.scalars(select(AuditRow.id).where(AuditRow.call_id == 1).order_by(AuditRow.id)).all()
        two = session.scalars(select(JudgingRow.id).where(JudgingRow.judging == "two")).one()
        for _ in range(2):
            carry_asked(session, old[:1], two)
            asked = select(AskedRow.key, AskedRow.answer).where(AskedRow.audit_id == old[1])
            assert session.execute(asked).all() == [("customer:+8613800001234", "")]


def test_digests_are_noted_once(tmp_path: Path) -> None:
    with filled(tmp_path / "calls.db") as store, store.session() as session:
        first = judging_of(session, "one", "book", "one", {"rude": "1"})
        assert judging_of(session, "one", "book", "one", {"rude": "2"}) == first
        assert session.scalars(select(JudgingRow.digests)).all() == [{"rude": "1"}]
