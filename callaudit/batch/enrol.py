"""Files become tasks: each is hashed, noted under its name, and queued once for each way of hearing.

Files are taken in the order in which they are found, and the first name of a recording is the one it is heard under, so
that the same files give the same calls. A chunk is committed before the next one is begun: work starts while files are
still being found, and a night of a hundred thousand takes no more memory than one of a hundred.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final, cast

from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.orm import Session

from callaudit.batch.outbox import file_name, told_apart
from callaudit.batch.places import place_of
from callaudit.batch.queue import CHANGED, VANISHED, now
from callaudit.batch.sources import FoundFile, digest, is_unchanged, name_of
from callaudit.errors import SourceError, UnreadableAudio
from callaudit.store.counts import upsert
from callaudit.store.database import Store
from callaudit.store.tables import FileRow, RunTaskRow, TaskRow

CHUNK = 64
"""Files of one transaction, at most."""

CHUNK_S = 1.0
"""A chunk is committed after so long, however few files were hashed: workers wait for them."""

TASKS, FILES, RUN_TASKS = (cast(Table, own.__table__) for own in (TaskRow, FileRow, RunTaskRow))
"""Tables, not classes, and rows apart from the statement: so it is compiled once, not for every chunk."""

EMPTY_WHY = "the file is empty (0 bytes); record or copy it again"


@dataclass(frozen=True, slots=True)
class Anew:
    """What is queued once more although it is settled: calls done, and calls in the quarantine."""

    done: bool = False
    failed: bool = False


@dataclass(slots=True)
class Counts:
    """What was found: files, of them recordings known by an earlier name, and what had become of each before.

    `n_before` were done by an earlier run, `n_quarantined` failed in one, `n_waiting` are to be done by this one, and
    `n_failed` cannot be; `n_unsettled` changed or went while they were hashed and are left for the next run.
    """

    n_files: int = 0
    n_hashed: int = 0
    n_duplicates: int = 0
    n_before: int = 0
    n_waiting: int = 0
    n_quarantined: int = 0
    n_failed: int = 0
    n_unsettled: int = 0

    def add(self, other: Counts) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class _Known:
    """A file and the recording it holds; `kind` and `why` say why nobody can tell; `is_new` unless noted as it is."""

    found: FoundFile
    recording_id: str
    kind: str | None = None
    why: str | None = None
    is_new: bool = True


class Enrolment:
    """Enrols files for a run.

    Parameters
    ----------
    run_id, hearing : whose tasks they are, and the digest of how they will be heard
    filled : is told how many places of the run's order are filled, after each commit
    stopped : asked before each file whether to go on
    """

    def __init__(
        self,
        store: Store,
        run_id: int,
        hearing: str,
        *,
        anew: Anew = Anew(),
        filled: Callable[[int], None] = lambda n: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.counts: Final = Counts()
        self._store, self._run_id, self._hearing = store, run_id, hearing
        self._anew, self._filled, self._stopped = anew, filled, stopped

    def take(self, files: Iterable[FoundFile]) -> None:
        """Enrols the files, in their order.

        Raises
        ------
        StoreError, SourceError
        """
        source = iter(files)
        while chunk := list(islice(source, CHUNK)):
            for identified in self._timed(chunk, self._seen_before(chunk)):
                self._commit(identified)
                if self._stopped():
                    return

    def _seen_before(self, chunk: Sequence[FoundFile]) -> Mapping[str, Any]:
        columns = (FileRow.location, FileRow.size, FileRow.modified_at, FileRow.recording_id)
        wanted = select(*columns).where(FileRow.location.in_([found.location for found in chunk]))
        rows = self._store.transact(lambda session: session.execute(wanted).all(), write=False)
        return {row.location: row for row in rows}

    def _timed(self, chunk: Sequence[FoundFile], before: Mapping[str, Any]) -> Iterator[list[_Known]]:
        ready: list[_Known] = []
        since = time.monotonic()
        for found in chunk:
            if self._stopped():
                break
            known = self._identified(found, before.get(found.location))
            if known is not None:
                ready.append(known)
            if time.monotonic() - since > CHUNK_S:
                yield ready
                ready, since = [], time.monotonic()
        yield ready

    def _identified(self, found: FoundFile, before: Any) -> _Known | None:
        """The file with its recording; None where it changed or went meanwhile: the next run sees it as it is then."""
        self.counts.n_files += 1
        if found.size == 0:
            return _Known(found, _stand_in(found.location), UnreadableAudio.__name__, EMPTY_WHY)
        if before is not None and before.recording_id is not None and _same(found, before):
            return _Known(found, before.recording_id, is_new=False)
        try:
            recording_id = found.recording_id or digest(found.location)  # a sampling plan has read it
            self.counts.n_hashed += 1
            if is_unchanged(found):
                return _Known(found, recording_id)
        except (UnreadableAudio, SourceError) as error:
            if not _is_gone(found):
                return _Known(found, _stand_in(found.location), type(error).__name__, str(error))
        self.counts.n_unsettled += 1
        return None

    # ── one transaction ──────────────────────────────────────────────────────────────────────────────────────────
    def _commit(self, known: Sequence[_Known]) -> None:
        if known:
            counts, position = self._store.transact(lambda session: self._write(session, known))
            self.counts.add(counts)
            self._filled(position)

    def _write(self, session: Session, known: Sequence[_Known]) -> tuple[Counts, int]:
        moment = now()
        _note_files(session, known, moment)
        firsts: dict[str, _Known] = {}
        for one in known:
            firsts.setdefault(one.recording_id, one)
        self._queue(session, firsts, moment)
        tasks = select(TaskRow.id, TaskRow.recording_id, TaskRow.state, TaskRow.kind, TaskRow.location, TaskRow.next_at)
        tasks = tasks.where(TaskRow.hearing == self._hearing, TaskRow.recording_id.in_(firsts))
        rows = {row.recording_id: row for row in session.execute(tasks)}
        own = select(RunTaskRow.task_id).where(RunTaskRow.run_id == self._run_id)
        there = set(session.scalars(own.where(RunTaskRow.task_id.in_([row.id for row in rows.values()]))))
        fresh = [(one, rows[one.recording_id]) for one in firsts.values() if rows[one.recording_id].id not in there]
        counts = Counts(n_duplicates=len(known) - len(fresh))
        for one, row in fresh:
            state, at = self._brought_up(session, one, row, moment)
            counts.n_before += state == "done"
            counts.n_failed += state == "failed" and at == moment
            counts.n_quarantined += state == "failed" and at != moment
            counts.n_waiting += state in ("waiting", "leased")
        return counts, self._place(session, fresh)

    def _queue(self, session: Session, firsts: Mapping[str, _Known], moment: datetime) -> None:
        """Tasks for recordings that have none; a file of which nobody can tell what it holds has failed."""
        values = [
            {
                "recording_id": one.recording_id, "hearing": self._hearing, "location": one.found.location,
                "state": "waiting" if one.kind is None else "failed", "attempts": 0, "found_at": moment,
                "next_at": moment, "kind": one.kind, "why": one.why,
            }
            for one in firsts.values()
        ]  # fmt: skip
        adding = upsert(session)(TASKS).on_conflict_do_nothing(index_elements=["recording_id", "hearing"])
        session.connection().execute(adding, values)
        readable = [_stand_in(one.found.location) for one in firsts.values() if one.kind is None]
        stale = delete(TaskRow).where(TaskRow.hearing == self._hearing, TaskRow.recording_id.in_(readable))
        session.execute(stale)  # what could not be read then can be now

    def _brought_up(self, session: Session, one: _Known, row: Any, moment: datetime) -> tuple[str, datetime]:
        """The state of a task that this run meets for the first time, and since when; queued again where asked for."""
        again = (row.state == "done" and self._anew.done) or (
            row.state == "failed" and one.kind is None and (self._anew.failed or row.kind in (CHANGED, VANISHED))
        )
        fails_again = row.state == "failed" and one.kind is not None and self._anew.failed
        values: dict[str, Any] = {}
        if row.state in ("waiting", "failed") and row.location != one.found.location:
            values["location"] = one.found.location
        if again:
            values |= {"state": "waiting", "attempts": 0, "next_at": moment, "kind": None, "why": None}
        if fails_again:
            values |= {"next_at": moment, "kind": one.kind, "why": one.why}
        if values:
            session.execute(update(TaskRow).where(TaskRow.id == row.id, TaskRow.state == row.state).values(**values))
        return "waiting" if again else str(row.state), moment if again or fails_again else row.next_at

    def _place(self, session: Session, fresh: Sequence[tuple[_Known, Any]]) -> int:
        """Gives the tasks their places in the run's order and their names; the last place filled."""
        own = select(func.max(RunTaskRow.position)).where(RunTaskRow.run_id == self._run_id)
        last = session.scalar(own) or 0
        wanted = [file_name(name_of(one.found.location), one.recording_id) for one, _ in fresh]
        names = select(RunTaskRow.name).where(RunTaskRow.run_id == self._run_id, RunTaskRow.name.in_(wanted))
        taken = set(session.scalars(names))
        rows = []
        for k, ((one, row), name) in enumerate(zip(fresh, wanted, strict=True)):
            if name in taken:
                name = told_apart(name, one.recording_id)
            taken.add(name)
            rows.append({"run_id": self._run_id, "position": last + k + 1, "task_id": row.id, "name": name})
        if rows:
            session.connection().execute(insert(RUN_TASKS), rows)
        return last + len(rows)


