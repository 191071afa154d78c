"""Calls that an earlier version wrote get the measures that they would have been written with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select

from callaudit.records import Audit
from callaudit.store import counts
from callaudit.store.database import Store
from callaudit.store.entries import entries_of
from callaudit.store.measured import fill_figures, n_without
from callaudit.store.tables import CallFigureRow, FigureCount
from tests.store.conftest import NOW


def test_measures_of_older_calls_are_worked_out_and_counted(store: Store, audits: list[Audit]) -> None:
    for audit in audits:
        store.save(entries_of(audit, hearing="h", judging="j"), now=NOW)
    written = _all(store)
    assert any(row.name == "hold_s" and row.bin for row in written[1])
    with store.session() as session:
        session.execute(delete(CallFigureRow))
        counts.recount(session)
        assert n_without(session) == len(audits)
    assert {row.name for row in _all(store)[1]} == {"score"}
    assert fill_figures(store) == len(audits)
    assert _all(store) == written
    assert fill_figures(store) == 0


def _all(store: Store) -> list[list[Any]]:
    with store.session(write=False) as session:
        return [
            list(session.execute(select(own.__table__).order_by(*own.__table__.primary_key.columns)))
            for own in (CallFigureRow, FigureCount)
        ]
