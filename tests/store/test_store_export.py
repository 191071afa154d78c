"""Parquet files hold every call, finding and turn with its type, and as the store has them."""

from __future__ import annotations

from datetime import UTC, date
from pathlib import Path

import pytest

from callaudit.errors import StoreError
from callaudit.records import Audit
from callaudit.store import parquet
from callaudit.store.crypt import new_key
from callaudit.store.database import Store, open_store
from callaudit.store.entries import entries_of
from tests.store.conftest import NOW

pq = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")


def _fill(store: Store, audits: list[Audit]) -> None:
    for audit in audits:
        store.save(entries_of(audit, hearing="h", judging="j"), now=NOW)


def test_calls_have_their_columns_and_measures(store: Store, audits: list[Audit], tmp_path: Path) -> None:
    _fill(store, audits)
    assert parquet.export(store, tmp_path / "calls.parquet", "calls") == len(audits)
    rows = pq.read_table(tmp_path / "calls.parquet").to_pylist()
    for row, audit in zip(rows, audits, strict=True):
        call, started = audit.call, audit.call.metadata.started_at
        assert started is not None
        assert row["recording_id"] == call.recording.id
        assert row["started_at"] == started.astimezone(UTC)
        assert row["day"] == started.date()
        assert isinstance(row["day"], date)
        assert (row["verdict"], row["score"]) == (audit.score.verdict, audit.score.value)
        assert dict(row["measurements"]) == {m.name: m.value for m in call.measurements}


def test_findings_hold_every_status(store: Store, audits: list[Audit], tmp_path: Path) -> None:
    _fill(store, audits)
    n_rows = parquet.export(store, tmp_path / "findings.parquet", "findings")
    rows = pq.read_table(tmp_path / "findings.parquet").to_pylist()
    assert n_rows == len(rows) == sum(len(audit.findings) for audit in audits)
    found = [(row["recording_id"], row["rule"], row["status"], row["quote"]) for row in rows]
    right = [(a.call.recording.id, f.rule, f.status, f.quote) for a in audits for f in a.findings]
    assert found == right
    assert {row["status"] for row in rows} == {"violated", "passed", "not_applicable", "not_assessable"}


def test_turns_hold_the_words_as_stored(tmp_path: Path, audits: list[Audit]) -> None:
    with open_store(tmp_path / "calls.db", key=new_key()) as store:
        _fill(store, audits)
        parquet.export(store, tmp_path / "turns.parquet", "turns")
    rows = pq.read_table(tmp_path / "turns.parquet").to_pylist()
    assert [row["text"] for row in rows] == [turn.text for audit in audits for turn in audit.call.turns]


def test_days_bound_what_is_written(store: Store, audits: list[Audit], tmp_path: Path) -> None:
    _fill(store, audits)
    days = sorted(str(audit.call.metadata.started_at)[:10] for audit in audits)
    assert parquet.export(store, tmp_path / "c.parquet", "calls", since=days[1], until=days[-2]) == len(audits) - 2


def test_an_empty_store_makes_a_file_without_rows(store: Store, tmp_path: Path) -> None:
    assert parquet.export(store, tmp_path / "calls.parquet", "calls") == 0
    assert pq.read_table(tmp_path / "calls.parquet").column_names == list(parquet.COLUMNS["calls"])


def test_a_file_that_cannot_be_written_is_told_and_not_begun(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="choose another --out"):
        parquet.export(store, tmp_path / "missing" / "calls.parquet", "calls")
