"""A batch, from files to the out folder: the one that touches the store, while workers hear and judge.

Whatever ends it, nothing is lost and nothing counts twice: a file is a task as soon as it is enrolled; a call and the
end of its task are one transaction, and only its lease's owner can make it; a file of the out folder that a kill kept
from being written is written by the next run, from the store.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from callaudit.batch import scope
from callaudit.batch.enrol import Anew, Enrolment, look
from callaudit.batch.executors.base import Executor
from callaudit.batch.outbox import Outbox
from callaudit.batch.owners import new_owner
from callaudit.batch.queue import CHANGED, VANISHED, Queue, now
from callaudit.batch.sources import FoundFile, without_secrets
from callaudit.batch.standing import Listener, RunFigures, Standing
from callaudit.batch.stopping import Stop
from callaudit.batch.tasks import Done, Lost, MakeWork, Outcome, Task
from callaudit.config import BatchConfig
from callaudit.errors import EngineError, LeaseLost, SourceError, StoreError
from callaudit.records import JsonValue
from callaudit.reports.json import dumped
from callaudit.store.database import Store
from callaudit.store.documents import unpacked
from callaudit.store.entries import Entry, joined
from callaudit.store.tables import AuditRow, CallRow, FileRow, RunRow, RunTaskRow, TaskRow

log = logging.getLogger("callaudit.batch")

IDLE_S = 0.1
"""Between two questions whether there is something to begin."""

LOOK_S = 1.0
"""Between two looks at what was passed by: retries that are due, leases of the dead."""

JOIN_S = 10.0
"""So long is waited for a thread that is at a slow disk or storage when the run ends."""

MOST_IN_A_ROW = 25
"""So many calls lost one after the other to causes that are no file's: it is the machine's, and the run ends."""

OF_THE_FILE = frozenset({"UnreadableAudio", "UnsupportedAudio", "AudioError", CHANGED})
PAGE = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is asked for.

    `hearing` is the digest of how calls are heard (`callaudit.batch.keys`); `until` has a zone; `finish` is done after
    the last call, before the out folder is compared with the store (the pass over several calls), unless a signal ended
    the run; it is told whether every recording of the run is in the store. `n_young` says how
    many files the search left alone because they may still be written.
    """

    hearing: str
    out: Path
    batch: BatchConfig = field(default_factory=BatchConfig)
    kind: str = "batch"
    until: datetime | None = None
    anew: Anew = field(default_factory=Anew)
    finish: Callable[[Store, bool], None] = lambda store, is_whole: None
    n_young: Callable[[], int] = lambda: 0


def run_batch(
    store: Store,
    files: Iterable[FoundFile],
    executor: Executor,
    make_work: MakeWork,
    plan: Plan,
    *,
    listener: Listener = lambda outcome, standing: None,
    clock: Callable[[], datetime] = now,
) -> RunFigures:
    """Hears and judges every recording among the files that was not heard in this way before.

    The first SIGINT or SIGTERM lets calls that are at work come to their end, the second ends them at once.
    What the plan's `until` ends, by the time of day that `clock` tells, ends as by the first.

    Raises
    ------
    StoreError
        The database stayed away longer than its patience, or its disk is full; the next run goes on from there.
    CallauditError
        The out folder cannot be written.
    EngineError
        One call after the other was lost to causes that are no recording's.
    KeyboardInterrupt
        The second signal came.
    """
    with Stop(plan.until, clock) as stop:
        return _Run(store, executor, make_work, plan, listener, stop).go(files)


