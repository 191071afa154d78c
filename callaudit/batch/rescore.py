"""Judging every stored call again, without its sound: each as far as the change touches it.

What is done is kept page by page, so that a rescore that was killed goes on where it was; calls that have been judged
in this way already are not judged again. Judgements made in other ways stay.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from callaudit.batch.changes import Shift, Standing, Tally, shift_between, standing_of, standings
from callaudit.batch.pool import in_order
from callaudit.batch.rejudging import Given, Rejudged, Way, loosened, unchanged
from callaudit.errors import StoreError
from callaudit.records import Direction
from callaudit.rules.digests import PAST, asks_history
from callaudit.rules.engine import concerning
from callaudit.store.database import Store, documents_of
from callaudit.store.entries import JudgementEntry
from callaudit.store.judgements import carry_asked, carry_past, judging_of, write_judgements
from callaudit.store.tables import AuditDocument, AuditRow, CallDocument, CallRow, JudgingRow

log = logging.getLogger("callaudit.batch")

PAGE = 200
"""Calls that are judged by one process and written in one transaction at a time."""

Told = Callable[[int], None]
"""Told how many calls were looked at since the last time."""


@dataclass(slots=True)
class Rescored:
    """How a rescore went: `n_before` calls had been judged in this way before, `n_parsed` had to be read.

    `n_incomplete` have a rule that crashed; `unread` are the ids of calls whose documents are damaged, with the cause.
    """

    n_judged: int = 0
    n_before: int = 0
    n_parsed: int = 0
    n_incomplete: int = 0
    unread: dict[int, str] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class Judged:
    """A way of judging as the store knows it: findings of the rules `carried` can be taken over from it.

    Those of the rules `loosened` can where the call is far enough from a limit.
    """

    id: int
    rulebook_sha256: str
    carried: frozenset[str]
    loosened: frozenset[str]
    same_past: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Calls that lie together: their rows, and what was sent to be judged again."""

    rows: Sequence[Any]
    given: tuple[Given, ...]
    unread: Mapping[int, str]


def rescore(
    store: Store,
    way: Way,
    *,
    workers: int = 1,
    dry_run: bool = False,
    on_shift: Callable[[Shift], None] = lambda shift: None,
    progress: Told = lambda n: None,
) -> Rescored:
    """Judges every stored call in this way, and tells what that changes against the judgement that was shown before.

    Parameters
    ----------
    workers : processes that judge; 0 means one for each core, 1 none but this
    dry_run : nothing is written
    on_shift : told of every call whose verdict or score changes, in order of ids

    Raises
    ------
    StoreError, EngineError
    """
    return _Run(store, way, workers, dry_run, on_shift, progress).run()


def know(store: Store, way: Way) -> int:
    """The id of the way in the store, with the digests of its rules: what a later rescore goes by."""
    book, digests = way.rulebook, way.digests
    return store.transact(lambda session: judging_of(session, way.judging, book.name, book.sha256, digests))


