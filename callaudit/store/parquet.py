"""Calls, findings and turns as Parquet files, a row group in memory at a time; words as they are stored, masked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from callaudit.errors import StoreError
from callaudit.store.database import Store
from callaudit.store.documents import unpacked
from callaudit.store.tables import AuditDocument, AuditRow, CallDocument, CallRow, JudgingRow

What = Literal["calls", "findings", "turns"]
WHATS: tuple[What, ...] = get_args(What)
PAGE = 100
GROUP_ROWS = 20_000
"""A row group holds at least so many rows, and those of a page more."""

CALL = {
    "call_id": "int64", "recording_id": "string", "hearing": "string", "path": "string", "day": "date32",
    "started_at": "moment", "heard_at": "moment", "duration_s": "double", "direction": "string", "agent_id": "string",
    "agent_name": "string", "team": "string", "sector": "string", "language": "string",
}  # fmt: skip
AUDIT = {
    "rulebook": "string", "rulebook_sha256": "string", "judged_at": "moment", "verdict": "string", "score": "double",
    "low": "double", "high": "double", "sheet": "string", "n_violated": "int32", "n_critical": "int32",
    "n_not_assessable": "int32", "n_failures": "int32",
}  # fmt: skip
SHORT = {key: CALL[key] for key in ("call_id", "recording_id", "day", "agent_id", "team")}
FINDING = {
    "rule": "string", "status": "string", "severity": "string", "title": "string", "chapter": "string",
    "message": "string", "why": "string", "confidence": "double", "value": "double", "limit": "double",
    "unit": "string", "times": "int32", "quote": "string", "matched": "string", "layer": "string",
}  # fmt: skip
PLACE = {"start_s": "double", "end_s": "double", "speaker": "string", "n_places": "int32"}
TURN = {
    "speaker": "string", "start_s": "double", "end_s": "double", "text": "string", "confidence": "double",
    "level_dbov": "double", "rate_cpm": "double", "f0_median_hz": "double", "f0_spread_st": "double",
    "speaker_confidence": "double",
}  # fmt: skip
COLUMNS: dict[What, dict[str, str]] = {
    "calls": {**CALL, **AUDIT, "measurements": "map"},
    "findings": {**SHORT, "rulebook": "string", **FINDING, **PLACE},
    "turns": {**SHORT, "turn": "int32", **TURN},
}
"""The columns of each file with their types; `measurements` maps the name of each measure to its value."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """A call with its latest judgement: columns and the two documents."""

    columns: dict[str, Any]
    call: dict[str, Any]
    judgement: dict[str, Any]


def export(store: Store, path: Path, what: What, *, since: str | None = None, until: str | None = None) -> int:
    """Writes a Parquet file; how many rows it has. It is there whole, or not at all.

    Parameters
    ----------
    since, until : first and last day of the calls (ISO 8601); calls of no known day are left out where one is given

    Raises
    ------
    StoreError
        pyarrow is not installed, or the file cannot be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise StoreError("Parquet needs pyarrow; pip install 'callaudit[parquet]'") from error
    schema = pyarrow.schema([(name, _types(pyarrow)[kind]) for name, kind in COLUMNS[what].items()])
    draft, n_rows = path.with_name(f".{path.name}.part"), 0
    try:
        with parquet.ParquetWriter(draft, schema, compression="zstd") as writer:
            for group in _groups(_stored(store, since, until), ROWS[what]):
                writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))
                n_rows += len(group)
        with draft.open("rb+") as stream:
            os.fsync(stream.fileno())
        draft.replace(path)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot write the export ({error.strerror or error}); choose another --out"
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return n_rows


def _types(pyarrow: Any) -> dict[str, Any]:
    return {
        "int32": pyarrow.int32(), "int64": pyarrow.int64(), "double": pyarrow.float64(), "string": pyarrow.string(),
        "date32": pyarrow.date32(), "moment": pyarrow.timestamp("us", tz="UTC"),
        "map": pyarrow.map_(pyarrow.string(), pyarrow.float64()),
    }  # fmt: skip


def _groups(calls: Iterator[_Stored], rows_of: Callable[[_Stored], list[dict[str, Any]]]) -> Iterator[list[Any]]:
    group: list[dict[str, Any]] = []
    for one in calls:
        group += rows_of(one)
        if len(group) >= GROUP_ROWS:
            yield group
            group = []
    if group:
        yield group


def _stored(store: Store, since: str | None, until: str | None) -> Iterator[_Stored]:
    """The calls in the order of their ids, each with its latest judgement."""
    columns = [getattr(CallRow, key) for key in CALL if key != "call_id"]
    columns += [getattr(JudgingRow if key.startswith("rulebook") else AuditRow, key) for key in AUDIT]
    wanted: Any = (
        select(CallRow.id.label("call_id"), CallDocument.document.label("heard"), AuditDocument.document, *columns)
        .join(AuditRow, (AuditRow.call_id == CallRow.id) & AuditRow.latest)
        .join(JudgingRow, JudgingRow.id == AuditRow.judging_id)
        .join(CallDocument, CallDocument.call_id == CallRow.id)
        .join(AuditDocument, AuditDocument.audit_id == AuditRow.id)
        .order_by(CallRow.id)
        .limit(PAGE)
    )
    wanted = wanted if since is None else wanted.where(CallRow.day >= since)
    wanted = wanted if until is None else wanted.where(CallRow.day <= until)
    after = 0
    while rows := _rows(store, wanted.where(CallRow.id > after)):
        for row in rows:
            known = {key: row[key] for key in (*CALL, *AUDIT)}
            known["day"] = date.fromisoformat(known["day"]) if known["day"] else None
            yield _Stored(known, *(unpacked(store.vault.opened(row[key])) for key in ("heard", "document")))
        after = rows[-1]["call_id"]


def _rows(store: Store, wanted: Any) -> Sequence[Any]:
    def work(session: Session) -> Sequence[Any]:
        return session.execute(wanted).mappings().all()

    return store.transact(work, write=False)


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _call_rows(one: _Stored) -> list[dict[str, Any]]:
    return [{**one.columns, "measurements": [(m["name"], m["value"]) for m in one.call["measurements"]]}]


def _finding_rows(one: _Stored) -> list[dict[str, Any]]:
    short = {key: one.columns[key] for key in (*SHORT, "rulebook")}
    rows = []
    for finding in one.judgement["findings"]:
        places = finding["spans"]
        first = places[0] if places else {}
        place = {"start_s": first.get("start_s"), "end_s": first.get("end_s"), "speaker": first.get("speaker")}
        rows.append({**short, **{key: finding[key] for key in FINDING}, **place, "n_places": len(places)})
    return rows


def _turn_rows(one: _Stored) -> list[dict[str, Any]]:
    short = {key: one.columns[key] for key in SHORT}
    turns = one.call["turns"]
    return [{**short, "turn": k, **{key: turn[key] for key in TURN}} for k, turn in enumerate(turns)]


ROWS: dict[What, Callable[[_Stored], list[dict[str, Any]]]] = {
    "calls": _call_rows,
    "findings": _finding_rows,
    "turns": _turn_rows,
}