class _Run:
    def __init__(
        self, store: Store, executor: Executor, make_work: MakeWork, plan: Plan, listener: Listener, stop: Stop
    ) -> None:
        self.store, self.executor, self.make_work = store, executor, make_work
        self.plan, self.listener, self.stop = plan, listener, stop
        self.outbox = Outbox(plan.out)
        self.outbox.prepare()
        owner: Final = new_owner()
        self.run_id = _begun(store, plan.kind, owner)
        self.queue = Queue(store, self.run_id, owner, plan.batch)
        self.enrolment = Enrolment(
            store, self.run_id, plan.hearing, anew=plan.anew, filled=self._filled, stopped=lambda: bool(stop.why)
        )
        self.standing = Standing()
        self.since = time.monotonic()
        self.looked_at = 0.0
        self.is_over = False
        self.listed = threading.Event()
        self.names: dict[int, str] = {}
        self.n_heard = self.n_written = self.n_lost = self.n_in_a_row = 0
        self.changed: list[str] = []
        self.listing_error: BaseException | None = None

    def go(self, files: Iterable[FoundFile]) -> RunFigures:
        listing = threading.Thread(target=self._list, args=(files,), name="enrol", daemon=True)
        over = threading.Event()
        beating = threading.Thread(target=self._beat, args=(over,), name="leases", daemon=True)
        try:
            self.queue.take_over()
            listing.start()
            beating.start()
            with closing(self._outcomes()) as outcomes:
                for outcome in outcomes:
                    self._settle(outcome)
            self._tell(None)
        except BaseException as error:
            self.stop.now(type(error).__name__)
            raise
        finally:
            over.set()
            with suppress(StoreError, RuntimeError):  # told by whatever ended the run; a lease runs out by itself
                listing.join(JOIN_S)
                beating.join(JOIN_S)
            with suppress(StoreError):
                self.queue.release()
        if self.listing_error is not None:
            raise self.listing_error
        return self._finished()

    def _outcomes(self) -> Any:
        return self.executor.run(self._tasks(), self.make_work)

    # ── threads ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _list(self, files: Iterable[FoundFile]) -> None:
        try:
            self.enrolment.take(files)
        except BaseException as error:  # handed to the thread that runs the batch, which raises it
            self.listing_error = error
        finally:
            self.looked_at = 0.0  # nobody waits for what is known to be whole now
            self.listed.set()

    def _filled(self, n: int) -> None:
        self.queue.n_enrolled = n

    def _beat(self, over: threading.Event) -> None:
        while not over.wait(self.plan.batch.lease_s / 4):
            try:
                self.queue.renew()
            except StoreError as error:  # the run itself meets it too, and decides
                log.warning("leases could not be renewed: %s", error)

    # ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _tasks(self) -> Iterator[Task | None]:
        while not self.stop.why:
            claimed = self._next()
            if claimed is None and (self.is_over or self.listing_error is not None):
                return
            if claimed is None:
                self._tell(None)
                time.sleep(IDLE_S)
                yield None
            else:
                task, self.names[task.id] = claimed
                yield task

    def _next(self) -> tuple[Task, str] | None:
        """The next task and its name; None where there is none just now, and where there is none any more."""
        listed = self.listed.is_set()  # asked first: what is listed meanwhile is seen next time
        claimed = self.queue.claim()
        if claimed is not None or time.monotonic() - self.looked_at < LOOK_S:
            return claimed
        self.looked_at = time.monotonic()
        self.queue.take_over()
        claimed = self.queue.claim_again()
        if claimed is None and listed and self.changed:
            self._enrol_changed()
        elif claimed is None and listed:
            self.is_over = self.queue.n_left() == 0
        return claimed

    def _enrol_changed(self) -> None:
        """Files that changed under a worker: what they hold now is another recording, if it is whole by now."""
        again, self.changed = self.changed, []
        found = [there for location in again if (there := look(location)) is not None]
        settled = [one for one in found if _age_s(one) >= self.plan.batch.settle_s]
        self.enrolment.counts.n_unsettled += len(again) - len(settled)
        self.enrolment.take(settled)

    # ── outcomes ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _settle(self, outcome: Outcome) -> None:
        if self.listed.is_set():
            self.looked_at = 0.0
        name = self.names.pop(outcome.task.id)
        if isinstance(outcome, Done) and outcome.entry.call.recording_id != outcome.task.recording_id:
            outcome = Lost(outcome.task, CHANGED, "")
        kept = self._keep(outcome, name) if isinstance(outcome, Done) else self._lose(outcome)
        if kept is not None:
            self._tell(kept)

    def _keep(self, done: Done, name: str) -> Outcome | None:
        moment = now()
        try:
            self.store.save(done.entry, now=moment, task_id=done.task.id, owner=self.queue.owner)
        except LeaseLost:
            log.warning("task %d was taken over by another run; what was heard here is left out", done.task.id)
            return None
        self.n_heard += 1
        self.n_in_a_row = 0
        self._write(name, done.task.recording_id, moment, lambda: _document(done.entry))
        was = self.standing
        audio_s, busy_s = was.audio_s + done.entry.call.duration_s, was.busy_s + done.busy_s
        self.standing = replace(was, n_done=was.n_done + 1, audio_s=audio_s, busy_s=busy_s)
        return done

    def _lose(self, lost: Lost) -> Outcome | None:
        if lost.kind in OF_THE_FILE:
            lost = self._looked_after(lost)
            if lost.kind == VANISHED and self.queue.move(lost.task, _is_there):
                return None
        state = self.queue.lost(lost)
        if state == "failed":
            self.n_lost += 1
        elif state == "waiting":
            self.standing = replace(self.standing, n_retries=self.standing.n_retries + 1)
        self.n_in_a_row = self.n_in_a_row + 1 if lost.may_pass else 0
        if self.n_in_a_row >= MOST_IN_A_ROW:
            raise EngineError(
                f"{self.n_in_a_row} calls in a row were lost, the last one to {lost.kind}: {_nameless(lost)}; the run "
                "has ended before it puts every call into the quarantine; mend the cause, start again"
            )
        return None if state is None else lost

    def _looked_after(self, lost: Lost) -> Lost:
        """The same, or that the file is no more what was enrolled: then it says nothing about the recording."""
        columns = select(FileRow.size, FileRow.modified_at).where(FileRow.location == lost.task.location)
        noted = self.store.transact(lambda session: session.execute(columns).first(), write=False)
        try:
            there = look(lost.task.location)
        except SourceError:  # the storage does not say just now
            return lost
        if there is None:
            why = "the file was moved or deleted after it was found, before it could be heard"
            return Lost(lost.task, VANISHED, why)
        if lost.kind == CHANGED or (noted is not None and tuple(noted) != (there.size, there.modified_at)):
            self.changed.append(lost.task.location)
            why = "the file was changed after it was found; what it holds now is a recording of its own"
            return Lost(lost.task, CHANGED, why)
        return lost

    def _write(self, name: str, recording_id: str, judged_at: datetime, document: Callable[[], JsonValue]) -> None:
        self.outbox.write(name, recording_id, judged_at, lambda: dumped(document()))
        self.n_written += 1

    def _tell(self, outcome: Outcome | None) -> None:
        counts = self.enrolment.counts
        self.standing = replace(
            self.standing, n_files=counts.n_files, n_before=counts.n_before, n_quarantined=counts.n_quarantined,
            n_to_do=counts.n_waiting + counts.n_failed, n_failed=counts.n_failed + self.n_lost,
            elapsed_s=time.monotonic() - self.since, is_listing=not self.listed.is_set(),
        )  # fmt: skip
        self.listener(outcome, self.standing)

    # ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _finished(self) -> RunFigures:
        if not self.stop.is_urgent:
            figures = self._figures()
            n_unheard = figures.n_left + figures.n_failed + figures.n_quarantined
            self.plan.finish(self.store, figures.stopped is None and n_unheard == 0)
        self._complete()
        figures = self._figures()
        done = update(RunRow).where(RunRow.id == self.run_id).values(ended_at=now(), figures=asdict(figures))
        self.store.transact(lambda session: session.execute(done))
        return figures

    def _complete(self) -> None:
        """Brings the out folder to what the store holds: files that a kill kept back, judgements made since."""
        position = 0
        while rows := self.store.transact(partial(_done_after, self.run_id, position), write=False):
            for row in rows:
                if not self.outbox.is_current(row.name, row.recording_id, row.judged_at):
                    document = partial(self.store.document, row.call_id)
                    self._write(row.name, row.recording_id, row.judged_at, document)
            position = rows[-1].position
        if self.n_written:
            self.outbox.settle()

    def _figures(self) -> RunFigures:
        own = select(TaskRow.state, func.count()).join(RunTaskRow, RunTaskRow.task_id == TaskRow.id)
        own = own.where(RunTaskRow.run_id == self.run_id).group_by(TaskRow.state)
        failed_now = own.where(TaskRow.state == "failed", scope.failed_now(self.run_id))

        def counted(session: Session) -> tuple[dict[str, int], int]:
            return {state: n for state, n in session.execute(own)}, sum(n for _, n in session.execute(failed_now))

        states, n_failed = self.store.transact(counted, write=False)
        counts, standing = self.enrolment.counts, self.standing
        return RunFigures(
            self.run_id, counts.n_files, counts.n_hashed, counts.n_duplicates, counts.n_before,
            counts.n_unsettled + self.plan.n_young(),
            self.n_heard, standing.n_retries, states.get("done", 0), n_failed,
            states.get("waiting", 0) + states.get("leased", 0), self.n_written, standing.audio_s, standing.busy_s,
            time.monotonic() - self.since, self.stop.why, states.get("failed", 0) - n_failed,
        )  # fmt: skip


