"""Rules about several calls, once these are in the store: who was called back, what was promised, how an agent sounds.

A call is judged at once, knowing no other, and the store keeps what it asked of other calls, with the answer it got.
This pass compares each answer with what the store would say now, and judges the calls again to whom it says something
else: only their rules that may ask. What is asked when a call is judged again may be new; the pass is repeated until
every answer stands. So it may be broken off anywhere and begun again, and its outcome hangs on the calls in the store
alone, not on the order in which they came.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from callaudit.batch.pool import in_order
from callaudit.batch.rejudging import Given, Rejudged, Way, with_summaries
from callaudit.errors import EngineError, StoreError
from callaudit.records import Direction, PastCall
from callaudit.rules.digests import asks_history
from callaudit.rules.past import (
    AGENT,
    CUSTOMER,
    WHOLE,
    Excerpt,
    calls_answer,
    habits,
    habits_answer,
    history_of,
    whole_answer,
)
from callaudit.store.database import Store, documents_of
from callaudit.store.entries import JudgementEntry
from callaudit.store.judgements import write_judgements
from callaudit.store.rekey import is_renamed, rename_customers
from callaudit.store.tables import AskedRow, AuditDocument, AuditRow, CallDocument, CallRow, JudgingRow, PastRow
from callaudit.store.writing import asked_key, unpacked_past

log = logging.getLogger("callaudit.batch")

PAGE = 100
"""Judgements that are looked at, and judged again where they must be, at a time."""

ROUNDS = 8
"""A rule asks one thing, and then at most a few others; more rounds than these mean a fault in the program."""


@dataclass(slots=True)
class Crossed:
    """How a pass went: `n_judged` calls were judged again, for `n_changed` of them something came out otherwise."""

    n_judged: int = 0
    n_changed: int = 0
    unread: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Whole:
    """What holds for the store as a whole, of the calls that a rulebook remembers."""

    complete_until: datetime | None
    n_calls: int
    holds_outbound: bool

    @property
    def answer(self) -> str:
        return whole_answer(self.complete_until, self.n_calls > 1, self.holds_outbound)


@dataclass(frozen=True, slots=True)
class Asked:
    """A judgement that asked of other calls: its row, and the answers it got by the questions as the store has them."""

    row: Any
    answers: Mapping[str, str]

    def of(self, kind: str) -> set[str]:
        """What of one kind was asked: customers as the store keeps them, agents."""
        return {key.removeprefix(kind) for key in self.answers if key.startswith(kind)}


@dataclass(frozen=True, slots=True)
class Page:
    """Judgements that are judged again together, each with its document as it was."""

    rows: Mapping[int, Any]
    documents: Mapping[int, bytes]
    given: tuple[Given, ...]
    unread: Mapping[int, str]


def cross_calls(
    store: Store, way: Way, *, complete: bool, workers: int = 1, progress: Callable[[int], None] = lambda n: None
) -> Crossed:
    """Brings every judgement made in this way to what it would be with all calls of the store at hand.

    Parameters
    ----------
    complete : whether every call is in the store, so that one that is not in it was not made: until the end of the last
        one. Not so where only a sample is audited.
    progress : told how many calls were judged again since the last time

    Raises
    ------
    StoreError, EngineError
    """
    done, judging_id = Crossed(), store.transact(partial(_judging, way.judging), write=False)
    if judging_id is None:
        return done
    if not is_renamed(store):  # the key was changed: by two names nobody finds the calls of one customer
        rename_customers(store)
    for _ in range(ROUNDS):
        before = done.n_judged
        _Round(store, way, judging_id, complete, workers, done, progress).run()
        if done.n_judged == before:
            return done
    raise EngineError("what calls ask of each other does not come to rest; please report this")


def _judging(judging: str, session: Session) -> int | None:
    return session.scalar(select(JudgingRow.id).where(JudgingRow.judging == judging))


class _Round:
    """One look at every judgement."""

    def __init__(
        self,
        store: Store,
        way: Way,
        judging_id: int,
        complete: bool,
        workers: int,
        done: Crossed,
        progress: Callable[[int], None],
    ) -> None:
        self.store, self.way, self.judging_id, self.workers = store, way, judging_id, workers
        self.done, self.progress = done, progress
        self.sha256 = way.rulebook.sha256
        rules = frozenset(rule.id for rule in way.rulebook.rules)
        self.carried = rules - with_summaries(way.rulebook, {r.id for r in way.rulebook.rules if asks_history(r)})
        self.whole = store.transact(partial(self._whole, complete), write=False)
        self.agents: dict[str, dict[str, float]] = {}
        self.pages: list[Page] = []

    def run(self) -> None:
        for results in in_order(self._given(), self.way.rejudge, self.workers):
            self._keep(self.pages.pop(0), results)

    def _whole(self, complete: bool, session: Session) -> Whole:
        own = PastRow.rulebook_sha256 == self.sha256
        last = session.scalar(select(func.max(PastRow.ended_at)).where(own)) if complete else None
        recordings = select(CallRow.recording_id).join(PastRow, PastRow.call_id == CallRow.id).where(own)
        outbound = recordings.where(CallRow.direction == "outbound", PastRow.customer.is_not(None)).limit(1)
        zone = ZoneInfo(self.way.rulebook.settings.time_zone)
        return Whole(
            None if last is None else last.astimezone(zone),
            len(session.scalars(recordings.group_by(CallRow.recording_id).limit(2)).all()),
            session.scalar(outbound) is not None,
        )

    # ── who got another answer ───────────────────────────────────────────────────────────────────────────────────
    def _given(self) -> Iterator[tuple[Given, ...]]:
        after = 0
        while found := self.store.transact(partial(self._asked, after), write=False):
            after = found[-1].row.audit_id
            page = self.store.transact(partial(self._page, found), write=False)
            if page.given or page.unread:
                self.pages.append(page)
                yield page.given

    def _asked(self, after: int, session: Session) -> list[Asked]:
        columns = (
            AuditRow.id.label("audit_id"), CallRow.id, CallRow.recording_id, CallRow.direction, CallRow.sector,
        )  # fmt: skip
        asks = select(AskedRow.audit_id).where(AskedRow.audit_id == AuditRow.id).exists()
        rows = session.execute(
            select(*columns)
            .join(CallRow, CallRow.id == AuditRow.call_id)
            .where(AuditRow.judging_id == self.judging_id, AuditRow.latest, AuditRow.id > after, asks)
            .order_by(AuditRow.id)
            .limit(PAGE)
        ).all()
        answers: dict[int, dict[str, str]] = defaultdict(dict)
        for one in session.execute(
            select(AskedRow.audit_id, AskedRow.key, AskedRow.answer).where(
                AskedRow.audit_id.in_([row.audit_id for row in rows])
            )
        ):
            answers[one.audit_id][one.key] = one.answer
        return [Asked(row, answers[row.audit_id]) for row in rows]

    def _page(self, found: Sequence[Asked], session: Session) -> Page:
        known = self._ids_of_customers(session, {customer for one in found for customer in one.of(CUSTOMER)})
        self._meet_agents(session, {agent for one in found for agent in one.of(AGENT)})
        again = [one for one in found if one.row.id not in self.done.unread and self._now(one, known) != one.answers]
        history = self._excerpt(session, again)
        audit_ids, call_ids = [one.row.audit_id for one in again], [one.row.id for one in again]
        judgements = documents_of(session, AuditDocument.audit_id, AuditDocument.document, audit_ids)
        calls = documents_of(session, CallDocument.call_id, CallDocument.document, call_ids)
        given, documents, unread = [], {}, {}
        for one in again:
            row = one.row
            try:
                documents[row.id] = self.store.vault.opened(judgements[row.audit_id])
                call = self.store.vault.opened(calls[row.id])
            except (KeyError, StoreError) as error:
                unread[row.id] = type(error).__name__
                continue
            direction = cast(Direction | None, row.direction)
            given.append(Given(row.id, direction, row.sector, documents[row.id], self.carried, call, history))
        return Page({one.row.id: one.row for one in again}, documents, tuple(given), unread)

    def _now(self, asked: Asked, known: Mapping[str, set[str]]) -> dict[str, str]:
        """What the store would answer now."""
        answers = {}
        for key in asked.answers:
            if key.startswith(CUSTOMER):
                answers[key] = calls_answer(known[key.removeprefix(CUSTOMER)] - {asked.row.recording_id})
            elif key.startswith(AGENT):
                answers[key] = habits_answer(self.agents[key.removeprefix(AGENT)])
            else:
                assert key == WHOLE  # there is nothing else to ask
                answers[key] = self.whole.answer
        return answers

    def _ids_of_customers(self, session: Session, customers: Collection[str]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {customer: set() for customer in customers}
        wanted = select(PastRow.customer, CallRow.recording_id).join(CallRow, CallRow.id == PastRow.call_id)
        wanted = wanted.where(PastRow.rulebook_sha256 == self.sha256, PastRow.customer.in_(customers))
        for row in session.execute(wanted):
            found[str(row.customer)].add(row.recording_id)
        return found

    def _meet_agents(self, session: Session, agents: Collection[str]) -> None:
        """How agents usually speak; each is worked out once in a round, from all calls of the agent."""
        for agent in agents - self.agents.keys():
            self.agents[agent] = dict(habits(history_of(self._past(session, PastRow.agent_id == agent))))

    def _excerpt(self, session: Session, asked: Sequence[Asked]) -> Excerpt:
        """What calls asked for, and nothing else."""
        customers = {customer for one in asked for customer in one.of(CUSTOMER)}
        agents = {agent for one in asked for agent in one.of(AGENT)}
        past = history_of(self._past(session, PastRow.customer.in_(customers)))
        by_customer: dict[str, list[PastCall]] = defaultdict(list)
        for one in past:
            if one.customer is not None:
                by_customer[one.customer].append(one)
        return Excerpt(
            {customer: tuple(calls) for customer, calls in by_customer.items()},
            {agent: self.agents[agent] for agent in sorted(agents)},
            self.whole.complete_until, self.whole.holds_outbound, self.whole.n_calls,
        )  # fmt: skip

    def _past(self, session: Session, which: Any) -> Iterator[PastCall]:
        wanted = select(PastRow.document).where(PastRow.rulebook_sha256 == self.sha256, which).order_by(PastRow.call_id)
        for document in session.scalars(wanted.execution_options(yield_per=1000)):
            yield unpacked_past(self.store.vault.opened(document))

    # ── what came of it ──────────────────────────────────────────────────────────────────────────────────────────
    def _keep(self, page: Page, results: Sequence[Rejudged]) -> None:
        entries = {one.call_id: one.entry for one in results if one.entry is not None}
        unread = {**page.unread, **{one.call_id: one.why or "" for one in results if one.entry is None}}
        for call_id, why in unread.items():
            log.error("call %d cannot be judged again: %s", call_id, why)
        self.done.unread |= unread
        changed = {call_id: entry for call_id, entry in entries.items() if entry.document != page.documents[call_id]}
        same = {page.rows[call_id].audit_id: entry for call_id, entry in entries.items() if call_id not in changed}
        if entries:
            self.store.transact(partial(self._write, changed, same, datetime.now(UTC)))
        self.done.n_judged += len(entries)
        self.done.n_changed += len(changed)
        self.progress(len(entries))

    def _write(
        self,
        changed: Mapping[int, JudgementEntry],
        same: Mapping[int, JudgementEntry],
        now: datetime,
        session: Session,
    ) -> None:
        """Writes what is other than it was; of the rest only the answers they got."""
        vault = self.store.vault
        if changed:
            write_judgements(session, changed, vault, now, past=False)
        there = select(AuditRow.id).where(AuditRow.id.in_(same)).order_by(AuditRow.id).with_for_update()
        kept = session.scalars(there).all()  # the others were purged meanwhile
        session.execute(delete(AskedRow).where(AskedRow.audit_id.in_(kept)))
        rows = [
            {"audit_id": audit_id, "key": asked_key(key, vault), "answer": answer}
            for audit_id in kept
            for key, answer in same[audit_id].asked
        ]
        if rows:
            session.execute(insert(AskedRow), rows)