class _Run:
    """One rescore."""

    def __init__(
        self,
        store: Store,
        way: Way,
        workers: int,
        dry_run: bool,
        on_shift: Callable[[Shift], None],
        progress: Told,
    ) -> None:
        self.store, self.way, self.workers, self.dry_run = store, way, workers, dry_run
        self.on_shift, self.progress = on_shift, progress
        self.digests, self.judging = way.digests, way.judging
        self.asking = {rule.id for rule in way.rulebook.rules if asks_history(rule)}
        self.ways: dict[int, Judged] = {}
        self.touched = cache(self._changes)
        self.done = Rescored()
        self.pages: list[Page] = []
        self.id = None if dry_run else know(store, way)

    def run(self) -> Rescored:
        for results in in_order(self._given(), self.way.rejudge, self.workers):
            self._keep(self.pages.pop(0), results)
        return self.done

    # ── what is to be judged ─────────────────────────────────────────────────────────────────────────────────────
    def _given(self) -> Iterator[tuple[Given, ...]]:
        """Pages of calls for the processes; each is noted in `pages`, whose results come in the same order."""
        after = 0
        while page := self.store.transact(partial(self._page, after), write=False):
            self.pages.append(page)
            after = page.rows[-1].id
            yield page.given

    def _page(self, after: int, session: Session) -> Page | None:
        rows = session.execute(_latest(after)).all()
        if not rows:
            return None
        for judging_id in {row.judging_id for row in rows} - self.ways.keys():
            self.ways[judging_id] = self._judged(session, judging_id)
        again = [row for row in rows if row.judging != self.judging]
        touched = {row.id for row in again if self._is_touched(row)}
        judgements = documents_of(session, AuditDocument.audit_id, AuditDocument.document, [r.audit_id for r in again])
        calls = documents_of(session, CallDocument.call_id, CallDocument.document, touched)
        given, unread = [], {}
        for row in again:
            try:
                judgement = self.store.vault.opened(judgements[row.audit_id])
                call = self.store.vault.opened(calls[row.id]) if row.id in touched else None
            except (KeyError, StoreError) as error:
                unread[row.id] = type(error).__name__
                continue
            before = self.ways[row.judging_id]
            direction = cast(Direction | None, row.direction)
            given.append(
                Given(row.id, direction, row.sector, judgement, before.carried, call,
                      remember=not before.same_past, loosened=before.loosened)
            )  # fmt: skip
        return Page(rows, tuple(given), unread)

    def _judged(self, session: Session, judging_id: int) -> Judged:
        columns = select(JudgingRow.rulebook_sha256, JudgingRow.digests).where(JudgingRow.id == judging_id)
        row = session.execute(columns).one()
        carried = unchanged(self.way.rulebook, self.digests, row.digests)
        loose = loosened(self.way.rulebook, self.digests, row.digests) - carried
        return Judged(judging_id, row.rulebook_sha256, carried, loose, row.digests.get(PAST) == self.digests[PAST])

    def _is_touched(self, row: Any) -> bool:
        """Whether it may take the call: a rule of its direction changed or crashed, or what others know of it."""
        return row.n_failures or not self.ways[row.judging_id].same_past or self.touched(row.judging_id, row.direction)

    def _changes(self, judging_id: int, direction: Direction | None) -> bool:
        """Whether a rule for calls of a direction has changed since they were judged so."""
        carried = self.ways[judging_id].carried
        return any(rule.id not in carried for rule in concerning(self.way.rulebook, direction))

    # ── what came of it ──────────────────────────────────────────────────────────────────────────────────────────
    def _keep(self, page: Page, results: Sequence[Rejudged]) -> None:
        entries = {one.call_id: one.entry for one in results if one.entry is not None}
        unread = {**page.unread, **{one.call_id: one.why or "" for one in results if one.entry is None}}
        for call_id, why in unread.items():
            log.error("call %d cannot be judged again: %s", call_id, why)
        self.done.unread |= unread
        old, new = self.store.transact(partial(self._standings, page.rows, entries), write=False)
        if entries and not self.dry_run:
            self.store.transact(partial(self._write, page, entries, datetime.now(UTC)))
        for row in page.rows:
            if row.id in old and row.id in new:
                shift = shift_between(row.id, row.path, row.agent_id, old[row.id], new[row.id])
                self.done.tally.add(shift)
                if shift is not None:
                    self.on_shift(shift)
        self.done.n_judged += len(entries)
        self.done.n_parsed += sum(one.parsed for one in results)
        self.done.n_before += sum(row.judging == self.judging for row in page.rows)
        self.done.n_incomplete += sum(entry.n_failures > 0 for entry in entries.values())
        self.progress(len(page.rows))

    def _standings(
        self, rows: Sequence[Any], entries: Mapping[int, JudgementEntry], session: Session
    ) -> tuple[dict[int, Standing], dict[int, Standing]]:
        """What lists showed and show of calls, by call; of one judged before this run, the judgement before that."""
        shown = {row.id: row.audit_id for row in rows}
        before = {row.id: row.audit_id for row in rows if row.id in entries}
        ready = [row.id for row in rows if row.judging == self.judging]
        before |= _earlier(session, ready, self.judging)
        known = standings(session, {*before.values(), *(shown[call_id] for call_id in ready)})
        old = {call_id: known[audit_id] for call_id, audit_id in before.items()}
        new = {call_id: known[shown[call_id]] for call_id in ready}
        return old, new | {call_id: standing_of(entry) for call_id, entry in entries.items()}

    def _write(self, page: Page, entries: Mapping[int, JudgementEntry], now: datetime, session: Session) -> None:
        assert self.id is not None  # it is where something is written
        by_past: dict[bool, dict[int, JudgementEntry]] = {True: {}, False: {}}
        for row in page.rows:
            if row.id in entries:
                by_past[self.ways[row.judging_id].same_past][row.id] = entries[row.id]
        for same, own in by_past.items():
            if own:
                write_judgements(session, own, self.store.vault, now, past=not same)
        for before in {self.ways[row.judging_id].id for row in page.rows if row.id in by_past[True]}:
            own_rows = [row for row in page.rows if row.id in by_past[True] and row.judging_id == before]
            sha256 = self.ways[before].rulebook_sha256
            carry_past(session, [row.id for row in own_rows], sha256, self.way.rulebook.sha256)
        carried = [row for row in page.rows if row.id in entries and self._carries_history(row)]
        if carried:
            carry_asked(session, [row.audit_id for row in carried], self.id)

    def _carries_history(self, row: Any) -> bool:
        """Whether findings that may hang on other calls were taken over: then what was asked for them stands, too.

        A question that a rule judged anew asks as well got no answer yet, and that counts: the pass over several calls
        then judges all that ask.
        """
        return bool(self.asking & self.ways[row.judging_id].carried)


def _latest(after: int) -> Any:
    columns = (
        CallRow.id, CallRow.path, CallRow.direction, CallRow.sector, CallRow.agent_id,
        AuditRow.id.label("audit_id"), AuditRow.judging_id, AuditRow.n_failures, JudgingRow.judging,
    )  # fmt: skip
    return (
        select(*columns)
        .join(AuditRow, AuditRow.call_id == CallRow.id)
        .join(JudgingRow, JudgingRow.id == AuditRow.judging_id)
        .where(CallRow.id > after, AuditRow.latest)
        .order_by(CallRow.id)
        .limit(PAGE)
    )


def _earlier(session: Session, call_ids: Collection[int], judging: str) -> dict[int, int]:
    """The newest judgement of each call that was made in another way."""
    if not call_ids:
        return {}
    wanted = (
        select(AuditRow.call_id, AuditRow.id)
        .join(JudgingRow, JudgingRow.id == AuditRow.judging_id)
        .where(AuditRow.call_id.in_(call_ids), JudgingRow.judging != judging)
        .order_by(AuditRow.judged_at, AuditRow.id)
    )
    return {row.call_id: row.id for row in session.execute(wanted)}