def _begun(store: Store, kind: str, owner: str) -> int:
    row = insert(RunRow).values(kind=kind, owner=owner, started_at=now(), figures={}).returning(RunRow.id)
    return store.transact(lambda session: int(session.execute(row).scalar_one()))


def _done_after(run_id: int, position: int, session: Session) -> Any:
    """A page of the run's calls, in its order, each with its name and the time of its newest judgement."""
    wanted = (
        select(
            RunTaskRow.position, RunTaskRow.name, CallRow.recording_id, CallRow.id.label("call_id"),
            func.max(AuditRow.judged_at).label("judged_at"),
        )
        .join(TaskRow, TaskRow.id == RunTaskRow.task_id)
        .join(CallRow, (CallRow.recording_id == TaskRow.recording_id) & (CallRow.hearing == TaskRow.hearing))
        .join(AuditRow, AuditRow.call_id == CallRow.id)
        .where(RunTaskRow.run_id == run_id, RunTaskRow.position > position, TaskRow.state == "done")
        .group_by(RunTaskRow.position, RunTaskRow.name, CallRow.recording_id, CallRow.id)
        .order_by(RunTaskRow.position)
        .limit(PAGE)
    )  # fmt: skip
    return session.execute(wanted).all()


def _document(entry: Entry) -> JsonValue:
    """The audit document, as the store would give it back."""
    return joined(unpacked(entry.call.document), unpacked(entry.judgement.document))


def _nameless(lost: Lost) -> str:
    """Why a task was lost, without its recording's name, which may be a customer's number."""
    return lost.why.replace(without_secrets(lost.task.location), "a recording")


def _is_there(location: str) -> bool:
    try:
        return look(location) is not None
    except SourceError:
        return False


def _age_s(found: FoundFile) -> float:
    return abs((now() - found.modified_at).total_seconds()) if found.modified_at is not None else 0.0