def _same(found: FoundFile, before: Any) -> bool:
    return found.modified_at is not None and (found.size, found.modified_at) == (before.size, before.modified_at)


def _note_files(session: Session, known: Sequence[_Known], moment: datetime) -> None:
    seen = [one.found.location for one in known]
    rows = [
        {
            "location": one.found.location, "size": one.found.size, "modified_at": one.found.modified_at,
            "seen_at": moment, "recording_id": one.recording_id if one.kind is None else None,
        }
        for one in known
        if one.is_new
    ]  # fmt: skip
    session.execute(update(FileRow).where(FileRow.location.in_(seen)).values(seen_at=moment))
    if rows:
        there = set(session.scalars(select(FileRow.location).where(FileRow.location.in_(seen))))
        for row in rows:
            if row["location"] in there:
                session.execute(update(FileRow).where(FileRow.location == row["location"]).values(**row))
        adding = upsert(session)(FILES).on_conflict_do_nothing(index_elements=["location"])
        session.connection().execute(adding, rows)


def _stand_in(location: str) -> str:
    """In place of the digest of a file that cannot be read: one of its name."""
    return hashlib.sha256(b"callaudit: the file named " + location.encode()).hexdigest()


def look(location: str) -> FoundFile | None:
    """The file as it is now; None where there is none, or none that may be looked at.

    Raises
    ------
    SourceError
        The storage does not answer.
    """
    place, path = place_of(location)
    try:
        return place.look(path)
    except OSError:
        return None


def _is_gone(found: FoundFile) -> bool:
    try:
        return not is_unchanged(found)
    except SourceError:
        return False
